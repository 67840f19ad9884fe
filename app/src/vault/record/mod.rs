//! A record in the clear: what is in it, how a request describes one, and what may be shown of it.
//!
//! | file | what |
//! |---|---|
//! | `content` | the whole record, as it is edited, imported and exported |
//! | `draft` | a record as a request describes it: whole, or what is to be changed |
//! | `custom` | fields of people's own |
//! | `parts` | the two parts that are sealed apart: what lists show, and the rest |
//! | `strength` | the main secret of a type: how soon it is guessed, whether it is used twice |
//! | `field` | which field is to be shown |
//! | `view` | what lists and reads show |

mod content;
mod custom;
mod draft;
mod field;
mod parts;
mod strength;
mod view;

pub(super) use content::Content;
pub(super) use custom::{Custom, CustomField, CustomKind, NewCustomField};
pub(super) use draft::{NewRecord, RecordChange};
pub(super) use field::FieldName;
pub(super) use parts::{Meta, Sealing, Value};
pub(super) use strength::strength;
pub(super) use view::{Made, Purpose, Revealed, Secret, SecretVersion};
