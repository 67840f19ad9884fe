//! The header of a database: which cipher, which derivation. It lies open, and is believed only once
//! the key has confirmed it.

use std::collections::BTreeMap;

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _, StreamCipher as _};
use chacha20::ChaCha20;
use zeroize::Zeroizing;

use super::super::Refusal;
use super::cursor::Cursor;
use super::{BROKEN, WRONG};

const SIGNATURE: [u8; 8] = [0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5];
const AES: [u8; 16] = *b"\x31\xc1\xf2\xe6\xbf\x71\x43\x50\xbe\x58\x05\x21\x6a\xfc\x5a\xff";
const CHACHA20: [u8; 16] = *b"\xd6\x03\x8a\x2b\x8b\x6f\x4c\xb5\xa5\x24\x33\x9a\x31\xdb\xb5\x9a";

/// How the contents are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    Aes256,
    ChaCha20,
}

/// What the header says.
pub(super) struct Header {
    pub(super) cipher: Cipher,
    pub(super) is_compressed: bool,
    pub(super) seed: [u8; 32],
    pub(super) iv: Vec<u8>,
    pub(super) derivation: BTreeMap<String, Vec<u8>>,
    /// How many bytes of the file it takes.
    pub(super) length: usize,
}

#[derive(Default)]
struct Fields {
    cipher: Option<Cipher>,
    compression: Option<u32>,
    seed: Option<[u8; 32]>,
    iv: Option<Vec<u8>>,
    derivation: Option<BTreeMap<String, Vec<u8>>>,
}

impl Header {
    /// Reads a header, and gives what comes after it.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, Cursor<'_>), Refusal> {
        let mut rest = Cursor(bytes);
        if rest.array() != Some(SIGNATURE) {
            return Err(WRONG);
        }
        let _minor = rest.u16().ok_or(WRONG)?;
        if rest.u16() != Some(4) {
            return Err(Refusal::File(
                "must be of version 4: save it as KDBX 4 under Database settings, Security",
            ));
        }
        let mut fields = Fields::default();
        while fields.take(&mut rest)? {}
        let header = fields
            .whole(bytes.len().saturating_sub(rest.0.len()))
            .ok_or(BROKEN)?;
        Ok((header, rest))
    }
}

impl Fields {
    /// Takes one field; false after the last.
    fn take(&mut self, rest: &mut Cursor<'_>) -> Result<bool, Refusal> {
        let kind = rest.u8().ok_or(BROKEN)?;
        let value = rest.with_length().ok_or(BROKEN)?;
        match kind {
            0 => return Ok(false),
            2 => self.cipher = Some(cipher(value)?),
            3 => self.compression = value.try_into().ok().map(u32::from_le_bytes),
            4 => self.seed = value.try_into().ok(),
            7 => self.iv = Some(value.to_vec()),
            11 => self.derivation = dictionary(value),
            _ => {}
        }
        Ok(true)
    }

    fn whole(self, length: usize) -> Option<Header> {
        Some(Header {
            cipher: self.cipher?,
            is_compressed: match self.compression? {
                0 => false,
                1 => true,
                _ => return None,
            },
            seed: self.seed?,
            iv: self.iv?,
            derivation: self.derivation?,
            length,
        })
    }
}

fn cipher(id: &[u8]) -> Result<Cipher, Refusal> {
    match id {
        id if id == AES => Ok(Cipher::Aes256),
        id if id == CHACHA20 => Ok(Cipher::ChaCha20),
        _ => Err(Refusal::File("must be encrypted with AES-256 or ChaCha20")),
    }
}

/// KeePass's dictionary: a version, then kind, name and value until a zero.
fn dictionary(bytes: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut rest = Cursor(bytes);
    if rest.u16()? >> 8 != 1 {
        return None;
    }
    let mut found = BTreeMap::new();
    while rest.u8()? != 0 {
        let name = std::str::from_utf8(rest.with_length()?).ok()?;
        let value = rest.with_length()?;
        // A salt and a few numbers; the whole is no longer than the file.
        if found.len() >= 20 {
            return None;
        }
        found.insert(name.to_owned(), value.to_vec());
    }
    Some(found)
}

impl Cipher {
    /// Opens contents that were already found to be whole.
    pub(super) fn decrypt(
        self,
        key: &[u8; 32],
        iv: &[u8],
        mut sealed: Zeroizing<Vec<u8>>,
    ) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        match self {
            Self::Aes256 => {
                let cipher = cbc::Decryptor::<aes::Aes256>::new_from_slices(key, iv);
                let cipher = cipher.map_err(|_| BROKEN)?;
                let length = cipher
                    .decrypt_padded::<Pkcs7>(&mut sealed)
                    .map_err(|_| BROKEN)?
                    .len();
                sealed.truncate(length);
            }
            Self::ChaCha20 => {
                let cipher = ChaCha20::new_from_slices(key, iv);
                let mut cipher = cipher.map_err(|_| BROKEN)?;
                cipher
                    .try_apply_keystream(&mut sealed)
                    .map_err(|_| BROKEN)?;
            }
        }
        Ok(sealed)
    }
}
