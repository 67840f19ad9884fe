//! Whose turn a piece of scheduled work is, of however many replicas.

use time::{Duration, OffsetDateTime};

use super::{Db, DbError, PlatformTx};

/// Takes a turn; false while another's lasts. A turn ends by itself: whoever takes one has to be done
/// by then, or to bear that another begins.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn lease(
    db: &Db,
    name: &str,
    now: OffsetDateTime,
    turn: Duration,
) -> Result<bool, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    // One that ends later than any turn could is of a clock that was wrong.
    let taken = sqlx::query(
        "INSERT INTO leases AS l (name, until) VALUES ($1, $3)
         ON CONFLICT (name) DO UPDATE SET until = excluded.until
             WHERE l.until <= $2 OR l.until > $3",
    )
    .bind(name)
    .bind(now)
    .bind(now.saturating_add(turn))
    .execute(tx.connection())
    .await?;
    tx.commit_housekeeping().await?;
    Ok(taken.rows_affected() == 1)
}
