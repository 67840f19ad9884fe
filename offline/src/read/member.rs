//! The members of a verified bundle, one after the other.

use std::io::{self, Read, Write};

use license::minisign::KeyId;
use license::root::Carried;
use license::trust::Trust;

use crate::digest::Hasher;
use crate::error::{Error, Kind};
use crate::head::{Ahead, Head, skip_padding};
use crate::header::{self, BLOCK};
use crate::progress::Progress;
use crate::{Manifest, Member};

/// A bundle whose manifest is known to be the signer's. Made only by
/// [`super::Untrusted::verify`].
#[derive(Debug)]
pub struct Verified<R> {
    reader: Ahead<R>,
    head: Head,
    offset: u64,
    manifest: Manifest,
    signers: Vec<KeyId>,
    trust: Trust,
    next: usize,
    /// Whether a member is being read, or failed.
    open: bool,
}

impl<R: Read> Verified<R> {
    pub(super) fn new(
        reader: Ahead<R>,
        head: Head,
        manifest: Manifest,
        signers: Vec<KeyId>,
        trust: Trust,
    ) -> Self {
        Self {
            reader,
            offset: head.size(),
            head,
            manifest,
            signers,
            trust,
            next: 0,
            open: false,
        }
    }

    /// What the signer promises.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// `bundle.json` as it was signed: what is kept or named by digest is these bytes, which may hold
    /// fields that [`Self::manifest`] does not know.
    pub fn manifest_bytes(&self) -> &[u8] {
        &self.head.manifest
    }

    /// `bundle.json.minisig`: those of everybody, trusted or not.
    pub fn signatures(&self) -> &[u8] {
        &self.head.signatures
    }

    /// How many bytes come before the first promised member.
    pub fn head_size(&self) -> u64 {
        self.head.size()
    }

    /// The members before the first promised one.
    pub(crate) const fn head(&self) -> &Head {
        &self.head
    }

    /// What comes behind the head.
    pub(crate) fn into_reader(self) -> Ahead<R> {
        self.reader
    }

    /// Who of those that are trusted signed it, in the order of the signatures; never nobody.
    pub fn signers(&self) -> &[KeyId] {
        &self.signers
    }

    /// Who is trusted, once the roots that the bundle carries were followed. Keep it only when the
    /// bundle is taken over.
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The roots that it carries, as they came. Whoever trusts by them asks for [`Self::trust`].
    pub fn carried_roots(&self) -> Option<Carried> {
        let text = self.head.roots.as_deref()?;
        Carried::parse(text).ok()
    }

    /// The same with other signatures, one of them by `signer`.
    pub(super) fn signed_by(mut self, signer: KeyId, signatures: Vec<u8>) -> Self {
        self.signers.push(signer);
        self.head.signatures = signatures;
        self
    }

    /// The next member, or `None` after the last. The one before must have been read to its end.
    ///
    /// # Errors
    /// [`Error`] when the archive does not go on as promised.
    pub fn next_member(&mut self) -> Result<Option<MemberReader<'_, R>>, Error> {
        if self.open {
            return Err(Error::new(Kind::OutOfOrder, None, self.offset));
        }
        let Some(member) = self.manifest.members.get(self.next).cloned() else {
            return Ok(None);
        };
        self.open = true;
        let name = member.name.as_str();
        let at = self.offset;
        let mut bytes = [0; BLOCK];
        self.reader
            .read_exact(&mut bytes)
            .map_err(|error| Error::from_io(error, Some(name), at))?;
        let expected = header::header(&member.name, member.size, member.mode);
        if bytes != expected {
            let words = header::describe(&bytes, &expected);
            return Err(Error::new(Kind::Header(words), Some(name), at));
        }
        self.offset += BLOCK as u64;
        self.next += 1;
        let left = member.size;
        let mut reader = MemberReader {
            bundle: self,
            member,
            left,
            hash: Hasher::default(),
            copy: None,
        };
        if left == 0 {
            reader.close()?;
        }
        Ok(Some(reader))
    }

    /// Writes the whole bundle to `out` while all of it is checked. What was written before an error
    /// is no bundle.
    ///
    /// # Errors
    /// [`Error`] when it is not as promised, or `out` does not take it.
    pub fn copy_to(
        mut self,
        out: &mut impl Write,
        progress: &mut dyn Progress,
    ) -> Result<Manifest, Error> {
        let full = |error| Error::new(Kind::Output(error), None, 0);
        progress.begin("Verifying and writing", self.manifest.body_size());
        let head = self.head.to_bytes().map_err(full)?;
        out.write_all(&head).map_err(full)?;
        let mut buffer = vec![0; 256 * 1024];
        while let Some(mut reader) = self.next_member()? {
            let member = reader.member();
            let size = member.size;
            out.write_all(&header::header(&member.name, size, member.mode))
                .map_err(full)?;
            while reader.left > 0 {
                let count = reader.read(&mut buffer);
                let count = count.map_err(|error| Error::from_io(error, None, 0))?;
                out.write_all(buffer.get(..count).unwrap_or_default())
                    .map_err(full)?;
                progress.advance(count as u64);
            }
            let padding = usize::try_from(header::padding(size)).unwrap_or(0);
            out.write_all(&vec![0; padding]).map_err(full)?;
        }
        let manifest = self.finish()?;
        out.write_all(&header::END)
            .and_then(|()| out.flush())
            .map_err(full)?;
        progress.end();
        Ok(manifest)
    }

    /// Checks what follows the last member: the end of the archive and of the file.
    ///
    /// # Errors
    /// [`Error`] when a member was left out or something follows.
    pub fn finish(mut self) -> Result<Manifest, Error> {
        if self.open || self.next != self.manifest.members.len() {
            return Err(Error::new(Kind::OutOfOrder, None, self.offset));
        }
        let mut end = header::END;
        self.reader
            .read_exact(&mut end)
            .map_err(|error| Error::from_io(error, None, self.offset))?;
        if end.iter().any(|byte| *byte != 0) {
            return Err(Error::new(Kind::Trailing, None, self.offset));
        }
        self.offset += end.len() as u64;
        let mut more = [0];
        match self.reader.read(&mut more) {
            Ok(0) => Ok(self.manifest),
            Ok(_) => Err(Error::new(Kind::Trailing, None, self.offset)),
            Err(error) => Err(Error::from_io(error, None, self.offset)),
        }
    }
}

/// The content of one member. It is hashed on its way through; the read that reaches its end fails
/// when the digest does not hold.
pub struct MemberReader<'a, R> {
    bundle: &'a mut Verified<R>,
    member: Member,
    left: u64,
    hash: Hasher,
    copy: Option<Box<dyn Write + 'a>>,
}

impl<R> std::fmt::Debug for MemberReader<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemberReader")
            .field("member", &self.member)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl<'a, R: Read> MemberReader<'a, R> {
    /// Writes what is read elsewhere as well, as it is in the bundle. It is checked only when all of
    /// it was read.
    #[must_use]
    pub fn with_copy(mut self, copy: Box<dyn Write + 'a>) -> Self {
        self.copy = Some(copy);
        self
    }

    /// What was promised of it.
    #[must_use]
    pub const fn member(&self) -> &Member {
        &self.member
    }

    /// How many bytes are still to come.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// Reads what is left, and checks it.
    ///
    /// # Errors
    /// [`Error`] when it does not hold.
    pub fn finish(mut self) -> Result<(), Error> {
        let mut buffer = vec![0; 128 * 1024];
        while self.left > 0 {
            let count = self.read(&mut buffer);
            count.map_err(|error| Error::from_io(error, None, 0))?;
        }
        Ok(())
    }

    /// Reads a small member whole.
    ///
    /// # Errors
    /// [`Error`] when it is larger than `limit` or does not hold.
    pub fn read_whole(mut self, limit: u64) -> Result<Vec<u8>, Error> {
        let (name, offset) = (self.member.name.clone(), self.bundle.offset);
        if self.member.size > limit {
            let kind = Kind::TooLarge {
                what: "a member",
                limit,
            };
            return Err(Error::new(kind, Some(name.as_str()), offset));
        }
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)
            .map_err(|error| Error::from_io(error, Some(name.as_str()), offset))?;
        Ok(bytes)
    }

    /// A refusal about this member, at the present place.
    pub(crate) fn refuse(&self, kind: Kind) -> Error {
        Error::new(kind, Some(self.member.name.as_str()), self.bundle.offset)
    }

    fn close(&mut self) -> Result<(), Error> {
        let found = std::mem::take(&mut self.hash).finish();
        let expected = self.member.sha256;
        if found != expected {
            return Err(self.refuse(Kind::Digest { expected, found }));
        }
        let name = self.member.name.as_str();
        let bundle = &mut *self.bundle;
        skip_padding(
            &mut bundle.reader,
            &mut bundle.offset,
            self.member.size,
            name,
        )?;
        bundle.open = false;
        Ok(())
    }
}

impl<R: Read> Read for MemberReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let count = self
            .bundle
            .reader
            .read(buffer.get_mut(..most).unwrap_or_default())?;
        if count == 0 {
            return Err(self.refuse(Kind::Truncated).into_io());
        }
        let piece = buffer.get(..count).unwrap_or_default();
        self.hash.update(piece);
        if let Some(copy) = &mut self.copy {
            copy.write_all(piece).map_err(Error::of_write)?;
        }
        self.bundle.offset += count as u64;
        self.left -= count as u64;
        if self.left == 0 {
            self.close().map_err(Error::into_io)?;
        }
        Ok(count)
    }
}
