//! Roots and chains, attacked as TUF's clients were.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};

use super::{Carried, Chain, ChainError, Link, Revoked, Role, RoleError, Root, RootError};
use crate::minisign::{KeyId, PublicKey, prehash};

/// Somebody who can sign.
pub(crate) struct Person {
    id: [u8; 8],
    signing: SigningKey,
}

impl Person {
    pub(crate) fn new(number: u8) -> Self {
        Self {
            id: [number; 8],
            signing: SigningKey::from_bytes(&[number; 32]),
        }
    }

    /// The same key under another name.
    fn as_if(&self, id: u8) -> Self {
        Self {
            id: [id; 8],
            signing: self.signing.clone(),
        }
    }

    pub(crate) fn key(&self) -> PublicKey {
        let bytes = self.signing.verifying_key().to_bytes();
        let key = crate::ed25519::PublicKey::from_bytes(&bytes).unwrap();
        let text = PublicKey::new(KeyId::from_bytes(self.id), key).to_file_text("a key");
        PublicKey::from_base64_file(&text).unwrap()
    }

    pub(crate) fn sign(&self, content: &[u8], comment: &str) -> String {
        let signature = self.signing.sign(&prehash(content)).to_bytes();
        let mut line = b"ED".to_vec();
        line.extend_from_slice(&self.id);
        line.extend_from_slice(&signature);
        let mut bound = signature.to_vec();
        bound.extend_from_slice(comment.as_bytes());
        let global = self.signing.sign(&bound).to_bytes();
        format!(
            "untrusted comment: x\n{}\ntrusted comment: {comment}\n{}\n",
            STANDARD.encode(line),
            STANDARD.encode(global)
        )
    }
}

pub(crate) fn role(people: &[&Person], threshold: usize) -> Role {
    let keys = people.iter().map(|person| person.key()).collect();
    Role::new(keys, threshold).unwrap()
}

/// A root of which `people` sign roots, two of them, and `release` signs releases.
pub(crate) fn root(version: u64, people: &[&Person], release: &Person, gone: &[&Person]) -> Root {
    let revoked = gone.iter().map(|person| Revoked {
        key: person.key(),
        reason: "its stick was lost".to_owned(),
    });
    let threshold = people.len().min(2);
    Root::new(
        version,
        1_790_000_000,
        role(people, threshold),
        role(&[release], 1),
        revoked.collect(),
    )
    .unwrap()
}

pub(crate) fn link(root: &Root, people: &[&Person]) -> Link {
    let text = root.to_text();
    let comment = root.trusted_comment();
    let signatures = people
        .iter()
        .map(|person| person.sign(text.as_bytes(), &comment))
        .collect();
    Link {
        root: text,
        signatures,
    }
}

fn anchor(links: &[Link]) -> Result<Chain, ChainError> {
    Chain::anchor(&Carried::new(links.to_vec()))
}

/// Two who sign roots, and one who signs releases.
fn people() -> [Person; 5] {
    [1, 2, 3, 4, 5].map(Person::new)
}

#[test]
fn a_chain_is_followed_and_its_text_is_the_same_again() {
    let [a, b, c, d, release] = people();
    let first = link(&root(1, &[&a, &b], &release, &[]), &[&a, &b]);
    let second = link(&root(2, &[&b, &c], &d, &[&release]), &[&a, &b, &c]);
    let start = anchor(std::slice::from_ref(&first)).unwrap();
    let carried = Carried::new(vec![first.clone(), second]);
    let text = carried.to_text();
    let carried = Carried::parse(text.as_bytes()).unwrap();
    assert_eq!(carried.to_text(), text);
    let chain = start.follow(&carried).unwrap();
    assert_eq!(chain.current().version(), 2);
    assert_eq!(chain.current().releases().keys(), [d.key()]);
    assert_eq!(chain.carried(), carried);
    // One that ends earlier, or is empty, changes nothing.
    for shorter in [vec![first], Vec::new()] {
        assert_eq!(chain.follow(&Carried::new(shorter)).unwrap(), chain);
    }
    assert_eq!(chain.follow(&carried).unwrap(), chain);
}

#[test]
fn each_root_is_exactly_the_next() {
    let [a, b, _, _, release] = people();
    let first = link(&root(1, &[&a, &b], &release, &[]), &[&a, &b]);
    for version in [1, 3, 9, u64::MAX] {
        let root = root(version, &[&a, &b], &release, &[]);
        // Even when it is signed as if it were the second.
        let text = root.to_text();
        let signatures = [&a, &b].map(|person| person.sign(text.as_bytes(), "vaultterm root 2"));
        let forged = Link {
            root: text,
            signatures: signatures.to_vec(),
        };
        let refused = anchor(&[first.clone(), forged]).unwrap_err();
        assert!(
            matches!(refused, ChainError::NotNext { expected: 2, found } if found == version),
            "{refused}"
        );
        let honest = link(&root, &[&a, &b]);
        let refused = anchor(&[first.clone(), honest]).unwrap_err();
        assert!(
            matches!(refused, ChainError::Comment { version: 2 }),
            "{refused}"
        );
    }
    let late = link(&root(2, &[&a, &b], &release, &[]), &[&a, &b]);
    assert!(anchor(&[late]).is_err(), "a chain begins with root 1");
}

#[test]
fn both_the_old_and_the_new_keys_have_to_sign() {
    let [a, b, c, d, release] = people();
    let first = link(&root(1, &[&a, &b], &release, &[]), &[&a, &b]);
    let next = root(2, &[&c, &d], &release, &[]);
    let cases: [(&[&Person], &str); 4] = [
        (&[&c, &d], "the root before it"),
        (&[&a, &c, &d], "the root before it"),
        (&[&a, &b], "it itself"),
        (&[&a, &b, &c], "it itself"),
    ];
    for (signers, asks) in cases {
        let refused = anchor(&[first.clone(), link(&next, signers)]).unwrap_err();
        assert!(
            matches!(refused, ChainError::TooFew { version: 2, by, .. } if by == asks),
            "{refused}"
        );
    }
    assert!(anchor(&[first, link(&next, &[&a, &b, &c, &d])]).is_ok());
}

#[test]
fn one_key_counts_once() {
    let [a, b, _, _, release] = people();
    let first = root(1, &[&a, &b], &release, &[]);
    let refused = anchor(&[link(&first, &[&a, &a, &a])]).unwrap_err();
    assert!(
        matches!(
            refused,
            ChainError::TooFew {
                needed: 2,
                found: 1,
                ..
            }
        ),
        "{refused}"
    );
    // Nor can it enter a role under two names.
    let keys = vec![a.key(), a.as_if(9).key()];
    assert!(matches!(Role::new(keys, 2), Err(RoleError::Repeated(_))));
    let keys = vec![a.key(), b.as_if(1).key()];
    assert!(matches!(Role::new(keys, 2), Err(RoleError::Repeated(_))));
    let two_names = Root::new(1, 0, role(&[&a], 1), role(&[&a.as_if(9)], 1), Vec::new());
    assert!(matches!(two_names, Err(RootError::Ambiguous(_))));
    for threshold in [0, 3] {
        assert!(matches!(
            Role::new(vec![a.key(), b.key()], threshold),
            Err(RoleError::Threshold { .. })
        ));
    }
}

#[test]
fn a_bad_signature_in_a_known_name_is_no_mere_absence() {
    let [a, b, _, _, release] = people();
    let first = root(1, &[&a, &b], &release, &[]);
    let mut forged = link(&first, &[&a, &b]);
    forged.signatures.push(
        b.as_if(1)
            .sign(first.to_text().as_bytes(), "vaultterm root 1"),
    );
    let refused = anchor(&[forged]).unwrap_err();
    assert!(
        matches!(refused, ChainError::Signature { version: 1, .. }),
        "{refused}"
    );
    // A signature over a release is none over a root, whoever made it.
    let other = Link {
        root: first.to_text(),
        signatures: [&a, &b]
            .map(|person| person.sign(first.to_text().as_bytes(), "vaultterm 1.0.0 sha256:00"))
            .to_vec(),
    };
    assert!(matches!(anchor(&[other]), Err(ChainError::Comment { .. })));
}

#[test]
fn what_was_revoked_stays_so() {
    let [a, b, c, d, lost] = people();
    let first = link(&root(1, &[&a, &b], &lost, &[]), &[&a, &b]);
    let second = link(&root(2, &[&a, &b], &c, &[&lost]), &[&a, &b]);
    let third = link(&root(3, &[&a, &b], &d, &[]), &[&a, &b]);
    let refused = anchor(&[first, second, third]).unwrap_err();
    assert!(
        matches!(refused, ChainError::Forgotten { version: 3, key } if key == lost.key().key_id()),
        "{refused}"
    );
    // Nor does it come back by another name, or another key by its name.
    for back in [lost.as_if(9), c.as_if(5)] {
        let revoked = vec![Revoked {
            key: lost.key(),
            reason: String::new(),
        }];
        let made = Root::new(3, 0, role(&[&a, &b], 2), role(&[&back], 1), revoked);
        assert!(matches!(made, Err(RootError::RevokedKey(_))));
    }
}

#[test]
fn two_chains_that_differ_are_told_apart() {
    let [a, b, c, d, release] = people();
    let first = link(&root(1, &[&a, &b], &release, &[]), &[&a, &b]);
    let ours = link(&root(2, &[&a, &b], &c, &[]), &[&a, &b]);
    let theirs = link(&root(2, &[&a, &b], &d, &[]), &[&a, &b]);
    let chain = anchor(&[first.clone(), ours]).unwrap();
    let refused = chain
        .follow(&Carried::new(vec![first, theirs]))
        .unwrap_err();
    assert!(
        matches!(refused, ChainError::Fork { version: 2 }),
        "{refused}"
    );
    let foreign = link(&root(1, &[&c, &d], &release, &[]), &[&c, &d]);
    let refused = chain.follow(&Carried::new(vec![foreign])).unwrap_err();
    assert!(
        matches!(refused, ChainError::Fork { version: 1 }),
        "{refused}"
    );
}

#[test]
fn a_text_is_read_in_one_way_only() {
    let [a, b, _, _, release] = people();
    let text = root(1, &[&a, &b], &release, &[]).to_text();
    assert_eq!(Root::parse(&text).unwrap().to_text(), text);
    let changed = [
        text.replace("{\"created\"", "{ \"created\""),
        text.replace("\"version\":1", "\"version\":9,\"version\":1"),
        text.replace("\"version\":1", "\"version\":1,\"extra\":0"),
        text.replace("\"version\":1", "\"version\":0"),
        text.replace("\"version\":1", "\"version\":1.0"),
        text.replace("\"version\":1", "\"version\":18446744073709551616"),
        text.replace("vnd.vaultterm.root+", "vnd.vaultterm.bundle+"),
        text.replace("\"vaultterm\"", "\"other\""),
        text.replace("a key", "a\\u001b[2Jkey"),
        text.replace("a key", &"k".repeat(300)),
        text.replacen("\"threshold\":2", "\"threshold\":0", 1),
        format!("{text} "),
        String::new(),
        "[".repeat(100_000),
    ];
    for changed in changed {
        assert_ne!(changed, text);
        assert!(Root::parse(&changed).is_err(), "{changed}");
    }
}

#[test]
fn an_envelope_is_bounded_and_nothing_else() {
    let [a, b, _, _, release] = people();
    let first = link(&root(1, &[&a, &b], &release, &[]), &[&a, &b]);
    let text = Carried::new(vec![first.clone()]).to_text();
    let long = format!("{text}{}", " ".repeat(super::MAX_CHAIN_TEXT));
    assert!(matches!(
        Carried::parse(long.as_bytes()),
        Err(ChainError::TooLong)
    ));
    let many = Link {
        signatures: vec![String::new(); 200],
        ..first
    };
    let many = Carried::new(vec![many]).to_text();
    for bad in [
        many.as_str(),
        "",
        "{}",
        "[]",
        &text.replace("roots+json", "root+json"),
        &text.replace("{\"mediaType\"", "{\"more\":1,\"mediaType\""),
    ] {
        assert!(
            matches!(Carried::parse(bad.as_bytes()), Err(ChainError::Envelope)),
            "{bad}"
        );
    }
    assert!(matches!(anchor(&[]), Err(ChainError::Empty)));
}
