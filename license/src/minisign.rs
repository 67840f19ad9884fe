//! Signatures in minisign's prehashed format (<https://jedisct1.github.io/minisign/>).
//!
//! The signed message is the BLAKE2b-512 digest of the file, so a file of any size is hashed as
//! it streams by. The trusted comment is signed too, together with the signature itself. The
//! legacy mode, which signs the file without hashing, is refused: a file signed in one mode must
//! not be readable in the other.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ed25519::{self, BadSignature, SIGNATURE_LENGTH};
use crate::keyfile::{self, KeyFileError};

/// Bytes of the digest that is signed (BLAKE2b-512, RFC 7693).
pub const PREHASH_LENGTH: usize = 64;
/// The longest signature text that is looked at, in bytes.
pub const MAX_SIGNATURE_TEXT: usize = 4096;

/// The most signatures of one text that are looked at.
pub const MAX_SIGNATURES: usize = 8;

const KEY_TAG: [u8; 2] = *b"Ed";
const PREHASHED_TAG: [u8; 2] = *b"ED";
const LEGACY_TAG: [u8; 2] = *b"Ed";

/// The digest that minisign signs (BLAKE2b-512, RFC 7693).
#[must_use]
pub fn prehash(bytes: &[u8]) -> [u8; PREHASH_LENGTH] {
    use blake2::Digest as _;
    blake2::Blake2b512::digest(bytes).into()
}

/// Names a key. It identifies, it does not authenticate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// Takes the eight bytes in the order of the file.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The eight bytes in the order of the file.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0
    }
}

impl fmt::Display for KeyId {
    /// As minisign prints it: the little-endian number in upper-case hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", u64::from_le_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A release key that may be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    id: KeyId,
    key: ed25519::PublicKey,
    comment: String,
}

impl PublicKey {
    /// Makes a key from its parts.
    #[must_use]
    pub const fn new(id: KeyId, key: ed25519::PublicKey) -> Self {
        Self {
            id,
            key,
            comment: String::new(),
        }
    }

    /// Reads the first key of a `.pub` file's text, or a lone base64 line.
    ///
    /// # Errors
    /// [`KeyFileError`] says what is wrong with the text.
    pub fn from_base64_file(text: &str) -> Result<Self, KeyFileError> {
        Self::all_from_text(text)?
            .into_iter()
            .next()
            .ok_or(KeyFileError::Absent)
    }

    /// Reads every key of a text (a trust file may hold several during a rotation).
    ///
    /// # Errors
    /// [`KeyFileError`] when one of them is unusable, or there is none.
    pub fn all_from_text(text: &str) -> Result<Vec<Self>, KeyFileError> {
        let keys = keyfile::parse_all(text, KEY_TAG, "a release key in minisign's format (Ed)")?;
        Ok(keys
            .into_iter()
            .map(|found| Self {
                id: KeyId(found.id),
                key: found.key,
                comment: found.comment,
            })
            .collect())
    }

    /// The key's name.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.id
    }

    /// The untrusted comment of the file it came from.
    #[must_use]
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// Whether two keys could be taken for each other: they share the name or the key.
    #[must_use]
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.id == other.id || self.key == other.key
    }

    /// Whether they share both; the comment is for people.
    #[must_use]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.id == other.id && self.key == other.key
    }

    /// The text of a `.pub` file.
    #[must_use]
    pub fn to_file_text(&self, comment: &str) -> String {
        keyfile::write(KEY_TAG, self.id.0, self.key.as_bytes(), comment)
    }

    /// Checks a signature over the BLAKE2b-512 digest of a message, and the trusted comment.
    ///
    /// # Errors
    /// [`VerifyError::OtherKey`] when another key made it, [`VerifyError::Signature`] and
    /// [`VerifyError::Comment`] when the bytes do not hold.
    pub fn verify(
        &self,
        prehash: &[u8; PREHASH_LENGTH],
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        if signature.id != self.id {
            return Err(VerifyError::OtherKey {
                expected: self.id,
                found: signature.id,
            });
        }
        self.key
            .verify(prehash, &signature.signature)
            .map_err(VerifyError::Signature)?;
        let mut bound = signature.signature.to_vec();
        bound.extend_from_slice(signature.trusted_comment.as_bytes());
        self.key
            .verify(&bound, &signature.global)
            .map_err(VerifyError::Comment)
    }
}

/// Why a signature was not accepted.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// It was made with another key.
    #[error("the signature was made with key {found}, not with {expected}")]
    OtherKey {
        /// The key it was checked against.
        expected: KeyId,
        /// The key that it names.
        found: KeyId,
    },
    /// The signature over the content does not hold.
    #[error("the signature over the content does not hold")]
    Signature(#[source] BadSignature),
    /// The signature over the trusted comment does not hold.
    #[error("the signature over the trusted comment does not hold")]
    Comment(#[source] BadSignature),
}

/// A signature as it stands in a `.minisig` file. Nothing in it is trusted before
/// [`PublicKey::verify`].
#[derive(Clone, Debug)]
pub struct Signature {
    id: KeyId,
    signature: [u8; SIGNATURE_LENGTH],
    trusted_comment: String,
    global: [u8; SIGNATURE_LENGTH],
}

/// Why a signature text was refused.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureError {
    /// Longer than any signature.
    #[error("the signature text is longer than {MAX_SIGNATURE_TEXT} bytes")]
    TooLong,
    /// Not the four lines of the format.
    #[error("the signature text is not the four lines of minisign's format")]
    Lines,
    /// A base64 line is wrong.
    #[error("a signature line is not base64 of the right length")]
    Encoding,
    /// Signed without hashing.
    #[error("the signature is in minisign's legacy mode, which is not accepted")]
    Legacy,
    /// Some other algorithm.
    #[error("the signature is of an unknown algorithm")]
    Algorithm,
    /// More signatures than are looked at.
    #[error("there are more than {MAX_SIGNATURES} signatures")]
    TooMany,
}

impl Signature {
    /// Reads the four lines of a `.minisig` file.
    ///
    /// # Errors
    /// [`SignatureError`] names the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        if text.len() > MAX_SIGNATURE_TEXT {
            return Err(SignatureError::TooLong);
        }
        let body = text.strip_suffix('\n').ok_or(SignatureError::Lines)?;
        let lines: Vec<&str> = body.split('\n').collect();
        let &[untrusted, signature, trusted, global] = lines.as_slice() else {
            return Err(SignatureError::Lines);
        };
        if !untrusted.starts_with("untrusted comment: ") {
            return Err(SignatureError::Lines);
        }
        let comment = trusted
            .strip_prefix("trusted comment: ")
            .ok_or(SignatureError::Lines)?;
        let bytes: [u8; 2 + 8 + SIGNATURE_LENGTH] = decode(signature)?;
        let (tag, rest) = bytes
            .split_first_chunk::<2>()
            .ok_or(SignatureError::Encoding)?;
        let (id, signature) = rest
            .split_first_chunk::<8>()
            .ok_or(SignatureError::Encoding)?;
        match *tag {
            PREHASHED_TAG => {}
            LEGACY_TAG => return Err(SignatureError::Legacy),
            _ => return Err(SignatureError::Algorithm),
        }
        Ok(Self {
            id: KeyId(*id),
            signature: signature.try_into().map_err(|_| SignatureError::Encoding)?,
            trusted_comment: comment.to_owned(),
            global: decode(global)?,
        })
    }

    /// Reads the signatures of a text: one `.minisig` file after the other. Minisign itself looks at
    /// the first alone.
    ///
    /// # Errors
    /// [`SignatureError`] names the rule that one of them breaks.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, SignatureError> {
        if text.len() > MAX_SIGNATURE_TEXT {
            return Err(SignatureError::TooLong);
        }
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        if lines.len() > 4 * MAX_SIGNATURES {
            return Err(SignatureError::TooMany);
        }
        if lines.is_empty() {
            return Err(SignatureError::Lines);
        }
        let each = lines.chunks(4);
        each.map(|lines| Self::parse(&lines.concat())).collect()
    }

    /// Which key claims to have made it.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.id
    }

    /// The comment that is signed together with the signature; only to be believed after
    /// [`PublicKey::verify`].
    #[must_use]
    pub fn trusted_comment(&self) -> &str {
        &self.trusted_comment
    }
}

fn decode<const N: usize>(line: &str) -> Result<[u8; N], SignatureError> {
    if line.len() != N.div_ceil(3) * 4 {
        return Err(SignatureError::Encoding);
    }
    let bytes = STANDARD
        .decode(line)
        .map_err(|_| SignatureError::Encoding)?;
    bytes.try_into().map_err(|_| SignatureError::Encoding)
}

#[cfg(test)]
mod tests;
