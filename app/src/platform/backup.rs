//! The newest backup, as whoever makes them tells of it.

use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::store;
use crate::infra::db::{DbError, PlatformTx};

/// A backup that was made and proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Backup {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// How large its file is; null when that was not told.
    pub bytes: Option<i64>,
}

/// Notes a backup, unless a newer one is noted.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn note_backup(tx: &mut PlatformTx, backup: Backup) -> Result<(), DbError> {
    super::claim(tx, Uuid::new_v4(), backup.at).await?;
    store::set_backup(tx.connection(), backup).await
}

/// The newest one, if any was told of.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn last_backup(connection: &mut PgConnection) -> Result<Option<Backup>, DbError> {
    store::backup(connection).await
}
