//! SQL of groups: teams, with the name that the directory knows them by.

use time::OffsetDateTime;

use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{TeamId, UserId};
use crate::scim::list::Window;

/// A team, as the directory knows it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(in crate::scim) struct Group {
    pub(in crate::scim) id: TeamId,
    pub(in crate::scim) name: String,
    pub(in crate::scim) external_id: Option<String>,
    pub(in crate::scim) created_at: OffsetDateTime,
    pub(in crate::scim) updated_at: OffsetDateTime,
}

/// Which groups a page holds: one, a part of all, or those after one.
#[derive(Clone, Debug, Default)]
pub(in crate::scim) struct GroupPage<'a> {
    pub(in crate::scim) only: Option<TeamId>,
    pub(in crate::scim) after: Option<TeamId>,
    pub(in crate::scim) skip: i64,
    pub(in crate::scim) most: i64,
    /// What an index can be asked for.
    pub(in crate::scim) name: Option<&'a str>,
    pub(in crate::scim) external_id: Option<&'a str>,
}

impl GroupPage<'_> {
    /// A part of all.
    pub(in crate::scim) fn of(window: Window) -> Self {
        Self {
            skip: window.start - 1,
            most: window.count,
            ..Self::default()
        }
    }
}

/// A page of groups, in the order of their ids.
pub(in crate::scim) async fn groups(
    tx: &mut TenantTx,
    page: &GroupPage<'_>,
) -> Result<Vec<Group>, DbError> {
    let org = tx.org();
    let rows = sqlx::query_as(
        "SELECT t.id, t.name, s.external_id, t.created_at, t.updated_at
         FROM teams t LEFT JOIN scim_groups s ON s.org_id = t.org_id AND s.team_id = t.id
         WHERE t.org_id = $1 AND ($2::uuid IS NULL OR t.id = $2)
           AND ($3::uuid IS NULL OR t.id > $3)
           AND ($4::text IS NULL OR lower(t.name) = lower($4))
           AND ($5::text IS NULL OR s.external_id = $5)
         ORDER BY t.id OFFSET $6 LIMIT $7",
    )
    .bind(org)
    .bind(page.only)
    .bind(page.after)
    .bind(page.name)
    .bind(page.external_id)
    .bind(page.skip)
    .bind(page.most)
    .fetch_all(tx.connection())
    .await?;
    Ok(rows)
}

/// How many groups there are.
pub(in crate::scim) async fn count(tx: &mut TenantTx) -> Result<i64, DbError> {
    let org = tx.org();
    let count = sqlx::query_scalar("SELECT count(*) FROM teams WHERE org_id = $1")
        .bind(org)
        .fetch_one(tx.connection())
        .await?;
    Ok(count)
}

/// Who is in groups: in which, and who.
pub(in crate::scim) async fn members(
    tx: &mut TenantTx,
    groups: &[TeamId],
) -> Result<Vec<(TeamId, UserId)>, DbError> {
    let org = tx.org();
    let rows = sqlx::query_as(
        "SELECT team_id, user_id FROM team_members
         WHERE org_id = $1 AND team_id = ANY ($2) ORDER BY user_id",
    )
    .bind(org)
    .bind(groups)
    .fetch_all(tx.connection())
    .await?;
    Ok(rows)
}

/// Which of these are users of the organisation. Their memberships are held until the transaction
/// ends.
pub(in crate::scim) async fn users_among(
    tx: &mut TenantTx,
    users: &[UserId],
) -> Result<Vec<UserId>, DbError> {
    let org = tx.org();
    let rows = sqlx::query_scalar(
        "SELECT user_id FROM memberships
         WHERE org_id = $1 AND user_id = ANY ($2)
           AND state IN ('confirmed', 'revoked') AND removed_at IS NULL
         FOR SHARE",
    )
    .bind(org)
    .bind(users)
    .fetch_all(tx.connection())
    .await?;
    Ok(rows)
}

/// Keeps the name that the directory knows a group by, or forgets it.
pub(in crate::scim) async fn put_external_id(
    tx: &mut TenantTx,
    group: TeamId,
    external_id: Option<&str>,
) -> Result<(), DbError> {
    let org = tx.org();
    let statement = match external_id {
        Some(_) => {
            "INSERT INTO scim_groups (org_id, team_id, external_id) VALUES ($1, $2, $3)
             ON CONFLICT (org_id, team_id) DO UPDATE SET external_id = excluded.external_id"
        }
        None => {
            "DELETE FROM scim_groups
             WHERE org_id = $1 AND team_id = $2 AND $3::text IS NULL"
        }
    };
    sqlx::query(statement)
        .bind(org)
        .bind(group)
        .bind(external_id)
        .execute(tx.connection())
        .await?;
    Ok(())
}
