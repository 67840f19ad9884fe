//! One pass through the bundle: layers into the engine, files to the disk, everything checked.
//!
//! All images' requests stay open until the last byte of the bundle has been read and every hash
//! has matched; only then does the engine get the lists that make it register them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use console::Bar;
use offline::read::{MemberReader, Verified};
use offline::{Image, Manifest, Role, limits};

use super::Work;
use crate::bundle::Source;
use crate::engine::{Arrival, Load, config_name, layer_name};
use crate::error::Error;
use crate::files::{self, folder};
use crate::plan::Lacking;

/// How long nothing may move before the engine counts as dead.
const SILENCE: Duration = Duration::from_secs(600);
const TICK: Duration = Duration::from_millis(100);

/// Why the pass stopped.
enum Stop {
    Bundle(offline::Error),
    /// The engine does not take any more.
    Engine,
    Disk(Error),
}

impl From<offline::Error> for Stop {
    fn from(error: offline::Error) -> Self {
        Self::Bundle(error)
    }
}

/// The name that an image has on this server. The reference of the build host stays free: a name
/// such as `postgres:16` may be somebody else's here.
pub(crate) fn image_name(role: Role) -> String {
    format!("vaultterm/{}", role.as_str())
}

fn staging_name(image: &Image, version: &str) -> String {
    let id = image.config.digest.hex();
    let id = id.get(..12).unwrap_or_default().to_owned();
    // A tag may not hold the `+` of a version.
    format!(
        "vaultterm/arriving-{}:{}-{id}",
        image.role.as_str(),
        version.replace('+', "_")
    )
}

pub(super) async fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let Some(opened) = work.bundle.take() else {
        return Ok(());
    };
    let arriving = work.layout.arriving();
    folder(&work.layout.releases(), 0o755, None)?;
    files::remove(&arriving).map_err(Error::file("cannot remove", &arriving))?;
    folder(&arriving, 0o755, None)?;

    let sent = Arc::new(AtomicU64::new(0));
    let mut loads = Vec::new();
    let mut arrivals = BTreeMap::new();
    for (role, lacking) in &work.plan.loads {
        let name = staging_name(&lacking.image, &work.manifest.version);
        let (load, arrival) =
            work.engine
                .begin_load(lacking.image.clone(), name, Arc::clone(&sent));
        loads.push(load);
        arrivals.insert(*role, (lacking.clone(), arrival));
    }
    let total = opened.size.unwrap_or_else(|| work.manifest.total_size());
    let bar = work.console.progress("Verifying and loading", Some(total));
    let pass = Pass {
        manifest: work.manifest.clone(),
        arrivals,
        files: arriving,
    };
    let path = opened.path.clone();
    let read = Arc::clone(&opened.read);
    let reading = tokio::task::spawn_blocking(move || pass.run(opened.bundle));
    let stopped = watch(reading, &read, &sent, bar).await?;
    match stopped {
        Ok(bar) => {
            register(work, loads).await?;
            bar.done("Every byte is as signed; images are in the engine");
            Ok(())
        }
        Err(stop) => Err(give_up(stop, loads, &path).await),
    }
}

/// Shows the progress, and notices when nothing moves any more.
async fn watch(
    mut reading: tokio::task::JoinHandle<Result<(), Stop>>,
    read: &AtomicU64,
    sent: &AtomicU64,
    mut bar: Bar,
) -> Result<Result<Bar, Stop>, Error> {
    let (mut shown, mut last, mut moved) = (0, 0, Instant::now());
    loop {
        tokio::select! {
            done = &mut reading => {
                let done = done.map_err(|error| Error::Load {
                    image: "the images".to_owned(),
                    fact: error.to_string(),
                })?;
                return Ok(done.map(|()| bar));
            }
            () = tokio::time::sleep(TICK) => {}
        }
        let now = read.load(Ordering::Relaxed);
        bar.advance(now - shown);
        shown = now;
        let moving = now + sent.load(Ordering::Relaxed);
        if moving != last {
            (last, moved) = (moving, Instant::now());
        } else if moved.elapsed() > SILENCE {
            return Ok(Err(Stop::Engine));
        }
    }
}

/// Nothing may be registered: every request ends with an error.
async fn give_up(stop: Stop, loads: Vec<Load>, bundle: &Path) -> Error {
    let mut reason = None;
    for load in loads {
        if matches!(stop, Stop::Engine) && reason.is_none() && load.is_over() {
            reason = Some(load.reason().await);
        } else {
            load.give_up().await;
        }
    }
    match stop {
        Stop::Bundle(error) => Error::of_bundle(bundle, error),
        Stop::Disk(error) => error,
        Stop::Engine => reason.unwrap_or_else(|| Error::Load {
            image: "the images".to_owned(),
            fact: "it takes no more data".to_owned(),
        }),
    }
}

/// Lets the engine register the images one after the other (a later one may stand on the layers of
/// an earlier one), and compares each with what was signed.
async fn register(work: &mut Work<'_>, loads: Vec<Load>) -> Result<(), Error> {
    let mut loads = loads.into_iter();
    while let Some(load) = loads.next() {
        let name = load.staging().to_owned();
        if let Err(error) = load.commit().await {
            for other in loads {
                other.give_up().await;
            }
            return Err(error);
        }
        work.console.detail(&format!("registered {name}"));
    }
    let about = work.engine.about().await?;
    for image in &work.manifest.images {
        let name = staging_name(image, &work.manifest.version);
        let found = work.engine.image(&name).await?;
        let same_layers = |layers: &[offline::Digest]| {
            layers
                .iter()
                .eq(image.layers.iter().map(|layer| &layer.diff_id))
        };
        let id = found
            .filter(|found| same_layers(&found.layers))
            .filter(|found| about.containerd_store || found.id == image.config.digest.to_string())
            .map(|found| found.id)
            .ok_or_else(|| Error::Image {
                image: image.reference.clone(),
            })?;
        work.images.insert(image.role.as_str().to_owned(), id);
    }
    Ok(())
}

pub(super) async fn undo(work: &mut Work<'_>) -> Result<(), Error> {
    for image in &work.manifest.images {
        let name = staging_name(image, &work.manifest.version);
        work.engine.remove_image(&name).await?;
    }
    let arriving = work.layout.arriving();
    files::remove(&arriving).map_err(Error::file("cannot remove", &arriving))?;
    if !work.before.had("releases") {
        let releases = work.layout.releases();
        files::remove(&releases).map_err(Error::file("cannot remove", &releases))?;
    }
    Ok(())
}

/// After the commit the images have their lasting names.
pub(super) async fn forget_staging(work: &Work<'_>) -> Result<(), Error> {
    for image in &work.manifest.images {
        let name = staging_name(image, &work.manifest.version);
        work.engine.remove_image(&name).await?;
    }
    Ok(())
}

/// The one pass, on a thread of its own.
struct Pass {
    manifest: Manifest,
    arrivals: BTreeMap<Role, (Lacking, Arrival)>,
    files: PathBuf,
}

impl Pass {
    fn run(mut self, mut bundle: Verified<Source>) -> Result<(), Stop> {
        while let Some(member) = bundle.next_member()? {
            let name = member.member().name.as_str().to_owned();
            if let Some(path) = name.strip_prefix("files/") {
                self.file(path, member)?;
            } else if name.starts_with("blobs/") {
                self.blob(member)?;
            } else {
                member.finish()?;
            }
        }
        bundle.finish()?;
        for (_, arrival) in self.arrivals.values_mut() {
            arrival.flush().map_err(|_| Stop::Engine)?;
        }
        Ok(())
    }

    fn blob(&mut self, member: MemberReader<'_, Source>) -> Result<(), Stop> {
        let digest = member.member().sha256;
        if let Some((_, layer)) = self.manifest.layer(&digest) {
            let layer = *layer;
            let mut takers: Vec<&mut Arrival> = Vec::new();
            for (lacking, arrival) in self.arrivals.values_mut() {
                let sends = |place: &usize| lacking.image.layers.get(*place) == Some(&layer);
                if lacking.layers.iter().any(sends) {
                    takers.push(arrival);
                }
            }
            return send_layer(member, layer, &mut takers);
        }
        let is_config = |image: &Image| image.config.digest == digest;
        if !self
            .arrivals
            .values()
            .any(|(lacking, _)| is_config(&lacking.image))
        {
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

    /// The name was checked with the manifest: relative, plain, nothing that leads elsewhere; the
    /// folder was made for this run.
    fn file(&self, path: &str, mut member: MemberReader<'_, Source>) -> Result<(), Stop> {
        let target = self.files.join(path);
        let failed = || Error::file("cannot write", &target);
        let disk = |error| Stop::Disk(failed()(error));
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).map_err(disk)?;
        }
        let mode = member.member().mode;
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&target)
            .map_err(disk)?;
        let mut buffer = vec![0; 128 * 1024];
        loop {
            let count = member.read(&mut buffer);
            let count = count.map_err(|error| Stop::Bundle(offline::Error::of_read(error)))?;
            if count == 0 {
                break;
            }
            file.write_all(buffer.get(..count).unwrap_or_default())
                .map_err(disk)?;
        }
        exact_mode(&file, mode).map_err(disk)?;
        file.sync_all().map_err(disk)
    }
}

/// The umask may have narrowed it.
fn exact_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// Decompresses a layer, and sends it to whoever lacks it; it is checked even where nobody does.
fn send_layer(
    member: MemberReader<'_, Source>,
    layer: offline::Layer,
    takers: &mut [&mut Arrival],
) -> Result<(), Stop> {
    let mut plain = offline::layer::decode(member, layer)?;
    let size = layer.uncompressed_size;
    for taker in takers.iter_mut() {
        taker
            .begin(&layer_name(&layer), size)
            .map_err(|_| Stop::Engine)?;
    }
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = plain.read(&mut buffer);
        let count = count.map_err(|error| Stop::Bundle(offline::Error::of_read(error)))?;
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
