//! SQL of users: memberships, with what the directory says of each. Whoever was invited and is no
//! member yet is none of them, nor whoever was removed.

use serde_json::{Map, Value};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use time::OffsetDateTime;

use crate::infra::db::{DbError, LookupTx, TenantTx};
use crate::kernel::{OrgRole, TeamId, UserId};
use crate::scim::list::Window;

/// A member, as the directory knows them.
#[derive(Clone, Debug)]
pub(in crate::scim) struct Person {
    pub(in crate::scim) user: UserId,
    pub(in crate::scim) role: OrgRole,
    pub(in crate::scim) active: bool,
    /// The account's own name and address.
    pub(in crate::scim) name: String,
    pub(in crate::scim) email: String,
    /// What the directory said; nothing, where it never said anything.
    pub(in crate::scim) user_name: Option<String>,
    pub(in crate::scim) external_id: Option<String>,
    pub(in crate::scim) attributes: Option<Map<String, Value>>,
    pub(in crate::scim) created: OffsetDateTime,
    pub(in crate::scim) updated: OffsetDateTime,
}

const COLUMNS: &str = "m.user_id, m.role, m.state, u.name, u.email, s.user_name, s.external_id,
    s.attributes, coalesce(s.created_at, m.created_at) AS created_at,
    coalesce(s.updated_at, m.created_at) AS updated_at";
const FROM: &str = "memberships m
    JOIN users u ON u.id = m.user_id
    LEFT JOIN scim_users s ON s.org_id = m.org_id AND s.user_id = m.user_id
    WHERE m.org_id = $1 AND m.state IN ('confirmed', 'revoked') AND m.removed_at IS NULL";

fn person(row: &PgRow) -> Result<Person, DbError> {
    let role: String = row.try_get("role")?;
    let state: String = row.try_get("state")?;
    let attributes: Option<Json<Map<String, Value>>> = row.try_get("attributes")?;
    Ok(Person {
        user: row.try_get("user_id")?,
        role: role
            .parse()
            .map_err(|_| DbError::Impossible("memberships.role"))?,
        active: state == "confirmed",
        name: row.try_get("name")?,
        email: row.try_get("email")?,
        user_name: row.try_get("user_name")?,
        external_id: row.try_get("external_id")?,
        attributes: attributes.map(|Json(attributes)| attributes),
        created: row.try_get("created_at")?,
        updated: row.try_get("updated_at")?,
    })
}

/// Which users a page holds: a part of all, or those after one.
#[derive(Clone, Debug, Default)]
pub(in crate::scim) struct UserPage<'a> {
    pub(in crate::scim) after: Option<UserId>,
    pub(in crate::scim) skip: i64,
    pub(in crate::scim) most: i64,
    /// What an index can be asked for.
    pub(in crate::scim) user_name: Option<&'a str>,
    pub(in crate::scim) external_id: Option<&'a str>,
}

impl UserPage<'_> {
    /// A part of all.
    pub(in crate::scim) fn of(window: Window) -> Self {
        Self {
            skip: window.start - 1,
            most: window.count,
            ..Self::default()
        }
    }
}

/// A page of users, in the order of their accounts.
pub(in crate::scim) async fn users(
    tx: &mut TenantTx,
    page: &UserPage<'_>,
) -> Result<Vec<Person>, DbError> {
    let org = tx.org();
    let statement = format!(
        "SELECT {COLUMNS} FROM {FROM}
           AND ($2::uuid IS NULL OR m.user_id > $2)
           AND ($3::text IS NULL OR lower(coalesce(s.user_name, u.email)) = lower($3))
           AND ($4::text IS NULL OR s.external_id = $4)
         ORDER BY m.user_id OFFSET $5 LIMIT $6"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(org)
        .bind(page.after)
        .bind(page.user_name)
        .bind(page.external_id)
        .bind(page.skip)
        .bind(page.most)
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(person).collect()
}

/// How many users there are.
pub(in crate::scim) async fn count(tx: &mut TenantTx) -> Result<i64, DbError> {
    let org = tx.org();
    let statement = format!("SELECT count(*) FROM {FROM}");
    let count = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
        .bind(org)
        .fetch_one(tx.connection())
        .await?;
    Ok(count)
}

/// One user.
pub(in crate::scim) async fn find(
    tx: &mut TenantTx,
    user: UserId,
) -> Result<Option<Person>, DbError> {
    let org = tx.org();
    let statement = format!("SELECT {COLUMNS} FROM {FROM} AND m.user_id = $2");
    let row = sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(org)
        .bind(user)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(person).transpose()
}

/// Lets those who change an organisation's people take turns.
pub(in crate::scim) async fn lock(tx: &mut TenantTx) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query("SELECT FROM organizations WHERE org_id = $1 FOR NO KEY UPDATE")
        .bind(org)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The groups that users are in: whose, which, and what it is called.
pub(in crate::scim) async fn memberships(
    tx: &mut TenantTx,
    users: &[UserId],
) -> Result<Vec<(UserId, TeamId, String)>, DbError> {
    let org = tx.org();
    let rows = sqlx::query_as(
        "SELECT m.user_id, t.id, t.name FROM team_members m
         JOIN teams t ON t.org_id = m.org_id AND t.id = m.team_id
         WHERE m.org_id = $1 AND m.user_id = ANY ($2) ORDER BY t.id",
    )
    .bind(org)
    .bind(users)
    .fetch_all(tx.connection())
    .await?;
    Ok(rows)
}

/// The account with an address, if there is one anywhere.
pub(in crate::scim) async fn known(
    tx: &mut LookupTx,
    email: &str,
) -> Result<Option<UserId>, DbError> {
    let found = sqlx::query_scalar("SELECT id FROM users WHERE email = $1")
        .bind(email)
        .fetch_optional(tx.connection())
        .await?;
    Ok(found)
}

/// Whether an account was a member here and was removed.
pub(in crate::scim) async fn was_removed(tx: &mut TenantTx, user: UserId) -> Result<bool, DbError> {
    let org = tx.org();
    let found = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM memberships
             WHERE org_id = $1 AND user_id = $2 AND removed_at IS NOT NULL)",
    )
    .bind(org)
    .bind(user)
    .fetch_one(tx.connection())
    .await?;
    Ok(found)
}

/// Keeps what the directory says of a member.
pub(in crate::scim) async fn put(
    tx: &mut TenantTx,
    user: UserId,
    (user_name, external_id): (&str, Option<&str>),
    attributes: &Map<String, Value>,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "INSERT INTO scim_users
             (org_id, user_id, user_name, external_id, attributes, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
         ON CONFLICT (org_id, user_id) DO UPDATE SET user_name = excluded.user_name,
             external_id = excluded.external_id, attributes = excluded.attributes,
             updated_at = excluded.updated_at",
    )
    .bind(org)
    .bind(user)
    .bind(user_name)
    .bind(external_id)
    .bind(Json(attributes))
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}
