//! The trust root of VaultTerm.
//!
//! This is the one place where signatures are checked: of release bundles (in minisign's
//! prehashed format) and of licences (DSSE envelopes). It also knows the vendor's public keys,
//! the `.vtlic` format, and how a licence stands at an instant.
//!
//! It is pure: bytes, an instant and the last known state come in; a verdict and the state to
//! store go out. No file, no clock, no environment, no network, and no signing: licences are
//! issued by a package of its own that nothing depends on.
//!
//! | module | answers |
//! |---|---|
//! | [`keys`] | whom do we trust? |
//! | [`ed25519`] | does this signature hold, strictly? |
//! | [`minisign`] | is this release signed? |
//! | [`root`] | who may sign releases, and who may change that? |
//! | [`trust`] | is it signed by enough of those whom we believe? |
//! | [`dsse`] | what exactly was signed, and for which purpose? |
//! | [`vtlic`] | what does this licence say? |
//! | [`standing`] | what is it worth now? |
//! | [`fingerprint`] | which host is this? |
//! | [`binding`] | is a master key opened by this licence, here? |

pub mod binding;
pub mod dsse;
pub mod ed25519;
pub mod fingerprint;
mod keyfile;
pub mod keys;
pub mod minisign;
pub mod root;
pub mod standing;
pub mod trust;
pub mod vtlic;

pub use keyfile::KeyFileError;
