//! The last step: lasting names for the images, and the record of what is installed.

use std::collections::BTreeSet;

use offline::Digest;

use super::receive::forget_staging;
use super::{Work, image_name};
use crate::error::Error;
use crate::files::{place, remove};
use crate::kept::blob_path;
use crate::state::State;

const MODE: u32 = 0o644;

pub(super) async fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let tag = tag(work);
    for image in &work.manifest.images {
        if let Some(id) = work.images.get(image.role.as_str()) {
            work.engine.tag(id, &image_name(image.role), &tag).await?;
        }
    }
    forget_staging(work).await?;
    keep_blobs(work)?;
    let state = State {
        version: work.manifest.version.clone(),
        release_counter: work.manifest.release_counter,
        created: work.manifest.created,
        signers: work.signers.clone(),
        roots: work.roots.clone(),
        project: work.choices.project.clone(),
        images: work.images.clone(),
        installed_at: work.now,
    };
    let path = work.layout.state();
    let text = serde_json::to_vec_pretty(&state).map_err(|source| Error::State {
        path: path.clone(),
        source,
    })?;
    place(&path, &text, MODE, None)?;
    // Only now: until the record is written, undoing may need what earlier releases left.
    forget_blobs(work);
    Ok(())
}

/// Layers that arrived take their places.
fn keep_blobs(work: &Work<'_>) -> Result<(), Error> {
    let (dir, arriving) = (work.layout.blobs(), work.layout.arriving_blobs());
    for diff_id in wanted(work) {
        let (from, to) = (blob_path(&arriving, &diff_id), blob_path(&dir, &diff_id));
        if from.exists() {
            std::fs::rename(&from, &to).map_err(Error::file("cannot rename", &from))?;
        }
    }
    remove(&arriving).map_err(Error::file("cannot remove", &arriving))
}

/// Layers of earlier releases that this one does not have go. One that stays is waste and no fault.
fn forget_blobs(work: &Work<'_>) {
    let wanted = wanted(work);
    for (diff_id, path) in &work.kept.layers {
        if !wanted.contains(diff_id)
            && let Err(error) = remove(path)
        {
            let path = path.display();
            work.console
                .warn(&format!("{path} is of no use any more and stays: {error}"));
        }
    }
}

fn wanted(work: &Work<'_>) -> BTreeSet<Digest> {
    let layers = work.manifest.images.iter().flat_map(|image| &image.layers);
    layers.map(|layer| layer.diff_id).collect()
}

/// A tag may not hold the `+` of a version.
fn tag(work: &Work<'_>) -> String {
    work.manifest.version.replace('+', "_")
}

pub(super) async fn undo(work: &mut Work<'_>) -> Result<(), Error> {
    if work.before.version.is_some() {
        return Ok(());
    }
    for image in &work.manifest.images {
        let name = format!("{}:{}", image_name(image.role), tag(work));
        work.engine.remove_image(&name).await?;
    }
    let path = work.layout.state();
    remove(&path).map_err(Error::file("cannot remove", &path))
}
