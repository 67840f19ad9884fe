//! Images: looking at them, naming them, removing them.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::iter;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use bollard::errors::Error as Bollard;
use bollard::query_parameters::{
    CreateImageOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptionsBuilder,
    TagImageOptionsBuilder,
};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use offline::Digest;

use super::Engine;
use crate::error::Error;

/// An image in the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) id: String,
    /// The diff IDs of its layers, lowest first.
    pub(crate) layers: Vec<Digest>,
}

/// How much of a layer is sent in one piece, in bytes.
const PIECE: u64 = 256 << 10;
/// The image that a measurement makes.
const MEASURED: &str = "vaultterm/arriving-measured:1";

impl Engine {
    /// How long the engine takes to make a layer of so many bytes of a reader.
    pub(crate) async fn measure_load(
        &self,
        size: u64,
        bytes: impl Read + Send + 'static,
    ) -> Result<Duration, Error> {
        let options = CreateImageOptionsBuilder::new()
            .from_src("-")
            .repo("vaultterm/arriving-measured")
            .tag("1")
            .build();
        let started = Instant::now();
        let body = bollard::body_try_stream(layer(size, bytes));
        let mut answers = self.docker.create_image(Some(options), Some(body), None);
        while let Some(answer) = answers.next().await {
            answer.map_err(Error::engine("a layer to measure with"))?;
        }
        let took = started.elapsed();
        self.remove_image(MEASURED).await?;
        Ok(took)
    }

    /// An image by id or name.
    pub(crate) async fn image(&self, name: &str) -> Result<Option<Image>, Error> {
        match self.docker.inspect_image(name).await {
            Ok(found) => {
                let layers = found
                    .root_fs
                    .and_then(|root| root.layers)
                    .unwrap_or_default();
                let layers = layers.iter().filter_map(|id| Digest::from_str(id).ok());
                Ok(Some(Image {
                    id: found.id.unwrap_or_default(),
                    layers: layers.collect(),
                }))
            }
            Err(Bollard::DockerResponseServerError {
                status_code: 404, ..
            }) => Ok(None),
            Err(error) => Err(Error::engine(format!("image {name}"))(error)),
        }
    }

    /// Every image that is there.
    pub(crate) async fn all_images(&self) -> Result<Vec<Image>, Error> {
        let options = ListImagesOptionsBuilder::new().build();
        let list = self.docker.list_images(Some(options)).await;
        let mut all = Vec::new();
        for summary in list.map_err(Error::engine("images"))? {
            // Gone in the meantime is as good as never seen.
            if let Some(image) = self.image(&summary.id).await? {
                all.push(image);
            }
        }
        Ok(all)
    }

    /// The names of images that begin in a certain way.
    pub(crate) async fn image_names(&self, start: &str) -> Result<Vec<String>, Error> {
        let options = ListImagesOptionsBuilder::new().build();
        let list = self.docker.list_images(Some(options)).await;
        let list = list.map_err(Error::engine("images"))?;
        let names = list.into_iter().flat_map(|summary| summary.repo_tags);
        Ok(names.filter(|name| name.starts_with(start)).collect())
    }

    /// Gives an image a name of ours.
    pub(crate) async fn tag(&self, id: &str, repository: &str, tag: &str) -> Result<(), Error> {
        let options = TagImageOptionsBuilder::new()
            .repo(repository)
            .tag(tag)
            .build();
        self.docker
            .tag_image(id, Some(options))
            .await
            .map_err(Error::engine(format!("name {repository}:{tag}")))
    }

    /// Removes a name; the image goes with its last one. One that is not there is removed already; one
    /// that a container uses stays, for it may be another installation's.
    pub(crate) async fn remove_image(&self, name: &str) -> Result<(), Error> {
        let options = RemoveImageOptionsBuilder::new().build();
        match self.docker.remove_image(name, Some(options), None).await {
            Ok(_)
            | Err(Bollard::DockerResponseServerError {
                status_code: 404 | 409,
                ..
            }) => Ok(()),
            Err(error) => Err(Error::engine(format!("removing {name}"))(error)),
        }
    }
}

/// A tar with one file, piece by piece: none of it is held.
fn layer(
    size: u64,
    mut bytes: impl Read + Send + 'static,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let mut header = tar::Header::new_ustar();
    let named = header.set_path("noise");
    header.set_size(size);
    header.set_mode(0o600);
    header.set_cksum();
    let head = named.map(|()| Bytes::copy_from_slice(header.as_bytes()));
    let pieces = (0..size.div_ceil(PIECE)).map(move |number| {
        let length = PIECE.min(size - number * PIECE);
        let mut piece = vec![0; usize::try_from(length).unwrap_or_default()];
        bytes.read_exact(&mut piece).map(|()| Bytes::from(piece))
    });
    let padding = size.next_multiple_of(512) - size + 1024;
    let end = Bytes::from(vec![0; usize::try_from(padding).unwrap_or_default()]);
    stream::iter(iter::once(head).chain(pieces).chain(iter::once(Ok(end))))
}

/// Every chain of layers that these images stand on: the engine takes a layer as present only on
/// top of the same layers.
pub(crate) fn prefixes(images: &[Image]) -> BTreeSet<Vec<Digest>> {
    let chains = images.iter().flat_map(|image| {
        let layers = &image.layers;
        (1..=layers.len()).filter_map(|end| layers.get(..end))
    });
    chains.map(<[Digest]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::{Image, prefixes};
    use offline::Digest;

    #[test]
    fn a_layer_counts_only_with_what_is_below_it() {
        let [a, b, c] = [b"a", b"b", b"c"].map(|bytes| Digest::of(bytes));
        let image = |layers: &[Digest]| Image {
            id: String::new(),
            layers: layers.to_vec(),
        };
        let found = prefixes(&[image(&[a, b]), image(&[a, c])]);
        for chain in [vec![a], vec![a, b], vec![a, c]] {
            assert!(found.contains(&chain));
        }
        assert!(!found.contains(&vec![b]) && !found.contains(&vec![a, b, c]));
        assert_eq!(found.len(), 3);
    }
}
