//! Layers as they are stored elsewhere: plain, or compressed with gzip or zstd.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek as _};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The plain tar of a layer as a file without a name, told by its first bytes: media types are what
/// somebody claims.
pub(super) fn unpack(layer: impl Read) -> io::Result<File> {
    let mut reader = BufReader::with_capacity(1 << 20, layer);
    let first = reader.fill_buf()?;
    let mut file = tempfile::tempfile()?;
    if first.starts_with(GZIP) {
        io::copy(&mut flate2::bufread::MultiGzDecoder::new(reader), &mut file)?;
    } else if first.starts_with(ZSTD) {
        io::copy(&mut zstd::Decoder::with_buffer(reader)?, &mut file)?;
    } else {
        io::copy(&mut reader, &mut file)?;
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
