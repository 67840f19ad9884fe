//! Exports of the engine, one for each image or group of images, read while the next one is made.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use bollard::Docker;
use bytes::{Bytes, BytesMut};
use console::Bar;
use futures_util::StreamExt as _;
use offline::Digest;
use tokio::sync::mpsc;

use super::archive::{self, Wish};
use super::engine::Known;
use super::layers::Layers;
use crate::error::Error;

/// Bytes of an export that are handed on at a time.
const PIECE: usize = 512 << 10;

/// Images that have a layer in common are exported together, since the engine then sends it once.
/// Groups come one after the other, the smallest first: the engine prepares a whole export before it
/// sends the first byte, and meanwhile the one before can be compressed.
pub(super) fn together<'a>(images: &[&'a Known]) -> Vec<Vec<&'a Known>> {
    let mut groups: Vec<Vec<&Known>> = Vec::new();
    for image in images {
        let shares = |group: &Vec<&Known>| {
            let mut others = group.iter().flat_map(|other| &other.diff_ids);
            others.any(|id| image.diff_ids.contains(id))
        };
        let (related, mut apart): (Vec<_>, Vec<_>) = groups.into_iter().partition(shares);
        let mut group = related.concat();
        group.push(image);
        apart.push(group);
        groups = apart;
    }
    groups.sort_by_key(|group| group.iter().map(|image| image.size).sum::<u64>());
    groups
}

/// What the engine is asked for in one request.
pub(super) struct Export {
    names: Vec<String>,
    wish: Wish,
}

impl Export {
    pub(super) fn of(images: &[&Known], is_kept: impl Fn(&Digest) -> bool) -> Self {
        let all: BTreeSet<Digest> = images
            .iter()
            .flat_map(|image| image.diff_ids.clone())
            .collect();
        let missing: BTreeSet<Digest> = all.iter().filter(|id| !is_kept(id)).copied().collect();
        let names = images.iter().map(|image| image.wanted.reference.clone());
        Self {
            names: names.collect(),
            wish: Wish {
                sift: missing.len() < all.len(),
                layers: missing,
            },
        }
    }
}

/// Reads all exports; while one is read, the next is on its way.
pub(super) async fn read(
    docker: &Docker,
    exports: Vec<Export>,
    layers: Layers,
    mut bar: Bar,
) -> Result<Vec<archive::Found>, Error> {
    let layers = Arc::new(layers);
    let mut all = Vec::new();
    let mut coming = exports
        .into_iter()
        .map(|export| (request(docker.clone(), export.names), export.wish));
    let mut next = coming.next();
    while let Some((pieces, wish)) = next {
        next = coming.next();
        all.push(read_one(pieces, wish, Arc::clone(&layers), &mut bar).await?);
    }
    let layers = match all.iter().map(|export| export.compressed).sum::<usize>() {
        1 => "one layer".to_owned(),
        many => format!("{many} layers"),
    };
    bar.done(&format!("Images read, {layers} compressed"));
    Ok(all)
}

/// An export as it comes. Asked for at once, and read ahead by a few pieces. What arrives in small
/// pieces is handed on in large ones, since each wakes another thread.
fn request(docker: Docker, names: Vec<String>) -> mpsc::Receiver<io::Result<Bytes>> {
    let (send, pieces) = mpsc::channel(4);
    tokio::spawn(async move {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut stream = std::pin::pin!(docker.export_images(&names));
        let mut gathered = BytesMut::new();
        while let Some(arrived) = stream.next().await {
            let piece = match arrived {
                Ok(bytes) => {
                    gathered.extend_from_slice(&bytes);
                    if gathered.len() < PIECE {
                        continue;
                    }
                    Ok(gathered.split().freeze())
                }
                Err(error) => Err(io::Error::other(error)),
            };
            if send.send(piece).await.is_err() {
                // Nobody listens any more only when the work has failed.
                return;
            }
        }
        let _unheard = send.send(Ok(gathered.freeze())).await;
    });
    pieces
}

/// Streams an export through a thread that reads, hashes and compresses.
async fn read_one(
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    wish: Wish,
    layers: Arc<Layers>,
    bar: &mut Bar,
) -> Result<archive::Found, Error> {
    let (count, mut counted) = mpsc::unbounded_channel();
    let source = Arriving {
        pieces,
        piece: Bytes::new(),
        count,
    };
    let reading = tokio::task::spawn_blocking(move || archive::read(source, &wish, &layers));
    while let Some(bytes) = counted.recv().await {
        bar.advance(bytes as u64);
    }
    reading
        .await
        .map_err(|error| Error::Stream(io::Error::other(error)))?
}

/// Pieces that arrive on another thread, read one after the other and counted.
struct Arriving {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
    count: mpsc::UnboundedSender<usize>,
}

impl io::Read for Arriving {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() && !buffer.is_empty() {
            let Some(piece) = self.pieces.blocking_recv() else {
                return Ok(0);
            };
            self.piece = piece?;
            // Nobody listens any more only when the work has failed.
            let _unheard = self.count.send(self.piece.len());
        }
        let count = self.piece.len().min(buffer.len());
        let (now, _later) = buffer.split_at_mut(count);
        now.copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use offline::{Digest, Role};

    use super::{Export, together};
    use crate::sources::Wanted;
    use crate::sources::engine::Known;

    fn image(name: &str, layers: &[&str], size: u64) -> Known {
        let wanted = Wanted {
            role: Role::App,
            reference: name.to_owned(),
        };
        let layers = layers.iter().map(|layer| Digest::of(layer.as_bytes()));
        Known::of_layers(wanted, layers.collect(), size)
    }

    #[test]
    fn images_that_share_a_layer_come_together_and_small_ones_first() {
        let images = [
            image("db", &["debian", "postgres"], 50),
            image("app", &["app"], 60),
            image("cache", &["debian", "redis"], 40),
        ];
        let images: Vec<&Known> = images.iter().collect();
        let names: Vec<Vec<String>> = together(&images)
            .iter()
            .map(|group| Export::of(group, |_| false).names)
            .collect();
        assert_eq!(
            names,
            [vec!["app".to_owned()], vec!["db".into(), "cache".into()]]
        );
    }

    #[test]
    fn what_is_kept_already_is_not_wished_for() {
        let image = image("db", &["debian", "postgres"], 50);
        let kept = Digest::of(b"debian");
        let export = Export::of(&[&image], |id| *id == kept);
        assert!(export.wish.sift);
        assert!(export.wish.layers.iter().eq([&Digest::of(b"postgres")]));
        assert!(!Export::of(&[&image], |_| false).wish.sift);
    }
}
