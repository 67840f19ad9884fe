//! SQL of what the installation knows of its licence.

use license::state::{State, StateKey};
use sqlx::PgConnection;
use sqlx::Row as _;
use uuid::Uuid;

use crate::infra::db::DbError;

/// The row of the installation.
#[derive(Clone, Debug, Default)]
pub(super) struct Installation {
    pub(super) instance: Option<Uuid>,
    /// As it was sealed.
    pub(super) state: Option<Vec<u8>>,
    /// The licence that reaches every replica.
    pub(super) license: Option<Vec<u8>>,
    /// Its name; see [`license::vtlic::License::digest`].
    pub(super) digest: Option<Vec<u8>>,
}

/// Reads the row, and keeps others from writing it until the transaction ends.
pub(super) async fn lock(connection: &mut PgConnection) -> Result<Installation, DbError> {
    let row = sqlx::query(
        "SELECT instance, license_state, license_file, license_digest FROM installation FOR UPDATE",
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        return Ok(Installation::default());
    };
    Ok(Installation {
        instance: Some(row.try_get("instance")?),
        state: row.try_get("license_state")?,
        license: row.try_get("license_file")?,
        digest: row.try_get("license_digest")?,
    })
}

/// What is remembered, as it was sealed.
pub(super) async fn state(connection: &mut PgConnection) -> Result<Option<Vec<u8>>, DbError> {
    let found: Option<Option<Vec<u8>>> =
        sqlx::query_scalar("SELECT license_state FROM installation")
            .fetch_optional(connection)
            .await?;
    Ok(found.flatten())
}

/// The name of the licence that every replica is to have: asked often, so it is one short look.
pub(super) async fn digest(connection: &mut PgConnection) -> Result<Option<Vec<u8>>, DbError> {
    let found: Option<Option<Vec<u8>>> =
        sqlx::query_scalar("SELECT license_digest FROM installation")
            .fetch_optional(connection)
            .await?;
    Ok(found.flatten())
}

pub(super) async fn set_state(
    connection: &mut PgConnection,
    state: &State,
    key: &StateKey,
) -> Result<(), DbError> {
    sqlx::query("UPDATE installation SET license_state = $1")
        .bind(state.seal(key))
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn set_license(
    connection: &mut PgConnection,
    license: &[u8],
    digest: &[u8; 32],
) -> Result<(), DbError> {
    sqlx::query("UPDATE installation SET license_file = $1, license_digest = $2")
        .bind(license)
        .bind(digest.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether there is an organisation.
pub(super) async fn is_populated(connection: &mut PgConnection) -> Result<bool, DbError> {
    Ok(
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM organization_directory)")
            .fetch_one(connection)
            .await?,
    )
}
