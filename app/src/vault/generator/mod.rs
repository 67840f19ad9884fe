//! New secrets: random passwords, passphrases of words, words that can be spoken, keys for SSH.
//!
//! Everything is drawn evenly among all there is to draw from, so that what is told of its entropy is
//! exact. Nothing is read from a vault and nothing stays behind, so the trail has no entry for it.

mod passphrase;
mod password;
mod pronounceable;
mod randomness;
mod routes;
mod service;

pub(super) use routes::routes;

use zeroize::Zeroizing;

/// What was made.
struct Made {
    value: Zeroizing<String>,
    /// How many even choices between two would be as many.
    bits: f64,
}
