//! PEM with a passphrase as OpenSSL wrote it before PKCS#8, and `ssh-keygen -m PEM` still does.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit};
use aes::{Aes128, Aes192, Aes256};
use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

use super::{Refusal, UNREADABLE, WRONG};

/// What the headers say.
pub(super) struct Encryption {
    cipher: Aes,
    iv: [u8; 16],
}

#[derive(Clone, Copy)]
enum Aes {
    Bits128,
    Bits192,
    Bits256,
}

impl Encryption {
    /// Reads `Proc-Type` and `DEK-Info`; none where there are no headers.
    ///
    /// # Errors
    /// When they name a cipher that is not taken.
    pub(super) fn of(headers: &[&str]) -> Result<Option<Self>, Refusal> {
        let find = |name: &str| {
            let named = headers.iter().filter_map(|header| header.split_once(':'));
            let mut found = named.filter(|(given, _)| given.trim() == name);
            found.next().map(|(_, value)| value.trim())
        };
        if !find("Proc-Type").is_some_and(|kind| kind.ends_with("ENCRYPTED")) {
            return Ok(None);
        }
        let (cipher, iv) = find("DEK-Info")
            .and_then(|info| info.split_once(','))
            .ok_or(UNREADABLE)?;
        let cipher = match cipher {
            "AES-128-CBC" => Aes::Bits128,
            "AES-192-CBC" => Aes::Bits192,
            "AES-256-CBC" => Aes::Bits256,
            _ => {
                return Err(Refusal::Key(
                    "must be encrypted with AES: ssh-keygen -p writes it anew",
                ));
            }
        };
        let mut bytes = [0; 16];
        hex::decode_to_slice(iv, &mut bytes).map_err(|_| UNREADABLE)?;
        Ok(Some(Self { cipher, iv: bytes }))
    }

    /// Opens what is encrypted. A wrong passphrase mostly shows in the padding.
    ///
    /// # Errors
    /// When the passphrase is wrong.
    pub(super) fn open(
        &self,
        sealed: &[u8],
        passphrase: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let opened = match self.cipher {
            Aes::Bits128 => decrypt::<Aes128>(&self.key(passphrase, 16), &self.iv, sealed),
            Aes::Bits192 => decrypt::<Aes192>(&self.key(passphrase, 24), &self.iv, sealed),
            Aes::Bits256 => decrypt::<Aes256>(&self.key(passphrase, 32), &self.iv, sealed),
        };
        opened.map(Zeroizing::new).ok_or(WRONG)
    }

    /// OpenSSL's `EVP_BytesToKey`: MD5 of what came before, the passphrase, and eight bytes of salt.
    fn key(&self, passphrase: &str, length: usize) -> Zeroizing<Vec<u8>> {
        let salt = self.iv.first_chunk::<8>().copied().unwrap_or_default();
        let mut key = Zeroizing::new(Vec::with_capacity(32));
        let mut block = Zeroizing::new(Vec::new());
        while key.len() < length {
            let mut hash = Md5::new();
            hash.update(block.as_slice());
            hash.update(passphrase.as_bytes());
            hash.update(salt);
            *block = hash.finalize().to_vec();
            key.extend_from_slice(&block);
        }
        key.truncate(length);
        key
    }
}

fn decrypt<C: BlockCipherDecrypt + KeyInit>(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>>
where
    cbc::Decryptor<C>: KeyIvInit,
{
    let cipher = cbc::Decryptor::<C>::new_from_slices(key, iv).ok()?;
    cipher.decrypt_padded_vec::<Pkcs7>(sealed).ok()
}
