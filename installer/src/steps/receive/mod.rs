//! One pass through the bundle: layers into the engine, files to the disk, everything checked.
//!
//! All images' requests stay open until the last byte of the bundle has been read and every hash
//! has matched; only then does the engine get the lists that make it register them.

mod pass;
mod signed;

use std::collections::BTreeMap;
use std::path::Path;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use console::Bar;
use offline::{Image, Role};

use super::{Site, Work, commit};
use crate::engine::Load;
use crate::error::Error;
use crate::files::{self, folder};
use pass::{Pass, Stop};

/// How long nothing may move before the engine counts as dead.
const SILENCE: Duration = Duration::from_secs(600);
/// How names of images begin that nobody has agreed to yet.
const STAGING: &str = "vaultterm/arriving-";
const TICK: Duration = Duration::from_millis(100);

/// The name that an image has on this server. The reference of the build host stays free: a name
/// such as `postgres:16` may be somebody else's here.
pub(crate) fn image_name(role: Role) -> String {
    format!("vaultterm/{}", role.as_str())
}

/// A tag may not hold the `+` of a version.
pub(crate) fn image_tag(version: &str) -> String {
    version.replace('+', "_")
}

fn staging_name(image: &Image, version: &str) -> String {
    let id = image.config.digest.hex();
    let id = id.get(..12).unwrap_or_default().to_owned();
    format!(
        "{STAGING}{}:{}-{id}",
        image.role.as_str(),
        image_tag(version)
    )
}

pub(super) async fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let Some(opened) = work.bundle.take() else {
        return Ok(());
    };
    let arriving = work.site.layout.arriving();
    folder(&work.site.layout.releases(), 0o755, None)?;
    files::remove(&arriving).map_err(Error::file("cannot remove", &arriving))?;
    folder(&arriving, 0o755, None)?;
    let blobs = work.site.layout.arriving_blobs();
    folder(&work.site.layout.blobs(), 0o755, None)?;
    files::remove(&blobs).map_err(Error::file("cannot remove", &blobs))?;
    folder(&blobs, 0o755, None)?;

    let sent = Arc::new(AtomicU64::new(0));
    let mut loads = Vec::new();
    let mut arrivals = BTreeMap::new();
    for (role, lacking) in &work.plan.loads {
        let name = staging_name(&lacking.image, &work.manifest.version);
        let (load, arrival) =
            work.site
                .engine
                .begin_load(lacking.image.clone(), name, Arc::clone(&sent));
        loads.push(load);
        arrivals.insert(*role, (lacking.clone(), arrival));
    }
    let total = opened.size.unwrap_or_else(|| work.manifest.total_size());
    let bar = work
        .site
        .console
        .progress("Verifying and loading", Some(total));
    let pass = Pass {
        manifest: work.manifest.clone(),
        arrivals,
        files: arriving,
        blobs,
        kept: work.kept.clone(),
    };
    let path = opened.path.clone();
    let read = Arc::clone(&opened.read);
    let reading = tokio::task::spawn_blocking(move || pass.run(opened.bundle));
    let waiting = Arc::clone(&opened.waiting);
    let stopped = watch(reading, [&read, &sent], &waiting, bar).await?;
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
    [read, sent]: [&AtomicU64; 2],
    waiting: &AtomicBool,
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
        if moving != last || waiting.load(Ordering::Relaxed) {
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
        Stop::Disk(error) | Stop::Base(error) => error,
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
        work.site.console.detail(&format!("registered {name}"));
    }
    hold(work).await?;
    let about = work.site.engine.about().await?;
    for image in &work.manifest.images {
        let name = staging_name(image, &work.manifest.version);
        let found = work.site.engine.image(&name).await?;
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

/// Images that are there already get a name like the others: nobody must remove them meanwhile.
async fn hold(work: &Work<'_>) -> Result<(), Error> {
    for image in &work.manifest.images {
        if !work.plan.loads.contains_key(&image.role) {
            let name = staging_name(image, &work.manifest.version);
            let id = image.config.digest.to_string();
            if let Some((repository, tag)) = name.rsplit_once(':') {
                work.site.engine.tag(&id, repository, tag).await?;
            }
        }
    }
    Ok(())
}

pub(super) async fn undo(site: &Site<'_>) -> Result<(), Error> {
    forget_staging(site).await?;
    if site.run.before.version.as_ref() != Some(&site.run.version) {
        for role in [Role::App, Role::Db, Role::Cache] {
            let name = format!("{}:{}", image_name(role), image_tag(&site.run.version));
            site.engine.remove_image(&name).await?;
        }
    }
    for (folder, parent, name) in [
        (site.layout.arriving(), site.layout.releases(), "releases"),
        (site.layout.arriving_blobs(), site.layout.blobs(), "blobs"),
    ] {
        files::remove(&folder).map_err(Error::file("cannot remove", &folder))?;
        if !site.run.before.had(name) {
            files::remove(&parent).map_err(Error::file("cannot remove", &parent))?;
        }
    }
    if let Some(version) = &site.run.before.version {
        commit::forget_blobs(site, slice::from_ref(version));
    }
    Ok(())
}

/// After the commit the images have their lasting names; after an undo nobody needs them.
pub(super) async fn forget_staging(site: &Site<'_>) -> Result<(), Error> {
    let ours = format!(":{}-", image_tag(&site.run.version));
    for name in site.engine.image_names(STAGING).await? {
        if name.contains(&ours) {
            site.engine.remove_image(&name).await?;
        }
    }
    Ok(())
}
