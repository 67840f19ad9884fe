//! A layer's tar out of its zstd frame.
//!
//! One frame, a bounded window, exactly the promised number of bytes, the promised diff ID, and
//! nothing behind the frame: concatenated and skippable frames count as damage.

use std::io::{self, BufReader, Read};

use zstd::stream::read::Decoder;

use crate::aside::AsideHasher;
use crate::error::{Error, Kind};
use crate::read::MemberReader;
use crate::{Layer, limits};

type Source<'a, R> = BufReader<MemberReader<'a, R>>;

/// The plain tar of a layer. The read that reaches its end fails when anything is not as promised.
pub struct LayerReader<'a, R: Read> {
    decoder: Decoder<'static, Source<'a, R>>,
    layer: Layer,
    left: u64,
    /// Taken when the end is reached.
    hash: Option<AsideHasher>,
    ended: bool,
}

impl<R: Read> std::fmt::Debug for LayerReader<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LayerReader")
            .field("layer", &self.layer)
            .field("left", &self.left)
            .finish()
    }
}

/// Decompresses the member that holds `layer`.
///
/// # Errors
/// [`Error`] when the decompressor cannot be made.
pub fn decode<R: Read>(
    member: MemberReader<'_, R>,
    layer: Layer,
) -> Result<LayerReader<'_, R>, Error> {
    let refused = |error| Error::new(Kind::Zstd(error), None, 0);
    let source = BufReader::with_capacity(128 * 1024, member);
    let mut decoder = Decoder::with_buffer(source)
        .map_err(refused)?
        .single_frame();
    decoder
        .window_log_max(limits::WINDOW_LOG)
        .map_err(refused)?;
    let left = layer.uncompressed_size;
    Ok(LayerReader {
        decoder,
        layer,
        left,
        hash: Some(AsideHasher::of_size(left)),
        ended: false,
    })
}

impl<R: Read> LayerReader<'_, R> {
    /// Reads what is left, and checks it.
    ///
    /// # Errors
    /// [`Error`] when it does not hold.
    pub fn finish(mut self) -> Result<(), Error> {
        let mut buffer = vec![0; 128 * 1024];
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(Error::from_io(error, None, 0)),
            }
        }
    }

    fn refuse(&self, kind: Kind) -> io::Error {
        self.decoder.get_ref().get_ref().refuse(kind).into_io()
    }

    /// The frame is over: everything must be as promised.
    fn end(&mut self) -> io::Result<()> {
        self.ended = true;
        if self.left != 0 {
            return Err(self.refuse(Kind::Layer("it is shorter than promised")));
        }
        let source = self.decoder.get_ref();
        if !source.buffer().is_empty() || source.get_ref().left() != 0 {
            return Err(self.refuse(Kind::Layer("something follows the compressed frame")));
        }
        let found = self.hash.take().and_then(AsideHasher::finish);
        let expected = self.layer.diff_id;
        match found {
            Some(found) if found == expected => Ok(()),
            Some(found) => Err(self.refuse(Kind::Digest { expected, found })),
            None => Err(self.refuse(Kind::Layer("it could not be hashed"))),
        }
    }
}

impl<R: Read> Read for LayerReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        let count = match self.decoder.read(buffer) {
            Ok(count) => count,
            // A refusal of the member below is passed on; anything else is the decompressor's.
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<Error>()) => {
                return Err(error);
            }
            Err(error) => return Err(self.refuse(Kind::Zstd(error))),
        };
        if count as u64 > self.left {
            return Err(self.refuse(Kind::Layer("it is longer than promised")));
        }
        if count == 0 {
            self.end()?;
            return Ok(0);
        }
        self.left -= count as u64;
        if let Some(hash) = &mut self.hash {
            hash.update(buffer.get(..count).unwrap_or_default());
        }
        Ok(count)
    }
}
