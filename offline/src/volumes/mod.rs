//! A bundle in several volumes, for media that are smaller than it.
//!
//! A volume is a plain tar of its own: the bundle's head (manifest and signature, so that each
//! volume can be believed by itself), a label, and a slice of the body. Slices are whole ranges of
//! the signed hash tree: what a volume holds is bound to the set, and to its place in it, by the
//! signature over the manifest. The label only says which slice it is; a false label makes the
//! ranges not match.

mod flaw;
mod folder;
mod joined;
mod label;
mod set;
mod split;

pub(crate) use label::LABEL_NAME;

pub use flaw::Flaw;
pub use folder::{Ask, Stream, open};
pub(crate) use folder::{held, medium};
pub use joined::{Joined, Shelf, is_volume};
pub use set::Set;
pub use split::{SplitError, least_size, slice_size, split};

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The most volumes of a set: the number has three digits.
pub const MOST: u32 = 999;

/// The file of a volume: the bundle's name, a dot, three digits.
#[must_use]
pub fn path(bundle: &Path, number: u32) -> PathBuf {
    let mut name = OsString::from(bundle);
    name.push(format!(".{number:03}"));
    PathBuf::from(name)
}

/// The bundle's path and the number that a volume's name states.
#[must_use]
pub fn parse_path(volume: &Path) -> Option<(PathBuf, u32)> {
    let digits = volume.extension()?.to_str()?;
    let number = digits.parse().ok().filter(|number| *number > 0)?;
    (digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| (volume.with_extension(""), number))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{parse_path, path};

    #[test]
    fn names_say_their_number() {
        let bundle = Path::new("/a/vaultterm-v1.2.0.vtb");
        let third = path(bundle, 3);
        assert_eq!(third, Path::new("/a/vaultterm-v1.2.0.vtb.003"));
        assert_eq!(parse_path(&third), Some((bundle.to_owned(), 3)));
        for other in ["a.vtb", "a.vtb.000", "a.vtb.1", "a.vtb.0001", "a.vtb.+01"] {
            assert_eq!(parse_path(Path::new(other)), None, "{other}");
        }
    }
}
