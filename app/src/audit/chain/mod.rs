//! The chain of a trail: which entry has which number.
//!
//! An entry is authenticated when it is written ([`super::WriteTx`]), and its writer waits for nobody.
//! A moment later the sealer gives it its number and a link, whose hash covers the link before it
//! and is authenticated: from then on it can be neither removed nor moved without the key. One seals at a time in an
//! organisation; readers of a trail seal what waits first, so that they see numbers.

mod link;
mod sealer;
mod store;

pub(super) use link::{Hash, LABEL, hash, start};
pub use sealer::{keep_sealed, seal};
pub(super) use store::{
    Chained, Ends, ends, following, has_organization, unchained, waiting_count,
};
