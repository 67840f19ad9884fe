//! What is remembered between runs, so that a step back is noticed.
//!
//! The file is three lines of text: a label, a line of JSON, and the HMAC-SHA-256 of both under a key
//! that only the server has. Whoever can write the file and has not the key can delete it or put an
//! older one in its place; the counter and the time that the database keeps notice both.

use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::json;

/// The longest state that is looked at, in bytes.
pub const MAX_STATE: usize = 4096;

/// Names format and purpose; it is authenticated with the rest.
const LABEL: &str = "vaultterm licence state v1";
const MAX_DEPTH: usize = 4;

/// The key that authenticates the state, wiped when it goes.
#[derive(Clone)]
pub struct StateKey(Zeroizing<[u8; 32]>);

impl StateKey {
    /// Takes 32 bytes that are used for nothing else.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl std::fmt::Debug for StateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StateKey")
    }
}

/// A clock that shows a later time than is confirmed, and is believed only after a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ahead {
    /// What it showed when it was first ahead.
    #[serde(with = "time::serde::rfc3339")]
    pub from: OffsetDateTime,
    /// For how long the server has run with it.
    pub ran: Duration,
}

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The id of the database that it belongs to. A state made by
    /// [`judge`](crate::verdict::judge) without an earlier one has zeros here, for its caller to
    /// fill.
    #[serde(with = "hex::serde")]
    pub instance: [u8; 16],
    /// The highest licence counter that was in force.
    pub counter: u64,
    /// The id of the licence that carried it.
    pub license_id: String,
    /// It is at least so late, whatever the clock shows.
    #[serde(with = "time::serde::rfc3339")]
    pub confirmed: OffsetDateTime,
    /// The clock, where it shows a later time than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<Ahead>,
}

/// Why a state was refused.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum StateError {
    /// Not a state.
    #[error("the licence state is damaged")]
    Malformed,
    /// A state that was changed, or belongs to another master key.
    #[error("the licence state was changed, or belongs to another master key")]
    NotAuthentic,
}

impl State {
    /// The bytes of the state file.
    #[must_use]
    pub fn seal(&self, key: &StateKey) -> Vec<u8> {
        // A year of more than four digits is the only thing that cannot be written, and no clock
        // rule lets one in; such a state reads as damaged.
        let body = serde_json::to_string(self).unwrap_or_default();
        let text = format!("{LABEL}\n{body}\n");
        let tag = mac(key, text.as_bytes()).finalize().into_bytes();
        format!("{text}{}\n", hex::encode(tag)).into_bytes()
    }

    /// Reads a state file. The comparison takes the same time wherever a forgery differs.
    ///
    /// # Errors
    /// [`StateError`] when it is none, or was not written with this key.
    pub fn open(bytes: &[u8], key: &StateKey) -> Result<Self, StateError> {
        let parts = Parts::of(bytes).ok_or(StateError::Malformed)?;
        let tag = hex::decode(parts.tag).map_err(|_| StateError::Malformed)?;
        mac(key, parts.signed)
            .verify_slice(&tag)
            .map_err(|_| StateError::NotAuthentic)?;
        parts.read().ok_or(StateError::Malformed)
    }

    /// Reads a state file without asking who wrote it: for tools that have not the key, and only to
    /// add caution.
    #[must_use]
    pub fn unsafe_unauthenticated(bytes: &[u8]) -> Option<Self> {
        Parts::of(bytes)?.read()
    }

    /// Whether it belongs to the database with this id.
    #[must_use]
    pub fn belongs_to(&self, instance: &[u8; 16]) -> bool {
        self.instance == *instance
    }
}

struct Parts<'b> {
    signed: &'b [u8],
    body: &'b str,
    tag: &'b str,
}

impl<'b> Parts<'b> {
    fn of(bytes: &'b [u8]) -> Option<Self> {
        if bytes.len() > MAX_STATE {
            return None;
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let rest = text.strip_prefix(LABEL)?.strip_prefix('\n')?;
        let (body, tag) = rest.strip_suffix('\n')?.split_once('\n')?;
        let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if tag.len() != 64 || !tag.bytes().all(lower) {
            return None;
        }
        let signed = bytes.get(..bytes.len().checked_sub(tag.len() + 1)?)?;
        Some(Self { signed, body, tag })
    }

    fn read(&self) -> Option<State> {
        let fields = json::object(self.body.as_bytes(), MAX_DEPTH).ok()?;
        serde_json::from_value(Value::Object(fields)).ok()
    }
}

fn mac(key: &StateKey, text: &[u8]) -> Hmac<sha2::Sha256> {
    // A key that is shorter than a block is filled up with zeros; so HMAC says.
    let mut block = Zeroizing::new([0; 64]);
    for (to, from) in block.iter_mut().zip(key.0.iter()) {
        *to = *from;
    }
    let mut mac = Hmac::<sha2::Sha256>::new((&*block).into());
    mac.update(text);
    mac
}
