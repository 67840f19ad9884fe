//! PostgreSQL: where it is, and as whom we go there.

use sqlx::postgres::PgConnectOptions;

use super::env::Reader;
use super::{AppEnv, Problem, strength};
use crate::kernel::Redacted;

const CURE: &str = "give it as postgres://role@host:5432/database";

/// Two ways into one database: the plain role that serves, and the owner that migrates.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// The plain role, used for everything while serving.
    pub app: PgConnectOptions,
    /// The owner; its credential is dropped once the schema is current.
    pub owner: PgConnectOptions,
    /// How many connections the pool may hold.
    pub max_connections: u32,
    /// The passwords of both, for the judgement of `posture`.
    pub(super) passwords: Passwords,
}

/// The passwords of both roles, where there are any.
#[derive(Clone, Debug)]
pub(super) struct Passwords {
    pub(super) app: Option<Redacted<String>>,
    pub(super) owner: Option<Redacted<String>>,
}

/// The variables of one way in.
struct Names {
    url: &'static str,
    password: &'static str,
    password_file: &'static str,
}

const APP: Names = Names {
    url: "DATABASE_URL",
    password: "DATABASE_PASSWORD",
    password_file: "DATABASE_PASSWORD_FILE",
};
const OWNER: Names = Names {
    url: "DATABASE_OWNER_URL",
    password: "DATABASE_OWNER_PASSWORD",
    password_file: "DATABASE_OWNER_PASSWORD_FILE",
};

impl DatabaseConfig {
    pub(super) fn read(found: &mut Reader<'_>, env: AppEnv) -> Self {
        let development = "postgres://vaultterm_app@127.0.0.1:5432/vaultterm";
        let (app, app_password) = read_way(found, &APP, env, development);
        let development = "postgres://vaultterm_owner@127.0.0.1:5432/vaultterm";
        let (owner, owner_password) = read_way(found, &OWNER, env, development);
        Self {
            app,
            owner,
            max_connections: found.number("DATABASE_MAX_CONNECTIONS", 10, 1..=200),
            passwords: Passwords {
                app: app_password,
                owner: owner_password,
            },
        }
    }
}

fn read_way(
    found: &mut Reader<'_>,
    names: &Names,
    env: AppEnv,
    development: &str,
) -> (PgConnectOptions, Option<Redacted<String>>) {
    let text = found.text(names.url).map(Redacted::new);
    if text.is_none() && env == AppEnv::Production {
        found.refuse(Problem::new(names.url, "is not set", CURE));
    }
    let url = text.as_ref().map_or(development, |text| text.expose());
    // The driver would take any scheme for its own.
    let named = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    let parsed = url.parse::<PgConnectOptions>().ok().filter(|_| named);
    let options = parsed.unwrap_or_else(|| {
        // The text is not repeated: it may carry a password.
        found.refuse(Problem::new(names.url, "is no PostgreSQL URL", CURE));
        PgConnectOptions::new_without_pgpass()
    });
    match found.secret(names.password, names.password_file) {
        Some(secret) => (options.password(secret.expose()), Some(secret)),
        None => (options, strength::password_in(url)),
    }
}
