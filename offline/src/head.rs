//! The head of a bundle: the members that nothing promises and that say what everything else is
//! worth. It is the same in every volume and in an answer to a repair request.

use std::io::{self, Chain, Cursor, Read};

use crate::error::{Error, Kind};
use crate::header::{self, BLOCK};
use crate::{EntryName, limits};

pub(crate) const MANIFEST_NAME: &str = "bundle.json";
pub(crate) const SIGNATURE_NAME: &str = "bundle.json.minisig";
pub(crate) const ROOTS_NAME: &str = "roots.json";

/// Names that mean something at the beginning of a file. A promised member that bore one would be
/// taken for another thing, depending on who reads.
pub(crate) const RESERVED: [&str; 4] = [
    MANIFEST_NAME,
    SIGNATURE_NAME,
    ROOTS_NAME,
    crate::volumes::LABEL_NAME,
];

/// The contents of the head, none of them looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The manifest.
    pub(crate) manifest: Vec<u8>,
    /// Texts of signatures over it.
    pub(crate) signatures: Vec<u8>,
    /// The chain of roots, where one is carried.
    pub(crate) roots: Option<Vec<u8>>,
}

/// A reader that gives what was read ahead once more: where the head ends only the header behind it
/// shows.
pub(crate) type Ahead<R> = Chain<Cursor<[u8; BLOCK]>, R>;

impl Head {
    /// Reads a head; the reader goes on with what follows it.
    ///
    /// # Errors
    /// [`Error`] when it is none.
    pub(crate) fn read<R: Read>(mut reader: R) -> Result<(Self, Ahead<R>), Error> {
        let mut offset = 0;
        let from = &mut reader;
        let (first, limit) = (first_block(from)?, limits::MANIFEST);
        let manifest = rest_of_member(&first, from, &mut offset, MANIFEST_NAME, limit)?;
        let signatures = first_member(from, &mut offset, SIGNATURE_NAME, limits::SIGNATURE)?;
        let mut next = read_block(from, None, offset)?;
        let mut roots = None;
        if header::names(&next, ROOTS_NAME) {
            roots = Some(rest_of_member(
                &next,
                from,
                &mut offset,
                ROOTS_NAME,
                limits::ROOTS,
            )?);
            next = read_block(from, None, offset)?;
        }
        let head = Self {
            manifest,
            signatures,
            roots,
        };
        Ok((head, Cursor::new(next).chain(reader)))
    }

    /// How many bytes it takes in the file.
    pub(crate) fn size(&self) -> u64 {
        self.members()
            .map(|(_, content)| header::space(content.len() as u64))
            .sum()
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// Never: its names are allowed ones.
    pub(crate) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for (name, content) in self.members() {
            let name = EntryName::new(name).map_err(io::Error::other)?;
            let size = content.len() as u64;
            bytes.extend_from_slice(&header::header(&name, size, header::PLAIN_MODE));
            bytes.extend_from_slice(content);
            let padding = usize::try_from(header::padding(size)).unwrap_or(0);
            bytes.extend(std::iter::repeat_n(0, padding));
        }
        Ok(bytes)
    }

    /// Its members, and where each ends.
    pub(crate) fn ends(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.members().scan(0, |end, (name, content)| {
            *end += header::space(content.len() as u64);
            Some((name, *end))
        })
    }

    fn members(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let roots = self.roots.as_deref().map(|roots| (ROOTS_NAME, roots));
        [
            (MANIFEST_NAME, self.manifest.as_slice()),
            (SIGNATURE_NAME, self.signatures.as_slice()),
        ]
        .into_iter()
        .chain(roots)
    }
}

/// The block that a bundle begins with. Something else is told from a copy that stopped and from
/// damage, even where it is shorter than a block.
fn first_block(reader: &mut impl Read) -> Result<[u8; BLOCK], Error> {
    let mut bytes = Vec::with_capacity(BLOCK);
    reader
        .take(BLOCK as u64)
        .read_to_end(&mut bytes)
        .map_err(Error::of_read)?;
    let refuse = |kind, at| Err(Error::new(kind, None, at));
    let start = bytes
        .iter()
        .zip(MANIFEST_NAME.as_bytes().iter().chain(&[0]));
    let alike = start.clone().all(|(found, expected)| found == expected);
    match bytes.first_chunk() {
        Some(block) if alike || header::resembles(block, MANIFEST_NAME) => Ok(*block),
        None if alike => refuse(Kind::Truncated, bytes.len() as u64),
        _ => refuse(Kind::NotABundle, 0),
    }
}

/// Reads a member whose size is not promised by anything.
pub(crate) fn first_member(
    reader: &mut impl Read,
    offset: &mut u64,
    name: &'static str,
    limit: u64,
) -> Result<Vec<u8>, Error> {
    let header = read_block(reader, Some(name), *offset)?;
    rest_of_member(&header, reader, offset, name, limit)
}

fn read_block(
    reader: &mut impl Read,
    name: Option<&str>,
    offset: u64,
) -> Result<[u8; BLOCK], Error> {
    let mut bytes = [0; BLOCK];
    reader
        .read_exact(&mut bytes)
        .map_err(|error| Error::from_io(error, name, offset))?;
    Ok(bytes)
}

fn rest_of_member(
    bytes: &[u8; BLOCK],
    reader: &mut impl Read,
    offset: &mut u64,
    name: &'static str,
    limit: u64,
) -> Result<Vec<u8>, Error> {
    let at = *offset;
    let refuse = |kind| Error::new(kind, Some(name), at);
    let size =
        header::stated_size(bytes).ok_or_else(|| refuse(Kind::Head("a size is no number")))?;
    let entry = EntryName::new(name).map_err(|_| refuse(Kind::NotABundle))?;
    let expected = header::header(&entry, size, header::PLAIN_MODE);
    if *bytes != expected {
        return Err(refuse(Kind::Head(header::describe(bytes, &expected))));
    }
    if size > limit {
        return Err(refuse(Kind::TooLarge { what: name, limit }));
    }
    *offset += BLOCK as u64;
    let mut content = Vec::new();
    let count = reader
        .take(size)
        .read_to_end(&mut content)
        .map_err(|error| Error::from_io(error, Some(name), at))?;
    *offset += count as u64;
    if count as u64 != size {
        return Err(Error::new(Kind::Truncated, Some(name), *offset));
    }
    skip_padding(reader, offset, size, name)?;
    Ok(content)
}

/// Reads the zeros after a member.
pub(crate) fn skip_padding(
    reader: &mut impl Read,
    offset: &mut u64,
    size: u64,
    name: &str,
) -> Result<(), Error> {
    let mut buffer = [0; BLOCK];
    let count = usize::try_from(header::padding(size)).unwrap_or(0);
    let zeros = buffer.get_mut(..count).unwrap_or_default();
    reader
        .read_exact(zeros)
        .map_err(|error| Error::from_io(error, Some(name), *offset))?;
    if zeros.iter().any(|byte| *byte != 0) {
        return Err(Error::new(Kind::Padding, Some(name), *offset));
    }
    *offset += count as u64;
    Ok(())
}
