//! A list of passwords that are known from breaches, brought by the operator: the digests of Have I
//! Been Pwned, one a line, in their order.
//!
//! The list is tens of gigabytes, so nothing of it is kept in memory: a question is a search by halves
//! over the file, some forty short reads.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Two lines and more: a line is a digest of forty digits, a colon, a count, and an end of line.
const WINDOW: u64 = 192;
const DIGITS: usize = 40;

/// Why a list is not used.
#[derive(Debug, thiserror::Error)]
pub enum BreachError {
    /// It cannot be read.
    #[error("the list of breached passwords cannot be read")]
    Read(#[from] io::Error),
    /// It is something else.
    #[error("the list of breached passwords is not one of SHA-1 digests in their order")]
    Format,
}

/// An open list.
#[derive(Debug)]
pub struct BreachList {
    file: File,
    size: u64,
}

impl BreachList {
    /// Opens a list. There is none where there is no file, or nothing that has a size: an unset mount
    /// is `/dev/null`.
    ///
    /// # Errors
    /// When it cannot be read, or its beginning, middle and end are not those of such a list.
    pub fn open(path: &Path) -> Result<Option<Self>, BreachError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let about = file.metadata()?;
        if !about.is_file() || about.len() == 0 {
            return Ok(None);
        }
        let list = Self {
            file,
            size: about.len(),
        };
        list.check()?;
        Ok(Some(list))
    }

    /// Looks at some lines all over the file: a list that is ordered by something else would answer
    /// that nothing was ever breached.
    fn check(&self) -> Result<(), BreachError> {
        let mut before: Option<String> = None;
        for part in 0..64 {
            let Some(line) = self.line_after(self.size / 64 * part)? else {
                continue;
            };
            let digest = line.digest().ok_or(BreachError::Format)?;
            if before.is_some_and(|before| before.as_str() > digest) {
                return Err(BreachError::Format);
            }
            before = Some(digest.to_owned());
        }
        before.map(drop).ok_or(BreachError::Format)
    }

    /// How often a password was found in breaches, by its SHA-1 digest; never, for nearly all.
    ///
    /// # Errors
    /// When the file cannot be read, or is not what it was when it was opened.
    pub fn count(&self, digest: &[u8; 20]) -> Result<Option<u64>, BreachError> {
        let wanted = hex::encode_upper(digest);
        // The line begins, if there is one, at `low` or after it, and before `high`.
        let (mut low, mut high) = (0, self.size);
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(line) = self.line_after(middle)?.filter(|line| line.start < high) else {
                high = middle;
                continue;
            };
            match line.digest().ok_or(BreachError::Format)? {
                found if found == wanted => return Ok(Some(line.count())),
                found if found < wanted.as_str() => low = line.end,
                _ => high = middle,
            }
        }
        Ok(None)
    }

    /// The first line that begins at an offset or after it.
    fn line_after(&self, offset: u64) -> Result<Option<Line>, BreachError> {
        // One byte earlier: an offset at which a line begins has the end of another before it.
        let from = offset.saturating_sub(1);
        let mut window = [0; 192];
        let length = self.fill(&mut window, from)?;
        let window = window.get(..length).unwrap_or_default();
        let skipped = if offset == 0 {
            0
        } else {
            match window.iter().position(|byte| *byte == b'\n') {
                Some(end) => end + 1,
                None if from + WINDOW >= self.size => return Ok(None),
                None => return Err(BreachError::Format),
            }
        };
        let rest = window.get(skipped..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let end = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .map(|end| end + 1);
        let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let start = from + skipped as u64;
        Ok(Some(Line {
            start,
            end: start + text.len() as u64,
            text: std::str::from_utf8(text)
                .map_err(|_| BreachError::Format)?
                .trim_end()
                .to_ascii_uppercase(),
        }))
    }

    fn fill(&self, window: &mut [u8], from: u64) -> io::Result<usize> {
        let mut length = 0;
        while let Some(rest) = window.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, from + length as u64) {
                Ok(0) => break,
                Ok(count) => length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(length)
    }
}

/// One line and where it stands.
struct Line {
    start: u64,
    end: u64,
    text: String,
}

impl Line {
    fn digest(&self) -> Option<&str> {
        let digest = self.text.get(..DIGITS)?;
        let ends = self.text.len() == DIGITS || self.text.as_bytes().get(DIGITS) == Some(&b':');
        let is_hex = digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        (ends && is_hex).then_some(digest)
    }

    /// Lists without counts say at least once.
    fn count(&self) -> u64 {
        let count = self
            .text
            .get(DIGITS + 1..)
            .and_then(|count| count.parse().ok());
        count.unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use sha1::{Digest as _, Sha1};

    use super::*;

    fn digest(password: &str) -> [u8; 20] {
        Sha1::digest(password.as_bytes()).into()
    }

    fn list(text: &str) -> Result<Option<BreachList>, BreachError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        std::fs::write(&path, text).unwrap();
        BreachList::open(&path)
    }

    fn written(count: u32, line_end: &str) -> String {
        let mut lines: Vec<(String, u32)> = (0..count)
            .map(|number| {
                (
                    hex::encode_upper(digest(&format!("breached {number}"))),
                    number,
                )
            })
            .collect();
        lines.sort_unstable();
        let mut text = String::new();
        for (digest, number) in lines {
            write!(text, "{digest}:{}{line_end}", u64::from(number).pow(3) + 1).unwrap();
        }
        text
    }

    #[test]
    fn every_line_is_found_and_nothing_else() {
        for (count, line_end) in [
            (1, "\n"),
            (2, "\r\n"),
            (3, "\n"),
            (1000, "\r\n"),
            (1001, "\n"),
        ] {
            let mut text = written(count, line_end);
            let whole = list(&text).unwrap().unwrap();
            // The last line may lack its end.
            text.truncate(text.trim_end().len());
            let cut = list(&text).unwrap().unwrap();
            for number in 0..count {
                let password = digest(&format!("breached {number}"));
                let expected = Some(u64::from(number).pow(3) + 1);
                assert_eq!(
                    whole.count(&password).unwrap(),
                    expected,
                    "{number} of {count}"
                );
                assert_eq!(
                    cut.count(&password).unwrap(),
                    expected,
                    "{number} of {count}"
                );
            }
            for number in 0..300 {
                let password = digest(&format!("kept {number}"));
                assert_eq!(whole.count(&password).unwrap(), None);
            }
            for edge in [[0; 20], [0xff; 20]] {
                assert_eq!(whole.count(&edge).unwrap(), None);
            }
        }
    }

    #[test]
    fn a_search_reads_little_however_long_the_list_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        std::fs::write(&path, written(5000, "\r\n")).unwrap();
        let list = BreachList::open(&path).unwrap().unwrap();
        let begun = std::time::Instant::now();
        for number in 0..2000 {
            list.count(&digest(&format!("kept {number}"))).unwrap();
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(2));
    }

    #[test]
    fn what_is_no_list_is_refused_and_what_is_not_there_is_none() {
        assert!(
            BreachList::open(Path::new("/nonexistent/list"))
                .unwrap()
                .is_none()
        );
        assert!(BreachList::open(Path::new("/dev/null")).unwrap().is_none());
        assert!(list("").unwrap().is_none());
        let mut lines: Vec<String> = written(100, "\n").lines().map(str::to_owned).collect();
        lines.reverse();
        for bad in [
            "hello\n".to_owned(),
            "hunter2:3\n".repeat(100),
            lines.join("\n"),
            "\0".repeat(5000),
        ] {
            assert!(list(&bad).is_err());
        }
    }
}
