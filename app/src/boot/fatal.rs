//! Why the server does not start, one sentence each.

use crate::config::Problem;
use crate::entitlements::LicenseError;
use crate::infra::cache::CacheDown;
use crate::infra::db::DbError;
use crate::infra::db::migrate::SchemaError;
use crate::infra::db::role::UnfitRole;
use crate::infra::mail::MailError;
use crate::keys::binding::Sealed;
use crate::keys::provider::TransitError;
use crate::keys::registry::WrongKeys;

/// Why the server must not or cannot serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fatal {
    /// The configuration is wrong.
    #[error("the configuration is refused:\n{}", list(.0))]
    Config(Vec<Problem>),
    /// The licence is refused.
    #[error(transparent)]
    License(#[from] LicenseError),
    /// The database was not there within the time that is waited for it.
    #[error("DATABASE_OWNER_URL: the database did not answer within {0} s; look whether it runs")]
    DatabaseAway(u64, #[source] SchemaError),
    /// The schema is not one that this release can serve.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The serving role could get round the policies.
    #[error(transparent)]
    Role(#[from] UnfitRole),
    /// The serving role cannot use the database.
    #[error("DATABASE_URL: the serving role cannot use the database; check its name and password")]
    Serving(#[source] DbError),
    /// The master key is bound, and does not open here.
    #[error(transparent)]
    Sealed(#[from] Sealed),
    /// The database belongs to another master key.
    #[error(transparent)]
    MasterKey(#[from] WrongKeys),
    /// The master key could not be had.
    #[error(transparent)]
    KeyProvider(#[from] TransitError),
    /// The cache's address is unusable.
    #[error("REDIS_URL is unusable; give it as redis://host:6379")]
    Cache(#[source] CacheDown),
    /// Mail could not be set up.
    #[error("SMTP_CACERT: TLS to the mail server cannot be set up with this certificate")]
    Mail(#[from] MailError),
    /// A port could not be bound.
    #[error("port {0} cannot be bound; look who holds it")]
    Bind(u16, #[source] std::io::Error),
    /// Signals could not be received.
    #[error("signals could not be received")]
    Signals(#[source] std::io::Error),
    /// The metrics could not be set up.
    #[error("the metrics could not be set up")]
    Metrics,
    /// Serving ended with an error.
    #[error("a listener failed")]
    Serve(#[source] std::io::Error),
}

fn list(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("  {problem}"))
        .collect::<Vec<_>>()
        .join("\n")
}
