//! Cutting a bundle into volumes.

use std::io::{self, Write};

use super::MOST;
use super::joined::manifest_digest;
use super::label::{LABEL_NAME, Label, SLICE_NAME};
use crate::header::{self, BLOCK, END};
use crate::medium::{Medium, fill};
use crate::progress::Progress;
use crate::ranges::RANGE;
use crate::{EntryName, limits};

/// Room for the label: header and one block.
pub(super) const LABEL_SPACE: u64 = 2 * BLOCK as u64;

/// Why a bundle is not cut.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// A volume has to hold the head and at least one range.
    #[error("a volume of this bundle takes at least {least} bytes")]
    TooSmall {
        /// The smallest size.
        least: u64,
    },
    /// More than three digits can count.
    #[error("it would be more than {MOST} volumes")]
    TooMany,
    /// Reading or writing failed.
    #[error("a volume could not be written")]
    Io(#[from] io::Error),
}

/// What a volume takes beside its slice.
const fn overhead(head: u64) -> u64 {
    head + LABEL_SPACE + BLOCK as u64 + END.len() as u64
}

/// The smallest volume of a bundle with a head of so many bytes.
#[must_use]
pub const fn least_size(head: u64) -> u64 {
    overhead(head) + RANGE
}

/// How many bytes of the body a volume of `volume_size` bytes holds.
#[must_use]
pub fn slice_size(head: u64, volume_size: u64) -> Option<u64> {
    let room = volume_size.min(limits::MEMBER_SIZE);
    let slice = room.checked_sub(overhead(head))? / RANGE * RANGE;
    (slice > 0).then_some(slice)
}

/// Writes a bundle as volumes of at most `volume_size` bytes; `open` makes the file of a number.
/// Returns how many there are.
///
/// # Errors
/// [`SplitError`]; what was written until then is no complete set.
pub fn split<W: Write>(
    medium: &dyn Medium,
    head_size: u64,
    volume_size: u64,
    mut open: impl FnMut(u32) -> io::Result<W>,
    progress: &mut dyn Progress,
) -> Result<u32, SplitError> {
    let slice = slice_size(head_size, volume_size).ok_or(SplitError::TooSmall {
        least: least_size(head_size),
    })?;
    let mut head = vec![0; usize::try_from(head_size).map_err(io::Error::other)?];
    fill(medium, &mut head, 0)?;
    let bundle = manifest_digest(&head);
    let body = medium.size()?.saturating_sub(head_size);
    let count = u32::try_from(body.div_ceil(slice)).map_err(|_| SplitError::TooMany)?;
    if count > MOST {
        return Err(SplitError::TooMany);
    }
    progress.begin("Writing the volumes", body);
    for number in 1..=count {
        let label = Label::new(bundle, number, count, slice);
        let mut out = open(number)?;
        out.write_all(&head)?;
        let size = slice.min(body - label.start());
        out.write_all(&between(&label, size)?)?;
        copy(medium, head_size + label.start(), size, &mut out, progress)?;
        out.write_all(&END)?;
        out.flush()?;
    }
    progress.end();
    Ok(count)
}

/// What stands between the head of a volume and its slice of `size` bytes.
pub(super) fn between(label: &Label, size: u64) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let text = label.to_bytes().map_err(io::Error::other)?;
    member(&mut out, LABEL_NAME, text.len() as u64)?;
    out.write_all(&text)?;
    let padding = usize::try_from(header::padding(text.len() as u64)).unwrap_or(0);
    out.write_all(&vec![0; padding])?;
    member(&mut out, SLICE_NAME, size)?;
    Ok(out)
}

fn member(out: &mut impl Write, name: &str, size: u64) -> io::Result<()> {
    let name = EntryName::new(name).map_err(io::Error::other)?;
    out.write_all(&header::header(&name, size, header::PLAIN_MODE))
}

fn copy(
    medium: &dyn Medium,
    mut offset: u64,
    mut left: u64,
    out: &mut impl Write,
    progress: &mut dyn Progress,
) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 20];
    while left > 0 {
        let most = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let piece = buffer.get_mut(..most).unwrap_or_default();
        if fill(medium, piece, offset)? != piece.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        out.write_all(piece)?;
        offset += piece.len() as u64;
        left -= piece.len() as u64;
        progress.advance(piece.len() as u64);
    }
    Ok(())
}
