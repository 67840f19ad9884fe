//! Several signers, roots that change, and whoever tries to profit from either.

use crate::support::{TestKey, bundle, draft, read, trust_in, trusted};
use license::minisign::prehash;
use license::root::{Carried, Chain, ChainError, Link, Revoked, Role, Root};
use license::trust::{Refusal, Trust};
use offline::error::Kind;
use offline::progress::Silent;
use offline::read::CosignError;
use offline::signing::Signer as _;

fn keys(seeds: &[u8]) -> Vec<license::minisign::PublicKey> {
    let keys = seeds.iter().map(|seed| TestKey::new(*seed).public());
    keys.collect()
}

/// A root whose keys are 101 and 102, both of which it takes.
fn root(version: u64, releases: &[u8], threshold: usize, revoked: &[u8]) -> Link {
    let revoked = keys(revoked).into_iter().map(|key| Revoked {
        key,
        reason: "lost".into(),
    });
    let root = Root::new(
        version,
        1_700_000_000,
        Role::new(keys(&[101, 102]), 2).unwrap(),
        Role::new(keys(releases), threshold).unwrap(),
        revoked.collect(),
    )
    .unwrap();
    signed(&root, &[101, 102])
}

fn signed(root: &Root, seeds: &[u8]) -> Link {
    let text = root.to_text();
    let sign = |seed: &u8| {
        let digest = prehash(text.as_bytes());
        let signed = TestKey::new(*seed).sign(&digest, &root.trusted_comment());
        signed.unwrap()
    };
    Link {
        signatures: seeds.iter().map(sign).collect(),
        root: text,
    }
}

fn chain(links: &[Link]) -> Carried {
    Carried::new(links.to_vec())
}

fn anchored(links: &[Link]) -> Trust {
    Trust::in_chain(Chain::anchor(&chain(links)).unwrap())
}

/// A bundle signed by key `seed` that carries roots.
fn carrying(seed: u8, links: &[Link]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let draft = draft(dir.path()).with_roots(chain(links));
    let mut bytes = Vec::new();
    let sealed = draft.seal(&TestKey::new(seed), &mut bytes, &mut Silent);
    assert_eq!(sealed.unwrap().size, bytes.len() as u64);
    bytes
}

/// The bundle with one more signature.
fn cosigned(bytes: &[u8], trust: &Trust, seed: u8) -> Vec<u8> {
    let one = trust.clone().content_with_one();
    let bundle = offline::read::open(bytes).unwrap().verify(&one).unwrap();
    let text = bundle.sign(&TestKey::new(seed)).unwrap();
    let mut out = Vec::new();
    let bundle = bundle.with_signature::<()>(&text).unwrap();
    bundle.copy_to(&mut out, &mut Silent).unwrap();
    out
}

#[track_caller]
fn refused(bytes: &[u8], trust: &Trust) -> Refusal {
    let error = read(bytes, trust).unwrap_err();
    let Kind::Refused(refusal) = error.kind() else {
        unreachable!("{error}");
    };
    refusal.clone()
}

#[test]
fn a_rotation_needs_no_new_program() {
    let links = [root(1, &[1], 1, &[]), root(2, &[2], 1, &[1])];
    let old = anchored(&links[..1]);
    let new = carrying(2, &links);
    assert!(read(&new, &old).is_ok());
    // Taken over, the roots refuse what the revoked key signed, with or without roots of its own.
    let bundle = offline::read::open(new.as_slice()).unwrap();
    let kept = bundle.verify(&old).unwrap().trust().clone();
    assert_eq!(kept, anchored(&links));
    for stolen in [bundle_of(1), carrying(1, &links[..1]), carrying(1, &links)] {
        assert!(matches!(
            refused(&stolen, &kept),
            Refusal::Revoked { version: 2, .. }
        ));
    }
    // One that carries its own revocation is refused by whoever never heard of it.
    let refusal = refused(&carrying(1, &links), &old);
    assert!(matches!(refusal, Refusal::Revoked { .. }), "{refusal}");
    // Before the rotation is known, the old key is as good as it was.
    assert!(read(&bundle_of(1), &old).is_ok());
    assert!(matches!(
        refused(&bundle_of(2), &old),
        Refusal::UntrustedKey { .. }
    ));
}

/// A bundle without roots, by some key.
fn bundle_of(seed: u8) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = Vec::new();
    let sealed = draft(dir.path()).seal(&TestKey::new(seed), &mut bytes, &mut Silent);
    sealed.unwrap();
    bytes
}

#[test]
fn roots_that_do_not_continue_ours_are_refused_whoever_signed() {
    let first = root(1, &[1], 1, &[]);
    let ours = anchored(&[first.clone(), root(2, &[1], 1, &[])]);
    let unsigned = Link {
        signatures: Vec::new(),
        ..root(3, &[9], 1, &[])
    };
    let half = Link {
        signatures: root(3, &[9], 1, &[]).signatures.split_off(1),
        ..root(3, &[9], 1, &[])
    };
    let second = root(2, &[1], 1, &[]);
    let cases = [
        vec![first.clone(), root(2, &[9], 1, &[])],
        vec![first.clone(), second.clone(), root(4, &[9], 1, &[])],
        vec![first.clone(), second.clone(), unsigned],
        vec![first.clone(), second.clone(), half],
        vec![first.clone(), second.clone(), second],
        vec![root(1, &[9], 1, &[])],
    ];
    for links in cases {
        for seed in [1, 9] {
            let error = read(&carrying(seed, &links), &ours).unwrap_err();
            assert!(matches!(error.kind(), Kind::Roots(_)), "{error}");
            assert_eq!(error.member(), Some("roots.json"));
        }
    }
    // Fewer roots than are known change nothing.
    assert!(read(&carrying(1, &[first]), &ours).is_ok());
    assert!(read(&carrying(1, &[]), &ours).is_ok());
}

#[test]
fn a_threshold_takes_that_many_keys() {
    let links = [root(1, &[1, 2, 3], 2, &[])];
    let trust = anchored(&links);
    let one = carrying(1, &links);
    assert_eq!(
        refused(&one, &trust),
        Refusal::TooFew {
            needed: 2,
            found: 1
        }
    );
    let two = cosigned(&one, &trust, 3);
    assert!(read(&two, &trust).is_ok());
    assert!(read(&cosigned(&two, &trust, 2), &trust).is_ok());
    // Beside a new signature nothing changed: the body is the same.
    let body = |bytes: &[u8]| {
        let head = offline::read::open(bytes).unwrap().head_size() as usize;
        bytes[head..].to_vec()
    };
    assert!(body(&one) == body(&two));
    // The same key twice is one key, in whichever order it is written.
    let bundle = offline::read::open(one.as_slice()).unwrap();
    let bundle = bundle.verify(&trust.clone().content_with_one()).unwrap();
    let again = bundle.sign(&TestKey::new(1)).unwrap();
    let twice = bundle.with_signature::<()>(&again).unwrap_err();
    assert!(matches!(twice, CosignError::Already(_)));
    let doubled = with_signatures(&one, &[again.clone(), again]);
    assert_eq!(
        refused(&doubled, &trust),
        Refusal::TooFew {
            needed: 2,
            found: 1
        }
    );
}

/// The bundle with other texts of signatures.
fn with_signatures(bytes: &[u8], texts: &[String]) -> Vec<u8> {
    let size = |at: usize| {
        let digits = std::str::from_utf8(&bytes[at + 124..at + 135]).unwrap();
        usize::from_str_radix(digits, 8).unwrap()
    };
    let at = 512 + size(0).next_multiple_of(512);
    let end = at + 512 + size(at).next_multiple_of(512);
    let text = texts.concat();
    let name = offline::EntryName::new("bundle.json.minisig").unwrap();
    let mut changed = bytes[..at].to_vec();
    changed.extend(offline::header::header(&name, text.len() as u64, 0o644));
    changed.extend(text.as_bytes());
    changed.resize(changed.len().next_multiple_of(512), 0);
    changed.extend(&bytes[end..]);
    changed
}

#[test]
fn signatures_of_another_bundle_do_not_count() {
    let links = [root(1, &[1, 2], 2, &[])];
    let trust = anchored(&links);
    let one = carrying(1, &links);
    // What another release was signed with, by both.
    let dir = tempfile::tempdir().unwrap();
    let mut other = Vec::new();
    let mut release = crate::support::release();
    release.version = "9.9.9".into();
    let drafted = offline::write::Draft::new(release).with_roots(chain(&links));
    drafted
        .seal(&TestKey::new(2), &mut other, &mut Silent)
        .unwrap();
    let _kept = dir;
    let bundle = offline::read::open(other.as_slice()).unwrap();
    let bundle = bundle.verify(&trust.clone().content_with_one()).unwrap();
    let theirs = bundle.sign(&TestKey::new(2)).unwrap();
    let bundle = offline::read::open(one.as_slice()).unwrap();
    let bundle = bundle.verify(&trust.clone().content_with_one()).unwrap();
    let ours = bundle.sign(&TestKey::new(1)).unwrap();
    let mixed = with_signatures(&one, &[ours.clone(), theirs.clone()]);
    assert!(matches!(refused(&mixed, &trust), Refusal::BadSignature(_)));
    let added = bundle.with_signature::<()>(&theirs).unwrap_err();
    assert!(matches!(added, CosignError::Refused(_)), "{added}");
    // A genuine signature over the manifest with words about something else.
    let manifest = &one[512..];
    let digits = std::str::from_utf8(&one[124..135]).unwrap();
    let manifest = &manifest[..usize::from_str_radix(digits, 8).unwrap()];
    let words = TestKey::new(2).sign(&prehash(manifest), "vaultterm 9.9.9 sha256:00");
    let lying = with_signatures(&one, &[ours.clone(), words.unwrap()]);
    let error = read(&lying, &trust).unwrap_err();
    assert!(matches!(error.kind(), Kind::ForeignComment), "{error}");
    // Strangers are passed over, and too many signatures are not looked at.
    let stranger = TestKey::new(7).sign(&prehash(manifest), "x").unwrap();
    let beside = with_signatures(&one, &[stranger, ours.clone()]);
    assert_eq!(
        refused(&beside, &trust),
        Refusal::TooFew {
            needed: 2,
            found: 1
        }
    );
    assert!(read(&beside, &trust_in(&[1])).is_ok());
    let many = with_signatures(&one, &vec![ours; 9]);
    assert!(matches!(
        read(&many, &trust).unwrap_err().kind(),
        Kind::SignatureText(_)
    ));
}

#[test]
fn plain_keys_take_no_part_in_roots() {
    let links = [root(1, &[1], 1, &[]), root(2, &[2], 1, &[1])];
    assert!(read(&carrying(1, &links), &trusted()).is_ok());
    let refusal = refused(&carrying(2, &links), &trusted());
    assert!(matches!(refusal, Refusal::UntrustedKey { .. }));
    // What is no chain is refused all the same.
    let good = carrying(1, &links);
    let at = good
        .windows(9)
        .position(|bytes| bytes == b"mediaType")
        .unwrap();
    let at = at
        + good[at + 9..]
            .windows(9)
            .position(|b| b == b"mediaType")
            .unwrap()
        + 9;
    let mut bad = good;
    bad[at] = b'M';
    let error = read(&bad, &trusted()).unwrap_err();
    assert!(
        matches!(error.kind(), Kind::Roots(ChainError::Envelope)),
        "{error}"
    );
}

#[test]
fn volumes_and_repairs_carry_the_whole_head() {
    let links = [root(1, &[1, 2], 2, &[])];
    let trust = anchored(&links);
    let good = cosigned(&carrying(1, &links), &trust, 2);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bundle.vtb");
    std::fs::write(&path, &good).unwrap();
    let head = offline::read::open(good.as_slice()).unwrap().head_size();
    let file = std::fs::File::open(&path).unwrap();
    let open = |number| std::fs::File::create(offline::volumes::path(&path, number));
    let size = offline::volumes::least_size(head);
    offline::volumes::split(&file, head, size, open, &mut Silent).unwrap();
    let first = offline::volumes::path(&path, 1);
    assert!(offline::volumes::is_volume(std::fs::File::open(&first).unwrap()).unwrap());
    assert!(!offline::volumes::is_volume(good.as_slice()).unwrap());
    let held = offline::Held::open(&first, &trust).unwrap();
    assert!(held.survey(&mut Silent).unwrap().is_clean());
    let nobody = Box::new(|_: u32, _: &std::path::Path| None);
    let stream = offline::volumes::open(&first, nobody).unwrap();
    let bundle = offline::read::open(stream.reader).unwrap();
    let mut joined = Vec::new();
    let bundle = bundle.verify(&trust).unwrap();
    bundle.copy_to(&mut joined, &mut Silent).unwrap();
    assert!(joined == good);
}

#[test]
fn every_truncated_head_is_refused() {
    let links = [root(1, &[1], 1, &[])];
    let good = carrying(1, &links);
    let trust = anchored(&links);
    let head = offline::read::open(good.as_slice()).unwrap().head_size() as usize;
    for length in 0..head + 512 {
        assert!(
            offline::read::open(&good[..length]).is_err(),
            "{length} bytes"
        );
    }
    // Every bit of the roots but those of untrusted comments matters.
    let plain = offline::read::open(bundle().as_slice())
        .unwrap()
        .head_size() as usize;
    for at in plain..head {
        let mut bad = good.clone();
        bad[at] ^= 1;
        if read(&bad, &trust).is_ok() {
            let before = String::from_utf8_lossy(&good[plain..at]).into_owned();
            let line = before.rsplit("\\n").next().unwrap_or_default();
            let signature = before.contains("\"signatures\"");
            assert!(
                line.contains("untrusted comment: ") || signature,
                "byte {at}"
            );
        }
    }
}
