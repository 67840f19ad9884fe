//! Other names for what is personal: the same thing has the same name in every bundle of an
//! installation, so that support can follow it, and nobody without the installation's key can tell
//! what it was.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::layout::Layout;

/// What the key is good for.
const PURPOSE: &[u8] = b"vaultterm support pseudonyms, version 1";
/// How much of the code is shown: enough to tell a few million things apart.
const SHOWN: usize = 10;

/// Makes them.
pub(crate) struct Pseudonyms {
    key: Zeroizing<Vec<u8>>,
}

impl Pseudonyms {
    /// With a key that is derived from the installation's master key; where there is none, with one
    /// of this hour.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub(crate) fn of(layout: &Layout) -> Result<Self, Error> {
        let path = layout.secrets().join("master_key");
        // A bound master key is not in its file; its root seed is as lasting and as secret.
        for path in [&path, &layout.secrets().join("root_seed")] {
            let secret = std::fs::read(path).map(Zeroizing::new);
            if let Some(secret) = secret.ok().filter(|secret| !secret.is_empty()) {
                return Ok(Self::derived(&secret));
            }
        }
        let mut key = Zeroizing::new(vec![0; 32]);
        getrandom::fill(&mut key).map_err(|error| {
            Error::file("cannot make a key instead of", &path)(std::io::Error::other(
                error.to_string(),
            ))
        })?;
        Ok(Self { key })
    }

    fn derived(master: &[u8]) -> Self {
        Self {
            key: Zeroizing::new(code(master, &[PURPOSE])),
        }
    }

    /// The other name of a thing of a kind: letters and digits behind the kind's.
    pub(crate) fn name(&self, kind: &str, thing: &str) -> String {
        let code = hex::encode(code(&self.key, &[kind.as_bytes(), b"\0", thing.as_bytes()]));
        format!("{kind}-{}", code.get(..SHOWN).unwrap_or_default())
    }
}

/// HMAC-SHA-256 (RFC 2104).
fn code(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            parts.iter().for_each(|part| mac.update(part));
            mac.finalize().into_bytes().to_vec()
        }
        // HMAC takes keys of every length.
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::Pseudonyms;

    #[test]
    fn the_same_thing_has_the_same_name_and_another_elsewhere() {
        let (here, there) = (
            Pseudonyms::derived(b"one key"),
            Pseudonyms::derived(b"another"),
        );
        assert_eq!(here.name("ip", "10.0.0.1"), here.name("ip", "10.0.0.1"));
        assert_ne!(here.name("ip", "10.0.0.1"), here.name("ip", "10.0.0.2"));
        assert_ne!(here.name("ip", "10.0.0.1"), there.name("ip", "10.0.0.1"));
        assert_ne!(
            here.name("ip", "x").split('-').next_back(),
            here.name("host", "x").split('-').next_back()
        );
        assert!(here.name("ip", "10.0.0.1").starts_with("ip-"));
    }
}
