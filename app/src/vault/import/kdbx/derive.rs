//! The keys of a database, from a password, a key file, or both.

use std::collections::BTreeMap;

use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use argon2::{Algorithm, Argon2, Params, Version};
use sha2::{Digest as _, Sha256, Sha512};
use zeroize::Zeroizing;

use super::super::Refusal;
use super::BROKEN;
use super::header::Header;

const AES: &[u8] = b"\x7c\x02\xbb\x82\x79\xa7\x4a\xc0\x92\x7d\x11\x4a\x00\x64\x82\x38";
const AES_OLD: &[u8] = b"\xc9\xd9\xf3\x9a\x62\x8a\x44\x60\xbf\x74\x0d\x08\xc1\x8a\x4f\xea";
const ARGON2D: &[u8] = b"\xef\x63\x6d\xdf\x8c\x29\x44\x4b\x91\xf7\xa9\xa4\x03\xe3\x0a\x0c";
const ARGON2ID: &[u8] = b"\x9e\x29\x8b\x19\x56\xdb\x47\x73\xb2\x3d\xfc\x3e\xc6\xf0\xa1\xe6";

/// The most memory of Argon2, in KiB. KeePass takes 64 MiB unless told otherwise. The server's container
/// has 512 MiB for everything: of that, searches, sign-ins and the file itself leave this much with room to
/// spare. One file is read at a time, so it is taken once.
const MOST_MEMORY_KIB: u64 = 128 * 1024;
/// The most work of Argon2: memory in KiB times passes. Some seconds.
const MOST_WORK_KIB: u64 = 6 * 1024 * 1024;
/// The most rounds of AES. Some seconds.
const MOST_ROUNDS: u64 = 60_000_000;
const TOO_MUCH_MEMORY: Refusal = Refusal::File(
    "must take at most 128 MiB of memory to be opened. In KeePass, lower it under File, Database \
     Settings, Security (in KeePassXC: Database, Database Security, Encryption Settings, Advanced) to \
     64 MiB, save, and import the file again",
);
const TOO_MUCH_WORK: Refusal = Refusal::File(
    "must take less time to be opened. In KeePass, lower the iterations under File, Database Settings, \
     Security (in KeePassXC: Database, Database Security, Encryption Settings, Advanced) until a test \
     takes a second, save, and import the file again",
);

/// What opens a database.
pub(super) struct Keys {
    /// Opens the contents.
    pub(super) cipher: Zeroizing<[u8; 32]>,
    /// Confirms header and blocks.
    pub(super) mac: Zeroizing<[u8; 64]>,
}

impl Keys {
    pub(super) fn derive(
        header: &Header,
        password: Option<&str>,
        key_file: Option<&[u8]>,
    ) -> Result<Self, Refusal> {
        let mut whole = Sha256::new();
        if let Some(password) = password {
            whole.update(Sha256::digest(password.as_bytes()));
        }
        if let Some(file) = key_file {
            whole.update(*of_file(file)?);
        }
        let composite = Zeroizing::new(<[u8; 32]>::from(whole.finalize()));
        let derivation = Derivation::parse(&header.derivation)?;
        let stretched = derivation.run(&composite)?;
        let cipher = Sha256::new()
            .chain_update(header.seed)
            .chain_update(*stretched);
        let mac = Sha512::new()
            .chain_update(header.seed)
            .chain_update(*stretched)
            .chain_update([1]);
        Ok(Self {
            cipher: Zeroizing::new(cipher.finalize().into()),
            mac: Zeroizing::new(mac.finalize().into()),
        })
    }
}

/// The key in a key file: XML of either version, 32 bytes, 64 digits, or the digest of anything else.
fn of_file(file: &[u8]) -> Result<Zeroizing<[u8; 32]>, Refusal> {
    if let Ok(key) = <[u8; 32]>::try_from(file) {
        return Ok(Zeroizing::new(key));
    }
    let mut key = Zeroizing::new([0; 32]);
    if hex::decode_to_slice(file, key.as_mut()).is_ok() {
        return Ok(key);
    }
    let text = std::str::from_utf8(file).unwrap_or_default();
    if text.contains("<KeyFile>") {
        let data = text
            .split_once("<Data")
            .and_then(|(_, rest)| rest.split_once('>'));
        let data = data
            .and_then(|(_, rest)| rest.split_once("</Data>"))
            .map(|(data, _)| data);
        let compact: Zeroizing<String> =
            Zeroizing::new(data.unwrap_or_default().split_whitespace().collect());
        let decoded = if text.contains("<Version>2") {
            hex::decode(compact.as_bytes()).ok()
        } else {
            data_encoding::BASE64.decode(compact.as_bytes()).ok()
        };
        let decoded = decoded
            .map(Zeroizing::new)
            .and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        return decoded
            .map(Zeroizing::new)
            .ok_or(Refusal::Password("has a key file that cannot be read"));
    }
    Ok(Zeroizing::new(Sha256::digest(file).into()))
}

/// How the key is stretched, within what we are ready to pay.
#[derive(Debug)]
enum Derivation<'a> {
    Aes {
        rounds: u64,
        seed: [u8; 32],
    },
    Argon2 {
        algorithm: Algorithm,
        version: Version,
        params: Params,
        salt: &'a [u8],
    },
}

impl<'a> Derivation<'a> {
    /// Reads the parameters and refuses what would cost too much. Nothing is run yet.
    fn parse(said: &'a BTreeMap<String, Vec<u8>>) -> Result<Self, Refusal> {
        let said = Said(said);
        match said.bytes("$UUID") {
            Some(AES | AES_OLD) => said.aes(),
            Some(ARGON2D) => said.argon2(Algorithm::Argon2d),
            Some(ARGON2ID) => said.argon2(Algorithm::Argon2id),
            _ => Err(Refusal::File("must derive its key by Argon2 or AES")),
        }
    }

    fn run(self, composite: &[u8; 32]) -> Result<Zeroizing<[u8; 32]>, Refusal> {
        match self {
            Self::Aes { rounds, seed } => {
                let cipher = aes::Aes256::new(&seed.into());
                let mut halves: [aes::Block; 2] = Default::default();
                for (half, bytes) in halves.iter_mut().zip(composite.chunks_exact(16)) {
                    half.copy_from_slice(bytes);
                }
                for _ in 0..rounds {
                    cipher.encrypt_blocks(&mut halves);
                }
                let mut hash = Sha256::new();
                halves.iter().for_each(|half| hash.update(half));
                Ok(Zeroizing::new(hash.finalize().into()))
            }
            Self::Argon2 {
                algorithm,
                version,
                params,
                salt,
            } => {
                let mut key = Zeroizing::new([0; 32]);
                Argon2::new(algorithm, version, params)
                    .hash_password_into(composite, salt, key.as_mut())
                    .map_err(|_| BROKEN)?;
                Ok(key)
            }
        }
    }
}

/// The parameters, as the header has them.
#[derive(Clone, Copy)]
struct Said<'a>(&'a BTreeMap<String, Vec<u8>>);

impl<'a> Said<'a> {
    fn bytes(self, name: &str) -> Option<&'a [u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    fn wide(self, name: &str) -> Result<u64, Refusal> {
        let bytes = self.bytes(name).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u64::from_le_bytes).ok_or(BROKEN)
    }

    fn narrow(self, name: &str) -> Result<u32, Refusal> {
        let bytes = self.bytes(name).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_le_bytes).ok_or(BROKEN)
    }

    fn aes(self) -> Result<Derivation<'a>, Refusal> {
        let rounds = self.wide("R")?;
        if rounds > MOST_ROUNDS {
            return Err(TOO_MUCH_WORK);
        }
        let seed = self.bytes("S").and_then(|seed| seed.try_into().ok());
        let seed = seed.ok_or(BROKEN)?;
        Ok(Derivation::Aes { rounds, seed })
    }

    fn argon2(self, algorithm: Algorithm) -> Result<Derivation<'a>, Refusal> {
        let version = Version::try_from(self.narrow("V")?).map_err(|_| BROKEN)?;
        let (memory, passes) = (self.wide("M")? / 1024, self.wide("I")?);
        if memory > MOST_MEMORY_KIB {
            return Err(TOO_MUCH_MEMORY);
        }
        if memory.saturating_mul(passes) > MOST_WORK_KIB {
            return Err(TOO_MUCH_WORK);
        }
        if self.bytes("K").is_some() || self.bytes("A").is_some() {
            return Err(Refusal::File("must not use a secret of its own in Argon2"));
        }
        let narrowed = |number: u64| u32::try_from(number).map_err(|_| BROKEN);
        let lanes = self.narrow("P")?;
        let params = Params::new(narrowed(memory)?, narrowed(passes)?, lanes, Some(32));
        Ok(Derivation::Argon2 {
            algorithm,
            version,
            params: params.map_err(|_| BROKEN)?,
            salt: self.bytes("S").ok_or(BROKEN)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argon2(memory: u64, passes: u64, lanes: u32) -> BTreeMap<String, Vec<u8>> {
        let entries: [(&str, Vec<u8>); 6] = [
            ("$UUID", ARGON2D.to_vec()),
            ("S", vec![1; 32]),
            ("V", 0x13_u32.to_le_bytes().to_vec()),
            ("M", memory.to_le_bytes().to_vec()),
            ("I", passes.to_le_bytes().to_vec()),
            ("P", lanes.to_le_bytes().to_vec()),
        ];
        entries
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    #[test]
    fn what_people_use_is_paid_and_what_is_absurd_is_not_begun() {
        const MIB: u64 = 1024 * 1024;
        for (memory, passes, lanes) in [(64 * MIB, 2, 2), (64 * MIB, 40, 4), (128 * MIB, 10, 8)] {
            assert!(
                Derivation::parse(&argon2(memory, passes, lanes)).is_ok(),
                "{memory} {passes}"
            );
        }
        for (memory, passes, lanes) in [(0, 1, 1), (64 * MIB, 0, 1), (64 * MIB, 2, u32::MAX)] {
            let refusal = Derivation::parse(&argon2(memory, passes, lanes)).unwrap_err();
            assert_eq!(refusal, BROKEN, "{memory} {passes} {lanes}");
        }
        for (memory, passes, refusal) in [
            (129 * MIB, 1, TOO_MUCH_MEMORY),
            (u64::MAX, 1, TOO_MUCH_MEMORY),
            (MIB, u64::MAX, TOO_MUCH_WORK),
            (128 * MIB, 100, TOO_MUCH_WORK),
        ] {
            let said = argon2(memory, passes, 1);
            assert_eq!(Derivation::parse(&said).unwrap_err(), refusal, "{memory}");
        }
        let mut aes = argon2(0, 0, 0);
        aes.insert("$UUID".to_owned(), AES.to_vec());
        aes.insert("R".to_owned(), u64::MAX.to_le_bytes().to_vec());
        assert_eq!(Derivation::parse(&aes).unwrap_err(), TOO_MUCH_WORK);
    }

    #[test]
    fn key_files_of_every_kind_give_their_key() {
        let key = [0xab; 32];
        let digits = hex::encode_upper(key);
        let second = format!(
            "<?xml version=\"1.0\"?><KeyFile><Meta><Version>2.0</Version></Meta><Key>\
             <Data Hash=\"12345678\">{} {}</Data></Key></KeyFile>",
            &digits[..32],
            &digits[32..]
        );
        let first = format!(
            "<KeyFile><Meta><Version>1.00</Version></Meta><Key><Data>{}</Data></Key></KeyFile>",
            data_encoding::BASE64.encode(&key)
        );
        for file in [
            &key[..],
            digits.as_bytes(),
            first.as_bytes(),
            second.as_bytes(),
        ] {
            assert_eq!(*of_file(file).unwrap(), key);
        }
        assert_eq!(
            *of_file(b"anything").unwrap(),
            <[u8; 32]>::from(Sha256::digest(b"anything"))
        );
        assert!(of_file(b"<KeyFile><Data>!</Data></KeyFile>").is_err());
    }
}
