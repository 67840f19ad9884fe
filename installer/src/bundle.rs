//! Opening a bundle: from a file, or from standard input.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use console::Console;
use offline::read::Verified;
use offline::volumes;

use crate::commands::Call;
use crate::damage;
use crate::error::Error;
use crate::trust;

/// The most of a file that is shown, in bytes.
const SHOWN: u64 = 4 << 20;

/// Where a bundle's bytes come from.
pub(crate) type Source = Counting<Box<dyn Read + Send>>;

/// A bundle whose manifest is the signer's; its members are still to be read.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) bundle: Verified<Source>,
    /// How many bytes of it were read.
    pub(crate) read: Arc<AtomicU64>,
    /// Whether somebody is being asked for a volume: then nothing moves, and nothing is wrong.
    pub(crate) waiting: Arc<AtomicBool>,
    /// How large it is, where that is known.
    pub(crate) size: Option<u64>,
}

impl Opened {
    /// Who signed it, for the record.
    pub(crate) fn signer_ids(&self) -> Vec<String> {
        let signers = self.bundle.signers().iter();
        signers.map(ToString::to_string).collect()
    }

    /// Who signed it, for people.
    pub(crate) fn signers(&self) -> String {
        self.signer_ids().join(", ")
    }
}

/// Opens a bundle, or the volumes of one, and checks its signature. `-` is standard input.
pub(crate) fn open(path: &Path, call: &Call<'_>) -> Result<Opened, Error> {
    let trust = trust::of(call)?;
    let waiting = Arc::new(AtomicBool::new(false));
    let (source, size) = if path == Path::new("-") {
        (Box::new(io::stdin()) as Box<dyn Read + Send>, None)
    } else {
        let stream = volumes::open(path, ask(call.console, Arc::clone(&waiting)));
        let stream = stream.map_err(|error| damage::locate(path, error, call))?;
        (stream.reader, stream.size)
    };
    let read = Arc::new(AtomicU64::new(0));
    let source = Counting {
        inner: source,
        count: Arc::clone(&read),
    };
    let bundle = offline::read::open(source)
        .and_then(|bundle| bundle.verify(&trust))
        // The head of a volume may be damaged where that of another holds.
        .map_err(|error| damage::locate(path, error, call))?;
    Ok(Opened {
        path: path.to_owned(),
        bundle,
        read,
        waiting,
        size,
    })
}

/// Reads files of a bundle, which is checked to its end on the way. Those that a delta leaves out
/// are not there.
pub(crate) fn read_files(
    opened: Opened,
    wanted: &[String],
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let (path, mut bundle) = (opened.path, opened.bundle);
    let mut found = Vec::new();
    let mut read = || {
        while let Some(member) = bundle.next_member()? {
            let name = member.member().name.file_path().map(str::to_owned);
            match name.filter(|name| wanted.contains(name)) {
                Some(name) => found.push((name, member.read_whole(SHOWN)?)),
                None => member.finish()?,
            }
        }
        Ok::<(), offline::Error>(())
    };
    read()
        .and_then(|()| bundle.finish().map(drop))
        .map_err(|error| Error::of_bundle(&path, error))?;
    Ok(found)
}

/// On a terminal, a volume that is not there is asked for.
fn ask(console: &Console, waiting: Arc<AtomicBool>) -> volumes::Ask {
    let console = *console;
    Box::new(move |number, place| {
        let question = format!(
            "Volume {number} is not at {}.\nBring it and press Enter, or name its folder:\n",
            place.display()
        );
        waiting.store(true, Ordering::Relaxed);
        let answer = console.ask(&question).map(PathBuf::from);
        waiting.store(false, Ordering::Relaxed);
        answer
    })
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
