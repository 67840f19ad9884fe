//! `/readyz`: is everything there that serving needs?

use std::time::Duration;

use serde::Serialize;

use crate::context::App;
use crate::infra::db::migrate;
use crate::keys::registry;

/// The longest that one check may take.
const LIMIT: Duration = Duration::from_millis(1500);

/// One thing that serving needs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Check {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<&'static str>,
}

impl Check {
    const GOOD: Self = Self {
        ok: true,
        reason: None,
        version: None,
        standing: None,
    };

    const fn bad(reason: &'static str) -> Self {
        Self {
            ok: false,
            reason: Some(reason),
            ..Self::GOOD
        }
    }
}

/// All of them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Checks {
    database: Check,
    schema: Check,
    cache: Check,
    master_key: Check,
    license: Check,
    isolation: Check,
}

/// The answer of `/readyz`. Nobody needs to be signed in for it, so it names no host and no
/// customer.
#[derive(Clone, Debug, Serialize)]
pub struct Readiness {
    status: &'static str,
    version: &'static str,
    checks: Checks,
}

impl Readiness {
    /// Whether it may be served.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status == "ready"
    }

    /// Looks at everything at once.
    pub async fn look(app: &App) -> Self {
        let (schema, cache, master_key) = tokio::join!(schema(app), cache(app), master_key(app));
        let database = if schema.reason == Some("unreachable") {
            schema.clone()
        } else {
            Check::GOOD
        };
        let checks = Checks {
            database,
            schema,
            cache,
            master_key,
            license: license(app),
            isolation: isolation(app),
        };
        let all = [
            &checks.database,
            &checks.schema,
            &checks.cache,
            &checks.master_key,
            &checks.license,
            &checks.isolation,
        ];
        let ready = all.iter().all(|check| check.ok);
        Self {
            status: if ready { "ready" } else { "not-ready" },
            version: env!("CARGO_PKG_VERSION"),
            checks,
        }
    }
}

/// One question answers two: the database lives, and it is at the migration we need.
async fn schema(app: &App) -> Check {
    match tokio::time::timeout(LIMIT, migrate::applied(&app.db)).await {
        Ok(Ok(applied)) => {
            let check = if applied == app.schema {
                Check::GOOD
            } else {
                Check::bad("other-schema")
            };
            Check {
                version: Some(format!("{applied:04}")),
                ..check
            }
        }
        Ok(Err(_)) | Err(_) => Check::bad("unreachable"),
    }
}

/// The key is loaded since boot; a database that was restored underneath may belong to another, and
/// a rotation may have gone on to one that this server was not given.
/// A database that does not answer is the matter of its own check.
async fn master_key(app: &App) -> Check {
    match tokio::time::timeout(LIMIT, registry::compare(&app.db, &app.keys)).await {
        Ok(Ok(Err(_other))) => Check::bad("other-key"),
        Ok(Ok(Ok(())) | Err(_)) | Err(_) => Check::GOOD,
    }
}

async fn cache(app: &App) -> Check {
    match tokio::time::timeout(LIMIT, app.cache.ping()).await {
        Ok(Ok(())) => Check::GOOD,
        Ok(Err(_)) | Err(_) => Check::bad("unreachable"),
    }
}

/// A licence that production does not start with kept the server from starting. One that has lapsed
/// since degrades what is granted; it is never an outage.
fn license(app: &App) -> Check {
    Check {
        standing: Some(app.license.standing(app.clock.now())),
        ..Check::GOOD
    }
}

/// A tenant that sees another one's rows is seen by the prober, which goes on beside the requests.
fn isolation(app: &App) -> Check {
    app.isolation
        .breach()
        .map_or(Check::GOOD, |breach| Check::bad(breach.check))
}
