//! The last step: lasting names for the images, and the record of what is installed.

use std::collections::BTreeSet;

use offline::{Digest, Manifest};

use super::receive::{forget_staging, image_tag};
use super::{Kind, Site, Step, Work, aside, image_name};
use crate::apply::{When, reach};
use crate::error::Error;
use crate::files::{remove, settle_on_disk};
use crate::kept::{self, blob_path};
use crate::shortcut;
use crate::state::{self, Previous, State};

const NAME: &str = "state.json";

pub(super) async fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    aside::note_tables(&work.site).await?;
    for image in &work.manifest.images {
        if let Some(id) = work.images.get(image.role.as_str()) {
            let tag = image_tag(&work.manifest.version);
            let name = image_name(image.role);
            work.site.engine.tag(id, &name, &tag).await?;
        }
    }
    forget_staging(&work.site).await?;
    keep_blobs(work)?;
    let before = state::read(&work.site.layout)?;
    let installation = match &before {
        Some(before) => before.installation.clone(),
        None => state::new_installation()?,
    };
    let state = State {
        installation,
        version: work.manifest.version.clone(),
        release_counter: work.manifest.release_counter,
        created: work.manifest.created,
        signers: work.signers.clone(),
        roots: work.roots.clone(),
        project: work.choices.project.clone(),
        images: work.images.clone(),
        installed_at: work.now,
        // Whoever holds shares holds them for the installation, not for a release.
        escrow: before.as_ref().and_then(|before| before.escrow.clone()),
        previous: previous(work, before),
    };
    for dir in [
        work.site.layout.release(&work.manifest.version),
        work.site.layout.blobs(),
    ] {
        settle_on_disk(&dir).map_err(Error::file("cannot sync", &dir))?;
    }
    work.site.remember(NAME)?;
    // From here on the new release is the installed one.
    state::write(&work.site.layout, &state)?;
    reach(When::Amid, Step::Commit)?;
    settle(&work.site).await
}

/// What a rollback goes back to. A repeated installation of the same release changes nothing in it.
fn previous(work: &Work<'_>, before: Option<State>) -> Option<Previous> {
    match work.site.run.kind {
        Kind::Install => before.and_then(|before| before.previous),
        Kind::Upgrade | Kind::Restore => before.map(|state| Previous {
            version: state.version,
            run: work.site.run.id.clone(),
            before: work.site.run.before.clone(),
        }),
    }
}

/// What is of no use once the record is written. Done again after a crash, it goes on.
pub(crate) async fn settle(site: &Site<'_>) -> Result<(), Error> {
    let Some(installed) = state::read(&site.layout)? else {
        return Ok(());
    };
    shortcut::refresh(&site.layout)?;
    let mut wanted = vec![installed.version.clone()];
    let previous = installed.previous.as_ref();
    site.forget_originals(previous.map(|previous| previous.run.as_str()))?;
    wanted.extend(installed.previous.map(|previous| previous.version));
    // Until the record was written, undoing may have needed what earlier releases left.
    forget_blobs(site, &wanted);
    forget_releases(site, &wanted).await
}

/// Layers that arrived take their places.
fn keep_blobs(work: &Work<'_>) -> Result<(), Error> {
    let (dir, arriving) = (work.site.layout.blobs(), work.site.layout.arriving_blobs());
    for diff_id in layers(&work.manifest) {
        let (from, to) = (blob_path(&arriving, &diff_id), blob_path(&dir, &diff_id));
        if from.exists() {
            std::fs::rename(&from, &to).map_err(Error::file("cannot rename", &from))?;
        }
    }
    remove(&arriving).map_err(Error::file("cannot remove", &arriving))
}

/// Layers that none of these releases has go. One that stays is waste and no fault.
pub(super) fn forget_blobs(site: &Site<'_>, releases: &[String]) {
    let dir = site.layout.blobs();
    let mut wanted = BTreeSet::new();
    for version in releases {
        // Without its manifest it is not known what a release has: everything stays.
        let Some(manifest) = kept::manifest(&site.layout, version) else {
            return;
        };
        let layers = layers(&manifest);
        wanted.extend(layers.iter().map(|diff_id| blob_path(&dir, diff_id)));
    }
    for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if !wanted.contains(&path)
            && let Err(error) = remove(&path)
        {
            let path = path.display();
            site.console
                .warn(&format!("{path} is of no use any more and stays: {error}"));
        }
    }
}

/// Files and names of images of releases that are neither installed nor the one before.
async fn forget_releases(site: &Site<'_>, wanted: &[String]) -> Result<(), Error> {
    let releases = site.layout.releases();
    for entry in std::fs::read_dir(&releases).into_iter().flatten().flatten() {
        let version = entry.file_name().to_string_lossy().into_owned();
        if wanted.contains(&version) || version.starts_with('.') {
            continue;
        }
        if let Some(manifest) = kept::manifest(&site.layout, &version) {
            for image in manifest.images {
                let name = format!("{}:{}", image_name(image.role), image_tag(&version));
                site.engine.remove_image(&name).await?;
            }
        }
        let path = entry.path();
        remove(&path).map_err(Error::file("cannot remove", &path))?;
    }
    Ok(())
}

fn layers(manifest: &Manifest) -> BTreeSet<Digest> {
    let layers = manifest.images.iter().flat_map(|image| &image.layers);
    layers.map(|layer| layer.diff_id).collect()
}

pub(super) fn undo(site: &Site<'_>) -> Result<(), Error> {
    if site.run.kind == Kind::Install && site.run.before.version.is_some() {
        return Ok(());
    }
    let now = state::read(&site.layout).ok().flatten();
    site.put_back(NAME, state::MODE, None)?;
    // A recovery key that was renewed meanwhile is the one whose shares people have.
    if let Some(escrow) = now.and_then(|now| now.escrow)
        && let Some(before) = state::read(&site.layout)?
        && before.escrow.as_ref() != Some(&escrow)
    {
        let escrow = Some(escrow);
        state::write(&site.layout, &State { escrow, ..before })?;
    }
    shortcut::refresh(&site.layout)
}
