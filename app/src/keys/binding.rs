//! A master key that is bound: opened under the root seed, the licence that lies here, and this host.
//!
//! How it is sealed is in [`license::binding`], which the installer shares; here are the files.

use std::io::Read as _;
use std::path::Path;

use license::binding::{Bound, Lock, NotBound, NotOpened};
use license::dsse::MAX_ENVELOPE;
use license::fingerprint::{BOARD_DIR, Fingerprint, LONGEST_FACT, NoMachineId};
use license::vtlic::License;

use crate::config::{BindingConfig, LicenseConfig, SealedKey};
use crate::kernel::Redacted;

/// The longest sealed key that is read, in bytes.
const MAX_SEALED: usize = 4096;

/// Why the vault stays shut. The server starts all the same, and says this.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Sealed {
    /// The licence, the host or the seed is not the one that it was sealed under.
    #[error("LICENSE_BIND_MASTER: {0}; {CURE}")]
    NotOpened(#[from] NotOpened),
    /// The sealed key is not there, or is none.
    #[error("BOUND_MASTER_CIPHERTEXT: {0}; put it back from a backup, or recover with two shares")]
    NotBound(#[from] NotBound),
    /// There is no licence to open it with.
    #[error(
        "LICENSE_PATH: without a licence that holds, the master key that is bound to it does not open; {CURE}"
    )]
    NoLicense,
    /// The host does not say which it is.
    #[error("HOST_MACHINE_ID_FILE: {0}, and the master key is bound to this host; {CURE}")]
    NoHost(#[from] NoMachineId),
}

impl Sealed {
    /// Whether everything is there and something of it is another one: then the server starts, and
    /// says so. A licence that is missing or forged keeps it from starting, bound or not.
    #[must_use]
    pub const fn is_another(&self) -> bool {
        !matches!(self, Self::NoLicense)
    }
}

const CURE: &str = "put back what was changed, or bind it to this host with `vaultterm-install license \
                    rebind` and two recovery shares";

/// Opens it.
///
/// # Errors
/// [`Sealed`] says what is in the way.
pub fn open(
    binding: &BindingConfig,
    license: &LicenseConfig,
) -> Result<Redacted<[u8; 32]>, Sealed> {
    let host = fingerprint(&binding.machine_id)?;
    let file = limited(&license.path, MAX_ENVELOPE.saturating_add(1)).ok_or(Sealed::NoLicense)?;
    let license = License::open(&file, &license.keys).map_err(|_| Sealed::NoLicense)?;
    let lock = Lock {
        seed: binding.seed.expose(),
        license: license.digest(),
        signature: license.signature(),
        host: &host,
    };
    let key = sealed(&binding.sealed)?.open(&lock)?;
    Ok(Redacted::new(*key))
}

/// Whether a licence, named by its digest, opens the master key: one that does not must not take the
/// place of one that does, for the next start would find the vault shut.
#[must_use]
pub fn covers(key: &SealedKey, digest: &[u8; 32]) -> bool {
    sealed(key).is_ok_and(|sealed| sealed.covers(digest))
}

/// The fingerprint of this host, for licences and keys that are bound to one.
///
/// # Errors
/// [`NoMachineId`] when the machine id is not shown to this process.
pub fn fingerprint(machine_id: &Path) -> Result<Fingerprint, NoMachineId> {
    let id = limited(machine_id, LONGEST_FACT).unwrap_or_default();
    Fingerprint::of(&id, |name| {
        limited(&Path::new(BOARD_DIR).join(name), LONGEST_FACT)
    })
}

/// By value and from the file: whichever was sealed for the licence that lies here counts.
fn sealed(key: &SealedKey) -> Result<Bound, NotBound> {
    let file = limited(&key.path, MAX_SEALED).unwrap_or_default();
    let file = String::from_utf8(file).map_err(|_| NotBound)?;
    let value = key.value.as_deref().unwrap_or_default();
    Bound::parse(&format!("{value}\n{file}"))
}

/// The beginning of a file; one that cannot be read says nothing.
fn limited(path: &Path, limit: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(limit).ok()?;
    let file = std::fs::File::open(path).ok()?;
    file.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests;
