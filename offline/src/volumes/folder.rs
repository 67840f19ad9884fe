//! Opening a bundle by its path, whether it is one file or several volumes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use license::trust::Trust;

use super::set::shared;
use super::{Joined, Set, Shelf, is_volume, parse_path, path};
use crate::error::{Error, Kind};
use crate::medium::Medium;
use crate::read::{self, Verified};

/// Asked for a volume that is not where it is expected, with its number and that place: where it
/// is instead, or `None` when there is nobody to ask.
pub type Ask = Box<dyn FnMut(u32, &Path) -> Option<PathBuf> + Send>;

/// A bundle that is ready to be read from its first byte.
pub struct Stream {
    /// Its bytes.
    pub reader: Box<dyn Read + Send>,
    /// How many there are, where that is known.
    pub size: Option<u64>,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Opens a whole bundle, or the set that a volume belongs to. A path without a number stands for its
/// volumes where there is no file of that name.
///
/// # Errors
/// [`Error`] when it is not there or does not begin as a bundle does.
pub fn open(bundle: &Path, ask: Ask) -> Result<Stream, Error> {
    let plain = |error| Error::from_io(error, None, 0);
    if let Some(base) = base_of_set(bundle)? {
        let folder = Folder {
            base,
            elsewhere: None,
            ask,
        };
        return Ok(Stream {
            reader: Box::new(Joined::open(Box::new(folder))?),
            size: None,
        });
    }
    let file = File::open(bundle).map_err(plain)?;
    let meta = file.metadata().map_err(plain)?;
    if meta.is_dir() {
        return Err(plain(io::ErrorKind::IsADirectory.into()));
    }
    Ok(Stream {
        reader: Box::new(file),
        size: meta.is_file().then_some(meta.len()),
    })
}

/// The head of a bundle on a disk, verified: of one file, or what the volumes of a set share.
pub(crate) fn held(bundle: &Path, trust: &Trust) -> Result<Verified<File>, Error> {
    match base_of_set(bundle)? {
        Some(base) => shared::head(&base, trust),
        None => read::open(File::open(bundle).map_err(Error::of_read)?)?.verify(trust),
    }
}

/// Opens the bundle that has this head, for looking anywhere in it; all volumes of a set must be in
/// one folder.
pub(crate) fn medium<R: Read>(
    bundle: &Path,
    like: &Verified<R>,
    writable: bool,
) -> Result<Box<dyn Medium>, Error> {
    if let Some(base) = base_of_set(bundle)? {
        return Ok(Box::new(Set::of(&base, like, writable)?));
    }
    let file = File::options().read(true).write(writable).open(bundle);
    Ok(Box::new(file.map_err(Error::of_read)?))
}

/// The path without the number, when it names volumes.
fn base_of_set(bundle: &Path) -> Result<Option<PathBuf>, Error> {
    if bundle.exists() {
        let Some((base, number)) = parse_path(bundle) else {
            return Ok(None);
        };
        let file = File::open(bundle).map_err(Error::of_read)?;
        return match is_volume(file) {
            Ok(volume) => Ok(volume.then_some(base)),
            // What is wrong with it, its siblings tell.
            Err(_) if shared::present(&base).any(|other| other != number) => Ok(Some(base)),
            Err(error) => Err(error),
        };
    }
    let mut all = shared::present(bundle);
    Ok(all.next().map(|_| bundle.to_owned()))
}

/// Volumes beside each other in a folder, or brought one after the other.
struct Folder {
    base: PathBuf,
    /// Where the last volume was that was asked for.
    elsewhere: Option<PathBuf>,
    ask: Ask,
}

impl Shelf for Folder {
    fn take(&mut self, number: u32) -> io::Result<Box<dyn Read + Send>> {
        let usual = path(&self.base, number);
        let named = usual.file_name().map(Path::new).unwrap_or(&usual);
        let there = self.elsewhere.as_ref().map(|folder| folder.join(named));
        let mut place = there.filter(|path| path.exists()).unwrap_or(usual.clone());
        loop {
            match File::open(&place) {
                Ok(file) => return Ok(Box::new(file)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            let Some(answer) = (self.ask)(number, &place) else {
                let missing = Kind::NoVolume { number };
                let name = named.display().to_string();
                return Err(Error::new(missing, Some(&name), 0).into_io());
            };
            place = if answer.as_os_str().is_empty() {
                usual.clone()
            } else if answer.is_dir() {
                self.elsewhere = Some(answer.clone());
                answer.join(named)
            } else {
                answer
            };
        }
    }
}
