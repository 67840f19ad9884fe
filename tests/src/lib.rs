//! End to end, on real parts.
//!
//! The library is the laboratory: a network namespace without any route out, a second container
//! engine in it, and the built programs, so that a test reads as what an operator does. Nothing
//! here is shipped.
//!
//! What the tests need is built by `make test` and named by the environment:
//!
//! | variable | what |
//! |---|---|
//! | `VAULTTERM_BIN_DIR` | the folder of the built programs |
//! | `VAULTTERM_BUNDLE` | a bundle of the three images |
//! | `VAULTTERM_RELEASE_PUB` | the public key it verifies with |
//! | `VAULTTERM_KEY_DIR` | development keys: `vendor.key`, `release.key` and their public halves |
//! | `VAULTTERM_ARTIFACTS` | where screenshots and logs are kept |

pub mod build;
pub mod damage;
pub mod lab;
pub mod registry;
pub mod resign;
pub mod run;
pub mod watched;

/// The SHA-256 digest of some bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}
