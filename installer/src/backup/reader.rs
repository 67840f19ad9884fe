//! Reading a backup to its end, and comparing all of it with what it says that it holds.

use std::collections::BTreeMap;
use std::io::Read;

use offline::Digest;
use offline::digest::Hasher;

use super::{CONTENTS, Contents, DUMP, FILES, FORMAT, HEADER, Header, MEDIA_TYPE};
use crate::error::Error;

/// The largest member: a piece of the dump, or a file.
const MEMBER: u64 = 16 << 20;
/// The largest list of contents.
const LIST: u64 = 64 << 20;

/// What is handed out while a backup is read. Nothing of it is proved before [`read`] returns.
pub(crate) enum Content<'a> {
    /// A file, named as in the installation's folder.
    File(&'a str, Vec<u8>),
    /// The next bytes of the dump.
    Dump(Vec<u8>),
}

/// Reads a decrypted backup to its end.
///
/// # Errors
/// [`Error::BackupRefused`] when it is not what it says; whatever `take` refuses with.
pub(crate) fn read(
    input: impl Read,
    mut take: impl FnMut(Content<'_>) -> Result<(), Error>,
) -> Result<(Header, Contents), Error> {
    let mut archive = tar::Archive::new(input);
    let mut reading = Reading::default();
    // Extensions of tar are members of an unknown kind here, and nothing in them is followed.
    for entry in archive
        .entries()
        .map_err(|error| damaged(&error))?
        .raw(true)
    {
        let mut entry = entry.map_err(|error| damaged(&error))?;
        if reading.contents.is_some() {
            return Err(refused("something follows its contents"));
        }
        let plain = entry.header().entry_type() == tar::EntryType::Regular;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let limit = if name == CONTENTS { LIST } else { MEMBER };
        if !plain || entry.size() > limit {
            return Err(refused("a member is not as our format has it"));
        }
        let mut bytes = Vec::new();
        entry
            .read_to_end(&mut bytes)
            .map_err(|error| damaged(&error))?;
        if bytes.len() as u64 != entry.size() {
            return Err(refused("it ends too early"));
        }
        reading.member(&name, bytes, &mut take)?;
    }
    let Some((header, contents)) = reading.header.zip(reading.contents) else {
        return Err(refused("it ends too early"));
    };
    let dump = Some(reading.dump.finish());
    if reading.files != contents.files
        || (dump, reading.size) != (contents.dump, contents.dump_size)
    {
        return Err(refused("its members are not those that it lists"));
    }
    // age notices a cut only at the end of its stream, which a tar need not reach.
    let mut rest = archive.into_inner();
    std::io::copy(&mut rest, &mut std::io::sink()).map_err(|error| damaged(&error))?;
    Ok((header, contents))
}

#[derive(Default)]
struct Reading {
    header: Option<Header>,
    files: BTreeMap<String, Digest>,
    dump: Hasher,
    size: u64,
    pieces: u32,
    contents: Option<Contents>,
}

impl Reading {
    fn member(
        &mut self,
        name: &str,
        bytes: Vec<u8>,
        take: &mut impl FnMut(Content<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.header.is_none() {
            if name != HEADER {
                return Err(refused("it is no backup of VaultTerm"));
            }
            let header = header(&bytes)?;
            self.files.insert(name.to_owned(), Digest::of(&bytes));
            self.header = Some(header);
            return Ok(());
        }
        if name == CONTENTS {
            let contents = serde_json::from_slice(&bytes);
            self.contents = Some(contents.map_err(|_| refused("its list cannot be read"))?);
            return Ok(());
        }
        if let Some(number) = name.strip_prefix(DUMP) {
            self.pieces += 1;
            if number != format!("{:06}", self.pieces) {
                return Err(refused("a piece of the dump is missing"));
            }
            self.dump.update(&bytes);
            self.size += bytes.len() as u64;
            return take(Content::Dump(bytes));
        }
        let Some(file) = name.strip_prefix(FILES).filter(|file| is_plain(file)) else {
            return Err(refused("a member is not as our format has it"));
        };
        if self
            .files
            .insert(name.to_owned(), Digest::of(&bytes))
            .is_some()
        {
            return Err(refused("a member is there twice"));
        }
        take(Content::File(file, bytes))
    }
}

/// A relative path without `..`: whoever wrote the backup must not choose where a restore writes.
fn is_plain(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    name.split('/').all(part) && name.split('/').count() <= 2
}

fn header(bytes: &[u8]) -> Result<Header, Error> {
    let header: Header =
        serde_json::from_slice(bytes).map_err(|_| refused("it is no backup of VaultTerm"))?;
    if header.media_type != MEDIA_TYPE {
        return Err(refused("it is no backup of VaultTerm"));
    }
    if header.format != FORMAT {
        return Err(refused("it is of another format than this program knows"));
    }
    Ok(header)
}

fn refused(words: &str) -> Error {
    Error::BackupRefused(words.to_owned())
}

fn damaged(error: &std::io::Error) -> Error {
    Error::BackupRefused(format!("it cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::super::archive::Archive;
    use super::{Content, read};
    use crate::backup::{FORMAT, Header, MEDIA_TYPE};
    use crate::error::Error;
    use crate::postgres::Table;

    fn header() -> Header {
        Header {
            media_type: MEDIA_TYPE.into(),
            format: FORMAT,
            installation: "one".into(),
            version: "1.0.0".into(),
            release_counter: 7,
            migrations: vec![1, 2],
            created: time::OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn backup(dump: &[u8]) -> Vec<u8> {
        let mut archive = Archive::begin(Vec::new(), &header()).unwrap();
        archive.file(".env", b"A=1\n").unwrap();
        archive.file("secrets/master_key", b"00").unwrap();
        for piece in dump.chunks(1000) {
            archive.dump(piece).unwrap();
        }
        let table = Table {
            name: "public.a".into(),
            rows: 2,
            fingerprint: "9".into(),
        };
        archive.finish(vec![table]).unwrap().0
    }

    fn nothing(_: Content<'_>) -> Result<(), Error> {
        Ok(())
    }

    #[test]
    fn what_is_written_is_read_again() {
        let dump = vec![7; 9_000_000];
        let bytes = backup(&dump);
        let (mut files, mut found) = (Vec::new(), Vec::new());
        let (read_header, contents) = read(bytes.as_slice(), |content| {
            match content {
                Content::File(name, _) => files.push(name.to_owned()),
                Content::Dump(piece) => found.extend(piece),
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(read_header, header());
        assert_eq!(files, [".env", "secrets/master_key"]);
        assert!(found == dump);
        assert_eq!((contents.dump_size, contents.rows()), (9_000_000, 2));
        assert!(read(backup(b"").as_slice(), nothing).is_ok());
    }

    #[test]
    fn every_change_and_every_cut_is_noticed() {
        let good = backup(b"a small dump");
        // The list itself is covered by the encryption around it.
        let list = good.windows(13).position(|bytes| bytes == b"contents.json");
        for at in 0..list.unwrap() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            let padding = good[at] == 0 && read(bad.as_slice(), nothing).is_ok();
            assert!(
                padding || read(bad.as_slice(), nothing).is_err(),
                "byte {at}"
            );
        }
        for length in (0..good.len() - 1024).step_by(100) {
            assert!(read(&good[..length], nothing).is_err(), "{length} bytes");
        }
        for bytes in [&b""[..], b"hello", &[0; 2000]] {
            assert!(read(bytes, nothing).is_err());
        }
    }

    #[test]
    fn a_backup_cannot_choose_where_a_restore_writes() {
        for name in ["../.env", "/etc/passwd", "a/../b", "a/b/c", "", "secrets/"] {
            assert!(!super::is_plain(name), "{name}");
        }
        for name in [".env", "secrets/master_key", "license/license.vtlic"] {
            assert!(super::is_plain(name), "{name}");
        }
    }
}
