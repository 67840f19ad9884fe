//! PostgreSQL: where it is, and as whom we go there.

use sqlx::postgres::PgConnectOptions;

use super::env::Reader;
use super::{AppEnv, Problem};
use crate::kernel::Redacted;

/// Two ways into one database: the plain role that serves, and the owner that migrates.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// The plain role, used for everything while serving.
    pub app: PgConnectOptions,
    /// The owner; its credential is dropped once the schema is current.
    pub owner: PgConnectOptions,
    /// How many connections the pool may hold.
    pub max_connections: u32,
}

impl DatabaseConfig {
    pub(super) fn read(found: &mut Reader<'_>, env: AppEnv) -> Self {
        let app = read_url(
            found,
            (
                "DATABASE_URL",
                "DATABASE_PASSWORD",
                "DATABASE_PASSWORD_FILE",
            ),
            (env, "postgres://vaultterm_app@127.0.0.1:5432/vaultterm"),
        );
        let owner = read_url(
            found,
            (
                "DATABASE_OWNER_URL",
                "DATABASE_OWNER_PASSWORD",
                "DATABASE_OWNER_PASSWORD_FILE",
            ),
            (env, "postgres://vaultterm_owner@127.0.0.1:5432/vaultterm"),
        );
        Self {
            app,
            owner,
            max_connections: found.number("DATABASE_MAX_CONNECTIONS", 10, 1..=200),
        }
    }
}

fn read_url(
    found: &mut Reader<'_>,
    (url, password, file): (&'static str, &'static str, &'static str),
    (env, fallback): (AppEnv, &str),
) -> PgConnectOptions {
    let text = found.text(url).map(Redacted::new);
    if text.is_none() && env == AppEnv::Production {
        let cure = "give it as postgres://role@host:5432/database";
        found.refuse(Problem::new(url, "is not set", cure));
    }
    let parsed = text
        .as_ref()
        .map_or(fallback, |text| text.expose())
        .parse::<PgConnectOptions>();
    let options = parsed.unwrap_or_else(|_| {
        // The text is not repeated: it may carry a password.
        let cure = "give it as postgres://role@host:5432/database";
        found.refuse(Problem::new(url, "is no PostgreSQL URL", cure));
        PgConnectOptions::new_without_pgpass()
    });
    match found.secret(password, file) {
        Some(secret) => options.password(secret.expose()),
        None => options,
    }
}
