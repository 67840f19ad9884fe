//! HTTP manners, the same for every route: problems, extractors, origin, limits, headers.

mod bearer;
mod caller;
mod client;
mod cookie;
mod deadline;
mod extract;
mod headers;
mod layers;
mod origin;
mod precondition;
mod problem;
pub mod rate;
mod request_id;

pub(crate) use crate::kernel::error_chain;
pub use bearer::Bearer;
pub use caller::{Asking, Caller, Origin, Via};
pub use client::{ClientAddress, UserAgent};
pub use cookie::{Cookie, SameSite};
pub use deadline::Deadline;
pub use extract::{Body, Id, ListQuery, Ordinal};
pub use headers::SANDBOX;
pub use layers::{method_not_allowed, not_found, protect};
pub use origin::OriginPolicy;
pub use precondition::{IdempotencyKey, IfMatch, etag};
pub use problem::{Problem, ProblemBody};
