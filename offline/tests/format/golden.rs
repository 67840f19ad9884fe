//! Files that were written once and must be read for ever, and rules that hold for any input.

use crate::support::trusted;
use offline::{EntryName, Manifest};
use proptest::prelude::*;

const GOLDEN: &[u8] = include_bytes!("../golden/bundle-1.0.vtb");
const LATER: &[u8] = include_bytes!("../golden/bundle-1.1.vtb");

/// Run by hand, once for each new minor version of the format.
#[test]
#[ignore = "writes the golden file"]
fn write_the_golden_file() {
    let dir = std::path::Path::new("tests/golden");
    std::fs::create_dir_all(dir).unwrap();
    let bundle = crate::support::bundle();
    let path = dir.join("bundle-1.0.vtb");
    std::fs::write(&path, &bundle).unwrap();
    std::fs::write(dir.join("bundle-1.1.vtb"), later(&bundle)).unwrap();
    let key = crate::support::TestKey::new(1).public();
    std::fs::write(
        dir.join("release.pub"),
        key.to_file_text("key 1 of the tests"),
    )
    .unwrap();
    let head = offline::read::open(bundle.as_slice()).unwrap().head_size();
    let file = std::fs::File::open(&path).unwrap();
    let open = |number| {
        let path = offline::volumes::path(&dir.join("volume-1.0.vtb"), number);
        std::fs::File::create(path)
    };
    let size = offline::volumes::least_size(head);
    offline::volumes::split(&file, head, size, open, &mut offline::progress::Silent).unwrap();
}

/// As a later minor version may write it, with fields that this one does not know.
fn later(bundle: &[u8]) -> Vec<u8> {
    crate::support::resigned(bundle, &|manifest| {
        manifest["format"] = "1.1".into();
        manifest["colour"] = "green".into();
        manifest["members"][0]["colour"] = serde_json::json!({"hue": [120, null]});
    })
}

/// Read, cut into volumes, joined, damaged and healed: the signed bytes stay what they are, and are
/// what a bundle is known by.
#[test]
fn a_later_minor_version_goes_all_ways_with_its_own_bytes() {
    use offline::progress::Silent;
    use offline::{Digest, Held, repair, volumes};
    let manifest = crate::support::read(LATER, &trusted()).unwrap();
    assert_eq!(manifest.format, "1.1");
    assert!(later(GOLDEN) == LATER);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("b.vtb");
    std::fs::write(&path, LATER).unwrap();
    let held = Held::open(&path, &trusted()).unwrap();
    let signed = &LATER[512..];
    let signed = &signed[..signed.iter().position(|byte| *byte == 0).unwrap()];
    assert_eq!(held.bundle, Digest::of(signed));
    assert_ne!(held.bundle, Digest::of(&manifest.to_bytes().unwrap()));

    let open = |number| std::fs::File::create(volumes::path(&path, number));
    let size = volumes::least_size(held.head);
    volumes::split(held.medium.as_ref(), held.head, size, open, &mut Silent).unwrap();
    let first = volumes::path(&path, 1);
    assert_eq!(Held::open(&first, &trusted()).unwrap().bundle, held.bundle);
    let nobody = Box::new(|_: u32, _: &std::path::Path| None);
    let mut stream = volumes::open(&first, nobody).unwrap().reader;
    let mut joined = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut joined).unwrap();
    assert!(joined == LATER);

    let copy = dir.path().join("copy.vtb");
    let mut bad = LATER.to_vec();
    bad[held.head as usize + 600] ^= 1;
    std::fs::write(&copy, bad).unwrap();
    let damaged = Held::open(&copy, &trusted()).unwrap();
    let survey = damaged.survey(&mut Silent).unwrap();
    let request = repair::Request::new(&damaged, &survey);
    assert_eq!(request.bundle, Some(Digest::of(signed)));
    let mut answer = Vec::new();
    repair::answer(&held, &request, &mut answer).unwrap();
    let file = std::fs::File::options().read(true).write(true).open(&copy);
    repair::heal(&file.unwrap(), answer.as_slice(), &trusted()).unwrap();
    assert!(std::fs::read(&copy).unwrap() == LATER);
}

#[test]
fn another_major_version_is_refused_by_name() {
    for (format, named) in [
        ("2.0", "2.0"),
        ("0.9", "0.9"),
        ("", ""),
        ("10.0", "10.0"),
        ("x\u{1b}[2J", "x[2J"),
    ] {
        let bytes =
            crate::support::resigned(GOLDEN, &|manifest| manifest["format"] = format.into());
        let refused = crate::support::read(&bytes, &trusted()).unwrap_err();
        let offline::Kind::Format { found, known } = refused.kind() else {
            panic!("{refused}");
        };
        assert_eq!((found.as_str(), *known), (named, "1.0"));
    }
}

#[test]
fn the_first_format_is_read_and_means_the_same() {
    let manifest = crate::support::read(GOLDEN, &trusted()).unwrap();
    assert_eq!(manifest.format, "1.0");
    assert_eq!(manifest.version, "1.2.3");
    assert_eq!(manifest.release_counter, 7);
    assert_eq!(manifest.created, 1_700_000_000);
    assert_eq!(manifest.images[0].reference, "vaultterm/app:1.2.3");
    assert_eq!(manifest.images[0].layers.len(), 2);
    assert_eq!(manifest.migrations[0].name, "first");
    let names: Vec<&str> = manifest.members.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names[..3], ["SHA256SUMS", "oci-layout", "index.json"]);
    assert_eq!(names[names.len() - 2..], ["files/docs/a.md", "files/empty"]);
}

#[test]
fn the_first_volume_is_the_bundle_again() {
    const VOLUME: &[u8] = include_bytes!("../golden/volume-1.0.vtb.001");
    struct One;
    impl offline::volumes::Shelf for One {
        fn take(&mut self, number: u32) -> std::io::Result<Box<dyn std::io::Read + Send>> {
            assert_eq!(number, 1);
            Ok(Box::new(VOLUME))
        }
    }
    let mut joined = offline::volumes::Joined::open(Box::new(One)).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut joined, &mut bytes).unwrap();
    assert!(bytes == GOLDEN);
}

#[test]
fn the_manifest_is_still_written_in_the_same_bytes() {
    let manifest = crate::support::read(GOLDEN, &trusted()).unwrap();
    let written = manifest.to_bytes().unwrap();
    // The first member begins after its header.
    assert_eq!(&GOLDEN[512..512 + written.len()], written);
}

proptest! {
    #[test]
    fn what_is_no_bundle_is_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        prop_assert!(crate::support::read(&bytes, &trusted()).is_err());
    }

    #[test]
    fn a_bundle_with_a_changed_stretch_is_refused(at in 0..GOLDEN.len(), with in proptest::collection::vec(any::<u8>(), 1..600)) {
        let mut bytes = GOLDEN.to_vec();
        let end = (at + with.len()).min(bytes.len());
        bytes[at..end].copy_from_slice(&with[..end - at]);
        prop_assert_eq!(crate::support::read(&bytes, &trusted()).is_err(), bytes != GOLDEN);
    }

    #[test]
    fn a_bundle_with_something_put_in_is_refused(at in 0..=GOLDEN.len(), with in proptest::collection::vec(any::<u8>(), 1..600)) {
        let mut bytes = GOLDEN.to_vec();
        bytes.splice(at..at, with);
        prop_assert!(crate::support::read(&bytes, &trusted()).is_err());
    }

    #[test]
    fn a_bundle_with_something_cut_out_is_refused(from in 0..GOLDEN.len(), length in 1..2000_usize) {
        let mut bytes = GOLDEN.to_vec();
        let end = (from + length).min(bytes.len());
        bytes.drain(from..end);
        prop_assert!(crate::support::read(&bytes, &trusted()).is_err());
    }

    #[test]
    fn names_lead_nowhere_else(text in "[a-zA-Z0-9./_\\\\ -]{0,120}") {
        if let Ok(name) = EntryName::new(text) {
            let name = name.as_str();
            prop_assert!(!name.starts_with('/') && !name.ends_with('/') && !name.contains('\\'));
            prop_assert!(name.split('/').all(|part| !matches!(part, "" | "." | "..")));
            prop_assert!(name.len() <= 100);
        }
    }

    #[test]
    fn no_version_leads_elsewhere(version in "[0-9a-z./+-]{0,20}") {
        let mut manifest = crate::support::read(GOLDEN, &trusted()).unwrap();
        manifest.version.clone_from(&version);
        if Manifest::parse(&manifest.to_bytes().unwrap()).is_ok() {
            let below = std::path::Path::new(&version);
            prop_assert_eq!(below.file_name(), Some(below.as_os_str()));
        }
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written(version in "(0|[1-9][0-9]{0,3})[.](0|[1-9][0-9]{0,3})[.](0|[1-9][0-9]{0,3})(-[a-z][0-9a-z-]{0,9})?([+][0-9a-z-]{1,9})?", counter: u64, created: u64) {
        let mut manifest = crate::support::read(GOLDEN, &trusted()).unwrap();
        manifest.version = version;
        manifest.release_counter = counter;
        manifest.created = created;
        let bytes = manifest.to_bytes().unwrap();
        prop_assert_eq!(Manifest::parse(&bytes).unwrap(), manifest);
    }
}
