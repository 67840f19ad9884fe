//! What sharing promises, as properties.

use std::io::{Read as _, Write as _};

use proptest::prelude::*;
use vsss_rs::Gf256;
use zeroize::Zeroizing;

use super::{LENGTH, NoKey, RecoveryKey, Share};

fn key(bytes: [u8; LENGTH]) -> RecoveryKey {
    RecoveryKey(Zeroizing::new(bytes))
}

fn split(bytes: [u8; LENGTH]) -> [Share; 3] {
    key(bytes).split().unwrap().try_into().unwrap()
}

fn times(a: u8, b: u8) -> u8 {
    u8::from(Gf256::from(a) * Gf256::from(b))
}

fn over(a: u8, b: u8) -> u8 {
    u8::from(Gf256::from(a) / Gf256::from(b))
}

/// The one share with this number for which `given` would be a share of `secret`: for every byte, the
/// point of the line through both.
fn consistent(given: &Share, secret: &[u8; LENGTH], number: u8) -> Share {
    let mut value = Zeroizing::new([0; LENGTH]);
    for (at, to) in value.iter_mut().enumerate() {
        let slope = over(given.value[at] ^ secret[at], given.number);
        *to = secret[at] ^ times(slope, number);
    }
    Share {
        number,
        set: given.set,
        value,
    }
}

proptest! {
    #[test]
    fn any_two_of_three_give_the_key(bytes in any::<[u8; LENGTH]>()) {
        let [one, two, three] = split(bytes);
        for pair in [
            [&one, &two], [&two, &one], [&one, &three], [&three, &one], [&two, &three], [&three, &two],
        ] {
            let pair = pair.map(Clone::clone);
            prop_assert_eq!(*RecoveryKey::combine(&pair).unwrap().0, bytes);
        }
        let all = [three, one, two];
        prop_assert_eq!(*RecoveryKey::combine(&all).unwrap().0, bytes);
    }

    /// One share tells nothing: to whichever secret one likes there is a second share with which the
    /// given one is its share, and it looks like any other.
    #[test]
    fn one_share_is_a_share_of_every_secret(
        bytes in any::<[u8; LENGTH]>(), other in any::<[u8; LENGTH]>(), which in 0..3_usize,
    ) {
        let shares = split(bytes);
        let given = &shares[which];
        for number in (1..=3).filter(|number| *number != given.number) {
            let made = consistent(given, &other, number);
            let pair = [given.clone(), made.clone()];
            prop_assert_eq!(*RecoveryKey::combine(&pair).unwrap().0, other);
            prop_assert_eq!(Share::parse(&made.compact()).unwrap(), made);
        }
        // And with the secret itself it is the very share that was made.
        for real in shares.iter().filter(|share| share.number != given.number) {
            prop_assert_eq!(&consistent(given, &bytes, real.number), real);
        }
    }

    /// A value that was changed and given a new checksum is noticed with a third share.
    #[test]
    fn a_share_that_does_not_fit_is_named(
        bytes in any::<[u8; LENGTH]>(), at in 0..LENGTH, flip in 1..=255_u8,
    ) {
        let [one, two, mut three] = split(bytes);
        three.value[at] ^= flip;
        let combined = RecoveryKey::combine(&[one, two, three]);
        prop_assert_eq!(combined.err(), Some(NoKey::DoesNotFit(3)));
    }
}

/// One share tells nothing, counted: whatever the secret is, each value of each byte of a share comes
/// about equally often. χ² with 255 degrees of freedom is above 377 once in a million times.
#[test]
fn a_share_is_distributed_alike_for_every_secret() {
    for secret in [[0; LENGTH], [0xff; LENGTH], [0x5a; LENGTH]] {
        for which in 0..3 {
            let mut counts = [0_u32; 256];
            for _ in 0..2000 {
                for byte in *split(secret)[which].value {
                    counts[usize::from(byte)] += 1;
                }
            }
            let expected = f64::from(2000 * 32) / 256.0;
            let chi: f64 = counts
                .iter()
                .map(|count| (f64::from(*count) - expected).powi(2) / expected)
                .sum();
            assert!(
                chi < 377.0,
                "share {} of {:02x}: {chi}",
                which + 1,
                secret[0]
            );
        }
    }
}

#[test]
fn shares_that_give_no_key_are_named() {
    let [one, two, _] = split([1; LENGTH]);
    let [_, other, _] = split([1; LENGTH]);
    let fails = |shares: &[Share]| RecoveryKey::combine(shares).err().unwrap().to_string();
    assert_eq!(fails(&[]), "2 shares are needed, and 0 was given");
    assert_eq!(
        fails(std::slice::from_ref(&one)),
        "2 shares are needed, and 1 was given"
    );
    assert_eq!(
        fails(&[one.clone(), one.clone()]),
        "share 1 was given twice"
    );
    let [mixed, set, others] = [
        fails(&[one.clone(), other.clone()]),
        one.set.to_string(),
        other.set.to_string(),
    ];
    assert_eq!(
        mixed,
        format!("share 1 is of set {set}, and share 2 of set {others}")
    );
    assert_eq!(fails(&[one, two, other]), mixed);
}

#[test]
fn the_key_is_an_age_identity() {
    let bytes = [7; LENGTH];
    let identity = key(bytes).identity().unwrap();
    let recipient = identity.to_public();
    let mut sealed = Vec::new();
    let to: [&dyn age::Recipient; 1] = [&recipient];
    let encryptor = age::Encryptor::with_recipients(to.into_iter()).unwrap();
    let mut out = encryptor.wrap_output(&mut sealed).unwrap();
    out.write_all(b"it opens").unwrap();
    out.finish().unwrap();
    let [_, two, three] = split(bytes);
    let again = RecoveryKey::combine(&[two, three])
        .unwrap()
        .identity()
        .unwrap();
    assert_eq!(again.to_public().to_string(), recipient.to_string());
    let decryptor = age::Decryptor::new(&sealed[..]).unwrap();
    let keys: [&dyn age::Identity; 1] = [&again];
    let mut text = String::new();
    decryptor
        .decrypt(keys.into_iter())
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "it opens");
}
