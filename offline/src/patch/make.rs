//! Making instructions: which stretch of the target is best made from which window of the base.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt as _;
use std::thread;

use super::WINDOW;
use super::segment::{MAGIC, Segment, instruct};

/// What a segment aims for. Smaller than the format's bound: making a difference takes sixteen
/// bytes of memory for each byte of the window.
const STRETCH: u64 = 2 << 20;
/// How far content may have moved within a file and still be found.
const MARGIN: u64 = 1 << 20;
/// The most segments that are made at once, one for each processor: each takes some 70 MiB.
const AT_ONCE: usize = 8;

/// Where the files of a content are: those of a layer's tar, or the one that it is itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Stretches without gaps from the first byte to the last: name, and where it begins.
    files: Vec<(Vec<u8>, u64)>,
    size: u64,
}

impl Shape {
    /// A content that is one file.
    #[must_use]
    pub fn of_file(size: u64) -> Self {
        Self {
            files: vec![(Vec::new(), 0)],
            size,
        }
    }

    /// The files of a tar. What cannot be read as one counts as one file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of_tar(tar: &File) -> io::Result<Self> {
        let size = tar.metadata()?.len();
        let mut archive = tar::Archive::new(io::BufReader::new(tar.try_clone()?));
        let mut files = Vec::new();
        let entries = archive.entries_with_seek();
        for entry in entries.into_iter().flatten() {
            let Ok(entry) = entry else {
                return Ok(Self::of_file(size));
            };
            let start = files.last().map_or(0, |_| entry.raw_header_position());
            files.push((entry.path_bytes().into_owned(), start));
        }
        if files.is_empty() {
            return Ok(Self::of_file(size));
        }
        Ok(Self { files, size })
    }

    /// Name, beginning and end of each file.
    fn stretches(&self) -> impl Iterator<Item = (&[u8], u64, u64)> {
        let ends = self.files.iter().skip(1).map(|(_, start)| *start);
        self.files
            .iter()
            .zip(ends.chain([self.size]))
            .map(|((name, start), end)| (name.as_slice(), *start, end))
    }
}

/// A stretch of the target and the window that it is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    start: u64,
    end: u64,
    window: Option<(u64, u64)>,
}

/// Writes instructions that make `target` from `base`; how many bytes they are.
///
/// # Errors
/// When a file cannot be read or written.
pub fn make(
    target: (&File, &Shape),
    base: (&File, &Shape),
    level: i32,
    out: &mut impl Write,
) -> io::Result<u64> {
    let mut written = MAGIC.len() as u64;
    out.write_all(MAGIC)?;
    let at_once = thread::available_parallelism().map_or(1, |count| count.get().min(AT_ONCE));
    for cuts in cuts(target.1, base.1).chunks(at_once) {
        for made in segments(cuts, target.0, base.0, level) {
            let (segment, instructions) = made?;
            segment.write(out)?;
            out.write_all(&instructions)?;
            written += 24 + instructions.len() as u64;
        }
    }
    Segment::write_end(out)?;
    Ok(written + 24)
}

/// Segments and their instructions, made at once, in the order of `cuts`.
fn segments(
    cuts: &[Cut],
    target: &File,
    base: &File,
    level: i32,
) -> Vec<io::Result<(Segment, Vec<u8>)>> {
    thread::scope(|scope| {
        let making: Vec<_> = cuts
            .iter()
            .map(|cut| scope.spawn(move || segment(*cut, target, base, level)))
            .collect();
        making
            .into_iter()
            .map(|made| {
                made.join()
                    .unwrap_or_else(|_| Err(io::Error::other("making a segment failed")))
            })
            .collect()
    })
}

fn segment(cut: Cut, target: &File, base: &File, level: i32) -> io::Result<(Segment, Vec<u8>)> {
    let plain = read(target, cut.start, cut.end)?;
    let (start, end) = cut.window.unwrap_or((0, 0));
    let window = read(base, start, end)?;
    let (method, instructions) = instruct(&plain, &window, level)?;
    let segment = Segment {
        base_offset: start,
        base_length: window.len(),
        length: plain.len(),
        instructions: instructions.len(),
        method,
    };
    Ok((segment, instructions))
}

fn read(file: &File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(end - start).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, start)?;
    Ok(bytes)
}

/// Cuts the target along its files: large ones into pieces, small ones together.
fn cuts(target: &Shape, base: &Shape) -> Vec<Cut> {
    let old: BTreeMap<&[u8], (u64, u64)> = base
        .stretches()
        .map(|(name, start, end)| (name, (start, end)))
        .collect();
    let mut cuts: Vec<Cut> = Vec::new();
    let mut add = |start: u64, end: u64, window: Option<(u64, u64)>| {
        let joins = cuts.last().is_some_and(|last| {
            end - last.start <= STRETCH && last.window.is_none() == window.is_none()
        });
        if joins && let Some(last) = cuts.last_mut() {
            last.end = end;
            last.window = last
                .window
                .zip(window)
                .map(|((a, b), (c, d))| (a.min(c), b.max(d)));
        } else {
            cuts.push(Cut { start, end, window });
        }
    };
    for (name, start, end) in target.stretches() {
        let known = old.get(name).copied();
        let mut at = start;
        while at < end {
            let next = end.min(at + STRETCH);
            let window = known.and_then(|(from, to)| {
                let near = (from + (at - start)).saturating_sub(MARGIN).max(from);
                let far = (from + (next - start) + MARGIN).min(to);
                (near < far).then_some((near, far))
            });
            add(at, next, window);
            at = next;
        }
    }
    forward(cuts)
}

/// Windows only move forward and are bounded; one that would not is cut, or done without.
fn forward(mut cuts: Vec<Cut>) -> Vec<Cut> {
    let mut least = 0;
    for cut in &mut cuts {
        cut.window = cut.window.and_then(|(start, end)| {
            let start = start.max(least);
            let end = end.min(start + WINDOW as u64);
            (start < end).then_some((start, end))
        });
        if let Some((start, _)) = cut.window {
            least = start;
        }
    }
    cuts
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read as _;

    use proptest::prelude::*;

    use super::{Shape, make};
    use crate::patch::Applied;
    use crate::{Digest, Patch};

    fn file(bytes: &[u8]) -> File {
        use std::io::Write as _;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn tar(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            builder
                .append_data(&mut header, name, bytes.as_slice())
                .unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn noise(size: usize, seed: u64) -> Vec<u8> {
        let mut state = seed;
        std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        })
        .take(size)
        .collect()
    }

    fn round_trip(old: &[u8], new: &[u8], tars: bool) -> usize {
        let (base, target) = (file(old), file(new));
        let shape = |content: &File, bytes: &[u8]| {
            if tars {
                Shape::of_tar(content).unwrap()
            } else {
                Shape::of_file(bytes.len() as u64)
            }
        };
        let mut patch = Vec::new();
        let size = make(
            (&target, &shape(&target, new)),
            (&base, &shape(&base, old)),
            3,
            &mut patch,
        )
        .unwrap();
        assert_eq!(size, patch.len() as u64);
        let promise = Patch {
            target: Digest::of(new),
            size: new.len() as u64,
            base: Digest::of(old),
            base_size: old.len() as u64,
        };
        let mut made = Vec::new();
        Applied::new(promise, patch.as_slice(), old)
            .read_to_end(&mut made)
            .unwrap();
        assert!(made == new);
        // Another base makes the same, or it is noticed.
        let mut other = old.to_vec();
        if let Some(byte) = other.first_mut() {
            *byte ^= 1;
        }
        let mut made = Vec::new();
        let applied =
            Applied::new(promise, patch.as_slice(), other.as_slice()).read_to_end(&mut made);
        assert!(applied.is_err() || made == new);
        patch.len()
    }

    #[test]
    fn a_large_file_with_small_changes_needs_little() {
        let old = noise(9 << 20, 1);
        let mut new = old.clone();
        new.splice(3_000_000..3_000_000, noise(1000, 2));
        new[8_000_000] ^= 1;
        let size = round_trip(&old, &new, false);
        assert!(size < 8000, "{size}");
    }

    #[test]
    fn what_did_not_change_needs_almost_nothing() {
        let old = noise(9 << 20, 1);
        let size = round_trip(&old, &old, false);
        assert!(size < 2000, "{size}");
        let size = round_trip(&old, &[&old[..700_000], &old[..]].concat(), false);
        assert!(size < 3000, "{size}");
    }

    #[test]
    fn files_of_a_tar_are_found_by_name() {
        let (a, b, c) = (noise(3 << 20, 3), noise(5 << 20, 4), noise(70_000, 5));
        let old = tar(&[("a", a.clone()), ("b", b.clone()), ("small", c.clone())]);
        let mut changed = b;
        changed.drain(..1000);
        let new = tar(&[
            ("a", a),
            ("added", noise(100, 6)),
            ("b", changed),
            ("small", c),
        ]);
        let size = round_trip(&old, &new, true);
        assert!(size < 20_000, "{size}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn anything_becomes_anything(old in proptest::collection::vec(0..4_u8, 0..20_000), new in proptest::collection::vec(0..4_u8, 0..20_000)) {
            round_trip(&old, &new, true);
            round_trip(&old, &new, false);
        }

        #[test]
        fn instructions_that_are_none_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let promise = Patch { target: Digest::of(b"x"), size: 1, base: Digest::of(b""), base_size: 0 };
            for head in [&b""[..], b"VTPATCH1"] {
                let patch = [head, &bytes].concat();
                prop_assert!(Applied::new(promise, patch.as_slice(), &b"base"[..]).read_to_end(&mut Vec::new()).is_err());
            }
        }
    }
}
