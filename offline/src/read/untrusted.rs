//! The step from untrusted to verified.

use std::io::Read;

use license::minisign::Signature;
use license::root::Carried;
use license::trust::Trust;

use super::Verified;
use crate::Manifest;
use crate::error::{Error, Kind};
use crate::head::{Ahead, Head, MANIFEST_NAME, ROOTS_NAME, SIGNATURE_NAME};
use crate::signing::prehash;

/// A bundle of which only the head was read.
#[derive(Debug)]
pub struct Untrusted<R> {
    reader: Ahead<R>,
    head: Head,
}

/// Begins to read a bundle.
///
/// # Errors
/// [`Error`] when it does not begin as a bundle does.
pub fn open<R: Read>(reader: R) -> Result<Untrusted<R>, Error> {
    let (head, reader) = Head::read(reader)?;
    Ok(Untrusted { reader, head })
}

impl<R: Read> Untrusted<R> {
    /// How many bytes come before the first member that the manifest promises.
    pub fn head_size(&self) -> u64 {
        self.head.size()
    }

    /// Checks the signatures against what is trusted. Only this makes a [`Verified`].
    ///
    /// The chain of roots that the bundle carries is followed first, each root by the keys of the
    /// one before; then the signatures are counted; and only then the manifest is looked into.
    ///
    /// # Errors
    /// [`Error`] when not enough of those who are trusted signed it, or the manifest breaks a rule.
    pub fn verify(self, trust: &Trust) -> Result<Verified<R>, Error> {
        let (head, at) = (&self.head, self.head.size());
        let refuse = |kind| Error::new(kind, Some(MANIFEST_NAME), 0);
        let trust = match &head.roots {
            None => trust.clone(),
            Some(text) => Carried::parse(text)
                .and_then(|carried| trust.follow(&carried))
                .map_err(|error| Error::new(Kind::Roots(error), Some(ROOTS_NAME), at))?,
        };
        let unreadable = |kind| Error::new(kind, Some(SIGNATURE_NAME), at);
        let text = std::str::from_utf8(&head.signatures)
            .map_err(|_| unreadable(Kind::Head("the signatures are no text")))?;
        let signatures =
            Signature::parse_all(text).map_err(|error| unreadable(Kind::SignatureText(error)))?;
        let accepted = trust
            .accept(&prehash(&head.manifest), &signatures)
            .map_err(|error| refuse(Kind::Refused(error)))?;
        let manifest = Manifest::parse(&head.manifest).map_err(refuse)?;
        let expected = manifest.trusted_comment(&head.manifest);
        let mut signers = Vec::new();
        for signature in &signatures {
            let id = signature.key_id();
            if !accepted.contains(&id) {
                continue;
            }
            if signature.trusted_comment() != expected {
                return Err(refuse(Kind::ForeignComment));
            }
            if !signers.contains(&id) {
                signers.push(id);
            }
        }
        Ok(Verified::new(
            self.reader,
            self.head,
            manifest,
            signers,
            trust,
        ))
    }
}
