//! Words that every slice uses. Pure: no clock is read here, no database, no network.

mod clock;
mod ids;
mod page;
mod redacted;
mod role;
mod text;

pub use clock::Clock;
pub use ids::{AuditEventId, OrgId, SecretId, UserId, VaultId};
pub use page::{Cursor, Limit, Page, PageQuery};
pub use redacted::Redacted;
pub use role::{OrgRole, UnknownRole, VaultRole};
pub use text::{FieldProblem, Text};
