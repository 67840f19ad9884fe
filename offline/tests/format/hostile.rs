//! Archives that somebody made to hurt. Each is built from a good bundle, signed where the trick
//! lies behind the signature, and must be refused quickly, with little memory, in clear words.

use std::io::Read as _;

use offline::error::Kind;
use offline::header;
use offline::write::LayerContent;
use offline::{Digest, EntryName, Layer, Role};

use crate::support::{bundle, empty, framed, read, sealed, trusted};
use license::trust::Refusal;

/// The members of a bundle as they lie in it: where each begins and ends.
fn members(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while bytes[at] != 0 {
        let head: [u8; 512] = bytes[at..at + 512].try_into().unwrap();
        let size = header::stated_size(&head).unwrap();
        let end = at + header::space(size) as usize;
        found.push(at..end);
        at = end;
    }
    found
}

/// A bundle whose members are these parts of the good one.
fn reordered(good: &[u8], parts: &[std::ops::Range<usize>]) -> Vec<u8> {
    let mut bytes: Vec<u8> = parts
        .iter()
        .flat_map(|part| good[part.clone()].to_vec())
        .collect();
    bytes.extend(header::END);
    bytes
}

#[test]
fn members_may_not_be_moved_doubled_or_left_out() {
    let good = bundle();
    let all = members(&good);
    for place in 0..all.len() {
        let mut without = all.clone();
        without.remove(place);
        assert!(read(&reordered(&good, &without), &trusted()).is_err());
        let mut twice = all.clone();
        twice.insert(place, all[place].clone());
        assert!(read(&reordered(&good, &twice), &trusted()).is_err());
        for other in place + 1..all.len() {
            let mut swapped = all.clone();
            swapped.swap(place, other);
            let bytes = reordered(&good, &swapped);
            assert!(bytes == good || read(&bytes, &trusted()).is_err());
        }
    }
    assert!(read(&reordered(&good, &all), &trusted()).is_ok());
}

/// What it is called, and how a header is spoiled.
type Trick = (&'static str, fn(&mut tar::Header));

/// Headers as other tars write them, or as an attacker would, in place of a good one.
#[test]
fn headers_that_other_tars_accept_are_refused() {
    let good = bundle();
    for (place, member) in members(&good).into_iter().enumerate() {
        let original: [u8; 512] = good[member.start..member.start + 512].try_into().unwrap();
        let tricks: [Trick; 12] = [
            ("a hard link", |h| {
                h.set_entry_type(tar::EntryType::Link);
            }),
            ("a symbolic link", |h| {
                h.set_entry_type(tar::EntryType::Symlink);
            }),
            ("a device", |h| {
                h.set_entry_type(tar::EntryType::Block);
            }),
            ("a folder", |h| {
                h.set_entry_type(tar::EntryType::Directory);
            }),
            ("a PAX header", |h| {
                h.set_entry_type(tar::EntryType::XHeader);
            }),
            ("a global PAX header", |h| {
                h.set_entry_type(tar::EntryType::XGlobalHeader);
            }),
            ("a GNU long name", |h| {
                h.set_entry_type(tar::EntryType::GNULongName);
            }),
            ("a sparse file", |h| {
                h.set_entry_type(tar::EntryType::GNUSparse);
            }),
            ("an old regular file", |h| h.as_mut_bytes()[156] = 0),
            ("a size in base 256", |h| {
                h.as_mut_bytes()[124..136]
                    .copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]);
            }),
            ("another owner", |h| h.set_uid(1000)),
            ("a way out", |h| {
                h.as_mut_bytes()[..10].copy_from_slice(b"../../etc\0");
            }),
        ];
        for (what, trick) in tricks {
            let mut header = tar::Header::new_ustar();
            header.as_mut_bytes().copy_from_slice(&original);
            trick(&mut header);
            header.set_cksum();
            let mut bad = good.clone();
            bad[member.start..member.start + 512].copy_from_slice(header.as_bytes());
            assert!(read(&bad, &trusted()).is_err(), "{what} as member {place}");
        }
        // Something in between: a PAX header with another size, as the two readers of one file
        // would disagree about.
        let mut pax = tar::Header::new_ustar();
        pax.set_entry_type(tar::EntryType::XHeader);
        pax.set_path("PaxHeaders/x").unwrap();
        pax.set_size(512);
        pax.set_cksum();
        let mut record = b"19 size=1000000000\n".to_vec();
        record.resize(512, 0);
        let mut bad = good.clone();
        let between = [pax.as_bytes().as_slice(), &record].concat();
        bad.splice(member.start..member.start, between);
        assert!(read(&bad, &trusted()).is_err(), "PAX before member {place}");
    }
}

/// Sizes beyond every bound, in the two members that nothing promises.
#[test]
fn gigantic_sizes_take_no_memory() {
    for name in ["bundle.json", "bundle.json.minisig"] {
        for size in [(4 << 20) + 1, 2 << 30, (4 << 30) + 1, (8 << 30) - 1] {
            let name = EntryName::new(name).unwrap();
            let mut bytes = Vec::new();
            if name.as_str() != "bundle.json" {
                let first = members(&bundle())[0].clone();
                bytes.extend_from_slice(&bundle()[first]);
            }
            bytes.extend(header::header(&name, size, 0o644));
            let refused = offline::read::open(bytes.chain(std::io::repeat(b'x'))).unwrap_err();
            assert!(matches!(refused.kind(), Kind::TooLarge { .. }), "{refused}");
        }
    }
}

/// A signed layer that is a bomb, or no single frame.
#[test]
fn layers_that_hurt_are_refused_though_signed() {
    let plain = vec![0; 3 << 20];
    let frame = zstd::encode_all(plain.as_slice(), 3).unwrap();
    let other = zstd::encode_all(&b"more"[..], 3).unwrap();
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0][..], b"skip"].concat();
    let wide = {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(27).unwrap();
        encoder.include_contentsize(false).unwrap();
        std::io::Write::write_all(&mut encoder, &plain).unwrap();
        encoder.finish().unwrap()
    };
    // A frame that says its window is 2 GiB.
    let mut widest = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8];
    widest.extend([0x01, 0x00, 0x00]);
    let cases: [(&str, Vec<u8>, u64); 8] = [
        (
            "two frames",
            [frame.clone(), other].concat(),
            plain.len() as u64,
        ),
        (
            "a skippable frame behind",
            [frame.clone(), skippable.clone()].concat(),
            plain.len() as u64,
        ),
        (
            "a skippable frame before",
            [skippable, frame.clone()].concat(),
            plain.len() as u64,
        ),
        (
            "a byte behind",
            [frame.clone(), vec![0]].concat(),
            plain.len() as u64,
        ),
        (
            "cut off",
            frame[..frame.len() - 1].to_vec(),
            plain.len() as u64,
        ),
        ("a bomb", frame.clone(), 1000),
        ("a wide window", wide, plain.len() as u64),
        ("a window of 2 GiB", widest, plain.len() as u64),
    ];
    for (what, frame, promised) in cases {
        let dir = tempfile::tempdir().unwrap();
        let mut draft = empty();
        let (layer, content) = framed(&plain, &frame, dir.path());
        let layer = Layer {
            uncompressed_size: promised,
            ..layer
        };
        let LayerContent::Carried(path) = content else {
            panic!("it is carried");
        };
        draft
            .add_image(
                Role::App,
                "a:1",
                b"{}".to_vec(),
                vec![(layer, LayerContent::Carried(path))],
            )
            .unwrap();
        let refused = read(&sealed(draft), &trusted()).unwrap_err();
        assert!(
            matches!(
                refused.kind(),
                Kind::Layer(_) | Kind::Zstd(_) | Kind::Digest { .. }
            ),
            "{what}: {refused}"
        );
    }
}

/// Members of two good bundles, both signed by the same key, do not mix.
#[test]
fn two_bundles_do_not_mix() {
    let one = bundle();
    let mut draft = empty();
    draft
        .add_file(
            "other",
            0o644,
            offline::write::Content::Bytes(b"x".to_vec()),
        )
        .unwrap();
    let two = sealed(draft);
    let (first, second) = (members(&one), members(&two));
    // The head of one with the body of the other, and the manifest with the other's signature.
    let head = &one[..first[1].end];
    assert!(read(&[head, &two[second[1].end..]].concat(), &trusted()).is_err());
    let crossed = [&one[first[0].clone()], &two[second[1].start..]].concat();
    let refused = read(&crossed, &trusted()).unwrap_err();
    assert!(
        matches!(refused.kind(), Kind::Refused(Refusal::BadSignature(_))),
        "{refused}"
    );
    assert_ne!(Digest::of(&one), Digest::of(&two));
}
