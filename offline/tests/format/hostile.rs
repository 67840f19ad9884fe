//! Archives that somebody made to hurt. Each is built from a good bundle, signed where the trick
//! lies behind the signature, and must be refused quickly, with little memory, in clear words.

use std::io::Read as _;

use offline::error::Kind;
use offline::header;
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

/// What is wrong, and the bytes.
pub type Case = (String, Vec<u8>);

/// Everything here that must be refused.
pub fn cases() -> Vec<Case> {
    let mut all = moved();
    all.extend(headers());
    all.extend(layers());
    all
}

/// Members that are missing, doubled or in another order.
fn moved() -> Vec<Case> {
    let good = bundle();
    let all = members(&good);
    let mut cases = Vec::new();
    for place in 0..all.len() {
        let mut without = all.clone();
        without.remove(place);
        cases.push((format!("without {place}"), reordered(&good, &without)));
        let mut twice = all.clone();
        twice.insert(place, all[place].clone());
        cases.push((format!("{place} twice"), reordered(&good, &twice)));
        for other in place + 1..all.len() {
            let mut swapped = all.clone();
            swapped.swap(place, other);
            let bytes = reordered(&good, &swapped);
            if bytes != good {
                cases.push((format!("{place} for {other}"), bytes));
            }
        }
    }
    cases
}

#[test]
fn members_may_not_be_moved_doubled_or_left_out() {
    for (what, bytes) in moved() {
        assert!(read(&bytes, &trusted()).is_err(), "{what}");
    }
    let good = bundle();
    assert!(read(&reordered(&good, &members(&good)), &trusted()).is_ok());
}

/// What it is called, and how a header is spoiled.
type Trick = (&'static str, fn(&mut tar::Header));

fn named(header: &mut tar::Header, name: &[u8]) {
    header.as_mut_bytes()[..100].fill(0);
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
}

const TRICKS: [Trick; 22] = [
    ("a hard link", |h| h.set_entry_type(tar::EntryType::Link)),
    ("a symbolic link", |h| {
        h.set_entry_type(tar::EntryType::Symlink);
        h.as_mut_bytes()[157..168].copy_from_slice(b"/etc/passwd");
    }),
    ("a block device", |h| {
        h.set_entry_type(tar::EntryType::Block);
    }),
    ("a character device", |h| {
        h.set_entry_type(tar::EntryType::Char);
        h.as_mut_bytes()[329..337].copy_from_slice(b"0000001\0");
    }),
    ("a FIFO", |h| h.set_entry_type(tar::EntryType::Fifo)),
    ("a folder", |h| h.set_entry_type(tar::EntryType::Directory)),
    ("a contiguous file", |h| {
        h.set_entry_type(tar::EntryType::Continuous);
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
    ("a GNU long link", |h| {
        h.set_entry_type(tar::EntryType::GNULongLink);
    }),
    ("a sparse file", |h| {
        h.set_entry_type(tar::EntryType::GNUSparse);
    }),
    ("an old regular file", |h| h.as_mut_bytes()[156] = 0),
    ("a size in base 256", |h| {
        h.as_mut_bytes()[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]);
    }),
    ("another owner", |h| h.set_uid(1000)),
    ("set-user-ID", |h| h.set_mode(0o4755)),
    ("a way out", |h| named(h, b"../../etc/passwd")),
    ("an absolute name", |h| named(h, b"/etc/passwd")),
    ("another good name", |h| named(h, b"files/other")),
    ("a name behind a NUL", |h| named(h, b"files/a\0/../../x")),
    ("a name that is no UTF-8", |h| named(h, b"files/\xff\xfe")),
    ("a prefix", |h| {
        h.as_mut_bytes()[345..348].copy_from_slice(b"../");
    }),
];

/// Headers as other tars write them, or as an attacker would, in place of a good one; and a PAX
/// header in between with another size, as two readers of one file would disagree about.
fn headers() -> Vec<Case> {
    let good = bundle();
    let mut cases = Vec::new();
    for (place, member) in members(&good).into_iter().enumerate() {
        let original: [u8; 512] = good[member.start..member.start + 512].try_into().unwrap();
        for (what, trick) in TRICKS {
            let mut header = tar::Header::new_ustar();
            header.as_mut_bytes().copy_from_slice(&original);
            trick(&mut header);
            header.set_cksum();
            let mut bad = good.clone();
            bad[member.start..member.start + 512].copy_from_slice(header.as_bytes());
            assert!(bad != good, "{what}");
            cases.push((format!("{what} as member {place}"), bad));
        }
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
        cases.push((format!("PAX before member {place}"), bad));
    }
    cases
}

#[test]
fn headers_that_other_tars_accept_are_refused() {
    for (what, bytes) in headers() {
        assert!(read(&bytes, &trusted()).is_err(), "{what}");
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
fn layers() -> Vec<Case> {
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
    let frames: [(&str, Vec<u8>, u64); 9] = [
        ("a bomb of a GiB", bomb(), 1000),
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
    let bundle_with = |(what, frame, promised): (&str, Vec<u8>, u64)| {
        let dir = tempfile::tempdir().unwrap();
        let mut draft = empty();
        let (layer, content) = framed(&plain, &frame, dir.path());
        let layer = Layer {
            uncompressed_size: promised,
            ..layer
        };
        let layers = vec![(layer, content)];
        draft
            .add_image(Role::App, "a:1", b"{}".to_vec(), layers)
            .unwrap();
        (what.to_owned(), sealed(draft))
    };
    frames.into_iter().map(bundle_with).collect()
}

/// A GiB of zeros in a few kilobytes.
fn bomb() -> Vec<u8> {
    zstd::encode_all(std::io::repeat(0).take(1 << 30), 1).unwrap()
}

#[test]
fn layers_that_hurt_are_refused_though_signed() {
    for (what, bytes) in layers() {
        let refused = read(&bytes, &trusted()).unwrap_err();
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
