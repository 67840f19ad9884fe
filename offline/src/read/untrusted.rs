//! The first two members, and the step from untrusted to verified.

use std::io::Read;

use license::minisign::{KeyId, PublicKey, Signature};

use super::Verified;
use crate::error::{Error, Kind};
use crate::header::{self, BLOCK};
use crate::signing::prehash;
use crate::{EntryName, Manifest, limits};

pub(crate) const MANIFEST_NAME: &str = "bundle.json";
pub(crate) const SIGNATURE_NAME: &str = "bundle.json.minisig";

/// A bundle of which only the manifest's bytes and the signature's text were read.
#[derive(Debug)]
pub struct Untrusted<R> {
    reader: R,
    head: Vec<u8>,
    manifest: Vec<u8>,
    signature: Signature,
}

/// Begins to read a bundle.
///
/// # Errors
/// [`Error`] when it does not begin as a bundle does.
pub fn open<R: Read>(mut reader: R) -> Result<Untrusted<R>, Error> {
    let mut copying = Copying {
        inner: &mut reader,
        copy: Vec::new(),
    };
    let (manifest, signature) = head_members(&mut copying)?;
    let head = copying.copy;
    let refuse = |kind| Error::new(kind, Some(SIGNATURE_NAME), head.len() as u64);
    let text = String::from_utf8(signature).map_err(|_| refuse(Kind::NotABundle))?;
    let signature = Signature::parse(&text).map_err(|error| refuse(Kind::SignatureText(error)))?;
    Ok(Untrusted {
        reader,
        head,
        manifest,
        signature,
    })
}

/// Reads the head of a bundle as it is, without a look at what it says.
pub(crate) fn read_head(reader: &mut impl Read) -> Result<Vec<u8>, Error> {
    let mut copying = Copying {
        inner: reader,
        copy: Vec::new(),
    };
    head_members(&mut copying)?;
    Ok(copying.copy)
}

/// The manifest's bytes and the signature's text.
fn head_members(reader: &mut impl Read) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let mut offset = 0;
    let manifest = first_member(reader, &mut offset, MANIFEST_NAME, limits::MANIFEST)?;
    let signature = first_member(reader, &mut offset, SIGNATURE_NAME, limits::SIGNATURE)?;
    Ok((manifest, signature))
}

/// Keeps a copy of what is read through it.
struct Copying<'a, R> {
    inner: &'a mut R,
    copy: Vec<u8>,
}

impl<R: Read> Read for Copying<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.copy
            .extend_from_slice(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl<R: Read> Untrusted<R> {
    /// The key that claims to have signed it.
    pub fn key_id(&self) -> KeyId {
        self.signature.key_id()
    }

    /// The bytes up to the first member that the manifest promises.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Checks the signature against the trusted keys. Only this makes a [`Verified`].
    ///
    /// # Errors
    /// [`Error`] when no trusted key made it, or the manifest breaks a rule.
    pub fn verify(self, trusted: &[PublicKey]) -> Result<Verified<R>, Error> {
        let refuse = |kind| Error::new(kind, Some(MANIFEST_NAME), 0);
        if trusted.is_empty() {
            return Err(refuse(Kind::NoTrust));
        }
        let found = self.signature.key_id();
        let key = trusted
            .iter()
            .find(|key| key.key_id() == found)
            .ok_or_else(|| refuse(Kind::UntrustedKey { found }))?;
        key.verify(&prehash(&self.manifest), &self.signature)
            .map_err(|error| refuse(Kind::BadSignature(error)))?;
        let manifest = Manifest::parse(&self.manifest).map_err(refuse)?;
        if self.signature.trusted_comment() != manifest.trusted_comment(&self.manifest) {
            return Err(refuse(Kind::ForeignComment));
        }
        Ok(Verified::new(self.reader, self.head, manifest, found))
    }
}

/// Reads a member whose size is not promised by anything.
pub(crate) fn first_member(
    reader: &mut impl Read,
    offset: &mut u64,
    name: &'static str,
    limit: u64,
) -> Result<Vec<u8>, Error> {
    let at = *offset;
    let refuse = |kind| Error::new(kind, Some(name), at);
    let mut bytes = [0; BLOCK];
    reader
        .read_exact(&mut bytes)
        .map_err(|error| Error::from_io(error, Some(name), at))?;
    let size = header::stated_size(&bytes).ok_or_else(|| refuse(Kind::NotABundle))?;
    let entry = EntryName::new(name).map_err(|_| refuse(Kind::NotABundle))?;
    if bytes != header::header(&entry, size, header::PLAIN_MODE) {
        return Err(refuse(Kind::NotABundle));
    }
    if size > limit {
        return Err(refuse(Kind::TooLarge { what: name, limit }));
    }
    *offset += BLOCK as u64;
    let mut content = Vec::new();
    let count = reader
        .take(size)
        .read_to_end(&mut content)
        .map_err(|error| Error::from_io(error, Some(name), at))?;
    *offset += count as u64;
    if count as u64 != size {
        return Err(Error::new(Kind::Truncated, Some(name), *offset));
    }
    skip_padding(reader, offset, size, name)?;
    Ok(content)
}

/// Reads the zeros after a member.
pub(super) fn skip_padding(
    reader: &mut impl Read,
    offset: &mut u64,
    size: u64,
    name: &str,
) -> Result<(), Error> {
    let mut buffer = [0; BLOCK];
    let count = usize::try_from(header::padding(size)).unwrap_or(0);
    let zeros = buffer.get_mut(..count).unwrap_or_default();
    reader
        .read_exact(zeros)
        .map_err(|error| Error::from_io(error, Some(name), *offset))?;
    if zeros.iter().any(|byte| *byte != 0) {
        return Err(Error::new(Kind::Padding, Some(name), *offset));
    }
    *offset += count as u64;
    Ok(())
}
