//! Answering a request from a good copy.

use std::io::{self, Write};

use super::{Answered, LEAVES, Request, leaf_name, read_range, refuse};
use crate::Held;
use crate::error::{Error, Kind};
use crate::header::{self, END};
use crate::medium::fill;
use crate::ranges::{self, LEAF};

/// Answers a request from a good copy.
///
/// # Errors
/// [`Error`] when the request is about another bundle, or this copy is damaged, too.
pub fn answer(held: &Held, request: &Request, out: &mut impl Write) -> Result<Answered, Error> {
    let (medium, manifest, head) = (held.medium.as_ref(), &held.manifest, held.head);
    let io = |error| Error::new(Kind::Io(error), None, 0);
    if request.bundle.is_some_and(|bundle| bundle != held.bundle) {
        return Err(refuse("the request is about another bundle"));
    }
    let mut bytes = vec![0; usize::try_from(head).unwrap_or(0)];
    fill(medium, &mut bytes, 0).map_err(io)?;
    out.write_all(&bytes).map_err(io)?;
    let mut answered = Answered::default();
    let mut last = None;
    for asked in &request.ranges {
        if last.is_some_and(|last| last >= asked.number) {
            return Err(refuse("the request's ranges are in disorder"));
        }
        last = Some(asked.number);
        let range = read_range(medium, manifest, head, asked.number)?;
        if range.promised != ranges::range(&range.bytes) {
            return Err(refuse("the copy that should help is damaged, too"));
        }
        for (number, leaf) in (0_u64..).zip(range.bytes.chunks(LEAF)) {
            let found = asked.leaves.get(usize::try_from(number).unwrap_or(0));
            if found.copied().flatten() != Some(ranges::leaf(leaf)) {
                write_leaf(out, asked.number * LEAVES + number, leaf).map_err(io)?;
                answered.leaves += 1;
                answered.bytes += leaf.len() as u64;
            }
        }
    }
    out.write_all(&END).and_then(|()| out.flush()).map_err(io)?;
    Ok(answered)
}

fn write_leaf(out: &mut impl Write, number: u64, bytes: &[u8]) -> io::Result<()> {
    let name = leaf_name(number).map_err(io::Error::other)?;
    let size = bytes.len() as u64;
    out.write_all(&header::header(&name, size, header::PLAIN_MODE))?;
    out.write_all(bytes)?;
    let padding = usize::try_from(header::padding(size)).unwrap_or(0);
    out.write_all(&vec![0; padding])
}
