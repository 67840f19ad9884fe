//! Whether what is stored is what belongs there, and whose it is otherwise. What opens is looked at by
//! nobody.
//!
//! | file | looks at |
//! |---|---|
//! | `records` | records and their earlier versions |
//! | `files` | what is attached to them, piece by piece |
//! | `links` | one-time links, which only their tokens open: they are compared as they stand |

mod files;
mod links;
mod records;

pub(crate) use files::{FileFault, FileRow, Spot};
pub(in crate::vault) use links::Facts;
pub(crate) use links::LinkRow;
pub(crate) use records::{Fault, Part, Row};

/// The version that a sealed value says it is of: after the format and the id.
fn version_of(sealed: &[u8]) -> Option<i32> {
    let bytes = sealed.get(33..37)?.try_into().ok()?;
    Some(i32::from_be_bytes(bytes))
}
