//! Time-based one-time passwords (RFC 6238), as authenticator apps make them: SHA-1, six digits, a new
//! one every thirty seconds.

use data_encoding::BASE32_NOPAD;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use time::OffsetDateTime;

use crate::kernel::{OtpHash, Redacted};

/// How long a code is shown, in seconds.
const PERIOD_SEC: i64 = 30;
const DIGITS: u32 = 6;
/// So many steps may a phone's clock be off, either way (RFC 6238, 5.2).
const DRIFT: i64 = 1;
/// The seed's length in bytes: that of the hash (RFC 4226, 4, R6).
pub(super) const SEED: usize = 20;

/// What app and server share.
#[derive(Clone, Debug)]
pub(super) struct Seed(Redacted<Vec<u8>>);

impl Seed {
    /// A new one; none when the system gives no randomness.
    pub(super) fn generate() -> Option<Self> {
        let mut seed = Redacted::new(vec![0; SEED]);
        getrandom::fill(seed.expose_mut()).ok()?;
        Some(Self(seed))
    }

    /// One that was opened.
    pub(super) const fn from_bytes(bytes: Redacted<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Its bytes, to be sealed.
    pub(super) fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// As people type it into an app (RFC 4648, base 32).
    pub(super) fn letters(&self) -> Redacted<String> {
        Redacted::new(BASE32_NOPAD.encode(self.expose()))
    }

    /// What a QR code says to an app.
    pub(super) fn uri(&self, issuer: &str, account: &str) -> Redacted<String> {
        let (issuer, account) = (encoded(issuer), encoded(account));
        let secret = self.letters();
        Redacted::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1\
             &digits={DIGITS}&period={PERIOD_SEC}",
            secret.expose()
        ))
    }

    /// The time step that a code belongs to, of those around now that come after `last`. Each of them
    /// is compared, in constant time, whichever it is.
    pub(super) fn step_of(
        &self,
        given: &str,
        now: OffsetDateTime,
        last: Option<i64>,
    ) -> Option<i64> {
        let given = number(given)?;
        let current = step_at(now);
        let after = last.unwrap_or(-1);
        let mut found = -1_i64;
        for step in current.saturating_sub(DRIFT)..=current.saturating_add(DRIFT) {
            let equal = code(self.expose(), step, DIGITS).ct_eq(&given);
            let fresh = Choice::from(u8::from(step > after));
            found.conditional_assign(&step, equal & fresh);
        }
        (found >= 0).then_some(found)
    }
}

/// The step that an instant lies in.
pub(super) fn step_at(now: OffsetDateTime) -> i64 {
    now.unix_timestamp().div_euclid(PERIOD_SEC)
}

/// The code of a step.
fn code(seed: &[u8], step: i64, digits: u32) -> u32 {
    u64::try_from(step).map_or(u32::MAX, |step| OtpHash::Sha1.code(seed, step, digits))
}

/// Six digits of ASCII, with or without spaces between them.
fn number(text: &str) -> Option<u32> {
    let digits: String = text.chars().filter(|c| *c != ' ').take(7).collect();
    let shaped = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    shaped.then(|| digits.parse().ok()).flatten()
}

/// Percent-encoded, but for what never needs it (RFC 3986, 2.3).
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The code that an app shows at an instant.
#[cfg(test)]
pub(crate) fn shown(letters: &str, at: OffsetDateTime) -> String {
    let seed = BASE32_NOPAD.decode(letters.as_bytes()).unwrap();
    format!("{:06}", code(&seed, step_at(at), DIGITS))
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::{Seed, code, encoded, number, step_at};
    use crate::kernel::Redacted;

    const RFC_SEED: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    fn seed() -> Seed {
        Seed::from_bytes(Redacted::new(RFC_SEED.to_vec()))
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (seconds, expected) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(
                code(RFC_SEED, step_at(at(seconds)), 8),
                expected,
                "{seconds}"
            );
        }
    }

    #[test]
    fn codes_are_those_of_rfc_4226() {
        let expected = [
            755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871,
            520_489,
        ];
        for (count, expected) in (0..).zip(expected) {
            assert_eq!(code(RFC_SEED, count, 6), expected, "{count}");
        }
    }

    #[test]
    fn a_clock_may_be_off_by_one_step_and_no_more() {
        let now = at(30 * 5);
        let of = |count| format!("{:06}", code(RFC_SEED, count, 6));
        for (count, taken) in [(3, false), (4, true), (5, true), (6, true), (7, false)] {
            let found = seed().step_of(&of(count), now, None);
            assert_eq!(found, taken.then_some(count), "{count}");
        }
    }

    #[test]
    fn a_code_is_not_taken_twice_and_none_before_it() {
        let now = at(30 * 5);
        let of = |count| format!("{:06}", code(RFC_SEED, count, 6));
        for (last, fresh) in [(4, vec![5, 6]), (5, vec![6]), (6, vec![])] {
            for count in 4..=6 {
                let found = seed().step_of(&of(count), now, Some(last));
                assert_eq!(
                    found.is_some(),
                    fresh.contains(&count),
                    "{count} after {last}"
                );
            }
        }
    }

    #[test]
    fn only_six_digits_of_ascii_are_a_code() {
        assert_eq!(number("012 345"), Some(12_345));
        for bad in [
            "",
            "12345",
            "1234567",
            "12345a",
            "+12345",
            "-12345",
            "１２３４５６",
            "1234\u{a0}56",
        ] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_app_is_told_whose_it_is() {
        let uri = seed().uri("VaultTerm", "ada+1@example.com");
        assert_eq!(
            uri.expose(),
            "otpauth://totp/VaultTerm:ada%2B1%40example.com\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=VaultTerm&algorithm=SHA1\
             &digits=6&period=30"
        );
        assert_eq!(encoded("é &?"), "%C3%A9%20%26%3F");
    }
}
