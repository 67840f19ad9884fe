//! Who is believed, once the roots are known.

use super::{Refusal, Trust};
use crate::minisign::{Signature, prehash};
use crate::root::tests::{Person, link, role, root};
use crate::root::{Carried, Chain, Root};

fn signatures(people: &[&Person]) -> Vec<Signature> {
    let text: String = people
        .iter()
        .map(|person| person.sign(b"release", "a release"))
        .collect();
    Signature::parse_all(&text).unwrap()
}

fn accept(trust: &Trust, people: &[&Person]) -> Result<usize, Refusal> {
    let signers = trust.accept(&prehash(b"release"), &signatures(people));
    signers.map(|signers| signers.len())
}

#[test]
fn any_one_of_plain_keys_is_enough() {
    let [a, b, c] = [1, 2, 3].map(Person::new);
    let trust = Trust::in_keys(vec![a.key(), b.key()]);
    assert_eq!(accept(&trust, &[&b]), Ok(1));
    assert_eq!(accept(&trust, &[&c, &a]), Ok(1));
    let found = c.key().key_id();
    assert_eq!(accept(&trust, &[&c]), Err(Refusal::UntrustedKey { found }));
    assert_eq!(
        accept(&Trust::in_keys(Vec::new()), &[&a]),
        Err(Refusal::NoTrust)
    );
    let other = trust.accept(&prehash(b"another"), &signatures(&[&a]));
    assert!(matches!(other, Err(Refusal::BadSignature(_))));
}

#[test]
fn a_root_says_who_and_how_many() {
    let [a, b, c, d] = [1, 2, 3, 4].map(Person::new);
    let releases = role(&[&b, &c], 2);
    let first = Root::new(1, 0, role(&[&a], 1), releases, Vec::new()).unwrap();
    let text = Carried::new(vec![link(&first, &[&a])]).to_text();
    let trust = Trust::from_text(&text).unwrap();
    assert_eq!(accept(&trust, &[&b, &c]), Ok(2));
    assert_eq!(accept(&trust, &[&d, &c, &b, &b]), Ok(2));
    for too_few in [&[&b][..], &[&b, &b], &[&b, &d], &[&c, &a]] {
        let refused = accept(&trust, too_few);
        assert_eq!(
            refused,
            Err(Refusal::TooFew {
                needed: 2,
                found: 1
            })
        );
    }
    let found = a.key().key_id();
    assert_eq!(accept(&trust, &[&a]), Err(Refusal::UntrustedKey { found }));
}

#[test]
fn a_revoked_key_is_named_as_such() {
    let [a, old, new] = [1, 2, 3].map(Person::new);
    let first = link(&root(1, &[&a], &old, &[]), &[&a]);
    let second = link(&root(2, &[&a], &new, &[&old]), &[&a]);
    let start = Chain::anchor(&Carried::new(vec![first.clone()])).unwrap();
    let trust = Trust::in_chain(start);
    assert_eq!(accept(&trust, &[&old]), Ok(1));
    let later = trust.follow(&Carried::new(vec![first, second])).unwrap();
    assert_eq!(accept(&later, &[&new]), Ok(1));
    let refused = accept(&later, &[&old]).unwrap_err();
    assert!(
        matches!(refused, Refusal::Revoked { version: 2, .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("its stick was lost"));
}

#[test]
fn a_trust_file_is_keys_or_a_chain() {
    let a = Person::new(1);
    let trust = Trust::from_text(&a.key().to_file_text("a key")).unwrap();
    assert_eq!((trust.keys().len(), trust.threshold()), (1, 1));
    assert!(trust.chain().is_none());
    for bad in ["", "{", "{}", "hello"] {
        assert!(Trust::from_text(bad).is_err(), "{bad}");
    }
}
