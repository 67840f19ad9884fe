//! What is not a whole and genuine bundle is called what it is.

use std::io::Read as _;

use crate::support::{bundle, read, trust_in, trusted};
use offline::error::Kind;
use offline::{EntryName, header};

fn said(bytes: &[u8]) -> String {
    let refused = read(bytes, &trusted()).unwrap_err();
    assert!(!refused.hint().is_empty());
    refused.to_string()
}

fn flipped(at: usize) -> Vec<u8> {
    let mut bytes = bundle();
    bytes[at] ^= 1;
    bytes
}

#[test]
fn another_file_is_not_called_a_damaged_or_half_bundle() {
    let other = EntryName::new("other.json").unwrap();
    let key = include_bytes!("../golden/release.pub");
    let files: [(&str, &[u8]); 8] = [
        ("a public key", key),
        ("a letter", b"hello"),
        ("one byte", b"x"),
        ("a longer name", b"bundle.jsonx"),
        ("a picture", b"\x89PNG\r\n\x1a\n and so on"),
        ("rubbish", &[7; 100_000]),
        ("zeros", &[0; 10_240]),
        ("another tar", &header::header(&other, 0, 0o644)),
    ];
    for (what, bytes) in files {
        assert!(said(bytes).contains("not a VaultTerm bundle"), "{what}");
    }
}

#[test]
fn a_copy_that_stopped_is_called_that_wherever_it_stopped() {
    let good = bundle();
    for length in [
        0,
        1,
        11,
        12,
        100,
        511,
        512,
        600,
        good.len() / 2,
        good.len() - 1,
    ] {
        let words = said(&good[..length]);
        assert!(
            words.contains("the copy is not complete"),
            "{length}: {words}"
        );
    }
}

#[test]
fn damage_in_the_head_is_called_damage_where_it_can_be_told() {
    let head = offline::read::open(bundle().as_slice())
        .unwrap()
        .head_size() as usize;
    let second = members_second(&bundle());
    for at in [
        3,
        105,
        130,
        150,
        300,
        second + 2,
        second + 130,
        second + 600,
    ] {
        let refused = read(&flipped(at), &trusted()).unwrap_err();
        let told = matches!(
            refused.kind(),
            Kind::Head(_) | Kind::SignatureText(_) | Kind::Truncated
        );
        let by_signature = refused.to_string().contains("does not hold") && at > 512;
        assert!(told || by_signature || at == 130, "{at}: {refused}");
    }
    // A manifest that does not hold may be damaged or forged: nobody can tell.
    assert!(said(&flipped(600)).contains("a signature over the manifest does not hold"));
    assert!(said(&flipped(head + 600)).contains("the content is damaged"));
    let refused = read(&flipped(105), &trusted()).unwrap_err();
    assert!(
        refused.hint().contains("repair-request --head"),
        "{}",
        refused.hint()
    );
    let stranger = read(&bundle(), &trust_in(&[9])).unwrap_err().to_string();
    assert!(stranger.contains("which is not trusted"), "{stranger}");
}

/// Where the second member begins.
fn members_second(bytes: &[u8]) -> usize {
    let first: [u8; header::BLOCK] = bytes[..header::BLOCK].try_into().unwrap();
    header::space(header::stated_size(&first).unwrap()) as usize
}

/// A medium that fails is not a bundle that is bad.
#[test]
fn a_medium_that_fails_is_told_apart() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("bad sector"))
        }
    }
    let good = bundle();
    for length in [0, 5, 700, good.len() - 5] {
        let reader = good[..length].chain(Broken);
        let refused = offline::read::open(reader).and_then(|bundle| {
            let mut bundle = bundle.verify(&trusted())?;
            while let Some(member) = bundle.next_member()? {
                member.finish()?;
            }
            bundle.finish()
        });
        let refused = refused.unwrap_err();
        assert!(!refused.is_bad_bundle(), "{length}: {refused}");
        assert!(matches!(refused.kind(), Kind::Io(_)));
    }
}
