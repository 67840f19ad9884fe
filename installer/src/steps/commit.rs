//! The last step: lasting names for the images, and the record of what is installed.

use super::receive::forget_staging;
use super::{Work, image_name};
use crate::error::Error;
use crate::files::{place, remove};
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
    let state = State {
        version: work.manifest.version.clone(),
        release_counter: work.manifest.release_counter,
        created: work.manifest.created,
        signer: work.signer.clone(),
        project: work.choices.project.clone(),
        images: work.images.clone(),
        installed_at: work.now,
    };
    let path = work.layout.state();
    let text = serde_json::to_vec_pretty(&state).map_err(|source| Error::State {
        path: path.clone(),
        source,
    })?;
    place(&path, &text, MODE, None)
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
