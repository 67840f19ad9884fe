//! Second factors that somebody has lost, with the codes for that day.

use sqlx::PgConnection;

use super::{Enrolled, store};
use crate::identity::{passkeys, store as accounts};
use crate::infra::db::DbError;
use crate::kernel::UserId;

/// Takes every second factor and recovery code from an account, and begins a new epoch: whoever is
/// signed in, or stands between password and second factor, is so no more. Says what there was.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn take_away(connection: &mut PgConnection, user: UserId) -> Result<Enrolled, DbError> {
    accounts::begin_epoch(&mut *connection, user).await?;
    // The row is held from here on: nobody adds one meanwhile.
    let had = store::enrolled(&mut *connection, user).await?;
    store::forget_totps(&mut *connection, user).await?;
    passkeys::forget_all(&mut *connection, user).await?;
    store::forget_codes(connection, user).await?;
    Ok(had)
}
