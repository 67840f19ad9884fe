//! Lines that hold together: each carries the SHA-256 of the line before and of itself, so that a
//! journal that was edited is told from one that was cut off.

use std::time::SystemTime;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// What stands between a line's own text and its link.
const SEAM: &str = ",\"chain\":\"";
/// What stands behind the link.
const END: &str = "\"}";

/// The link that the next line is chained to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Link([u8; 32]);

impl Link {
    fn to(self, body: &str) -> Self {
        let digest = Sha256::new().chain_update(self.0).chain_update(body);
        Self(digest.finalize().into())
    }
}

/// A line with the time at which it was written, in seconds since 1970.
#[derive(Serialize)]
struct Stamped<'a, T> {
    at: u64,
    #[serde(flatten)]
    line: &'a T,
}

/// The text of a line, with its end, and the link for the one after it.
pub(super) fn write(
    previous: Link,
    line: &impl Serialize,
) -> Result<(Vec<u8>, Link), serde_json::Error> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the time at which a line is written is part of the line, and nothing is decided by it"
    )]
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let at = now.map_or(0, |since| since.as_secs());
    let body = serde_json::to_string(&Stamped { at, line })?;
    let link = previous.to(&body);
    let open = body.strip_suffix('}').unwrap_or(&body);
    let text = format!("{open}{SEAM}{}{END}\n", hex::encode(link.0));
    Ok((text.into_bytes(), link))
}

/// What a journal holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chained {
    /// The lines as they were written, without their links.
    pub(super) bodies: Vec<String>,
    /// The link of the last of them.
    pub(super) last: Link,
    /// How many bytes they take. What is behind was cut off in the middle of a line.
    pub(super) whole: usize,
}

/// Reads a journal. A last line that is not whole was cut off by a crash, and is none.
///
/// # Errors
/// The number of a line, from 1, that is not the one that was written there.
pub(super) fn read(bytes: &[u8]) -> Result<Chained, usize> {
    let mut chained = Chained::default();
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').peekable();
    let mut number = 0;
    while let Some(line) = lines.next() {
        number += 1;
        match link(chained.last, line) {
            Some((body, link)) => {
                chained.bodies.push(body);
                chained.last = link;
                chained.whole += line.len();
            }
            None if lines.peek().is_none() => break,
            None => return Err(number),
        }
    }
    Ok(chained)
}

fn link(previous: Link, line: &[u8]) -> Option<(String, Link)> {
    let text = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (open, chain) = text.strip_suffix(END)?.rsplit_once(SEAM)?;
    let body = format!("{open}}}");
    let link = previous.to(&body);
    (hex::encode(link.0) == chain).then_some((body, link))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{Link, read, write};

    fn journal(lines: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut last = Link::default();
        for number in 0..lines {
            let (line, link) = write(last, &json!({"event": "x", "number": number})).unwrap();
            bytes.extend(line);
            last = link;
        }
        bytes
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = journal(3);
        let found = read(&bytes).unwrap();
        assert_eq!((found.bodies.len(), found.whole), (3, bytes.len()));
        assert!(found.bodies[2].ends_with(r#""event":"x","number":2}"#));
        assert_eq!(read(b"").unwrap().bodies.len(), 0);
        let swapped: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        assert_eq!(read(&[swapped[1], swapped[0], swapped[2]].concat()), Err(1));
        assert_eq!(read(&[swapped[0], swapped[2], swapped[2]].concat()), Err(2));
    }

    proptest! {
        #[test]
        fn cut_off_anywhere_the_whole_lines_count(lines in 1usize..6, cut in 0usize..2000) {
            let bytes = journal(lines);
            let cut = cut % bytes.len();
            let whole = bytes[..cut].iter().filter(|byte| **byte == b'\n').count();
            prop_assert_eq!(read(&bytes[..cut]).unwrap().bodies.len(), whole);
        }

        #[test]
        fn a_changed_line_is_named_unless_it_is_the_last(at in 0usize..2000, bit in 0u8..7) {
            let bytes = journal(5);
            let at = at % bytes.len();
            let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count();
            let mut changed = bytes;
            changed[at] ^= 1 << bit;
            match read(&changed) {
                // Without its end, the last but one is part of the last.
                Ok(found) => prop_assert!(found.bodies.len() >= 3 && line >= 3, "{line}"),
                Err(named) => prop_assert_eq!(named, line + 1),
            }
        }
    }
}
