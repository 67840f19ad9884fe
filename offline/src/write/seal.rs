//! Signing the manifest and writing the archive.

use std::io::{self, Read, Write};

use super::Draft;
use super::draft::LaidOut;
use crate::digest::HashingReader;
use crate::error::Kind;
use crate::head::Head;
use crate::header;
use crate::progress::Progress;
use crate::ranges::RangeWriter;
use crate::signing::{Signer, prehash};
use crate::{Manifest, Member, limits};

/// Why a draft could not be sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError<S> {
    /// The output or an input failed.
    #[error("the bundle could not be written")]
    Io(#[source] io::Error),
    /// A member is larger than the format allows.
    #[error("{0} is larger than the format allows (8 GiB)")]
    TooLarge(String),
    /// An input changed since it was measured.
    #[error("{0} changed while the bundle was built")]
    Changed(String),
    /// The manifest cannot be written.
    #[error("the manifest could not be written")]
    Manifest(#[source] serde_json::Error),
    /// It would be refused by every reader.
    #[error("the bundle would break a rule of its format")]
    Rule(#[source] Kind),
    /// The signer refused.
    #[error("the manifest could not be signed")]
    Sign(S),
}

/// A sealed bundle: what it promises, and how large it is.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The manifest.
    pub manifest: Manifest,
    /// The size of the whole file in bytes.
    pub size: u64,
}

impl Draft {
    /// What the bundle would promise. Nothing is signed or written.
    ///
    /// # Errors
    /// [`SealError`] when an input cannot be read.
    pub fn promise<E>(self, progress: &mut dyn Progress) -> Result<Manifest, SealError<E>> {
        self.prepare(progress).map(|(manifest, _)| manifest)
    }

    /// The manifest with the ranges of the body, and the members.
    fn prepare<E>(self, progress: &mut dyn Progress) -> Result<LaidOut, SealError<E>> {
        let (mut manifest, members) = self.lay_out();
        if let Some(large) = manifest
            .members
            .iter()
            .find(|m| m.size > limits::MEMBER_SIZE)
        {
            return Err(SealError::TooLarge(large.name.to_string()));
        }
        progress.begin("Hashing the bundle", manifest.body_size());
        let mut ranges = RangeWriter::default();
        for (member, content) in &members {
            write_member(
                &mut ranges,
                member,
                content.open().map_err(SealError::Io)?,
                progress,
            )?;
        }
        ranges.write_all(&header::END).map_err(SealError::Io)?;
        manifest.ranges = ranges.finish();
        progress.end();
        Ok((manifest, members))
    }

    /// Signs the manifest and writes everything, in one pass.
    ///
    /// # Errors
    /// [`SealError`]; what was written until then is no bundle.
    pub fn seal<S: Signer>(
        self,
        signer: &S,
        mut out: impl Write,
        progress: &mut dyn Progress,
    ) -> Result<Sealed, SealError<S::Error>> {
        let roots = self.roots.as_ref();
        let roots = roots.map(|roots| roots.to_text().into_bytes());
        let (manifest, members) = self.prepare(progress)?;
        let bytes = manifest.to_bytes().map_err(SealError::Manifest)?;
        // Nothing is signed that a reader refuses.
        Manifest::parse(&bytes).map_err(SealError::Rule)?;
        let comment = manifest.trusted_comment(&bytes);
        let signature = signer
            .sign(&prehash(&bytes), &comment)
            .map_err(SealError::Sign)?;

        progress.begin("Writing the bundle", manifest.body_size());
        let head = Head {
            manifest: bytes,
            signatures: signature.into_bytes(),
            roots,
        };
        out.write_all(&head.to_bytes().map_err(SealError::Io)?)
            .map_err(SealError::Io)?;
        let mut size = head.size();
        for (member, content) in &members {
            // Between the two passes an input may have changed.
            let mut source = HashingReader::new(content.open().map_err(SealError::Io)?);
            size += write_member(&mut out, member, &mut source, progress)?;
            let (_, digest, _) = source.finish();
            if digest != member.sha256 {
                return Err(SealError::Changed(member.name.to_string()));
            }
        }
        out.write_all(&header::END)
            .and_then(|()| out.flush())
            .map_err(SealError::Io)?;
        progress.end();
        Ok(Sealed {
            manifest,
            size: size + header::END.len() as u64,
        })
    }
}

fn write_padding(out: &mut impl Write, size: u64) -> io::Result<u64> {
    let count = header::padding(size);
    io::copy(&mut io::repeat(0).take(count), out)
}

/// Writes header, content and padding; the content must have the promised size.
fn write_member<E>(
    out: &mut impl Write,
    member: &Member,
    mut source: impl Read,
    progress: &mut dyn Progress,
) -> Result<u64, SealError<E>> {
    let header = header::header(&member.name, member.size, member.mode);
    out.write_all(&header).map_err(SealError::Io)?;
    let mut buffer = vec![0; 256 * 1024];
    let mut written = 0;
    loop {
        let count = source.read(&mut buffer).map_err(SealError::Io)?;
        if count == 0 {
            break;
        }
        out.write_all(buffer.get(..count).unwrap_or_default())
            .map_err(SealError::Io)?;
        written += count as u64;
        progress.advance(count as u64);
    }
    if written != member.size {
        return Err(SealError::Changed(member.name.to_string()));
    }
    write_padding(out, member.size).map_err(SealError::Io)?;
    Ok(header::space(member.size))
}
