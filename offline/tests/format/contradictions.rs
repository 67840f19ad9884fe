//! Manifests that contradict themselves, and are refused though they are signed.

use crate::support::{TestKey, bundle, layer, release, resigned, sealed, trusted};
use offline::error::Kind;
use offline::progress::Silent;
use offline::write::{Draft, LayerContent, PatchFile, Release, SealError};
use offline::{Digest, EntryName, Manifest, Member, Role};
use serde_json::json;

type Change<'a> = &'a dyn Fn(&mut Manifest);

fn manifest(bytes: &[u8]) -> Manifest {
    let bundle = offline::read::open(bytes)
        .unwrap()
        .verify(&trusted())
        .unwrap();
    bundle.manifest().clone()
}

fn assert_all_refused(good: &Manifest, changes: &[Change<'_>]) {
    let parse = |manifest: &Manifest| Manifest::parse(&manifest.to_bytes().unwrap());
    assert!(parse(good).is_ok());
    for (number, change) in changes.iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad);
        assert_ne!(&bad, good, "change {number} changes nothing");
        assert!(parse(&bad).is_err(), "change {number}");
    }
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused_though_signed() {
    let good = manifest(&bundle());
    let changes: [Change<'_>; 8] = [
        &|m| m.media_type = "application/other".into(),
        &|m| m.format = "2.0".into(),
        &|m| m.members.push(m.members[0].clone()),
        &|m| m.members[0].size = u64::MAX,
        &|m| m.members[0].mode = 0o4755,
        &|m| m.images[0].layers[0].uncompressed_size = u64::MAX,
        &|m| m.images.push(m.images[0].clone()),
        &|m| {
            m.members
                .retain(|member| !member.name.as_str().starts_with("blobs/"));
        },
    ];
    assert_all_refused(&good, &changes);
    let bytes = good.to_bytes().unwrap();
    let spaced = [&b" "[..], &bytes].concat();
    assert!(matches!(Manifest::parse(&spaced), Err(Kind::NotCanonical)));
    let mut later: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    later["colour"] = "green".into();
    assert!(Manifest::parse(later.to_string().as_bytes()).is_ok());
}

/// Texts that become names of files and folders on the server.
#[test]
fn a_signed_name_of_a_release_leads_nowhere_else() {
    let good = manifest(&bundle());
    let with = |version: &str, set: fn(&mut Manifest, String)| {
        let mut manifest = good.clone();
        set(&mut manifest, version.to_owned());
        Manifest::parse(&manifest.to_bytes().unwrap())
    };
    let places: [fn(&mut Manifest, String); 3] = [
        |m, text| m.version = text,
        |m, text| m.upgrade_from = vec!["1.0.0".into(), text],
        |m, text| m.minimum_installer = text,
    ];
    for set in places {
        assert!(with("1.2.4-rc.1", set).is_ok());
        for bad in [
            "../../x", "..", "/etc", "", "1", "1.2.3/..", "1.2.3\n", "v1.2.3",
        ] {
            assert!(
                matches!(with(bad, set), Err(Kind::Inconsistent(_))),
                "{bad:?}"
            );
        }
    }
    assert_all_refused(
        &good,
        &[
            &|m| m.product = "other".into(),
            &|m| m.os = "windows".into(),
            &|m| m.architecture = "../amd64".into(),
            &|m| m.architecture = "AMD64".into(),
        ],
    );
    let mut other = good;
    other.architecture = "arm64".into();
    assert!(Manifest::parse(&other.to_bytes().unwrap()).is_ok());
    // The same through the whole reader, and by the writer before it signs.
    let far = resigned(&bundle(), &|m| m["version"] = "../../x".into());
    let refused = crate::support::read(&far, &trusted()).unwrap_err();
    assert!(matches!(refused.kind(), Kind::Inconsistent(_)), "{refused}");
    let far = Release {
        version: "../../x".into(),
        ..release()
    };
    let refused = Draft::new(far).seal(&TestKey::new(1), std::io::sink(), &mut Silent);
    assert!(matches!(refused.unwrap_err(), SealError::Rule(_)));
}

/// Members that one reader would take for the head or a label, and another would not.
#[test]
fn a_promised_member_bears_no_name_of_the_head() {
    let good = manifest(&bundle());
    let names = [
        "bundle.json",
        "bundle.json.minisig",
        "roots.json",
        "ROOTS.json",
        "volume.json",
    ];
    for name in names {
        let change = |m: &mut Manifest| m.members[0].name = EntryName::new(name).unwrap();
        assert_all_refused(&good, &[&change]);
    }
}

/// What a later minor version may add is read over, but not what canonical JSON does not have.
#[test]
fn unknown_fields_are_canonical_as_well() {
    let bytes = manifest(&bundle()).to_bytes().unwrap();
    let with = |value: serde_json::Value| {
        let mut later: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        later["colour"] = value;
        Manifest::parse(later.to_string().as_bytes())
    };
    let nested =
        |depth| (1..depth).fold(serde_json::json!([]), |inner, _| serde_json::json!([inner]));
    for good in [
        json!(1),
        json!(-1),
        json!(u64::MAX),
        json!({"a": [null, true, "1.5"]}),
        nested(126),
    ] {
        assert!(with(good).is_ok());
    }
    for bad in [
        json!(1.5),
        json!(-0.0),
        json!(1e300),
        json!({"a": [{"b": 0.25}]}),
        nested(127),
    ] {
        assert!(with(bad.clone()).is_err(), "{bad}");
    }
}

/// A delta with a layer of each origin, and a file that is made.
fn delta() -> Manifest {
    let dir = tempfile::tempdir().unwrap();
    let instructions = dir.path().join("instructions");
    std::fs::write(&instructions, b"how to").unwrap();
    let patch = |base: &[u8]| PatchFile {
        path: instructions.clone(),
        base: Digest::of(base),
        base_size: base.len() as u64,
    };
    let mut draft = Draft::delta(release(), "1.2.2");
    let (kept, _) = layer(b"as it was", dir.path());
    let (made, _) = layer(b"made", dir.path());
    let layers = vec![
        layer(b"carried", dir.path()),
        (kept, LayerContent::Kept),
        (made, LayerContent::Patched(patch(b"an older layer"))),
    ];
    let config = br#"{"a":1}"#.to_vec();
    draft
        .add_image(Role::App, "vaultterm/app:1.2.3", config, layers)
        .unwrap();
    let file = Member {
        name: EntryName::new("files/tool").unwrap(),
        size: 9,
        sha256: Digest::of(b"the tool!"),
        mode: 0o755,
    };
    draft
        .leave_file(file, Some(patch(b"an older tool")))
        .unwrap();
    manifest(&sealed(draft))
}

#[test]
fn every_content_of_a_delta_has_one_use_and_one_origin() {
    let good = delta();
    let [carried, kept, made] = [0, 1, 2].map(|number| good.images[0].layers[number].diff_id);
    let of_file = good.delta.as_ref().unwrap().files[0].sha256;
    let patch_of = |manifest: &Manifest, target: Digest| *manifest.patch(&target).unwrap();
    assert_all_refused(
        &good,
        &[
            // Carried, and left out.
            &|m| m.delta.as_mut().unwrap().layers.push(carried),
            // Made, and left out.
            &|m| m.delta.as_mut().unwrap().layers.push(made),
            // No layer of this release.
            &|m| m.delta.as_mut().unwrap().layers.push(Digest::of(b"stray")),
            // Neither carried, nor left out, nor made.
            &|m| m.delta.as_mut().unwrap().layers.retain(|one| *one != kept),
            &|m| {
                let patches = &mut m.delta.as_mut().unwrap().patches;
                patches.retain(|patch| patch.target != made);
            },
            // Made twice.
            &|m| {
                let again = patch_of(m, made);
                m.delta.as_mut().unwrap().patches.push(again);
            },
            // Made for nothing.
            &|m| {
                let patches = &mut m.delta.as_mut().unwrap().patches;
                patches[0].target = Digest::of(b"stray");
            },
            // Of another size than the release says.
            &|m| m.delta.as_mut().unwrap().patches[0].size += 1,
            &|m| m.delta.as_mut().unwrap().patches[0].base_size = u64::MAX,
            // A release that leads elsewhere.
            &|m| m.delta.as_mut().unwrap().base = "../1.2.2".into(),
            // A layer that is a file, too.
            &|m| {
                let size = patch_of(m, made).size;
                let file = &mut m.delta.as_mut().unwrap().files[0];
                (file.sha256, file.size) = (made, size);
                let patches = &mut m.delta.as_mut().unwrap().patches;
                patches.retain(|patch| patch.target != of_file);
            },
            // A file that is carried and left out.
            &|m| {
                let mut twice = m.delta.as_ref().unwrap().files[0].clone();
                twice.name = EntryName::new("files/TOOL").unwrap();
                m.members.push(twice);
            },
        ],
    );
}
