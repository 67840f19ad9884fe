//! Who signs. The library asks for a signature and never holds a key.

pub use license::minisign::prehash;

use license::minisign::PREHASH_LENGTH;

/// Somebody who can sign in minisign's format.
pub trait Signer {
    /// Why it cannot.
    type Error;

    /// The text of a `.minisig` file over a BLAKE2b-512 digest, with a signed comment.
    ///
    /// # Errors
    /// Whatever keeps it from signing.
    fn sign(
        &self,
        prehash: &[u8; PREHASH_LENGTH],
        trusted_comment: &str,
    ) -> Result<String, Self::Error>;
}
