//! A whole small bundle: what was written is what is read, and nothing else is.

use crate::support::{
    TestKey, bundle, draft, empty, framed, layer, read, sealed, trust_in, trusted,
};
use license::trust::Refusal;
use offline::error::Kind;
use offline::{Digest, Role};

#[test]
fn what_was_written_is_read() {
    let manifest = read(&bundle(), &trusted()).unwrap();
    assert_eq!(manifest.version, "1.2.3");
    let names: Vec<&str> = manifest
        .members
        .iter()
        .map(|member| member.name.as_str())
        .collect();
    assert_eq!(&names[..3], ["SHA256SUMS", "oci-layout", "index.json"]);
    assert_eq!(
        &names[names.len() - 2..],
        ["files/docs/a.md", "files/empty"]
    );
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    assert_eq!(Digest::of(&bundle()), Digest::of(&bundle()));
}

#[test]
fn every_flipped_byte_is_refused() {
    let good = bundle();
    for position in 0..good.len() {
        let mut bad = good.clone();
        bad[position] ^= 1 << (position % 8);
        let refused = read(&bad, &trusted());
        // The untrusted comment is the one thing that nothing covers.
        let in_comment = good[position..].starts_with(&[good[position]])
            && String::from_utf8_lossy(&good[..position]).ends_with("untrusted comment: ")
            || comment_range(&good).contains(&position);
        assert!(refused.is_err() || in_comment, "byte {position}");
    }
}

fn comment_range(bytes: &[u8]) -> std::ops::Range<usize> {
    let label = b"untrusted comment: ";
    let start = bytes
        .windows(label.len())
        .position(|window| window == label)
        .unwrap();
    let from = start + label.len();
    let end = from
        + bytes[from..]
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap();
    from..end
}

#[test]
fn every_truncation_and_extension_is_refused() {
    let good = bundle();
    for length in 0..good.len() {
        assert!(read(&good[..length], &trusted()).is_err(), "{length} bytes");
    }
    for tail in [&b"x"[..], &[0; 1], &[0; 512], &[0; 10240], b"\n"] {
        let longer = [&good[..], tail].concat();
        let refused = read(&longer, &trusted()).unwrap_err();
        assert!(matches!(refused.kind(), Kind::Trailing), "{refused}");
    }
}

#[test]
fn strangers_are_named() {
    let stranger = trust_in(&[2]);
    let refused = read(&bundle(), &stranger).unwrap_err();
    assert!(
        matches!(refused.kind(), Kind::Refused(Refusal::UntrustedKey { .. })),
        "{refused}"
    );
    assert!(matches!(
        read(&bundle(), &trust_in(&[])).unwrap_err().kind(),
        Kind::Refused(Refusal::NoTrust)
    ));
    // The same id, another key.
    let text = TestKey::new(1).public().to_file_text("x");
    assert!(text.contains("untrusted comment: x"));
}

#[test]
fn members_of_another_bundle_do_not_fit() {
    // Same sizes everywhere, one layer's content differs.
    let dir = tempfile::tempdir().unwrap();
    let one = sealed(draft(dir.path()));
    let mut other = empty();
    let layers = vec![
        layer(&[8; 3000], dir.path()),
        layer(b"the upper layer", dir.path()),
    ];
    other
        .add_image(
            Role::App,
            "vaultterm/app:1.2.3",
            br#"{"a":1}"#.to_vec(),
            layers,
        )
        .unwrap();
    let other = sealed(other);
    let cut = 4096.min(one.len());
    let mixed = [&one[..cut], &other[cut.min(other.len())..]].concat();
    assert!(read(&mixed, &trusted()).is_err());
}

#[test]
fn frames_that_are_not_one_plain_frame_are_refused() {
    let plain = vec![5u8; 5000];
    let frame = zstd::encode_all(&plain[..], 3).unwrap();
    let skippable = [
        &0x184D_2A50u32.to_le_bytes()[..],
        &4u32.to_le_bytes(),
        b"skip",
    ]
    .concat();
    let half = plain.len() / 2;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        (
            "a skippable frame before",
            [&skippable[..], &frame].concat(),
        ),
        ("a skippable frame after", [&frame[..], &skippable].concat()),
        (
            "two frames",
            [
                zstd::encode_all(&plain[..half], 3).unwrap(),
                zstd::encode_all(&plain[half..], 3).unwrap(),
            ]
            .concat(),
        ),
        ("rubbish after", [&frame[..], b"x"].concat()),
        ("no frame", b"hello".to_vec()),
        ("an empty frame", zstd::encode_all(&b""[..], 3).unwrap()),
        (
            "a bomb",
            zstd::encode_all(&vec![0u8; 64 << 20][..], 3).unwrap(),
        ),
        ("a window of 128 MiB", large_window(&plain)),
        ("half a frame", frame[..frame.len() / 2].to_vec()),
    ];
    for (what, frame) in cases {
        let dir = tempfile::tempdir().unwrap();
        let mut draft = empty();
        let layers = vec![framed(&plain, &frame, dir.path())];
        draft
            .add_image(Role::App, "a:1", b"{}".to_vec(), layers)
            .unwrap();
        let refused = read(&sealed(draft), &trusted());
        assert!(refused.is_err(), "{what}");
    }
}

fn large_window(plain: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.long_distance_matching(true).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}
