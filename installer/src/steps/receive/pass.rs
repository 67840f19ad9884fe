//! The one pass through a bundle, on a thread of its own: layers go to the engine and are kept,
//! files go to the disk, and everything is checked on its way. Nothing waits for the disk here: a run
//! that breaks off receives again, and the last step waits for all of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use offline::patch::Applied;
use offline::read::{MemberReader, Verified};
use offline::{Digest, Image, Layer, Manifest, Member, Origin, Patch, Role, limits};

use super::signed::Signed;
use crate::apply::{When, reach};
use crate::bundle::Source;
use crate::engine::{Arrival, config_name, layer_name};
use crate::error::Error;
use crate::kept::{Fault, Kept, blob_path};
use crate::plan::Lacking;
use crate::steps::Step;

/// A layer that was made here is compressed again to be kept: quickly, it is not carried any more.
const LEVEL: i32 = 3;

/// Why the pass stopped.
pub(super) enum Stop {
    Bundle(offline::Error),
    /// The engine does not take any more.
    Engine,
    Disk(Error),
    /// What the server keeps is not what a delta counts on.
    Base(Error),
}

impl From<offline::Error> for Stop {
    fn from(error: offline::Error) -> Self {
        match error.into_output() {
            Ok(full) => {
                Self::Disk(Error::file("cannot keep the layers in", Path::new("blobs"))(full))
            }
            Err(refusal) => Self::Bundle(refusal),
        }
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Bundle(error) => error.into(),
            Fault::Base(error) => Self::Base(error),
        }
    }
}

/// Where everything goes.
pub(super) struct Pass {
    pub(super) manifest: Manifest,
    pub(super) arrivals: BTreeMap<Role, (Lacking, Arrival)>,
    /// The folder for files.
    pub(super) files: PathBuf,
    /// The folder for compressed layers.
    pub(super) blobs: PathBuf,
    /// What the server has.
    pub(super) kept: Kept,
}

impl Pass {
    pub(super) fn run(mut self, mut bundle: Verified<Source>) -> Result<(), Stop> {
        while let Some(member) = bundle.next_member()? {
            let name = member.member().name.clone();
            if let Some(path) = name.file_path() {
                let (path, mode) = (path.to_owned(), member.member().mode);
                self.file(&path, mode, Content::Member(member))?;
            } else if let Some(patch) = self.manifest.patch_of_member(&name).copied() {
                self.patch(patch, member)?;
            } else if name.as_str().starts_with("blobs/") {
                self.blob(member)?;
            } else {
                member.finish()?;
            }
        }
        let signed = Signed::of(&bundle);
        bundle.finish()?;
        self.take_from_server()?;
        signed.keep(&self.files).map_err(disk(&self.files))?;
        for (_, arrival) in self.arrivals.values_mut() {
            arrival.flush().map_err(|_| Stop::Engine)?;
        }
        Ok(())
    }

    /// Those images that lack a layer in its place.
    fn takers(&mut self, layer: &Layer) -> Vec<&mut Arrival> {
        let mut takers = Vec::new();
        for (lacking, arrival) in self.arrivals.values_mut() {
            let same = |place: &usize| lacking.image.layers.get(*place) == Some(layer);
            if lacking.layers.iter().any(same) {
                takers.push(arrival);
            }
        }
        takers
    }

    fn blob(&mut self, member: MemberReader<'_, Source>) -> Result<(), Stop> {
        let digest = member.member().sha256;
        if let Some((_, layer)) = self.manifest.layer(&digest) {
            let layer = *layer;
            let path = blob_path(&self.blobs, &layer.diff_id);
            let file = File::create(&path).map_err(disk(&path))?;
            reach(When::Amid, Step::Receive).map_err(Stop::Disk)?;
            let member = member.with_copy(Box::new(&file));
            let plain = offline::layer::decode(member, layer)?;
            return send(plain, &layer, &mut self.takers(&layer), from_bundle);
        }
        let is_config = |image: &Image| image.config.digest == digest;
        let wanted = |(lacking, _): &(Lacking, Arrival)| is_config(&lacking.image);
        if !self.arrivals.values().any(wanted) {
            return Ok(member.finish()?);
        }
        let bytes = member.read_whole(limits::IMAGE_JSON)?;
        let size = bytes.len() as u64;
        for (lacking, arrival) in self.arrivals.values_mut() {
            if is_config(&lacking.image) {
                arrival
                    .begin(&config_name(&lacking.image), size)
                    .and_then(|()| arrival.write_all(&bytes))
                    .and_then(|()| arrival.end(size))
                    .map_err(|_| Stop::Engine)?;
            }
        }
        Ok(())
    }

    /// Makes a layer or a file from what the server has.
    fn patch(&mut self, patch: Patch, mut member: MemberReader<'_, Source>) -> Result<(), Stop> {
        match self.follow(patch, &mut member) {
            Err(Stop::Base(error)) => Err(Fault::Base(error).blame(member).into()),
            done => done,
        }
    }

    fn follow(
        &mut self,
        patch: Patch,
        instructions: &mut MemberReader<'_, Source>,
    ) -> Result<(), Stop> {
        let base = self.kept.open(&patch.base).map_err(from_base(patch.base))?;
        let mut made = Applied::new(patch, instructions, base);
        let layers = self.manifest.images.iter().flat_map(|image| &image.layers);
        let layer = layers
            .into_iter()
            .find(|layer| layer.diff_id == patch.target)
            .copied();
        let Some(layer) = layer else {
            return self.files_of(&patch.target, &mut made);
        };
        let path = blob_path(&self.blobs, &layer.diff_id);
        let keep = || -> io::Result<_> {
            let mut encoder = zstd::Encoder::new(File::create(&path)?, LEVEL)?;
            encoder.window_log(limits::WINDOW_LOG)?;
            Ok(encoder)
        };
        let mut keeping = keep().map_err(disk(&path))?;
        let kept = Teeing {
            inner: made,
            copy: &mut keeping,
        };
        send(
            kept,
            &layer,
            &mut self.takers(&layer),
            from_base(patch.base),
        )?;
        keeping.finish().map(drop).map_err(disk(&path))
    }

    /// Takes from the server what the bundle does not carry.
    fn take_from_server(&mut self) -> Result<(), Stop> {
        let layers: Vec<Layer> = self
            .manifest
            .images
            .iter()
            .flat_map(|image| image.layers.iter().copied())
            .collect();
        let mut sent = std::collections::BTreeSet::new();
        for layer in layers {
            let kept = self.manifest.layer_origin(&layer.diff_id) == Origin::Kept;
            if kept && sent.insert(layer.diff_id) {
                let plain = self
                    .kept
                    .open(&layer.diff_id)
                    .map_err(from_base(layer.diff_id))?;
                let mut takers = self.takers(&layer);
                if !takers.is_empty() {
                    send(plain, &layer, &mut takers, from_base(layer.diff_id))?;
                }
            }
        }
        let delta = self.manifest.delta.as_ref();
        let files: Vec<Member> = delta.map(|delta| delta.files.clone()).unwrap_or_default();
        for file in files {
            if self.manifest.patch(&file.sha256).is_none() {
                let content = self
                    .kept
                    .open(&file.sha256)
                    .map_err(from_base(file.sha256))?;
                let path = file.name.file_path().unwrap_or_default();
                self.file(path, file.mode, Content::Server(file.sha256, content))?;
            }
        }
        Ok(())
    }

    /// Writes what was made to every file that has this content.
    fn files_of(&self, content: &Digest, made: &mut dyn Read) -> Result<(), Stop> {
        let delta = self.manifest.delta.as_ref();
        let same = delta.iter().flat_map(|delta| &delta.files);
        let mut first: Option<PathBuf> = None;
        for file in same.filter(|file| file.sha256 == *content) {
            let path = file.name.file_path().unwrap_or_default();
            let source: Box<dyn Read + '_> = match &first {
                None => Box::new(&mut *made),
                Some(path) => Box::new(File::open(path).map_err(disk(path))?),
            };
            self.file(path, file.mode, Content::Server(*content, source))?;
            first = Some(self.files.join(path));
        }
        Ok(())
    }

    /// The name was checked with the manifest: relative, plain, nothing that leads elsewhere; the
    /// folder was made for this run.
    fn file(&self, path: &str, mode: u32, mut content: Content<'_>) -> Result<(), Stop> {
        let target = self.files.join(path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(disk(&target))?;
        }
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&target)
            .map_err(disk(&target))?;
        let mut buffer = vec![0; 128 * 1024];
        loop {
            let count = content.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            file.write_all(buffer.get(..count).unwrap_or_default())
                .map_err(disk(&target))?;
        }
        exact_mode(&file, mode).map_err(disk(&target))
    }
}

/// Where a file's bytes come from, and whose fault it is when they do not.
enum Content<'a> {
    Member(MemberReader<'a, Source>),
    Server(Digest, Box<dyn Read + 'a>),
}

impl Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Stop> {
        match self {
            Self::Member(member) => member.read(buffer).map_err(from_bundle),
            Self::Server(content, source) => source.read(buffer).map_err(from_base(*content)),
        }
    }
}

/// Passes on what is read, and writes it elsewhere as well.
struct Teeing<'a, R, W> {
    inner: R,
    copy: &'a mut W,
}

impl<R: Read, W: Write> Read for Teeing<'_, R, W> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.copy
            .write_all(buffer.get(..count).unwrap_or_default())
            .map_err(offline::Error::of_write)?;
        Ok(count)
    }
}

fn disk(path: &Path) -> impl Fn(io::Error) -> Stop + '_ {
    move |error| Stop::Disk(Error::file("cannot write", path)(error))
}

/// A read that failed because of the bundle, or because a copy could not be kept.
fn from_bundle(error: io::Error) -> Stop {
    offline::Error::of_read(error).into()
}

/// A read that failed because of what the server keeps, unless it was the bundle's.
fn from_base(content: Digest) -> impl Fn(io::Error) -> Stop {
    move |error| Fault::of_read(content)(error).into()
}

/// The umask may have narrowed it.
fn exact_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// Sends a layer's tar to whoever lacks it; it is read to its end even where nobody does.
fn send(
    mut plain: impl Read,
    layer: &Layer,
    takers: &mut [&mut Arrival],
    fault: impl Fn(io::Error) -> Stop,
) -> Result<(), Stop> {
    let size = layer.uncompressed_size;
    for taker in takers.iter_mut() {
        taker
            .begin(&layer_name(layer), size)
            .map_err(|_| Stop::Engine)?;
    }
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = plain.read(&mut buffer).map_err(&fault)?;
        if count == 0 {
            break;
        }
        for taker in takers.iter_mut() {
            let piece = buffer.get(..count).unwrap_or_default();
            taker.write_all(piece).map_err(|_| Stop::Engine)?;
        }
    }
    for taker in takers.iter_mut() {
        taker.end(size).map_err(|_| Stop::Engine)?;
    }
    Ok(())
}
