//! Words that every slice uses. Pure: no clock is read here, no database, no network.

mod chain;
mod clock;
pub mod csv;
mod domain;
mod factors;
mod ids;
mod one_time_code;
mod page;
mod proof;
mod redacted;
mod role;
mod scope;
mod text;

pub(crate) use chain::error_chain;
pub use clock::Clock;
pub use domain::domains;
pub use factors::Factors;
pub use ids::{
    ApiTokenId, AttachmentId, AuditEventId, FactorId, InvitationId, OrgId, PlatformAdminId,
    SecretId, SecretLinkId, SessionId, StepUpId, TeamId, UserId, VaultId,
};
pub use one_time_code::OtpHash;
pub use page::{Cursor, Limit, Page, PageQuery};
pub use proof::ProofMethod;
pub use redacted::Redacted;
pub use role::{OrgRole, UnknownRole, VaultRole};
pub use scope::{Scope, Scopes};
pub use text::{FieldProblem, Text};
