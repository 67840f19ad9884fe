//! Passkeys and security keys (WebAuthn level 3), by `webauthn-rs`.
//!
//! Every passkey verifies its person (a fingerprint, a face, a PIN), so that one alone signs somebody
//! in. It is bound to the relying party's domain by the browser, and to the portal's origin by us.
//!
//! | somebody | and |
//! |---|---|
//! | replays an assertion | its challenge is not the one that is asked now: each is taken once |
//! | has one made for another site | origin and domain are signed |
//! | registers what another account has | a credential belongs to one account |
//! | copies a passkey | a counter that goes back suspends it; it proves nothing any more, and counts still |
//! | shows a passkey of somebody else | only those of the account are tried |
//! | takes over a session and adds a passkey of their own | adding one demands a fresh proof |

mod ceremony;
mod enrolment;
mod party;
mod proof;
mod sign_in;
mod store;

pub(super) use enrolment::{Ceremony, add, begin};
pub(super) use proof::{Challenge, Given, copied, suspend};
pub(super) use sign_in::{ask, ask_second, prove, prove_second};
pub(super) use store::{forget_all, list, remove, rename};
