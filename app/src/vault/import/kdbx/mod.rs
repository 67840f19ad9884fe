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
//! | names and ids of groups that are long, which every entry in them has | cut; what all rows take is bounded (`limits`) |

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

#[cfg(test)]
mod tests {
    use super::super::limits::IN_MEMORY;
    use super::super::row::Row;
    use super::super::{Refusal, limits};
    use super::contents;

    /// A document behind what stands before it.
    fn read(document: &str) -> Result<Vec<Row>, Refusal> {
        let before = [
            &[1, 4, 0, 0, 0, 3, 0, 0, 0][..],
            &[2, 64, 0, 0, 0],
            &[7; 64],
            &[0; 5],
        ];
        contents(
            [before.concat().as_slice(), document.as_bytes()]
                .concat()
                .as_slice(),
        )
    }

    fn group(id: &str, name: &str, inside: &str) -> String {
        format!("<Group><UUID>{id}</UUID><Name>{name}</Name>{inside}</Group>")
    }

    fn document(bin: &str, inside: &str) -> String {
        let meta = format!("<Meta><RecycleBinUUID>{bin}</RecycleBinUUID></Meta>");
        let root = format!("<Root>{}</Root>", group("root", "all", inside));
        format!("<KeePassFile>{meta}{root}</KeePassFile>")
    }

    fn entry(name: &str, tags: &str) -> String {
        let title = format!("<String><Key>Title</Key><Value>{name}</Value></String>");
        format!("<Entry>{title}<Tags>{tags}</Tags></Entry>")
    }

    fn bytes(rows: &[Row]) -> usize {
        rows.iter().map(Row::bytes).sum()
    }

    #[test]
    fn what_is_in_the_bin_is_left_out_however_deep() {
        let deep = group("c", "inner", &entry("gone", ""));
        let bin = group("bin", "Recycle Bin", &(entry("thrown", "") + &deep));
        let kept = group("a", "Work", &group("b", "Servers", &entry("router", "")));
        let rows = read(&document("bin", &(bin + &kept + &entry("top", "")))).unwrap();
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.name.as_str(), row.folder.as_deref()))
            .collect();
        assert_eq!(found, [("router", Some("Work / Servers")), ("top", None)]);
    }

    #[test]
    fn long_names_and_ids_of_groups_are_not_copied_into_every_entry() {
        let entries = entry("x", "").repeat(2000);
        let long = "x".repeat(100_000);
        for file in [
            document("bin", &group("a", &long, &entries)),
            document("bin", &group(&long, "a", &entries)),
        ] {
            let rows = read(&file).unwrap();
            assert_eq!(rows.len(), 2000);
            assert!(bytes(&rows) < 10 * file.len(), "{}", bytes(&rows));
        }
    }

    #[test]
    fn short_tags_do_not_become_more_than_there_is_room_for() {
        let tags = format!("<Tags>{}</Tags>", "a;".repeat(200)).repeat(50);
        let many = entry("x", "").replace("<Tags></Tags>", &tags);
        let rows = read(&document("bin", &many)).unwrap();
        assert_eq!(rows[0].tags.len(), 200);
        let entries = entry("x", &"a;".repeat(200)).repeat(limits::ROWS);
        assert!(entries.len() < IN_MEMORY / 10);
        assert_eq!(
            read(&document("bin", &entries)).err(),
            Some(limits::TOO_MUCH)
        );
    }
}
