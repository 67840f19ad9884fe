//! What the platform knows about itself.

use serde::Serialize;
use time::OffsetDateTime;

use crate::context::App;
use crate::edge::Problem;
use crate::entitlements::LicenseView;
use crate::infra::db::migrate::{self, SchemaStatus};
use crate::infra::db::{DbError, PlatformTx};
use crate::platform::{self, Backup};

/// Version, licence and dependencies.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overview {
    version: &'static str,
    keys: &'static str,
    /// For how long this process has served, in seconds.
    uptime_sec: u64,
    license: LicenseView,
    dependencies: Dependencies,
    /// The newest backup that the installer has told of; null when it has told of none.
    backup: Option<Backup>,
}

/// What the app stands on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Dependencies {
    database: Dependency,
    cache: Dependency,
}

/// One of them.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Dependency {
    ok: bool,
    version: Option<String>,
}

/// The migrations, applied and carried.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Migrations {
    status: SchemaStatus,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

pub(super) async fn overview(app: &App) -> Overview {
    let (database, cache, used, backup) = tokio::join!(
        app.db.version(),
        app.cache.version(),
        super::license::seats_used(app),
        last_backup(app)
    );
    let dependency = |version: Option<String>| Dependency {
        ok: version.is_some(),
        version,
    };
    Overview {
        version: env!("CARGO_PKG_VERSION"),
        keys: license::keys::kind().as_str(),
        uptime_sec: app.started.elapsed().as_secs(),
        // Without the database there is still a page that says so.
        license: app.license.view(app.clock.now(), used.unwrap_or_default()),
        dependencies: Dependencies {
            database: dependency(database.ok()),
            cache: dependency(cache.ok()),
        },
        backup: backup.unwrap_or_default(),
    }
}

async fn last_backup(app: &App) -> Result<Option<Backup>, DbError> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let backup = platform::last_backup(tx.connection()).await?;
    tx.finish();
    Ok(backup)
}

pub(super) async fn migrations(app: &App) -> Result<Migrations, Problem> {
    let applied = migrate::applied(&app.db).await.map_err(DbError::from)?;
    let pending = (applied + 1..=app.schema).collect();
    let status = SchemaStatus {
        applied,
        newest: app.schema,
        pending,
    };
    Ok(Migrations {
        status,
        at: app.clock.now(),
    })
}
