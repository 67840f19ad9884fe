//! One segment: its header, and the two ways in which instructions can be written.

use std::io::{self, Read, Write};

use super::{SEGMENT, WINDOW};

pub(super) const MAGIC: &[u8; 8] = b"VTPATCH1";
const HEADER: usize = 24;
/// No instructions are longer: they would be larger than what they make.
const MOST_INSTRUCTIONS: usize = SEGMENT + (64 << 10);
/// The window of a frame: the base's window and the segment.
const WINDOW_LOG: u32 = 24;
/// One step of a difference: three numbers of eight bytes.
const STEP: usize = 24;
/// The most bytes of steps in a segment: enough for one every few dozen bytes.
const MOST_STEPS: usize = 4 << 20;
/// What unpacking a difference may take, in KiB.
const UNPACKING: u32 = 32 << 10;

/// How instructions are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// A frame whose dictionary is the window.
    Dictionary,
    /// A difference as bsdiff makes it: steps that each add bytes to bytes of the window, take bytes
    /// as they are, and move in the window. Code that moved differs in few bytes. The length of the
    /// steps (four bytes), then an LZMA stream: all steps, all differences, all new bytes.
    Difference,
}

/// What a segment is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) base_offset: u64,
    pub(super) base_length: usize,
    pub(super) length: usize,
    pub(super) instructions: usize,
    pub(super) method: Method,
}

fn broken(words: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}

impl Segment {
    /// Reads a header; `None` at the end.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut bytes = [0; HEADER];
        from.read_exact(&mut bytes)?;
        if bytes == [0; HEADER] {
            return Ok(None);
        }
        let (offset, rest) = bytes.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        let mut fields = rest.chunks_exact(4).map(|field| {
            field
                .first_chunk::<4>()
                .map_or(usize::MAX, |field| u32::from_le_bytes(*field) as usize)
        });
        let mut next = || fields.next().unwrap_or(usize::MAX);
        let segment = Self {
            base_offset: u64::from_le_bytes(*offset),
            base_length: next(),
            length: next(),
            instructions: next(),
            method: match next() {
                0 => Method::Dictionary,
                1 => Method::Difference,
                _ => return Err(broken("a segment is of no known kind")),
            },
        };
        let bounded = segment.base_length <= WINDOW
            && (1..=SEGMENT).contains(&segment.length)
            && (1..=MOST_INSTRUCTIONS).contains(&segment.instructions);
        if bounded {
            Ok(Some(segment))
        } else {
            Err(broken("a segment is larger than the format allows"))
        }
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let method: u32 = match self.method {
            Method::Dictionary => 0,
            Method::Difference => 1,
        };
        out.write_all(&self.base_offset.to_le_bytes())?;
        for length in [self.base_length, self.length, self.instructions] {
            let length = u32::try_from(length).map_err(io::Error::other)?;
            out.write_all(&length.to_le_bytes())?;
        }
        out.write_all(&method.to_le_bytes())
    }

    /// What comes behind the last segment.
    pub(super) fn write_end(out: &mut impl Write) -> io::Result<()> {
        out.write_all(&[0; HEADER])
    }

    /// Follows the instructions.
    pub(super) fn follow(&self, instructions: &[u8], window: &[u8]) -> io::Result<Vec<u8>> {
        match self.method {
            Method::Dictionary => unpack(instructions, window, self.length),
            Method::Difference => add(instructions, window, self.length),
        }
    }
}

/// Instructions for `target`, made the shorter way.
pub(super) fn instruct(target: &[u8], window: &[u8], level: i32) -> io::Result<(Method, Vec<u8>)> {
    // Most of a large layer did not change. Hardly anything is shorter than one long match, and
    // looking for it would take a hundred times as long.
    if memchr::memmem::find(window, target).is_some() {
        return Ok((Method::Dictionary, pack(target, window, 1)?));
    }
    let dictionary = pack(target, window, level)?;
    if window.is_empty() {
        return Ok((Method::Dictionary, dictionary));
    }
    Ok(match difference(target, window, level)? {
        Some(difference) if difference.len() < dictionary.len() => (Method::Difference, difference),
        _ => (Method::Dictionary, dictionary),
    })
}

/// The difference, unless it takes too many steps.
fn difference(target: &[u8], window: &[u8], level: i32) -> io::Result<Option<Vec<u8>>> {
    let mut raw = Vec::new();
    bsdiff::diff(window, target, &mut raw)?;
    let (mut steps, mut differences, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = raw.as_slice();
    while !rest.is_empty() {
        let (step, after) = split(rest, STEP)?;
        let (added, taken, _) = numbers(step)?;
        let (piece, after) = split(after, added)?;
        differences.extend_from_slice(piece);
        let (piece, after) = split(after, taken)?;
        plain.extend_from_slice(piece);
        steps.extend_from_slice(step);
        rest = after;
    }
    let Ok(length) = u32::try_from(steps.len()) else {
        return Ok(None);
    };
    if steps.len() > MOST_STEPS {
        return Ok(None);
    }
    let size = steps.len() + differences.len() + plain.len();
    let preset = u32::try_from(level.clamp(1, 9)).unwrap_or(9);
    let options = lzma_rust2::LzmaOptions {
        dict_size: u32::try_from(size.next_power_of_two()).map_err(io::Error::other)?,
        ..lzma_rust2::LzmaOptions::with_preset(preset)
    };
    let head = length.to_le_bytes().to_vec();
    let mut packer = lzma_rust2::LzmaWriter::new_use_header(head, &options, Some(size as u64))?;
    for stream in [steps, differences, plain] {
        packer.write_all(&stream)?;
    }
    packer.finish().map(Some)
}

fn pack(bytes: &[u8], dictionary: &[u8], level: i32) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::with_ref_prefix(Vec::new(), level, dictionary)?;
    encoder.window_log(WINDOW_LOG)?;
    encoder.long_distance_matching(true)?;
    encoder.set_pledged_src_size(Some(bytes.len() as u64))?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn unpack(frame: &[u8], dictionary: &[u8], length: usize) -> io::Result<Vec<u8>> {
    let mut decoder = zstd::Decoder::with_ref_prefix(frame, dictionary)?.single_frame();
    decoder.window_log_max(WINDOW_LOG)?;
    let mut bytes = Vec::with_capacity(length);
    read_exactly(&mut decoder, &mut bytes, length)?;
    if !decoder.finish().is_empty() {
        return Err(broken("something follows the frame of a segment"));
    }
    Ok(bytes)
}

/// Reads to the end, which must come after `length` bytes.
fn read_exactly(from: &mut impl Read, into: &mut Vec<u8>, length: usize) -> io::Result<()> {
    let count = from.take(length as u64 + 1).read_to_end(into)?;
    if count == length {
        Ok(())
    } else {
        Err(broken("a segment is not as long as it says"))
    }
}

/// Follows a difference: each step is checked against the window and against what is to be made.
fn add(instructions: &[u8], window: &[u8], length: usize) -> io::Result<Vec<u8>> {
    let (head, packed) = instructions
        .split_first_chunk::<4>()
        .ok_or_else(|| broken("a step is cut off"))?;
    let steps = u32::from_le_bytes(*head) as usize;
    if steps > MOST_STEPS || !steps.is_multiple_of(STEP) {
        return Err(broken("there are too many steps"));
    }
    let mut unpacker = lzma_rust2::LzmaReader::new_mem_limit(packed, UNPACKING, None)?;
    let mut bytes = Vec::new();
    read_exactly(&mut unpacker, &mut bytes, steps + length)?;
    let (left, unused) = unpacker.into_parts();
    if !left.is_empty() || !unused.is_empty() {
        return Err(broken("something follows the steps"));
    }
    let (steps, rest) = split(&bytes, steps)?;
    follow(steps, rest, window, length)
}

/// The steps themselves. `rest` holds the differences and then the new bytes.
fn follow(steps: &[u8], rest: &[u8], window: &[u8], length: usize) -> io::Result<Vec<u8>> {
    let mut all = 0_usize;
    for step in steps.chunks(STEP) {
        all = all.saturating_add(numbers(step)?.0);
    }
    let (mut differences, mut plain) = split(rest, all)?;
    let mut made = Vec::with_capacity(length);
    let mut at = 0_i64;
    for step in steps.chunks(STEP) {
        let (added, taken, moved) = numbers(step)?;
        let from = usize::try_from(at).map_err(|_| broken("a step leaves the window"))?;
        let old = window
            .get(from..)
            .and_then(|old| old.get(..added))
            .ok_or_else(|| broken("a step leaves the window"))?;
        let (now, later) = split(differences, added)?;
        made.extend(old.iter().zip(now).map(|(a, b)| a.wrapping_add(*b)));
        differences = later;
        let (now, later) = split(plain, taken)?;
        made.extend_from_slice(now);
        plain = later;
        at = i64::try_from(added)
            .ok()
            .and_then(|added| at.checked_add(added)?.checked_add(moved))
            .ok_or_else(|| broken("a step leaves the window"))?;
    }
    if made.len() == length && differences.is_empty() && plain.is_empty() {
        Ok(made)
    } else {
        Err(broken("the steps do not make what they promise"))
    }
}

fn split(bytes: &[u8], at: usize) -> io::Result<(&[u8], &[u8])> {
    bytes
        .split_at_checked(at)
        .ok_or_else(|| broken("a step is cut off"))
}

/// A step: how many bytes are added to, how many are taken, and how far it moves then. bsdiff's
/// numbers have 63 bits, little-endian, and a sign.
fn numbers(step: &[u8]) -> io::Result<(usize, usize, i64)> {
    let mut fields = step.as_chunks::<8>().0.iter().map(|field| {
        let value = u64::from_le_bytes(*field);
        let size = i64::try_from(value & !(1 << 63)).unwrap_or(i64::MAX);
        if value >> 63 == 1 { -size } else { size }
    });
    let mut next = || fields.next().ok_or_else(|| broken("a step is cut off"));
    let count = |value: i64| usize::try_from(value).map_err(|_| broken("a step is negative"));
    Ok((count(next()?)?, count(next()?)?, next()?))
}

#[cfg(test)]
mod tests {
    use super::{Method, Segment, add, follow, instruct};

    fn numbers(values: [i64; 3]) -> Vec<u8> {
        let sign = |value: i64| value.unsigned_abs() | (u64::from(value < 0) << 63);
        values
            .iter()
            .flat_map(|value| sign(*value).to_le_bytes())
            .collect()
    }

    #[test]
    fn both_ways_make_the_same() {
        let window: Vec<u8> = (0..100_000_u32)
            .flat_map(|n| (n * 7).to_le_bytes())
            .collect();
        let mut target = window.clone();
        for place in (0..target.len()).step_by(4000) {
            target[place] ^= 3;
        }
        target.splice(5000..5000, *b"something new");
        for window in [&window[..], &[]] {
            let (method, instructions) = instruct(&target, window, 9).unwrap();
            let segment = Segment {
                base_offset: 0,
                base_length: window.len(),
                length: target.len(),
                instructions: instructions.len(),
                method,
            };
            assert!(segment.follow(&instructions, window).unwrap() == target);
            assert!(segment.follow(&instructions[1..], window).is_err());
        }
    }

    #[test]
    fn hostile_steps_are_refused() {
        let window = [1; 100];
        let one = |values| numbers(values);
        let fine = one([4, 6, 0]);
        assert!(follow(&fine, &[0; 10], &window, 10).is_ok());
        for (steps, rest) in [
            (one([101, 0, 0]), 101),
            (one([-1, 11, 0]), 10),
            (one([0, i64::MAX, 0]), 10),
            (one([i64::MAX, 0, 0]), 10),
            (one([0, 20, 0]), 20),
            (one([0, 20, 0]), 10),
            (one([4, 6, 0]), 11),
            ([one([0, 9, -1]), one([1, 0, 0])].concat(), 10),
            ([one([0, 9, 100]), one([1, 0, 0])].concat(), 10),
            ([one([0, 5, i64::MAX]), one([1, 4, i64::MAX])].concat(), 10),
            (one([4, 6, 0])[..20].to_vec(), 10),
            (Vec::new(), 10),
        ] {
            let refused = follow(&steps, &vec![0; rest], &window, 10);
            assert!(refused.is_err(), "{steps:?}");
        }
        for packed in [
            &b""[..],
            &[0; 4],
            &[0xff; 40],
            &[24, 0, 0, 0, 93, 0, 0, 0, 255],
        ] {
            assert!(add(packed, &window, 10).is_err());
        }
    }

    #[test]
    fn headers_are_bounded() {
        let fine = Segment {
            base_offset: 1 << 40,
            base_length: super::WINDOW,
            length: super::SEGMENT,
            instructions: 1,
            method: Method::Difference,
        };
        let mut bytes = Vec::new();
        fine.write(&mut bytes).unwrap();
        assert_eq!(Segment::read(&mut bytes.as_slice()).unwrap(), Some(fine));
        for field in 2..6 {
            let mut bad = bytes.clone();
            bad[field * 4..field * 4 + 4].fill(0xff);
            assert!(Segment::read(&mut bad.as_slice()).is_err(), "{field}");
        }
    }
}
