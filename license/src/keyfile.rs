//! The text around a public key: an untrusted comment, then one line of base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ed25519;

/// Tag, key id and key: the bytes on the base64 line.
const LENGTH: usize = 2 + 8 + ed25519::KEY_LENGTH;
const COMMENT: &str = "untrusted comment: ";

/// Why a public key file was refused.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is no line that could be a key.
    #[error("no public key in the text: expected a comment line and a line of base64")]
    Absent,
    /// The line is not base64 of the right length.
    #[error("the public key line is not {LENGTH} bytes of base64")]
    Encoding,
    /// It is a key, but for something else.
    #[error("the key is of kind {found:?}, and {expected} was expected")]
    Kind {
        /// What the file should have held.
        expected: &'static str,
        /// The two-byte tag found.
        found: String,
    },
    /// The key itself is unusable.
    #[error(transparent)]
    Key(#[from] ed25519::InvalidKey),
}

/// One key as it stands in a file.
pub(crate) struct Parsed {
    pub(crate) id: [u8; 8],
    pub(crate) key: ed25519::PublicKey,
    pub(crate) comment: String,
}

/// Reads every key of a text; a lone base64 line counts as a key without comment.
pub(crate) fn parse_all(
    text: &str,
    tag: [u8; 2],
    expected: &'static str,
) -> Result<Vec<Parsed>, KeyFileError> {
    let mut keys = Vec::new();
    let mut comment = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // Trimmed, an empty comment has lost the blank behind the colon.
        if let Some(words) = line.strip_prefix(COMMENT.trim_end()) {
            words.trim().clone_into(&mut comment);
        } else {
            keys.push(parse_line(
                line,
                tag,
                expected,
                std::mem::take(&mut comment),
            )?);
        }
    }
    if keys.is_empty() {
        Err(KeyFileError::Absent)
    } else {
        Ok(keys)
    }
}

/// Writes one key in the form that [`parse_all`] reads.
pub(crate) fn write(tag: [u8; 2], id: [u8; 8], key: &ed25519::PublicKey, comment: &str) -> String {
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.extend_from_slice(&tag);
    bytes.extend_from_slice(&id);
    bytes.extend_from_slice(key.as_bytes());
    format!("{COMMENT}{comment}\n{}\n", STANDARD.encode(bytes))
}

fn parse_line(
    line: &str,
    tag: [u8; 2],
    expected: &'static str,
    comment: String,
) -> Result<Parsed, KeyFileError> {
    // Bounded before decoding: a key line has one length.
    if line.len() != LENGTH.div_ceil(3) * 4 {
        return Err(KeyFileError::Encoding);
    }
    let bytes = STANDARD.decode(line).map_err(|_| KeyFileError::Encoding)?;
    let (found, rest) = bytes
        .split_first_chunk::<2>()
        .ok_or(KeyFileError::Encoding)?;
    let (id, key) = rest
        .split_first_chunk::<8>()
        .ok_or(KeyFileError::Encoding)?;
    let key: &[u8; ed25519::KEY_LENGTH] = key.try_into().map_err(|_| KeyFileError::Encoding)?;
    if *found != tag {
        let found = String::from_utf8_lossy(found).into_owned();
        return Err(KeyFileError::Kind { expected, found });
    }
    Ok(Parsed {
        id: *id,
        key: ed25519::PublicKey::from_bytes(key)?,
        comment,
    })
}
