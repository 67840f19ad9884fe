//! The archive: written, searched, and only then there.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use offline::Digest;
use serde::Serialize;
use tempfile::NamedTempFile;
use time::OffsetDateTime;

use super::search::Search;
use super::{Counts, Known, Missing, Piece};
use crate::error::Error;

const MEDIA_TYPE: &str = "application/vnd.vaultterm.support+json";

/// What is in a bundle; its first member, `manifest.json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    media_type: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    created: OffsetDateTime,
    installer: &'static str,
    files: Vec<Entry<'a>>,
    missing: &'a [Missing],
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    what: &'static str,
    size: usize,
    sha256: String,
    redacted: &'a Counts,
}

/// A bundle that is there.
#[derive(Debug, Serialize)]
pub(crate) struct Sealed {
    pub(crate) size: u64,
    pub(crate) sha256: Digest,
    /// How many places were redacted.
    pub(crate) redacted: u64,
    /// How many secrets were looked for, and not found.
    pub(crate) searched: usize,
}

/// Writes the bundle, searches it, and gives it its name. Nothing is left of it otherwise.
///
/// # Errors
/// [`Error::Leak`] when a secret is in it; whatever kept it from being written.
pub(crate) fn seal(
    path: &Path,
    created: OffsetDateTime,
    pieces: &[Piece],
    missing: &[Missing],
    known: &[Known],
) -> Result<Sealed, Error> {
    let failed = || Error::file("cannot write", path);
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut plain = tempfile::tempfile_in(dir).map_err(failed())?;
    write(&plain, created, pieces, missing).map_err(failed())?;
    plain.rewind().map_err(failed())?;
    let search = Search::new(known).map_err(failed())?;
    let hit = search.find(BufReader::new(&plain)).map_err(failed())?;
    if let Some(hit) = hit {
        let secret = known.get(hit.secret).map(|known| known.name.clone());
        return Err(Error::Leak {
            secret: secret.unwrap_or_default(),
            member: member_at(pieces, known, hit.secret),
        });
    }
    plain.rewind().map_err(failed())?;
    let file = NamedTempFile::new_in(dir).map_err(failed())?;
    let packed = pack(plain, file.as_file()).map_err(failed())?;
    file.persist(path).map_err(|error| failed()(error.error))?;
    let counts = pieces.iter().flat_map(|piece| piece.redacted.values());
    Ok(Sealed {
        size: packed.0,
        sha256: packed.1,
        redacted: counts.sum(),
        searched: known.len(),
    })
}

fn write(
    to: &File,
    created: OffsetDateTime,
    pieces: &[Piece],
    missing: &[Missing],
) -> io::Result<()> {
    let files = pieces.iter().map(|piece| Entry {
        name: &piece.name,
        what: piece.what,
        size: piece.bytes.len(),
        sha256: Digest::of(&piece.bytes).hex(),
        redacted: &piece.redacted,
    });
    let manifest = Manifest {
        media_type: MEDIA_TYPE,
        created,
        installer: license::keys::version(),
        files: files.collect(),
        missing,
    };
    let manifest = serde_json::to_vec_pretty(&manifest)?;
    let mut archive = tar::Builder::new(BufWriter::new(to));
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(created.unix_timestamp().unsigned_abs());
        archive.append_data(&mut header, format!("support/{name}"), bytes)
    };
    add("manifest.json", &manifest)?;
    for piece in pieces {
        add(&piece.name, &piece.bytes)?;
    }
    archive.into_inner()?.flush()
}

/// Compresses; the size and the digest of what came out.
fn pack(mut plain: impl Read, to: &File) -> io::Result<(u64, Digest)> {
    let mut packer = GzEncoder::new(BufWriter::new(to), Compression::default());
    io::copy(&mut plain, &mut packer)?;
    packer.finish()?.flush()?;
    to.sync_all()?;
    let mut again = to;
    again.rewind()?;
    let mut hashing = offline::digest::HashingReader::new(again);
    let size = io::copy(&mut hashing, &mut io::sink())?;
    Ok((size, hashing.finish().1))
}

/// The file that gives the secret away, or the archive as a whole.
fn member_at(pieces: &[Piece], known: &[Known], secret: usize) -> String {
    let one = known.get(secret..=secret).unwrap_or_default();
    let found = Search::new(one).ok().and_then(|search| {
        let mut pieces = pieces.iter();
        pieces.find(|piece| matches!(search.find(&piece.bytes[..]), Ok(Some(_))))
    });
    found.map_or_else(|| "manifest.json".to_owned(), |piece| piece.name.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use time::OffsetDateTime;
    use zeroize::Zeroizing;

    use super::{Piece, seal};
    use crate::error::Error;
    use crate::support::{Counts, Known};

    fn piece(name: &str, text: &str) -> Piece {
        Piece {
            name: name.into(),
            what: "a test",
            bytes: text.as_bytes().to_vec(),
            redacted: Counts::new(),
        }
    }

    #[test]
    fn a_secret_that_was_overlooked_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("support.tar.gz");
        let known = [Known {
            name: "secrets/master_key".into(),
            value: Zeroizing::new(b"hunter22".to_vec()),
        }];
        let now = OffsetDateTime::UNIX_EPOCH;
        let pieces = [piece("a", "nothing"), piece("b", "aHVudGVyMjI=")];
        let Err(Error::Leak { secret, member }) = seal(&path, now, &pieces, &[], &known) else {
            panic!("it was not found")
        };
        assert_eq!(
            (secret.as_str(), member.as_str()),
            ("secrets/master_key", "b")
        );
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);

        let sealed = seal(&path, now, &pieces[..1], &[], &known).unwrap();
        assert_eq!(sealed.searched, 1);
        let file = flate2::read::GzDecoder::new(std::fs::File::open(&path).unwrap());
        let mut archive = tar::Archive::new(file);
        let names: BTreeSet<String> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert!(names.contains("support/manifest.json") && names.contains("support/a"));
    }
}
