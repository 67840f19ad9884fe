//! Sizes around the powers of two at which programs break, through a pipe: nothing is ever held.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use offline::progress::Silent;
use offline::write::{Content, LayerContent, SealError};
use offline::{Digest, Layer, Role};

use crate::support::{TestKey, empty, trusted};

const GIB: u64 = 1 << 30;

/// A file of zeros that takes no room.
fn sparse(dir: &Path, size: u64) -> PathBuf {
    let path = dir.join(size.to_string());
    File::create(&path).unwrap().set_len(size).unwrap();
    path
}

/// A layer of zeros: small on the disk, large once it is unpacked.
fn zeros(dir: &Path, size: u64) -> (Layer, LayerContent) {
    let path = dir.join("zeros.zst");
    let plain = std::io::repeat(0).take(size);
    let mut hashing = offline::digest::HashingReader::new(plain);
    zstd::stream::copy_encode(&mut hashing, File::create(&path).unwrap(), 1).unwrap();
    let (_, diff_id, uncompressed_size) = hashing.finish();
    let frame = std::fs::read(&path).unwrap();
    let layer = Layer {
        digest: Digest::of(&frame),
        size: frame.len() as u64,
        diff_id,
        uncompressed_size,
    };
    (layer, LayerContent::Carried(path))
}

#[test]
fn members_and_layers_beyond_two_and_four_gib_pass() {
    let dir = tempfile::tempdir().unwrap();
    let mut draft = empty();
    let layers = vec![zeros(dir.path(), 4 * GIB + 1)];
    draft
        .add_image(Role::App, "a:1", b"{}".to_vec(), layers)
        .unwrap();
    // Together beyond 8 GiB.
    for size in [2 * GIB + 1, 2 * GIB - 1, 4 * GIB + 1] {
        let content = Content::File(sparse(dir.path(), size));
        draft
            .add_file(&format!("file-{size}"), 0o644, content)
            .unwrap();
    }
    let (reader, mut writer) = std::io::pipe().unwrap();
    let writing = std::thread::spawn(move || {
        let sealed = draft.seal(&TestKey::new(1), &mut writer, &mut Silent);
        sealed.unwrap().size
    });
    let mut bundle = offline::read::open(reader)
        .unwrap()
        .verify(&trusted())
        .unwrap();
    let manifest = bundle.manifest().clone();
    while let Some(member) = bundle.next_member().unwrap() {
        match manifest.layer(&member.member().sha256) {
            Some((_, layer)) => {
                let layer = offline::layer::decode(member, *layer).unwrap();
                layer.finish().unwrap();
            }
            None => member.finish().unwrap(),
        }
    }
    let size = bundle.head_size() + manifest.body_size();
    bundle.finish().unwrap();
    assert_eq!(writing.join().unwrap(), size);
    assert!(size > 8 * GIB);
}

#[test]
fn a_member_beyond_what_a_header_can_say_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut draft = empty();
    let layer = Layer {
        digest: Digest::of(b"x"),
        size: 8 * GIB,
        diff_id: Digest::of(b"y"),
        uncompressed_size: 8 * GIB,
    };
    let content = LayerContent::Carried(sparse(dir.path(), 8 * GIB));
    draft
        .add_image(Role::App, "a:1", b"{}".to_vec(), vec![(layer, content)])
        .unwrap();
    let refused = draft.seal(&TestKey::new(1), std::io::sink(), &mut Silent);
    assert!(matches!(refused.unwrap_err(), SealError::TooLarge(_)));
}
