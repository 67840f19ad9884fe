//! libsodium's `crypto_pwhash_scryptsalsa208sha256`, which minisign protects its keys with: scrypt
//! (RFC 7914) whose parameters follow from two costs.

use console::Passphrase;
use zeroize::Zeroizing;

use crate::error::Error;

/// What an attacker has to spend on each guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// Elementary operations.
    pub(super) operations: u64,
    /// Bytes of memory.
    pub(super) memory: u64,
}

const R: u32 = 8;
/// A file that asks for more than 2 GiB is refused.
const MAX_LOG_N: u8 = 21;
const MAX_P: u64 = 64;

impl Cost {
    /// No encryption.
    pub(super) const NONE: Self = Self {
        operations: 0,
        memory: 0,
    };
    /// 128 MiB and about half a second.
    pub(super) const OURS: Self = Self {
        operations: 4 << 20,
        memory: 128 << 20,
    };

    /// log2 N and p, as libsodium picks them (r is always 8).
    fn parameters(self) -> (u8, u64) {
        let operations = self.operations.max(32768);
        let r = u64::from(R);
        if operations < self.memory / 32 {
            return (largest_log(operations / (r * 4)), 1);
        }
        let log_n = largest_log(self.memory / (r * 128));
        let most = ((operations / 4) >> log_n).min(0x3fff_ffff);
        (log_n, most / r)
    }
}

/// The first power of two beyond the half of `most`, from 2 up.
fn largest_log(most: u64) -> u8 {
    (1..63).find(|log| (1_u64 << log) > most / 2).unwrap_or(63)
}

/// XORs `data` with the stream that the passphrase gives.
pub(super) fn apply(
    passphrase: &Passphrase,
    salt: &[u8; 32],
    cost: Cost,
    data: &mut [u8],
) -> Result<(), Error> {
    let (log_n, p) = cost.parameters();
    if log_n > MAX_LOG_N || p > MAX_P {
        return Err(Error::SecretKey);
    }
    let p = u32::try_from(p).map_err(|_| Error::SecretKey)?;
    let parameters = scrypt::Params::new(log_n, R, p).map_err(|_| Error::SecretKey)?;
    let mut stream = Zeroizing::new(vec![0; data.len()]);
    scrypt::scrypt(passphrase.as_bytes(), salt, &parameters, &mut stream)
        .map_err(|_| Error::SecretKey)?;
    for (byte, mask) in data.iter_mut().zip(stream.iter()) {
        *byte ^= mask;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Cost;

    #[test]
    fn costs_become_parameters_as_libsodium_picks_them() {
        // crypto_pwhash_scryptsalsa208sha256's interactive and sensitive limits.
        let cases = [
            (524_288, 16_777_216, (14, 1)),
            (33_554_432, 1_073_741_824, (20, 1)),
        ];
        for (operations, memory, expected) in cases {
            assert_eq!(Cost { operations, memory }.parameters(), expected);
        }
        assert_eq!(Cost::OURS.parameters(), (17, 1));
    }
}
