//! Manifests that contradict themselves, and are refused though they are signed.

use crate::support::{bundle, layer, release, sealed, trusted};
use offline::error::Kind;
use offline::write::{Draft, LayerContent, PatchFile};
use offline::{Digest, EntryName, Manifest, Member, Role};

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
