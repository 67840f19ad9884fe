//! A master key that is bound: sealed under a root seed, the signature of a licence, and the
//! fingerprint of a host. With any of the three missing it does not open.
//!
//! The unlock key is HKDF-SHA-256 over the seed, salted with the fingerprint, with the licence's
//! signature in the info; the seal is AES-256-GCM. Installer and server share this one
//! implementation; randomness comes in as a parameter.
//!
//! As text it is one line for each licence that it is sealed for:
//!
//! ```text
//! vaultterm-bound-master-v1 <SHA-256 of the licence's signed bytes, hex> <nonce and sealed key, base64>
//! ```
//!
//! During a renewal there are two lines, so that at no instant, whatever is killed, the licence that
//! lies there opens nothing.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::fingerprint::Fingerprint;

/// The bytes of a root seed, of a master key, and of a digest.
pub const LENGTH: usize = 32;
/// The random bytes that a seal takes.
pub const NONCE: usize = 12;

const MARK: &str = "vaultterm-bound-master-v1";
const PURPOSE: &[u8] = b"vaultterm unlock bound master v1";
/// More licences than this are no renewal.
const MOST: usize = 8;
/// Nonce, key, tag.
const SEALED: usize = NONCE + LENGTH + 16;

/// The three things that open a bound master key.
pub struct Lock<'a> {
    /// The root seed of the installation.
    pub seed: &'a [u8; LENGTH],
    /// The digest of the licence in force, which names it.
    pub license: [u8; LENGTH],
    /// Its signatures, one after the other: who does not have them does not have the licence.
    pub signature: &'a [u8],
    /// The host.
    pub host: &'a Fingerprint,
}

/// A master key as it is stored, for one licence or several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    license: [u8; LENGTH],
    sealed: Vec<u8>,
}

/// The text is no bound master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no bound master key of a form that this version knows")]
pub struct NotBound;

/// Why a bound master key does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOpened {
    /// It is sealed for another licence.
    #[error("the master key is bound to another licence than the one that lies here")]
    OtherLicense,
    /// The licence is right, and the host or the root seed is not.
    #[error("the master key is bound to another host, or to another root seed")]
    OtherHost,
}

impl Bound {
    /// Reads the text.
    ///
    /// # Errors
    /// [`NotBound`].
    pub fn parse(text: &str) -> Result<Self, NotBound> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let entries: Vec<Entry> = lines.map(entry).collect::<Result<_, _>>()?;
        if entries.is_empty() || entries.len() > MOST {
            return Err(NotBound);
        }
        Ok(Self { entries })
    }

    /// The text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let line = |entry: &Entry| {
            let (license, sealed) = (hex::encode(entry.license), STANDARD.encode(&entry.sealed));
            format!("{MARK} {license} {sealed}\n")
        };
        self.entries.iter().map(line).collect()
    }

    /// Whether it is sealed for a licence, by the digest of that.
    #[must_use]
    pub fn covers(&self, license: &[u8; LENGTH]) -> bool {
        self.entries.iter().any(|entry| entry.license == *license)
    }

    /// Seals a master key for one licence more, or anew for one that it is sealed for already. `None`
    /// only when the cipher refuses, which it does not.
    #[must_use]
    pub fn with(
        mut self,
        lock: &Lock<'_>,
        nonce: [u8; NONCE],
        master: &[u8; LENGTH],
    ) -> Option<Self> {
        let license = lock.license;
        let sealed = lock.cipher()?.encrypt(
            &Nonce::from(nonce),
            Payload {
                msg: master,
                aad: &license,
            },
        );
        self.entries.retain(|entry| entry.license != license);
        self.entries.push(Entry {
            license,
            sealed: [&nonce[..], &sealed.ok()?].concat(),
        });
        Some(self)
    }

    /// The same for one licence alone.
    #[must_use]
    pub fn only(mut self, license: &[u8; LENGTH]) -> Self {
        self.entries.retain(|entry| entry.license == *license);
        self
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`NotOpened`] says which of the three is not right, as far as that can be known.
    pub fn open(&self, lock: &Lock<'_>) -> Result<Zeroizing<[u8; LENGTH]>, NotOpened> {
        let license = lock.license;
        let mut entries = self.entries.iter();
        let entry = entries.find(|entry| entry.license == license);
        let sealed = &entry.ok_or(NotOpened::OtherLicense)?.sealed;
        let open = || {
            let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
            let nonce: [u8; NONCE] = nonce.try_into().ok()?;
            let payload = Payload {
                msg: sealed,
                aad: &license,
            };
            let plain = lock.cipher()?.decrypt(&Nonce::from(nonce), payload).ok()?;
            let plain = Zeroizing::new(plain);
            Some(Zeroizing::new(
                <[u8; LENGTH]>::try_from(plain.as_slice()).ok()?,
            ))
        };
        open().ok_or(NotOpened::OtherHost)
    }
}

impl Lock<'_> {
    fn cipher(&self) -> Option<Aes256Gcm> {
        let mut key = Zeroizing::new([0; LENGTH]);
        let info = [PURPOSE, self.signature];
        let salt = Some(&self.host.as_bytes()[..]);
        Hkdf::<Sha256>::new(salt, self.seed)
            .expand_multi_info(&info, &mut *key)
            .ok()?;
        Aes256Gcm::new_from_slice(&*key).ok()
    }
}

fn entry(line: &str) -> Result<Entry, NotBound> {
    let mut words = line.split_whitespace();
    let (mark, license, sealed) = (words.next(), words.next(), words.next());
    if mark != Some(MARK) || words.next().is_some() {
        return Err(NotBound);
    }
    let mut digest = [0; LENGTH];
    hex::decode_to_slice(license.unwrap_or_default(), &mut digest).map_err(|_| NotBound)?;
    let sealed = STANDARD.decode(sealed.unwrap_or_default());
    let sealed = sealed.ok().filter(|sealed| sealed.len() == SEALED);
    Ok(Entry {
        license: digest,
        sealed: sealed.ok_or(NotBound)?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Bound, LENGTH, Lock, MARK, NONCE, NotBound, NotOpened};
    use crate::fingerprint::Fingerprint;

    const SEED: [u8; LENGTH] = [1; LENGTH];
    const MASTER: [u8; LENGTH] = [7; LENGTH];

    fn host(digit: char) -> Fingerprint {
        Fingerprint::of(digit.to_string().repeat(32).as_bytes(), |_| None).unwrap()
    }

    fn lock<'a>(seed: &'a [u8; LENGTH], license: u8, host: &'a Fingerprint) -> Lock<'a> {
        let signature: &[u8] = if license == 1 { &[1; 64] } else { &[2; 64] };
        Lock {
            seed,
            license: [license; LENGTH],
            signature,
            host,
        }
    }

    fn bound(lock: &Lock<'_>) -> Bound {
        Bound::default().with(lock, [3; NONCE], &MASTER).unwrap()
    }

    #[test]
    fn all_three_open_it_and_two_do_not() {
        let (here, there) = (host('a'), host('b'));
        let own = lock(&SEED, 1, &here);
        let bound = bound(&own);
        assert_eq!(*bound.open(&own).unwrap(), MASTER);
        let opened = |lock: &Lock<'_>| bound.open(lock).unwrap_err();
        assert_eq!(opened(&lock(&SEED, 1, &there)), NotOpened::OtherHost);
        assert_eq!(opened(&lock(&[2; LENGTH], 1, &here)), NotOpened::OtherHost);
        assert_eq!(opened(&lock(&SEED, 2, &here)), NotOpened::OtherLicense);
        // The name of the licence alone is worth nothing without its signature.
        let forged = Lock {
            signature: &[9; 64],
            ..own
        };
        assert_eq!(opened(&forged), NotOpened::OtherHost);
    }

    #[test]
    fn during_a_renewal_either_licence_opens_it() {
        let here = host('a');
        let (old, new) = (lock(&SEED, 1, &here), lock(&SEED, 2, &here));
        let both = bound(&old).with(&new, [4; NONCE], &MASTER).unwrap();
        let both = Bound::parse(&both.to_text()).unwrap();
        assert_eq!(*both.open(&old).unwrap(), MASTER);
        assert_eq!(*both.open(&new).unwrap(), MASTER);
        assert!(
            both.covers(&[1; LENGTH]) && both.covers(&[2; LENGTH]) && !both.covers(&[3; LENGTH])
        );
        let after = both.only(&[2; LENGTH]);
        assert_eq!(after.open(&old), Err(NotOpened::OtherLicense));
        assert_eq!(*after.open(&new).unwrap(), MASTER);
        // Sealed anew for the same licence there is still one line.
        let again = after.with(&new, [5; NONCE], &MASTER).unwrap();
        assert_eq!(again.to_text().lines().count(), 1);
    }

    #[test]
    fn every_change_of_it_is_noticed() {
        let here = host('a');
        let own = lock(&SEED, 1, &here);
        let text = bound(&own).to_text();
        assert!(!text.contains(&hex::encode(MASTER)));
        for at in 0..text.trim_end().len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'4' { b'5' } else { b'4' };
            let changed = String::from_utf8(bytes).unwrap();
            let opened = Bound::parse(&changed).map(|bound| bound.open(&own).is_ok());
            assert_ne!(opened, Ok(true), "byte {at}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        let line = bound(&lock(&SEED, 1, &host('a'))).to_text();
        for text in [
            String::new(),
            "hello".to_owned(),
            line.replace(MARK, "vaultterm-bound-master-v2"),
            format!("{} more", line.trim_end()),
            line.trim_end()
                .trim_end_matches(|last: char| last != ' ')
                .to_owned(),
            line.repeat(9),
            "\u{0}".repeat(10),
        ] {
            assert_eq!(Bound::parse(&text), Err(NotBound), "{text}");
        }
        assert!(Bound::parse(&format!("\n  {line}\n\n")).is_ok());
    }

    /// Pinned: bound master keys in the field depend on it.
    #[test]
    fn it_stays_what_it_is() {
        let here = host('a');
        let text = bound(&lock(&SEED, 1, &here)).to_text();
        let license = "01".repeat(LENGTH);
        let sealed =
            "AwMDAwMDAwMDAwMDyntWYcmNjujowIBpg4aL9ORDwLO+fPk3mnjp13Qg6g4IE9h5c6RhqWPzNUlSsl14";
        assert_eq!(text, format!("{MARK} {license} {sealed}\n"));
    }
}
