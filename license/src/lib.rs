//! The trust root of VaultTerm.
//!
//! This is the one place where signatures are checked: of release bundles (in minisign's
//! prehashed format) and of licences (DSSE envelopes). It also knows the vendor's public keys,
//! the `.vtlic` format (`FORMAT.md`), and how a licence stands at an instant.
//!
//! It is pure: bytes, an instant and the last known state come in; a verdict and the state to
//! store go out. No file, no clock, no environment, no network, and no signing: licences are
//! issued by a package of its own that nothing depends on.
//!
//! | module | answers |
//! |---|---|
//! | [`keys`] | whom do we trust? |
//! | [`ed25519`], [`mldsa`] | does this signature hold, strictly? |
//! | [`minisign`] | is this release signed? |
//! | [`root`] | who may sign releases, and who may change that? |
//! | [`trust`] | is it signed by enough of those whom we believe? |
//! | [`dsse`] | what exactly was signed, and for which purpose? |
//! | [`vtlic`] | what does this licence say? |
//! | [`verdict`] | what is it worth now? |
//! | [`state`] | what is remembered of it? |
//! | [`rotation`] | which key takes over from this one? |
//! | [`fingerprint`] | which host is this? |
//! | [`binding`] | is a master key opened by this licence, here? |

pub mod binding;
mod clock;
pub mod dsse;
pub mod ed25519;
pub mod fingerprint;
mod instant;
mod json;
mod keyfile;
pub mod keys;
pub mod minisign;
pub mod mldsa;
pub mod root;
pub mod rotation;
pub mod state;
pub mod trust;
pub mod verdict;
pub mod vtlic;

pub use keyfile::KeyFileError;
