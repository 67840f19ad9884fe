//! Opening a bundle: from a file, or from standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use license::minisign::PublicKey;
use offline::read::Verified;

use crate::error::Error;

/// Where a bundle's bytes come from.
pub(crate) type Source = Counting<Box<dyn Read + Send>>;

/// A bundle whose manifest is the signer's; its members are still to be read.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) bundle: Verified<Source>,
    /// How many bytes of it were read.
    pub(crate) read: Arc<AtomicU64>,
    /// How large it is, where that is known.
    pub(crate) size: Option<u64>,
}

/// Opens a bundle and checks its signature. `-` is standard input.
pub(crate) fn open(path: &Path, trust: Option<&Path>) -> Result<Opened, Error> {
    let keys = trusted_keys(trust)?;
    let (source, size): (Box<dyn Read + Send>, _) = if path == Path::new("-") {
        (Box::new(io::stdin()), None)
    } else {
        let failed = || Error::file("cannot read", path);
        let file = File::open(path).map_err(failed())?;
        let meta = file.metadata().map_err(failed())?;
        if meta.is_dir() {
            return Err(failed()(io::ErrorKind::IsADirectory.into()));
        }
        (Box::new(file), Some(meta.len()))
    };
    let read = Arc::new(AtomicU64::new(0));
    let source = Counting {
        inner: source,
        count: Arc::clone(&read),
    };
    let bundle = offline::read::open(source)
        .and_then(|bundle| bundle.verify(&keys))
        .map_err(|error| Error::of_bundle(path, error))?;
    Ok(Opened {
        path: path.to_owned(),
        bundle,
        read,
        size,
    })
}

/// The keys of the trust file, or those compiled in.
fn trusted_keys(trust: Option<&Path>) -> Result<Vec<PublicKey>, Error> {
    let (path, keys) = match trust {
        Some(path) => {
            let text = console::read_bounded(path)?;
            (path.to_owned(), PublicKey::all_from_text(&text))
        }
        None => (PathBuf::from("this program"), license::keys::release_keys()),
    };
    keys.map_err(|source| Error::Trust { path, source })
}

/// Counts what is read, for whoever shows progress.
pub(crate) struct Counting<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
