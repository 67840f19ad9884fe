//! Loading one image: a request that stays open until everything is known to be good.
//!
//! The engine registers nothing before it has read `manifest.json`, so that comes last and is
//! withheld until every hash of the bundle has matched. Until then a load can be given up by ending
//! its request with an error.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bollard::query_parameters::ImportImageOptionsBuilder;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use offline::Image;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Engine;
use crate::error::Error;

/// One piece of the body.
const PIECE: usize = 256 * 1024;
/// How many pieces may wait for the engine: 1 MiB for each image.
const WAITING: usize = 4;
const BLOCK: u64 = 512;

type Piece = Result<Bytes, io::Error>;

/// A load that the engine is waiting to see the end of.
pub(crate) struct Load {
    image: Image,
    /// The name it is loaded under.
    staging: String,
    pieces: mpsc::Sender<Piece>,
    request: JoinHandle<Result<(), String>>,
}

/// The half of a load that a reading thread writes to.
pub(crate) struct Arrival {
    pieces: mpsc::Sender<Piece>,
    buffer: BytesMut,
    sent: Arc<AtomicU64>,
}

impl Engine {
    /// Opens the request for one image, and the way to write to it.
    pub(crate) fn begin_load(
        &self,
        image: Image,
        staging: String,
        sent: Arc<AtomicU64>,
    ) -> (Load, Arrival) {
        let (pieces, body) = mpsc::channel::<Piece>(WAITING);
        let body = futures_util::stream::unfold(body, |mut body| async {
            body.recv().await.map(|piece| (piece, body))
        });
        let docker = self.docker.clone();
        let request = tokio::spawn(async move {
            let options = ImportImageOptionsBuilder::new().quiet(true).build();
            let mut answer = Box::pin(docker.import_image_stream(options, body, None));
            while let Some(line) = answer.next().await {
                let line = line.map_err(|error| error.to_string())?;
                if let Some(detail) = line.error_detail {
                    return Err(detail.message.unwrap_or_default());
                }
            }
            Ok(())
        });
        let arrival = Arrival {
            pieces: pieces.clone(),
            buffer: BytesMut::with_capacity(PIECE),
            sent,
        };
        let load = Load {
            image,
            staging,
            pieces,
            request,
        };
        (load, arrival)
    }
}

impl Arrival {
    /// Opens a member of the image's archive.
    pub(crate) fn begin(&mut self, name: &str, size: u64) -> io::Result<()> {
        self.write_all(&header(name, size)?)
    }

    /// Closes a member of `size` bytes.
    pub(crate) fn end(&mut self, size: u64) -> io::Result<()> {
        let padding = usize::try_from(size.next_multiple_of(BLOCK) - size).unwrap_or(0);
        self.write_all(&vec![0; padding])
    }

    fn send(&mut self) -> io::Result<()> {
        let piece = self.buffer.split().freeze();
        self.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
        self.pieces
            .blocking_send(Ok(piece))
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

impl Write for Arrival {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            Ok(())
        } else {
            self.send()
        }
    }
}

/// A GNU header: its sizes go beyond the 8 GiB of plain ustar.
fn header(name: &str, size: u64) -> io::Result<[u8; 512]> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name)?;
    header.set_size(size);
    header.set_mode(0o644);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    Ok(*header.as_bytes())
}

/// The name of a layer inside the archive that the engine reads.
pub(crate) fn layer_name(layer: &offline::Layer) -> String {
    format!("{}/layer.tar", layer.diff_id.hex())
}

/// The name of the configuration inside the archive.
pub(crate) fn config_name(image: &Image) -> String {
    format!("{}.json", image.config.digest.hex())
}

impl Load {
    pub(crate) fn staging(&self) -> &str {
        &self.staging
    }

    /// Whether the engine has ended the request by itself: what is written now goes nowhere.
    pub(crate) fn is_over(&self) -> bool {
        self.request.is_finished()
    }

    /// Ends the request with an error: nothing is registered.
    pub(crate) async fn give_up(self) {
        let error = io::Error::other("the bundle did not hold what it promises");
        let _unheard = self.pieces.send(Err(error)).await;
        drop(self.pieces);
        let _refused = self.request.await;
    }

    /// Why the engine ended the request by itself.
    pub(crate) async fn reason(self) -> Error {
        drop(self.pieces);
        let fact = match self.request.await {
            Ok(Ok(())) => "it ended the upload early".to_owned(),
            Ok(Err(fact)) => fact,
            Err(error) => error.to_string(),
        };
        Error::Load {
            image: self.image.reference,
            fact,
        }
    }

    /// Sends what was withheld, and waits until the engine has registered the image.
    pub(crate) async fn commit(self) -> Result<(), Error> {
        let image = self.image.reference.clone();
        let failed = |fact: String| Error::Load {
            image: image.clone(),
            fact,
        };
        let list = serde_json::json!([{
            "Config": config_name(&self.image),
            "RepoTags": [self.staging],
            "Layers": self.image.layers.iter().map(layer_name).collect::<Vec<_>>(),
        }])
        .to_string();
        let size = list.len() as u64;
        let mut end = header("manifest.json", size)
            .map_err(|error| failed(error.to_string()))?
            .to_vec();
        end.extend_from_slice(list.as_bytes());
        let padding = size.next_multiple_of(BLOCK) - size + 2 * BLOCK;
        end.resize(end.len() + usize::try_from(padding).unwrap_or(0), 0);
        // Refused only when the engine has ended the request; its answer says why.
        let _sent = self.pieces.send(Ok(end.into())).await;
        drop(self.pieces);
        match self.request.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(fact)) => Err(failed(fact)),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}
