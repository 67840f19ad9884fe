//! KeePass databases of version 4 (KDBX 4.0 and 4.1).
//!
//! | attack | answer |
//! |---|---|
//! | a derivation that takes for ever or fills memory | its parameters are judged before it is run (`derive`) |
//! | a changed header, or a file cut short | both digests of the header and of each block are compared before anything is opened (`blocks`) |
//! | a block of four gigabytes | a block is a part of the file that is there, and never allocated by its stated length |
//! | contents that unpack to far more than the file | the reader fails at a limit (`limits`) |
//! | entities and document types in XML | refused; there is no reader of entities |
//! | groups nested without end, entries without end | counted; nothing recurses |

mod blocks;
mod cursor;
mod derive;
mod entries;
mod header;
mod inner;
mod xml;

use std::io::BufReader;

use flate2::read::GzDecoder;

use self::derive::Keys;
use self::header::Header;
use self::inner::Stream;
use super::Refusal;
use super::limits::{self, Bounded};
use super::row::Row;

const WRONG: Refusal = Refusal::File("must be a KeePass database of version 4 (.kdbx)");
const BROKEN: Refusal = Refusal::File("must be whole: it was changed or cut short");

/// Reads every entry that is in no recycle bin.
pub(super) fn read(
    bytes: &[u8],
    password: Option<&str>,
    key_file: Option<&[u8]>,
) -> Result<Vec<Row>, Refusal> {
    let (header, after) = Header::read(bytes)?;
    if password.is_none() && key_file.is_none() {
        return Err(Refusal::Password("or a key file must be given"));
    }
    let keys = Keys::derive(&header, password, key_file)?;
    let sealed = blocks::opened(&header, &keys, bytes, after)?;
    let plain = header.cipher.decrypt(&keys.cipher, &header.iv, sealed)?;
    if header.is_compressed {
        let unpacked = Bounded::new(GzDecoder::new(plain.as_slice()), limits::UNPACKED);
        contents(BufReader::new(unpacked))
    } else {
        contents(plain.as_slice())
    }
}

fn contents<R: std::io::BufRead>(mut plain: R) -> Result<Vec<Row>, Refusal> {
    let stream = Stream::read(&mut plain)?;
    xml::read(plain, stream)
}

/// What a failed read means.
fn unread(error: &std::io::Error) -> Refusal {
    if error.kind() == std::io::ErrorKind::FileTooLarge {
        limits::UNPACKS_TOO_FAR
    } else {
        BROKEN
    }
}
