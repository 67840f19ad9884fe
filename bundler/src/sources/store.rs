//! Named blobs in a folder or in a tar: an OCI image layout, or what `docker save` wrote.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Component, Path, PathBuf};

/// The blobs of a path.
pub(super) enum Store {
    Folder(PathBuf),
    /// Where each member of the tar begins, and how long it is.
    Tar(PathBuf, BTreeMap<String, (u64, u64)>),
}

impl Store {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        let mut archive = tar::Archive::new(File::open(path)?);
        let mut members = BTreeMap::new();
        let mut links = Vec::new();
        for entry in archive.entries_with_seek()? {
            let entry = entry?;
            let name = plain_name(&String::from_utf8_lossy(&entry.path_bytes()));
            if entry.header().entry_type().is_file() {
                members.insert(name, (entry.raw_file_position(), entry.size()));
            } else if let Some(target) = entry.link_name_bytes() {
                links.push((name, String::from_utf8_lossy(&target).into_owned()));
            }
        }
        // Engines before 25 write a layer that comes again as a link to the first.
        for (name, target) in links {
            let target = target.trim_start_matches("../");
            if let Some(place) = members.get(target).copied() {
                members.insert(name, place);
            }
        }
        Ok(Self::Tar(path.to_owned(), members))
    }

    /// A blob by its name; `None` when there is none.
    pub(super) fn open_blob(&self, name: &str) -> io::Result<Option<Box<dyn Read>>> {
        match self {
            Self::Folder(dir) => {
                let inside = Path::new(name)
                    .components()
                    .all(|part| matches!(part, Component::Normal(_)));
                if !inside {
                    return Ok(None);
                }
                match File::open(dir.join(name)) {
                    Ok(file) => Ok(Some(Box::new(file))),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(error),
                }
            }
            Self::Tar(path, members) => {
                let Some((start, size)) = members.get(&plain_name(name)) else {
                    return Ok(None);
                };
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(*start))?;
                Ok(Some(Box::new(file.take(*size))))
            }
        }
    }

    /// A small blob whole.
    pub(super) fn read(&self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(blob) = self.open_blob(name)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        blob.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::other(format!("{name} is too large")));
        }
        Ok(Some(bytes))
    }
}

fn plain_name(name: &str) -> String {
    name.trim_start_matches("./").to_owned()
}
