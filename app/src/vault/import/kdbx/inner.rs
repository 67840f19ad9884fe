//! What stands before the document: the key of the stream that hides values, and attachments.

use std::io::{BufRead, Read as _};

use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use chacha20::ChaCha20;
use sha2::{Digest as _, Sha512};
use zeroize::Zeroizing;

use super::super::Refusal;
use super::{BROKEN, unread};

/// The stream that hides values: each takes the next bytes of it, in the order of the document.
pub(super) struct Stream(ChaCha20);

impl Stream {
    /// Reads up to the document. Attachments are passed over.
    pub(super) fn read<R: BufRead>(plain: &mut R) -> Result<Self, Refusal> {
        let mut kind = None;
        let mut key = None;
        loop {
            let mut field = [0; 5];
            plain
                .read_exact(&mut field)
                .map_err(|error| unread(&error))?;
            let [id, length @ ..] = field;
            let length = u64::from(u32::from_le_bytes(length));
            match id {
                0 => break,
                1 | 2 if length <= 1024 => {
                    let mut value = Zeroizing::new(Vec::new());
                    plain
                        .take(length)
                        .read_to_end(&mut value)
                        .map_err(|error| unread(&error))?;
                    *(if id == 1 { &mut kind } else { &mut key }) = Some(value);
                }
                _ => {
                    let passed = std::io::copy(&mut plain.take(length), &mut std::io::sink());
                    if passed.map_err(|error| unread(&error))? != length {
                        return Err(BROKEN);
                    }
                }
            }
        }
        let (kind, key) = (kind.ok_or(BROKEN)?, key.ok_or(BROKEN)?);
        if kind.as_slice() != [3, 0, 0, 0] {
            return Err(Refusal::File("must hide its values with ChaCha20"));
        }
        let hash = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(key.as_slice())));
        let (key, rest) = hash.split_at(32);
        let nonce = rest.get(..12).ok_or(BROKEN)?;
        ChaCha20::new_from_slices(key, nonce)
            .map(Self)
            .map_err(|_| BROKEN)
    }

    /// Shows one value.
    pub(super) fn show(&mut self, hidden: &str) -> Result<Zeroizing<String>, Refusal> {
        let bytes = data_encoding::BASE64
            .decode(hidden.trim().as_bytes())
            .map_err(|_| BROKEN)?;
        let mut bytes = Zeroizing::new(bytes);
        self.0.try_apply_keystream(&mut bytes).map_err(|_| BROKEN)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| BROKEN)?;
        Ok(Zeroizing::new(text.to_owned()))
    }
}
