//! PostgreSQL behind row-level security.
//!
//! | door | for |
//! |---|---|
//! | [`TenantTx`] | everything of a tenant: the organisation is set inside the transaction |
//! | [`LookupTx`] | the few questions asked before a tenant is known |
//! | [`PlatformTx`] | what stands outside of tenants: setup links, the directory |
//!
//! A tenant transaction commits only through `audit::WriteTx`, which records what was done.

mod lease;
mod lookup;
pub mod migrate;
mod platform;
mod pool;
pub mod role;
mod tenant;
mod touched;

pub use lease::lease;
pub use lookup::LookupTx;
pub use platform::PlatformTx;
pub(crate) use pool::is_away;
pub use pool::{Db, DbError};
pub use tenant::TenantTx;
pub use touched::Touched;
