//! Layers as they are stored elsewhere: plain, or compressed with gzip or zstd.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek as _};

use offline::limits;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The plain tar of a layer as a file without a name, told by its first bytes: media types are what
/// somebody claims.
pub(super) fn unpack<'a>(layer: impl Read + 'a) -> io::Result<File> {
    let mut reader = BufReader::with_capacity(1 << 20, layer);
    let first = reader.fill_buf()?;
    let mut file = tempfile::tempfile()?;
    let plain: Box<dyn Read + 'a> = if first.starts_with(GZIP) {
        Box::new(flate2::bufread::MultiGzDecoder::new(reader))
    } else if first.starts_with(ZSTD) {
        Box::new(zstd::Decoder::with_buffer(reader)?)
    } else {
        Box::new(reader)
    };
    let size = io::copy(&mut plain.take(limits::LAYER_SIZE + 1), &mut file)?;
    if size > limits::LAYER_SIZE {
        return Err(io::Error::other("a layer unpacks to more than 64 GiB"));
    }
    file.rewind()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::unpack;

    #[test]
    fn every_kind_comes_out_plain() {
        let plain = b"ustar and so on".repeat(1000);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).unwrap();
        let zstd = zstd::encode_all(plain.as_slice(), 1).unwrap();
        for stored in [plain.clone(), gzip.finish().unwrap(), zstd] {
            let mut found = Vec::new();
            unpack(stored.as_slice())
                .unwrap()
                .read_to_end(&mut found)
                .unwrap();
            assert!(found == plain);
        }
    }
}
