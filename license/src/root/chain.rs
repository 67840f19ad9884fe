//! From one root to the next.

use serde::{Deserialize, Serialize};

use super::{Role, Root, RootError, trusted_comment};
use crate::minisign::{KeyId, Signature, SignatureError, VerifyError, prehash};

/// The longest text of a chain that is looked at, in bytes.
pub const MAX_CHAIN_TEXT: usize = 1 << 20;
/// The most signatures of one root that are looked at.
const MAX_SIGNATURES: usize = 128;
const MEDIA_TYPE: &str = "application/vnd.vaultterm.roots+json";

/// A root as it is carried: its text, and the texts of signatures in minisign's format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The canonical text of a [`Root`].
    pub root: String,
    /// What its signers signed it with.
    pub signatures: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    media_type: String,
    roots: Vec<Link>,
}

/// A chain of which nothing is believed yet: no root in it has been looked into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Carried {
    links: Vec<Link>,
}

/// Every root from the first on, each as the one before allowed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    links: Vec<Link>,
    current: Root,
}

/// Why a chain is not believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// Larger than any chain.
    #[error("the chain of roots is longer than {MAX_CHAIN_TEXT} bytes")]
    TooLong,
    /// Not the envelope of a chain.
    #[error("this is no chain of roots")]
    Envelope,
    /// A chain without a root.
    #[error("the chain of roots is empty")]
    Empty,
    /// It says something else about a version that is already known.
    #[error(
        "root {version} is another one than the root {version} that is trusted: the chain was \
         forged, or belongs to somebody else"
    )]
    Fork {
        /// The first version that differs.
        version: u64,
    },
    /// A root breaks a rule.
    #[error("root {version} cannot be believed")]
    Root {
        /// Its place in the chain.
        version: u64,
        /// The rule.
        #[source]
        cause: RootError,
    },
    /// A root is not the next one.
    #[error("root {expected} has to come, and this is root {found}")]
    NotNext {
        /// The one that has to come.
        expected: u64,
        /// The one that came.
        found: u64,
    },
    /// A revocation is missing that an earlier root had.
    #[error("root {version} forgets that key {key} is revoked")]
    Forgotten {
        /// Its version.
        version: u64,
        /// The key.
        key: KeyId,
    },
    /// A signature cannot be read.
    #[error("a signature of root {version} cannot be read")]
    SignatureText {
        /// The version.
        version: u64,
        /// What is wrong with it.
        #[source]
        cause: SignatureError,
    },
    /// A signature does not hold.
    #[error("a signature of root {version} does not hold")]
    Signature {
        /// The version.
        version: u64,
        /// Why.
        #[source]
        cause: VerifyError,
    },
    /// A signature of something else.
    #[error("a signature of root {version} was made for something else")]
    Comment {
        /// The version.
        version: u64,
    },
    /// Not enough keys signed.
    #[error("root {version} is signed by {found} of the {needed} keys that {by} asks for")]
    TooFew {
        /// The version.
        version: u64,
        /// Who asks: the root before it, or it itself.
        by: &'static str,
        /// How many it takes.
        needed: usize,
        /// How many signed.
        found: usize,
    },
}

impl Carried {
    /// Reads the envelope. The roots in it stay texts.
    ///
    /// # Errors
    /// [`ChainError`] when it is none.
    pub fn parse(text: &[u8]) -> Result<Self, ChainError> {
        if text.len() > MAX_CHAIN_TEXT {
            return Err(ChainError::TooLong);
        }
        let envelope: Envelope = serde_json::from_slice(text).map_err(|_| ChainError::Envelope)?;
        let few = |link: &Link| link.signatures.len() <= MAX_SIGNATURES;
        if envelope.media_type != MEDIA_TYPE || !envelope.roots.iter().all(few) {
            return Err(ChainError::Envelope);
        }
        Ok(Self {
            links: envelope.roots,
        })
    }

    /// Puts links together, for whoever makes a chain.
    #[must_use]
    pub const fn new(links: Vec<Link>) -> Self {
        Self { links }
    }

    /// The links, first root first.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The text of the envelope.
    #[must_use]
    pub fn to_text(&self) -> String {
        let envelope = Envelope {
            media_type: MEDIA_TYPE.to_owned(),
            roots: self.links.clone(),
        };
        serde_json::to_value(envelope)
            .map(|value| value.to_string())
            .unwrap_or_default()
    }
}

impl Chain {
    /// A chain that is trusted because of where it came from: compiled in, or named by whoever
    /// runs the program. Every link is checked all the same; the first by its own keys alone.
    ///
    /// # Errors
    /// [`ChainError`] names the rule that it breaks.
    pub fn anchor(carried: &Carried) -> Result<Self, ChainError> {
        let (first, later) = carried.links.split_first().ok_or(ChainError::Empty)?;
        let start = Self {
            links: vec![first.clone()],
            current: next(None, first)?,
        };
        start.extended(later)
    }

    /// Goes on from here with a chain that came from anywhere. The shorter of the two must be the
    /// beginning of the longer; what this one lacks is checked root by root. One that ends earlier
    /// changes nothing.
    ///
    /// # Errors
    /// [`ChainError`] names the rule that the first bad root breaks; nothing is taken over then.
    pub fn follow(&self, carried: &Carried) -> Result<Self, ChainError> {
        let pairs = (1..).zip(self.links.iter().zip(&carried.links));
        for (version, (own, other)) in pairs {
            if own.root != other.root {
                return Err(ChainError::Fork { version });
            }
        }
        let later = carried.links.get(self.links.len()..).unwrap_or_default();
        self.clone().extended(later)
    }

    /// The newest root.
    #[must_use]
    pub const fn current(&self) -> &Root {
        &self.current
    }

    /// The chain, to be carried or kept.
    #[must_use]
    pub fn carried(&self) -> Carried {
        Carried {
            links: self.links.clone(),
        }
    }

    fn extended(mut self, links: &[Link]) -> Result<Self, ChainError> {
        for link in links {
            self.current = next(Some(&self.current), link)?;
            self.links.push(link.clone());
        }
        Ok(self)
    }
}

/// The root of a link, if it may follow. The keys of the one before are asked first: nobody else's
/// text is parsed.
fn next(before: Option<&Root>, link: &Link) -> Result<Root, ChainError> {
    // A version that cannot be counted on from here cannot be reached either.
    let version = before.map_or(Some(1), |root| root.version().checked_add(1));
    let version = version.ok_or(ChainError::Empty)?;
    let signatures = link.signatures.iter().map(|text| Signature::parse(text));
    let signatures = signatures
        .collect::<Result<Vec<_>, _>>()
        .map_err(|cause| ChainError::SignatureText { version, cause })?;
    let signed = Signed {
        version,
        text: &link.root,
        signatures,
    };
    if let Some(before) = before {
        signed.by(before.roots(), "the root before it")?;
    }
    let root = Root::parse(&link.root).map_err(|cause| ChainError::Root { version, cause })?;
    signed.by(root.roots(), "it itself")?;
    if root.version() != version {
        let (expected, found) = (version, root.version());
        return Err(ChainError::NotNext { expected, found });
    }
    let earlier = before.into_iter().flat_map(Root::revoked);
    for entry in earlier {
        let kept = |later: &super::Revoked| later.key.is_same(&entry.key);
        if !root.revoked().iter().any(kept) {
            let key = entry.key.key_id();
            return Err(ChainError::Forgotten { version, key });
        }
    }
    Ok(root)
}

/// A text with the signatures that came with it.
struct Signed<'a> {
    version: u64,
    text: &'a str,
    signatures: Vec<Signature>,
}

impl Signed<'_> {
    /// Demands the signatures of a role.
    fn by(&self, role: &Role, by: &'static str) -> Result<(), ChainError> {
        let version = self.version;
        let signers = role
            .signers(&prehash(self.text.as_bytes()), &self.signatures)
            .map_err(|cause| ChainError::Signature { version, cause })?;
        let expected = trusted_comment(version);
        let other = |signature: &&Signature| {
            signers.contains(&signature.key_id()) && signature.trusted_comment() != expected
        };
        if self.signatures.iter().find(other).is_some() {
            return Err(ChainError::Comment { version });
        }
        if signers.len() < role.threshold() {
            return Err(ChainError::TooFew {
                version,
                by,
                needed: role.threshold(),
                found: signers.len(),
            });
        }
        Ok(())
    }
}
