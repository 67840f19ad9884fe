//! Whose releases are believed.

use std::collections::BTreeSet;

use crate::KeyFileError;
use crate::minisign::{KeyId, PREHASH_LENGTH, PublicKey, Signature, VerifyError};
use crate::root::{Carried, Chain, ChainError, Root, role};

/// Whoever may sign releases: some keys, any of which is enough; or a chain of roots, whose newest
/// root names the keys and how many of them it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    anchor: Anchor,
    /// Whether one signer is enough, whatever the root asks for.
    lenient: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Anchor {
    Keys(Vec<PublicKey>),
    Chain(Box<Chain>),
}

/// Why a trust file was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustFileError {
    /// It is no public key file.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// It is a chain of roots that does not hold.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// Why a release was not believed.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// No key is trusted at all.
    #[error("no release key is trusted, so no bundle can be verified")]
    NoTrust,
    /// Nobody who is trusted signed it.
    #[error("the bundle is signed by key {found}, which is not trusted")]
    UntrustedKey {
        /// A key that signed.
        found: KeyId,
    },
    /// Whoever signed it is not believed any more.
    #[error("the bundle is signed by key {found}, which root {version} has revoked: {reason}")]
    Revoked {
        /// The key.
        found: KeyId,
        /// The newest root, which says so.
        version: u64,
        /// Why.
        reason: String,
    },
    /// A signature in the name of a trusted key does not hold.
    #[error("a signature over the manifest does not hold")]
    BadSignature(#[source] VerifyError),
    /// Not enough of those who are trusted signed it.
    #[error("the bundle is signed by {found} of the {needed} release keys that it takes")]
    TooFew {
        /// How many it takes.
        needed: usize,
        /// How many signed.
        found: usize,
    },
}

impl Trust {
    /// Trusts some keys, any of which is enough.
    #[must_use]
    pub const fn in_keys(keys: Vec<PublicKey>) -> Self {
        Self {
            anchor: Anchor::Keys(keys),
            lenient: false,
        }
    }

    /// Trusts whom a chain of roots names.
    #[must_use]
    pub fn in_chain(chain: Chain) -> Self {
        Self {
            anchor: Anchor::Chain(Box::new(chain)),
            lenient: false,
        }
    }

    /// Reads a trust file: public keys in minisign's format, or a chain of roots.
    ///
    /// # Errors
    /// [`TrustFileError`] when it is neither.
    pub fn from_text(text: &str) -> Result<Self, TrustFileError> {
        if text.trim_start().starts_with('{') {
            let carried = Carried::parse(text.trim().as_bytes())?;
            return Ok(Self::in_chain(Chain::anchor(&carried)?));
        }
        Ok(Self::in_keys(PublicKey::all_from_text(text)?))
    }

    /// Goes on with a chain of roots that came from anywhere. Plain keys stay what they are: whoever
    /// named them meant them and nothing else.
    ///
    /// # Errors
    /// [`ChainError`] when the chain does not continue what is trusted.
    pub fn follow(&self, carried: &Carried) -> Result<Self, ChainError> {
        match &self.anchor {
            Anchor::Keys(_) => Ok(self.clone()),
            Anchor::Chain(chain) => Ok(Self {
                lenient: self.lenient,
                ..Self::in_chain(chain.follow(carried)?)
            }),
        }
    }

    /// The same, content with one signer: for those who are about to add their own signature. What
    /// installs must never ask for this.
    #[must_use]
    pub fn content_with_one(self) -> Self {
        Self {
            lenient: true,
            ..self
        }
    }

    /// The chain of roots, where that is what is trusted.
    #[must_use]
    pub fn chain(&self) -> Option<&Chain> {
        match &self.anchor {
            Anchor::Keys(_) => None,
            Anchor::Chain(chain) => Some(chain),
        }
    }

    /// The keys that may sign releases.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        match &self.anchor {
            Anchor::Keys(keys) => keys,
            Anchor::Chain(chain) => chain.current().releases().keys(),
        }
    }

    /// How many of them have to sign.
    #[must_use]
    pub fn threshold(&self) -> usize {
        match self.chain() {
            Some(chain) if !self.lenient => chain.current().releases().threshold(),
            _ => 1,
        }
    }

    /// Who of those that are trusted signed, when they are enough. Their trusted comments are still
    /// to be compared with what was signed.
    ///
    /// # Errors
    /// [`Refusal`] when they are not.
    pub fn accept(
        &self,
        prehash: &[u8; PREHASH_LENGTH],
        signatures: &[Signature],
    ) -> Result<BTreeSet<KeyId>, Refusal> {
        if self.keys().is_empty() {
            return Err(Refusal::NoTrust);
        }
        let signers =
            role::signers(self.keys(), prehash, signatures).map_err(Refusal::BadSignature)?;
        if signers.len() >= self.threshold() {
            return Ok(signers);
        }
        let root = self.chain().map(Chain::current);
        Err(refusal(root, self.threshold(), signers.len(), signatures))
    }
}

/// The most telling reason why there are too few.
fn refusal(root: Option<&Root>, needed: usize, found: usize, signatures: &[Signature]) -> Refusal {
    let mut ids = signatures.iter().map(Signature::key_id);
    let revoked = root.and_then(|root| {
        let entry = ids.clone().find_map(|id| root.revocation(id))?;
        Some(Refusal::Revoked {
            found: entry.key.key_id(),
            version: root.version(),
            reason: entry.reason.clone(),
        })
    });
    match (revoked, ids.next()) {
        (Some(revoked), _) => revoked,
        (None, Some(id)) if found == 0 => Refusal::UntrustedKey { found: id },
        (None, _) => Refusal::TooFew { needed, found },
    }
}

#[cfg(test)]
mod tests;
