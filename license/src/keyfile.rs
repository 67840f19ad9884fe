//! The text around a public key: an untrusted comment, then one line of base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ed25519;
use crate::rotation::RotationError;

/// Tag and key id: what stands before the key on the base64 line.
const HEAD: usize = 2 + 8;
const COMMENT: &str = "untrusted comment: ";

/// Why a public key file was refused.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is no line that could be a key.
    #[error("no public key in the text: expected a comment line and a line of base64")]
    Absent,
    /// The line is not base64 of the right length.
    #[error("a public key line is not base64 of the right length")]
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
    /// The post-quantum half of no key, or a second one for the same key.
    #[error("a VM line belongs to key {0}, and there is no VL line of it without one")]
    Unpaired(String),
    /// A statement that a new key takes over does not hold.
    #[error("a key rotation statement does not hold")]
    Rotation(#[from] RotationError),
}

/// One key as it stands in a file.
pub(crate) struct Parsed {
    pub(crate) id: [u8; 8],
    pub(crate) key: ed25519::PublicKey,
    pub(crate) comment: String,
}

/// One line of a key file that is no comment, with the comment before it.
pub(crate) struct Line<'t> {
    pub(crate) comment: String,
    pub(crate) text: &'t str,
}

/// The lines of a key file. What has no blanks may also stand in one line, parted by blanks or
/// commas: a variable has only one.
pub(crate) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    let mut comment = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // Trimmed, an empty comment has lost the blank behind the colon.
        if let Some(words) = line.strip_prefix(COMMENT.trim_end()) {
            words.trim().clone_into(&mut comment);
            continue;
        }
        let parts = line.split_ascii_whitespace().flat_map(|part| {
            // A rotation statement has commas of its own.
            let comma = |c: char| c == ',' && !part.starts_with('{');
            part.split(comma).filter(|part| !part.is_empty())
        });
        for text in parts {
            let comment = std::mem::take(&mut comment);
            found.push(Line { comment, text });
        }
    }
    found
}

/// Reads every key of a text; a lone base64 line counts as a key without comment.
pub(crate) fn parse_all(
    text: &str,
    tag: [u8; 2],
    expected: &'static str,
) -> Result<Vec<Parsed>, KeyFileError> {
    let keys: Vec<Parsed> = lines(text)
        .into_iter()
        .map(|line| parse_line(line, tag, expected))
        .collect::<Result<_, _>>()?;
    if keys.is_empty() {
        Err(KeyFileError::Absent)
    } else {
        Ok(keys)
    }
}

/// Writes one key in the form that [`lines`] reads.
pub(crate) fn write(tag: [u8; 2], id: [u8; 8], key: &[u8], comment: &str) -> String {
    let mut bytes = Vec::with_capacity(HEAD + key.len());
    bytes.extend_from_slice(&tag);
    bytes.extend_from_slice(&id);
    bytes.extend_from_slice(key);
    format!("{COMMENT}{comment}\n{}\n", STANDARD.encode(bytes))
}

/// The letters of a line that holds a key of so many bytes.
pub(crate) const fn line_length(key: usize) -> usize {
    (HEAD + key).div_ceil(3) * 4
}

/// Takes a line apart: eight bytes that name a key, and the key.
pub(crate) fn decode(
    line: &str,
    tag: [u8; 2],
    length: usize,
    expected: &'static str,
) -> Result<([u8; 8], Vec<u8>), KeyFileError> {
    // Bounded before decoding: a key line has one length.
    if line.len() != line_length(length) {
        return Err(KeyFileError::Encoding);
    }
    let bytes = STANDARD.decode(line).map_err(|_| KeyFileError::Encoding)?;
    let (found, rest) = bytes
        .split_first_chunk::<2>()
        .ok_or(KeyFileError::Encoding)?;
    let (id, key) = rest
        .split_first_chunk::<8>()
        .ok_or(KeyFileError::Encoding)?;
    if *found != tag {
        let found = String::from_utf8_lossy(found).into_owned();
        return Err(KeyFileError::Kind { expected, found });
    }
    if key.len() != length {
        return Err(KeyFileError::Encoding);
    }
    Ok((*id, key.to_vec()))
}

pub(crate) fn parse_line(
    line: Line<'_>,
    tag: [u8; 2],
    expected: &'static str,
) -> Result<Parsed, KeyFileError> {
    let (id, key) = decode(line.text, tag, ed25519::KEY_LENGTH, expected)?;
    let key: [u8; ed25519::KEY_LENGTH] = key.try_into().map_err(|_| KeyFileError::Encoding)?;
    Ok(Parsed {
        id,
        key: ed25519::PublicKey::from_bytes(&key)?,
        comment: line.comment,
    })
}
