//! Whose turn it is.

use time::{Duration, OffsetDateTime};

use crate::infra::db::{Db, DbError, PlatformTx};

/// The shortest time between two messages.
const DAY: Duration = Duration::hours(24);

/// Takes the day's turn; false when somebody had it already. A turn that is taken and comes to
/// nothing is not taken again: at most one message a day is promised, not at least.
pub(super) async fn claim(db: &Db, now: OffsetDateTime) -> Result<bool, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let taken = sqlx::query(
        "UPDATE installation SET heartbeat_at = $1
         WHERE heartbeat_at IS NULL OR heartbeat_at <= $2 OR heartbeat_at > $1",
    )
    .bind(now)
    .bind(now.saturating_sub(DAY))
    .execute(tx.connection())
    .await?;
    tx.commit_housekeeping().await?;
    Ok(taken.rows_affected() == 1)
}
