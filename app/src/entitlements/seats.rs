//! Seats: how many people are members, and whether one more may be.
//!
//! A seat is a confirmed membership of an organisation, over all organisations: the organisation
//! is the billing boundary, so somebody in two of them takes two. The database counts where
//! members are made (`migrations/0001`), so the sum is a look at the directory and enters no tenant.
//!
//! More people than seats, after a smaller licence or after one has lapsed, is shown and not
//! punished: whoever is a member stays one. It is the next one who has to wait.

use http::StatusCode;
use sqlx::PgConnection;

use super::Entitlements;
use crate::edge::Problem;
use crate::infra::db::DbError;

/// Any number that nobody else uses: "VTSEATS" in ASCII.
const SEATS_LOCK: i64 = 0x56_5453_4541_5453;

/// Room for one more confirmed member, made in the transaction that makes the member. Only
/// [`take`] hands one out, and whatever stores a confirmed member demands one.
#[derive(Debug)]
#[must_use = "a seat is for a member who is stored in the same transaction"]
pub struct Seat(());

/// Why there is no seat.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeatRefused {
    /// All are taken.
    #[error("{used} of {seats} seats are taken")]
    Full {
        /// How many are taken.
        used: u32,
        /// How many there are.
        seats: u32,
    },
    /// They could not be counted.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// How many seats are taken.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn used(connection: &mut PgConnection) -> Result<u32, DbError> {
    let sum: i64 =
        sqlx::query_scalar("SELECT coalesce(sum(seats), 0)::bigint FROM organization_directory")
            .fetch_one(connection)
            .await?;
    u32::try_from(sum).map_err(|_| DbError::Impossible("organization_directory.seats"))
}

/// Takes a seat. Until the transaction ends nobody else takes one, so that of two who want the
/// last seat at once exactly one gets it.
///
/// # Errors
/// [`SeatRefused`].
pub async fn take(
    connection: &mut PgConnection,
    granted: &Entitlements,
) -> Result<Seat, SeatRefused> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(SEATS_LOCK)
        .execute(&mut *connection)
        .await
        .map_err(DbError::from)?;
    let used = used(connection).await?;
    match granted.seats() {
        Some(seats) if used >= seats => Err(SeatRefused::Full { used, seats }),
        _ => Ok(Seat(())),
    }
}

impl From<SeatRefused> for Problem {
    fn from(refused: SeatRefused) -> Self {
        match refused {
            SeatRefused::Full { used, seats } => Self::new(
                StatusCode::CONFLICT,
                "no-seat-left",
                "All seats are taken",
                &format!(
                    "{used} of {seats} seats are taken. Whoever is a member stays one; for \
                     somebody new a seat has to become free, or more have to be bought."
                ),
            ),
            SeatRefused::Database(error) => error.into(),
        }
    }
}
