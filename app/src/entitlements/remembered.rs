//! What is remembered of the licence, for those who state it elsewhere.

use license::state::{State, StateKey};
use sqlx::PgConnection;

use super::store;
use crate::infra::db::DbError;
use crate::keys::Keyring;

/// The highest counter of a licence that was in force here; nothing where there was none, or where what
/// is remembered does not open.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn remembered_counter(
    connection: &mut PgConnection,
    keys: &Keyring,
) -> Result<Option<u64>, DbError> {
    let Some(sealed) = store::state(connection).await? else {
        return Ok(None);
    };
    let keys = keys.license_state_keys();
    let mut keys = keys.iter().map(|key| StateKey::new(*key.expose()));
    let state = keys.find_map(|key| State::open(&sealed, &key).ok());
    Ok(state.map(|state| state.counter))
}
