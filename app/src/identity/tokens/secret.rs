//! What a token looks like: `vt_`, 43 random characters, 6 of checksum; letters and digits only.
//!
//! The prefix and the checksum are for those who look for secrets where none belong: a scanner finds
//! `\bvt_[0-9A-Za-z]{49}\b`, and knows without asking anybody whether it found one. They are also why
//! what was mistyped costs no look at the database.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::kernel::Redacted;

/// What every token begins with.
const PREFIX: &str = "vt_";
/// The digits of base 62.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Random digits; 62⁴³ is more than 2²⁵⁶.
const RANDOM: usize = 43;
/// Digits of the checksum; 62⁶ is more than 2³².
const CHECK: usize = 6;

/// A token in the clear. It is handed over once and kept nowhere.
#[derive(Clone, Debug)]
pub(super) struct TokenSecret(Redacted<String>);

impl TokenSecret {
    /// A new one; none when the system gives no randomness.
    pub(super) fn generate() -> Option<Self> {
        let mut text = PREFIX.to_owned();
        while text.len() < PREFIX.len() + RANDOM {
            let mut bytes = [0; RANDOM];
            getrandom::fill(&mut bytes).ok()?;
            // The highest bytes are left out, so that each digit is as likely as any other.
            let digits = bytes.iter().filter_map(|&byte| digit(u32::from(byte), 4));
            let missing = PREFIX.len() + RANDOM - text.len();
            text.extend(digits.take(missing));
        }
        text.push_str(&checksum(&text));
        Some(Self(Redacted::new(text)))
    }

    /// What was shown, if it has the shape of one and its checksum is right.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let shaped =
            digits.len() == RANDOM + CHECK && digits.bytes().all(|byte| DIGITS.contains(&byte));
        if !shaped {
            return None;
        }
        let (body, check) = text.split_at_checked(PREFIX.len() + RANDOM)?;
        let right: bool = checksum(body).as_bytes().ct_eq(check.as_bytes()).into();
        right.then(|| Self(Redacted::new(text.to_owned())))
    }

    /// The token itself, for the one answer that shows it.
    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is stored and looked up.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose()).into()
    }
}

/// A digit for a number below 62 times `folds`.
fn digit(number: u32, folds: u32) -> Option<char> {
    let base = 62;
    if number >= base * folds {
        return None;
    }
    let at = usize::try_from(number % base).ok()?;
    DIGITS.get(at).copied().map(char::from)
}

/// The first four bytes of SHA-256 over what stands before, as six digits of base 62.
fn checksum(body: &str) -> String {
    let digest = Sha256::digest(body);
    let mut number = digest
        .iter()
        .take(4)
        .fold(0_u32, |number, &byte| number << 8 | u32::from(byte));
    let mut digits = Vec::with_capacity(CHECK);
    for _ in 0..CHECK {
        digits.extend(digit(number % 62, 1));
        number /= 62;
    }
    digits.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::{TokenSecret, checksum};

    #[test]
    fn a_token_is_as_the_documentation_describes_it() {
        for _ in 0..200 {
            let token = TokenSecret::generate().unwrap();
            let text = token.expose();
            assert_eq!(text.len(), 52, "{text}");
            let (prefix, digits) = text.split_at(3);
            assert_eq!(prefix, "vt_");
            assert!(digits.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            let parsed = TokenSecret::parse(text).unwrap();
            assert_eq!(parsed.digest(), token.digest());
        }
    }

    #[test]
    fn the_checksum_is_frozen() {
        let body = format!("vt_{}", "0".repeat(43));
        assert_eq!(checksum(&body), "2OGOY6");
    }

    #[test]
    fn every_digit_occurs_and_none_much_more_often_than_another() {
        let mut counts = std::collections::BTreeMap::<char, usize>::new();
        for _ in 0..2000 {
            let token = TokenSecret::generate().unwrap();
            for digit in token.expose()[3..46].chars() {
                *counts.entry(digit).or_default() += 1;
            }
        }
        assert_eq!(counts.len(), 62);
        let (least, most) = (counts.values().min(), counts.values().max());
        // 1387 of each are to be expected; six standard deviations are 222.
        assert!(
            *least.unwrap() > 1165 && *most.unwrap() < 1609,
            "{counts:?}"
        );
    }

    #[test]
    fn what_is_not_whole_is_no_token() {
        let good = TokenSecret::generate().unwrap().expose().to_owned();
        assert!(TokenSecret::parse(&good).is_some());
        let mut bad = vec![
            String::new(),
            "vt_".to_owned(),
            good[..51].to_owned(),
            format!("{good}0"),
            good.replace("vt_", "VT_"),
            format!("vt_{}", "é".repeat(24)),
            good.to_lowercase().replacen("vt_", "vt_é", 1),
        ];
        // Any one character that was mistyped.
        for at in 3..good.len() {
            let other = if &good[at..=at] == "x" { "y" } else { "x" };
            bad.push(format!("{}{other}{}", &good[..at], &good[at + 1..]));
        }
        for text in bad {
            assert!(TokenSecret::parse(&text).is_none(), "{text}");
        }
    }
}
