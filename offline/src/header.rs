//! Headers of members: plain ustar, made in exactly one way.
//!
//! A header is a pure function of name, size and mode. The reader makes the header that must come
//! and compares all 512 bytes, so that no field is ever interpreted: PAX and GNU extensions,
//! sparse files, links, devices, foreign owners and times cannot even be expressed.

use crate::EntryName;

/// Bytes of a header, and the unit that members are padded to.
pub const BLOCK: usize = 512;

/// What ends an archive: two empty blocks.
pub const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// The mode of members that are no files of their own.
pub const PLAIN_MODE: u32 = 0o644;

/// The header of a regular file of `size` bytes, owned by root, from 1970.
#[must_use]
pub fn header(name: &EntryName, size: u64, mode: u32) -> [u8; BLOCK] {
    let mut header = tar::Header::new_ustar();
    // A name of at most 100 bytes without "..", which is all that EntryName allows, always fits.
    let _fits = header.set_path(name.as_str());
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(size);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    *header.as_bytes()
}

/// The size that a header states, if it is made as [`header`] makes it.
#[must_use]
pub fn stated_size(bytes: &[u8; BLOCK]) -> Option<u64> {
    let field = bytes.get(124..135)?;
    let digits = std::str::from_utf8(field).ok()?;
    if !digits.bytes().all(|byte| matches!(byte, b'0'..=b'7')) {
        return None;
    }
    u64::from_str_radix(digits, 8).ok()
}

/// Whether a header names a member so; nothing else in it is looked at.
#[must_use]
pub fn names(bytes: &[u8; BLOCK], name: &str) -> bool {
    bytes
        .strip_prefix(name.as_bytes())
        .is_some_and(|rest| rest.starts_with(&[0]))
}

/// Whether a header is that of a plain member of this name, but for a few bytes: what is damaged is
/// told from what is something else.
#[must_use]
pub fn resembles(bytes: &[u8; BLOCK], name: &str) -> bool {
    let Ok(name) = EntryName::new(name) else {
        return false;
    };
    let expected = header(&name, stated_size(bytes).unwrap_or(0), PLAIN_MODE);
    let pairs = bytes.iter().zip(&expected);
    pairs.filter(|(found, expected)| found != expected).count() <= 4
}

/// How many zero bytes follow a member of `size` bytes.
#[must_use]
pub const fn padding(size: u64) -> u64 {
    (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64
}

/// How many bytes a member of `size` bytes takes: header, content and padding.
#[must_use]
pub const fn space(size: u64) -> u64 {
    BLOCK as u64 + size + padding(size)
}

/// What is wrong with a header, in words; the comparison has already failed.
#[must_use]
pub fn describe(bytes: &[u8; BLOCK], expected: &[u8; BLOCK]) -> &'static str {
    let differs = |range: std::ops::Range<usize>| bytes.get(range.clone()) != expected.get(range);
    if bytes.iter().all(|byte| *byte == 0) {
        "it ends before all members came"
    } else if differs(257..265) {
        "the header is not plain ustar"
    } else if differs(156..157) {
        "the member is no regular file"
    } else if differs(0..100) || differs(345..500) {
        "another member comes here"
    } else if differs(124..136) {
        "the member has another size"
    } else {
        "the header was not made by the bundler"
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, header, padding, stated_size};
    use crate::EntryName;

    #[test]
    fn a_header_states_its_size() {
        let name = EntryName::new("bundle.json").unwrap();
        for size in [
            0,
            1,
            511,
            512,
            2 << 30,
            (4 << 30) + 1,
            crate::limits::MEMBER_SIZE,
        ] {
            assert_eq!(stated_size(&header(&name, size, 0o644)), Some(size));
        }
        assert_eq!(stated_size(&[0xff; BLOCK]), None);
    }

    #[test]
    fn members_end_on_a_block() {
        for (size, zeros) in [(0, 0), (1, 511), (512, 0), (513, 511)] {
            assert_eq!(padding(size), zeros);
        }
    }
}
