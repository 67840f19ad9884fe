//! What a file may cost.

use std::fmt;
use std::io::{self, Read};
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};

use super::Refusal;
use super::row::Row;

/// The most bytes of a file.
pub(in crate::vault) const FILE: usize = 10 * 1024 * 1024;
/// The most bytes that it may unpack to.
pub(super) const UNPACKED: u64 = 64 * 1024 * 1024;
/// The most bytes that its rows may take in memory, about. A row may be much more than the few bytes of a
/// file that it was made of.
pub(super) const IN_MEMORY: usize = 64 * 1024 * 1024;
/// The most records.
pub(in crate::vault) const ROWS: usize = 10_000;

/// The most parts of a document of JSON: ten thousand records of a hundred and fifty.
const PARTS: usize = 1_500_000;

/// How much work the passphrases of its keys may be, about, in milliseconds: a dozen or two of those that
/// OpenSSH makes, or the dearest one that is taken.
pub(super) const KEYS: u64 = 5000;

pub(super) const TOO_LARGE: Refusal = Refusal::File("must have at most 10 MiB");
pub(super) const TOO_MANY: Refusal = Refusal::File("must hold at most 10000 records");
pub(super) const UNPACKS_TOO_FAR: Refusal = Refusal::File("must unpack to at most 64 MiB");
pub(super) const TOO_MUCH: Refusal =
    Refusal::File("must become records of at most 64 MiB: import a part of it at a time");

/// What is left of the memory for the rows of a file.
pub(super) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(IN_MEMORY)
    }
}

impl Room {
    /// Takes the room of a row.
    pub(super) fn take(&mut self, row: &Row) -> Result<(), Refusal> {
        self.0 = self.0.checked_sub(row.bytes()).ok_or(TOO_MUCH)?;
        Ok(())
    }
}

/// A reader that fails, rather than ends, once too much came out of it.
pub(super) struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Bounded<R> {
    pub(super) const fn new(inner: R, most: u64) -> Self {
        Self { inner, left: most }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        let read = u64::try_from(count).unwrap_or(u64::MAX);
        self.left = self
            .left
            .checked_sub(read)
            .ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(count)
    }
}

/// Reads JSON that has no more parts than fit in memory many times over. Every part is announced by a
/// comma or a bracket, so counting those, wherever they stand, counts too much rather than too little.
pub(super) fn json<'de, T: Deserialize<'de>>(text: &'de str, wrong: Refusal) -> Result<T, Refusal> {
    let parts = text
        .bytes()
        .filter(|byte| matches!(byte, b',' | b'[' | b'{'));
    if parts.count() > PARTS {
        return Err(Refusal::File("must have fewer parts"));
    }
    // What the parser says could repeat a part of the file.
    serde_json::from_str(text).map_err(|_| wrong)
}

/// A list of JSON that ends with an error before it is too long. A few bytes of JSON can become
/// hundreds in memory, so that the size of a file bounds nothing.
#[derive(Debug)]
pub(super) struct AtMost<const N: usize, T>(pub(super) Vec<T>);

impl<const N: usize, T> Default for AtMost<N, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, const N: usize, T: Deserialize<'de>> Deserialize<'de> for AtMost<N, T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ListVisitor::<N, T>(PhantomData))
            .map(Self)
    }
}

struct ListVisitor<const N: usize, T>(PhantomData<T>);

impl<'de, const N: usize, T: Deserialize<'de>> Visitor<'de> for ListVisitor<N, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {N}")
    }

    /// Other managers write `null` for an empty list.
    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            if items.len() >= N {
                return Err(A::Error::custom(format_args!("more than {N}")));
            }
            items.push(item);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_fails_rather_than_ends() {
        let read = |most| io::copy(&mut Bounded::new(&[0; 100][..], most), &mut io::sink());
        assert_eq!(read(100).unwrap(), 100);
        assert_eq!(read(99).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_list_ends_before_it_is_too_long() {
        let list = |text| serde_json::from_str::<AtMost<2, u8>>(text).map(|list| list.0);
        assert_eq!(list("[1,2]").unwrap(), [1, 2]);
        assert!(list("null").unwrap().is_empty());
        assert!(list("[1,2,3]").is_err());
    }
}
