//! Following instructions, from one pass over the base.

use std::io::{self, Read};

use super::segment::{MAGIC, Segment};
use crate::Patch;
use crate::digest::Hasher;

/// The target, as it is made. The read that reaches its end fails when its digest is another.
pub struct Applied<P, B> {
    instructions: P,
    base: Window<B>,
    promise: Patch,
    left: u64,
    made: Vec<u8>,
    given: usize,
    hash: Hasher,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Going,
    Ended,
}

impl<P, B> std::fmt::Debug for Applied<P, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Applied")
            .field("promise", &self.promise)
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

fn broken(words: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}

impl<P: Read, B: Read> Applied<P, B> {
    /// Makes what `promise` says from `base`, by `instructions`.
    pub fn new(promise: Patch, instructions: P, base: B) -> Self {
        Self {
            instructions,
            base: Window::new(base),
            promise,
            left: promise.size,
            made: Vec::new(),
            given: 0,
            hash: Hasher::default(),
            state: State::New,
        }
    }

    /// Makes the next segment; `false` at the end.
    fn next(&mut self) -> io::Result<bool> {
        if self.state == State::Ended {
            return Ok(false);
        }
        if self.state == State::New {
            let mut magic = [0; MAGIC.len()];
            self.instructions.read_exact(&mut magic)?;
            if magic != *MAGIC {
                return Err(broken("these are no instructions"));
            }
            self.state = State::Going;
        }
        let Some(segment) = Segment::read(&mut self.instructions)? else {
            self.state = State::Ended;
            return self.end().map(|()| false);
        };
        if segment.length as u64 > self.left {
            return Err(broken("the instructions make more than they promise"));
        }
        let mut instructions = vec![0; segment.instructions];
        self.instructions.read_exact(&mut instructions)?;
        let window = self.base.slide(segment.base_offset, segment.base_length)?;
        self.made = segment.follow(&instructions, window)?;
        self.hash.update(&self.made);
        self.left -= self.made.len() as u64;
        self.given = 0;
        Ok(true)
    }

    fn end(&mut self) -> io::Result<()> {
        if self.left > 0 {
            return Err(broken("the instructions make less than they promise"));
        }
        if self.instructions.read(&mut [0])? > 0 {
            return Err(broken("something follows the instructions"));
        }
        if std::mem::take(&mut self.hash).finish() == self.promise.target {
            Ok(())
        } else {
            Err(broken(
                "what was made has another digest: the base is another one",
            ))
        }
    }
}

impl<P: Read, B: Read> Read for Applied<P, B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.made.len() {
            if buffer.is_empty() || !self.next()? {
                return Ok(0);
            }
        }
        let rest = self.made.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        self.given += count;
        Ok(count)
    }
}

/// A stretch of the base that only moves forward.
struct Window<B> {
    base: B,
    start: u64,
    bytes: Vec<u8>,
}

impl<B: Read> Window<B> {
    const fn new(base: B) -> Self {
        Self {
            base,
            start: 0,
            bytes: Vec::new(),
        }
    }

    fn slide(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        if length == 0 {
            return Ok(&[]);
        }
        let gone = offset
            .checked_sub(self.start)
            .ok_or_else(|| broken("a window moves backward"))?;
        let kept = usize::try_from(gone).unwrap_or(usize::MAX);
        if kept < self.bytes.len() {
            self.bytes.drain(..kept);
        } else {
            let skipped = gone - self.bytes.len() as u64;
            self.bytes.clear();
            let count = io::copy(&mut (&mut self.base).take(skipped), &mut io::sink())?;
            if count != skipped {
                return Err(broken("the base is shorter than the instructions say"));
            }
        }
        self.start = offset;
        if let Some(more) = length.checked_sub(self.bytes.len()) {
            let count = (&mut self.base)
                .take(more as u64)
                .read_to_end(&mut self.bytes)?;
            if count != more {
                return Err(broken("the base is shorter than the instructions say"));
            }
        }
        Ok(self.bytes.get(..length).unwrap_or_default())
    }
}
