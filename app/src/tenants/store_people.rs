//! SQL of people, as the platform may see them.

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::people::PersonView;
use super::standing::Marks;
use crate::identity::Email;
use crate::infra::db::{DbError, LookupTx, TenantTx};
use crate::kernel::{Cursor, Limit, OrgId, OrgRole, UserId};

/// A membership of an account.
pub(super) struct Belonging {
    pub(super) org: OrgId,
    pub(super) name: String,
    pub(super) marks: Marks,
    pub(super) role: OrgRole,
    pub(super) state: String,
}

fn role(row: &PgRow) -> Result<OrgRole, DbError> {
    let role: String = row.try_get("role")?;
    role.parse()
        .map_err(|_| DbError::Impossible("memberships.role"))
}

/// The people of a tenant, newest first.
pub(super) async fn list(
    tx: &mut TenantTx,
    (cursor, limit): (Option<Cursor>, Limit),
) -> Result<Vec<PersonView>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "SELECT u.id, u.name, u.email, m.role, m.state
         FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND ($2::uuid IS NULL OR m.user_id < $2)
         ORDER BY m.user_id DESC LIMIT $3",
    )
    .bind(org)
    .bind(cursor.map(|cursor| cursor.0))
    .bind(limit.fetch())
    .fetch_all(tx.connection())
    .await?;
    let person = |row: &PgRow| -> Result<PersonView, DbError> {
        Ok(PersonView {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            role: role(row)?,
            state: row.try_get("state")?,
        })
    };
    rows.iter().map(person).collect()
}

/// The account with an address.
pub(super) async fn account(
    tx: &mut LookupTx,
    email: &Email,
) -> Result<Option<(UserId, String)>, DbError> {
    Ok(
        sqlx::query_as("SELECT id, name FROM users WHERE email = $1")
            .bind(email.as_str())
            .fetch_optional(tx.connection())
            .await?,
    )
}

/// Where the account that is looked up belongs, or did.
pub(super) async fn places(tx: &mut LookupTx, user: UserId) -> Result<Vec<Belonging>, DbError> {
    let rows = sqlx::query(
        "SELECT d.id, d.name, d.suspended_at, d.erase_at, d.erasing_since, m.role, m.state
         FROM memberships m JOIN organization_directory d ON d.id = m.org_id
         WHERE m.user_id = $1 ORDER BY d.name, d.id",
    )
    .bind(user)
    .fetch_all(tx.connection())
    .await?;
    let place = |row: &PgRow| -> Result<Belonging, DbError> {
        Ok(Belonging {
            org: row.try_get("id")?,
            name: row.try_get("name")?,
            marks: Marks {
                suspended_at: row.try_get("suspended_at")?,
                erase_at: row.try_get("erase_at")?,
                erasing_since: row.try_get("erasing_since")?,
            },
            role: role(row)?,
            state: row.try_get("state")?,
        })
    };
    rows.iter().map(place).collect()
}
