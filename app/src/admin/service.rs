//! What the platform knows about itself.

use serde::Serialize;
use time::OffsetDateTime;

use crate::context::App;
use crate::edge::Problem;
use crate::entitlements::LicenseView;
use crate::infra::db::migrate::{self, SchemaStatus};
use crate::infra::db::{PlatformTx, TenantTx};
use crate::{orgs, vault};

/// How many organisations one answer lists.
const MOST_ORGANIZATIONS: i64 = 200;

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

/// An organisation in figures.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrganizationRow {
    #[serde(flatten)]
    entry: orgs::DirectoryEntry,
    members: i64,
    secrets: i64,
}

/// All organisations.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Organizations {
    items: Vec<OrganizationRow>,
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
    let (database, cache, used) = tokio::join!(
        app.db.version(),
        app.cache.version(),
        super::license::seats_used(app)
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
    }
}

/// Organisations with figures; each figure comes from inside its own tenant transaction.
pub(super) async fn organizations(app: &App) -> Result<Organizations, Problem> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let entries = orgs::directory(tx.connection(), MOST_ORGANIZATIONS).await?;
    tx.finish().await?;
    let mut items = Vec::new();
    for entry in entries {
        let mut tx = TenantTx::begin(&app.db, entry.id).await?;
        let (members, secrets) = vault::count_secrets(&mut tx).await?;
        tx.finish().await?;
        items.push(OrganizationRow {
            entry,
            members,
            secrets,
        });
    }
    Ok(Organizations { items })
}

pub(super) async fn migrations(app: &App) -> Result<Migrations, Problem> {
    let applied = migrate::applied(&app.db)
        .await
        .map_err(crate::infra::db::DbError::from)?;
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
