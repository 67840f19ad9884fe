//! Images out of a folder or a file: an OCI image layout, as a folder or as a tar, or what
//! `docker save` wrote.

use std::io::{self, Read};
use std::path::Path;

use console::Console;
use offline::limits;
use offline::oci::read::find;

use super::store::Store;
use super::{Collected, Layers, Ready, Wanted, assemble, host_architecture, one_architecture};
use crate::error::Error;

/// Gets the images out of a path.
pub(super) fn collect(
    path: &Path,
    wanted: &[Wanted],
    layers: &Layers,
    console: &Console,
) -> Result<Collected, Error> {
    let failed = |source| Error::Input {
        path: path.to_owned(),
        source,
    };
    let store = Store::open(path).map_err(failed)?;
    let title = format!("Reading images from {}", path.display());
    let bar = console.progress(&title, None);
    let mut images: Vec<(String, Ready)> = Vec::new();
    for image in wanted {
        let read = |name: &str, limit| store.read(name, limit);
        let parts = find(&image.reference, host_architecture(), read)
            .map_err(failed)?
            .ok_or_else(|| Error::NotInPath {
                image: image.reference.clone(),
                path: path.to_owned(),
            })?;
        let lost = || io::Error::new(io::ErrorKind::NotFound, "a blob of the image is missing");
        let config = store.read(&parts.config, limits::IMAGE_JSON);
        let config = config
            .and_then(|found| found.ok_or_else(lost))
            .map_err(failed)?;
        let open = |place: usize| -> io::Result<Box<dyn Read>> {
            let name = parts.layers.get(place).ok_or_else(lost)?;
            store.open_blob(name)?.ok_or_else(lost)
        };
        images.push(assemble(image, config, layers, open)?);
    }
    let collected = one_architecture(images)?;
    bar.done("Images read and compressed");
    Ok(collected)
}
