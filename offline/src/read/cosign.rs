//! One more signature on a bundle: only its head changes.

use std::io::Read;

use license::minisign::Signature;

use super::Verified;
use crate::error::{Error, Kind};
use crate::head::SIGNATURE_NAME;
use crate::limits;
use crate::signing::{Signer, prehash};

/// Why a signature was not added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CosignError<S> {
    /// The signer refused.
    #[error("the manifest could not be signed")]
    Sign(S),
    /// The signature is not one of a trusted key over this bundle.
    #[error(transparent)]
    Refused(#[from] Error),
    /// The key has signed it already.
    #[error("key {0} has signed this bundle already")]
    Already(license::minisign::KeyId),
    /// There is no room for one more.
    #[error("the bundle has as many signatures as the format allows")]
    Full,
}

impl<R: Read> Verified<R> {
    /// A signature over this bundle, in minisign's format, to be added where the bundle is.
    ///
    /// # Errors
    /// [`CosignError::Sign`] when the signer refuses.
    pub fn sign<S: Signer>(&self, signer: &S) -> Result<String, CosignError<S::Error>> {
        let manifest = &self.head().manifest;
        let comment = self.manifest().trusted_comment(manifest);
        signer
            .sign(&prehash(manifest), &comment)
            .map_err(CosignError::Sign)
    }

    /// The same bundle with one more signature, which is checked first.
    ///
    /// # Errors
    /// [`CosignError`] when it is no signature of a trusted key over this bundle, or one too many.
    pub fn with_signature<S>(self, text: &str) -> Result<Self, CosignError<S>> {
        let refuse = |kind| Error::new(kind, Some(SIGNATURE_NAME), 0);
        let signature = Signature::parse(text).map_err(|e| refuse(Kind::SignatureText(e)))?;
        let id = signature.key_id();
        if self.signers().contains(&id) {
            return Err(CosignError::Already(id));
        }
        let head = self.head();
        let alone = self.trust().clone().content_with_one();
        alone
            .accept(&prehash(&head.manifest), std::slice::from_ref(&signature))
            .map_err(|error| refuse(Kind::Refused(error)))?;
        if signature.trusted_comment() != self.manifest().trusted_comment(&head.manifest) {
            return Err(refuse(Kind::ForeignComment).into());
        }
        let mut signatures = head.signatures.clone();
        signatures.extend_from_slice(text.as_bytes());
        let count = signatures.split(|byte| *byte == b'\n').count() / 4;
        if signatures.len() as u64 > limits::SIGNATURE || count > license::minisign::MAX_SIGNATURES
        {
            return Err(CosignError::Full);
        }
        Ok(self.signed_by(id, signatures))
    }
}
