//! How the one who acted came in, and from where.
//!
//! A JSON object of these members, each absent where it does not apply: `session` or `token` (the
//! id), `factors` (words), `address`, `request` (the id in the log), `approval` (see
//! [`super::approval`]), `made` (the id of what came of an act that was approved before it had one),
//! `digest` (that of what was sealed by an act that was approved before), `exposure` (what somebody who
//! goes has seen and used; see [`super::exposure`]).

use serde_json::{Map, Value, json};

use crate::edge::{Caller, Origin, Via};
use crate::kernel::Factors;

/// Nothing is known: the system itself acts.
pub(super) fn none() -> Value {
    Value::Object(Map::new())
}

/// Those of somebody who is signed in.
pub(super) fn of(caller: &Caller) -> Value {
    let mut found = match caller.via {
        Via::Session { id, factors, .. } => json!({"session": id, "factors": factors.names()}),
        Via::Token { id, .. } => json!({"token": id}),
    };
    come_from(&mut found, caller.origin);
    found
}

/// Those of somebody who is about to be signed in.
pub(super) fn arriving(origin: Origin, factors: Factors) -> Value {
    let mut found = json!({"factors": factors.names()});
    come_from(&mut found, origin);
    found
}

fn come_from(circumstances: &mut Value, origin: Origin) {
    if let Value::Object(members) = circumstances {
        members.insert("address".to_owned(), json!(origin.address));
        members.insert("request".to_owned(), json!(origin.request.simple()));
    }
}
