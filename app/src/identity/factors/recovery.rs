//! Recovery codes: for the day that phone and keys are out of reach. Each works once.

use data_encoding::{Encoding, Specification};
use sha2::{Digest as _, Sha256};

use crate::kernel::{Redacted, UserId};

/// So many are made at a time.
pub(super) const COUNT: usize = 10;
/// 80 random bits each: nobody guesses one, with the digests in hand or without.
const BYTES: usize = 10;
/// Digits and letters without those that look alike (Crockford's base 32).
const ALPHABET: &str = "0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS: usize = BYTES * 8 / 5;

/// New codes, as people see them: four groups of four. None when the system gives no randomness.
pub(super) fn generate() -> Option<Vec<Redacted<String>>> {
    (0..COUNT).map(|_| one()).collect()
}

fn one() -> Option<Redacted<String>> {
    let mut bytes = Redacted::new([0; BYTES]);
    getrandom::fill(bytes.expose_mut()).ok()?;
    let letters = Redacted::new(encoding()?.encode(bytes.expose()));
    let mut grouped = Redacted::new(String::with_capacity(LETTERS + 3));
    for (place, letter) in letters.expose().chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            grouped.expose_mut().push('-');
        }
        grouped.expose_mut().push(letter);
    }
    Some(grouped)
}

fn encoding() -> Option<Encoding> {
    let mut specification = Specification::new();
    specification.symbols.push_str(ALPHABET);
    specification.encoding().ok()
}

/// What is kept of a code; none for what has not the shape of one. Read as people write: capitals,
/// spaces and hyphens do not matter, and letters that look like digits are taken for them.
pub(super) fn digest(user: UserId, given: &str) -> Option<[u8; 32]> {
    let mut plain = Redacted::new(String::with_capacity(LETTERS));
    for letter in given.chars().filter(|c| !matches!(c, ' ' | '-')) {
        let letter = match letter.to_ascii_lowercase() {
            'i' | 'l' => '1',
            'o' => '0',
            other => other,
        };
        if !ALPHABET.contains(letter) || plain.expose().len() == LETTERS {
            return None;
        }
        plain.expose_mut().push(letter);
    }
    if plain.expose().len() != LETTERS {
        return None;
    }
    let mut hash = Sha256::new();
    hash.update(b"vaultterm recovery code v1");
    hash.update(user.as_uuid().as_bytes());
    hash.update(plain.expose());
    Some(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{COUNT, digest, generate};
    use crate::kernel::UserId;

    #[test]
    fn codes_are_ten_and_differ_and_are_four_groups_of_four() {
        let codes = generate().unwrap();
        let distinct: HashSet<_> = codes.iter().map(|code| code.expose().clone()).collect();
        assert_eq!(distinct.len(), COUNT);
        for code in distinct {
            let groups: Vec<_> = code.split('-').map(str::len).collect();
            assert_eq!(groups, [4; 4], "{code}");
        }
    }

    #[test]
    fn codes_are_read_as_people_write_them() {
        let user = UserId::new();
        let expected = digest(user, "01ab-cdef-ghjk-mnpq").unwrap();
        for same in [
            "01abcdefghjkmnpq",
            " OIAB CDEF GHJK MNPQ ",
            "oLab-cdef-ghjk-mnpq",
        ] {
            assert_eq!(digest(user, same), Some(expected), "{same}");
        }
        for bad in [
            "",
            "01ab-cdef-ghjk-mnp",
            "01ab-cdef-ghjk-mnpqr",
            "u1ab-cdef-ghjk-mnpq",
            "０1ab-cdef-ghjk-mnpq",
        ] {
            assert_eq!(digest(user, bad), None, "{bad}");
        }
    }

    #[test]
    fn the_digest_is_of_the_account_too() {
        let code = "01ab-cdef-ghjk-mnpq";
        assert_ne!(digest(UserId::new(), code), digest(UserId::new(), code));
    }
}
