//! Escrow: a recovery key that is kept nowhere, and its three shares on paper, two of which give it
//! back.
//!
//! The key is an age identity. Every backup is encrypted to its recipient, too, and the master key
//! lies sealed to it beside the secrets, so that two shares and a backup are enough on a new host.
//! The recipient, which is public, is in `state.json`. The shares are shown once, and are in no log,
//! no journal, no JSON and no support bundle.
//!
//! Sharing is Shamir's over GF(256): with one share, every key is as likely as every other. What a
//! share does not have by itself is a way to notice that it is wrong, so each carries checksums. The
//! field's arithmetic is the crate's, which neither branches nor looks anything up by what is secret.

mod groups;
mod hand_over;
mod pages;
mod record;
mod share;
mod typed;

use std::str::FromStr as _;

use age::x25519;
use bech32::{ToBase32 as _, Variant};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use vsss_rs::Gf256;
use zeroize::Zeroizing;

pub(crate) use hand_over::{Wish, hand_over};
pub(crate) use record::{
    Escrow, Mode, SEALED_MASTER, keep_sealed, master_id, refresh, unseal_master,
};
pub(crate) use share::{BadShare, SetId, Share};
use share::{LENGTH, NEEDED, SHARES};
pub(crate) use typed::SharesFrom;

const IDENTITY_PREFIX: &str = "age-secret-key-";

/// The recovery key. Wiped when it goes.
pub(crate) struct RecoveryKey(Zeroizing<[u8; LENGTH]>);

/// Why shares do not give a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoKey {
    #[error("{NEEDED} shares are needed, and {0} was given")]
    TooFew(usize),
    #[error("share {0} was given twice")]
    Twice(u8),
    #[error("share {one} is of set {its}, and share {other} of set {others}")]
    OtherSet {
        one: u8,
        its: SetId,
        other: u8,
        others: SetId,
    },
    #[error("share {0} does not fit the other two, although it is without a typing error")]
    DoesNotFit(u8),
    #[error("the system gives no random bytes")]
    Random,
    #[error("the shares do not combine")]
    Combine,
}

impl RecoveryKey {
    /// A new one.
    pub(crate) fn generate() -> Result<Self, NoKey> {
        let mut key = Zeroizing::new([0; LENGTH]);
        getrandom::fill(&mut *key).map_err(|_| NoKey::Random)?;
        Ok(Self(key))
    }

    /// What opens whatever is sealed to its recipient.
    pub(crate) fn identity(&self) -> Option<x25519::Identity> {
        let words = self.0.to_base32();
        let text = bech32::encode(IDENTITY_PREFIX, words, Variant::Bech32).ok();
        let text = text.map(Zeroizing::new)?;
        x25519::Identity::from_str(&text.to_uppercase()).ok()
    }

    /// Its three shares, under a new name for the set.
    pub(crate) fn split(&self) -> Result<Vec<Share>, NoKey> {
        let mut set = SetId([0; 5]);
        // After this has worked, the randomness of the coefficients does not fail either.
        getrandom::fill(&mut set.0).map_err(|_| NoKey::Random)?;
        let random = UnwrapErr(SysRng);
        let (needed, all) = (usize::from(NEEDED), usize::from(SHARES));
        let values = Gf256::split_bytes(needed, all, self.0.as_slice(), random);
        let values = values.map(Zeroizing::new).map_err(|_| NoKey::Combine)?;
        let shares = values.iter().map(|bytes| {
            let (number, bytes) = bytes.split_first().ok_or(NoKey::Combine)?;
            let value = <[u8; LENGTH]>::try_from(bytes).map_err(|_| NoKey::Combine)?;
            Ok(Share {
                number: *number,
                set,
                value: Zeroizing::new(value),
            })
        });
        shares.collect()
    }

    /// The key of which these are shares. With three, each pair has to give the same.
    pub(crate) fn combine(shares: &[Share]) -> Result<Self, NoKey> {
        let [one, other, rest @ ..] = shares else {
            return Err(NoKey::TooFew(shares.len()));
        };
        if let Some(share) = shares.iter().find(|share| share.set != one.set) {
            return Err(NoKey::OtherSet {
                one: one.number,
                its: one.set,
                other: share.number,
                others: share.set,
            });
        }
        for (place, share) in shares.iter().enumerate() {
            let mut later = shares.iter().skip(place + 1);
            if later.any(|later| later.number == share.number) {
                return Err(NoKey::Twice(share.number));
            }
        }
        let key = Self::of_two(one, other)?;
        for share in rest {
            let same = |pair: &Self| subtle_eq(&pair.0, &key.0);
            if !same(&Self::of_two(one, share)?) || !same(&Self::of_two(other, share)?) {
                return Err(NoKey::DoesNotFit(share.number));
            }
        }
        Ok(key)
    }

    fn of_two(one: &Share, other: &Share) -> Result<Self, NoKey> {
        let with_number = |share: &Share| {
            let mut bytes = Vec::with_capacity(LENGTH + 1);
            bytes.push(share.number);
            bytes.extend_from_slice(&*share.value);
            bytes
        };
        let pair = Zeroizing::new(vec![with_number(one), with_number(other)]);
        let key = Gf256::combine_bytes(&*pair).map(Zeroizing::new);
        let key = key.map_err(|_| NoKey::Combine)?;
        let key = <[u8; LENGTH]>::try_from(key.as_slice()).map_err(|_| NoKey::Combine)?;
        Ok(Self(Zeroizing::new(key)))
    }
}

/// Compares without a branch on the contents.
fn subtle_eq(a: &[u8; LENGTH], b: &[u8; LENGTH]) -> bool {
    a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

#[cfg(test)]
mod tests;
