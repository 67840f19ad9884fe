//! One-time codes: HOTP (RFC 4226), which TOTP (RFC 6238) counts by time.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

/// The hash that a code is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtpHash {
    /// What almost everybody uses.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl OtpHash {
    /// The code of a counter (RFC 4226, 5.3), of so many digits, at most nine.
    #[must_use]
    pub fn code(self, seed: &[u8], counter: u64, digits: u32) -> u32 {
        let hash = match self {
            Self::Sha1 => hash::<Hmac<Sha1>>(seed, counter),
            Self::Sha256 => hash::<Hmac<Sha256>>(seed, counter),
            Self::Sha512 => hash::<Hmac<Sha512>>(seed, counter),
        };
        let offset = hash.last().map_or(0, |last| usize::from(last & 0xf));
        let four = hash.get(offset..).and_then(|rest| rest.first_chunk::<4>());
        let number = four.map_or(u32::MAX, |four| u32::from_be_bytes(*four));
        (number & 0x7fff_ffff) % 10_u32.pow(digits.min(9))
    }
}

/// HMAC takes keys of every length.
fn hash<M: Mac + KeyInit>(seed: &[u8], counter: u64) -> Zeroizing<Vec<u8>> {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(seed) else {
        return Zeroizing::default();
    };
    mac.update(&counter.to_be_bytes());
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::OtpHash;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let seed = |length: usize| {
            let digits = b"1234567890".iter().copied().cycle();
            digits.take(length).collect::<Vec<u8>>()
        };
        for (seconds, sha1, sha256, sha512) in [
            (59_u64, 94_287_082, 46_119_246, 90_693_936),
            (1_111_111_109, 7_081_804, 68_084_774, 25_091_201),
            (1_111_111_111, 14_050_471, 67_062_674, 99_943_326),
            (1_234_567_890, 89_005_924, 91_819_424, 93_441_116),
            (2_000_000_000, 69_279_037, 90_698_825, 38_618_901),
            (20_000_000_000, 65_353_130, 77_737_706, 47_863_826),
        ] {
            let step = seconds / 30;
            assert_eq!(OtpHash::Sha1.code(&seed(20), step, 8), sha1);
            assert_eq!(OtpHash::Sha256.code(&seed(32), step, 8), sha256);
            assert_eq!(OtpHash::Sha512.code(&seed(64), step, 8), sha512);
        }
    }
}
