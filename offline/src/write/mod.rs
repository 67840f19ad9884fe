//! Writing a bundle: a draft is collected, and sealed once.
//!
//! Everything that goes in is known by digest before the first byte is written, because the
//! manifest comes first. The same inputs give the same bytes.

mod draft;
mod seal;

pub use draft::{Content, Draft, LayerContent, PatchFile, Release, file_member};
pub use seal::{SealError, Sealed};
