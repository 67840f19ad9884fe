//! SQL of teams. Only confirmed members of the organisation count: somebody deactivated is in no team
//! until they are back.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{Team, TeamMember, TeamPerson};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{Cursor, Limit, TeamId, UserId, VaultRole};

/// What somebody is to a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is no such team here.
    NoTeam,
    /// There is, and they are not in it.
    Outside,
    /// They are in it.
    In(VaultRole),
}

fn parsed(role: &str) -> Result<VaultRole, DbError> {
    role.parse()
        .map_err(|_| DbError::Impossible("team_members.role"))
}

/// What somebody is to a team.
pub(super) async fn role(
    tx: &mut TenantTx,
    team: TeamId,
    user: UserId,
) -> Result<Standing, DbError> {
    let org = tx.org();
    let found: Option<(Option<String>,)> = sqlx::query_as(
        "SELECT m.role FROM teams t
         LEFT JOIN team_members m
           ON m.org_id = t.org_id AND m.team_id = t.id AND m.user_id = $3
          AND EXISTS (SELECT FROM memberships o
               WHERE o.org_id = m.org_id AND o.user_id = m.user_id AND o.state = 'confirmed')
         WHERE t.org_id = $1 AND t.id = $2",
    )
    .bind(org)
    .bind(team)
    .bind(user)
    .fetch_optional(tx.connection())
    .await?;
    match found {
        None => Ok(Standing::NoTeam),
        Some((None,)) => Ok(Standing::Outside),
        Some((Some(role),)) => Ok(Standing::In(parsed(&role)?)),
    }
}

/// The roles that a member has in their teams.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn roles(tx: &mut TenantTx, user: UserId) -> Result<Vec<(TeamId, VaultRole)>, DbError> {
    let org = tx.org();
    let rows: Vec<(TeamId, String)> = sqlx::query_as(
        "SELECT m.team_id, m.role FROM team_members m
         JOIN memberships o USING (org_id, user_id)
         WHERE m.org_id = $1 AND m.user_id = $2 AND o.state = 'confirmed'
         ORDER BY m.team_id",
    )
    .bind(org)
    .bind(user)
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|(team, role)| Ok((*team, parsed(role)?)))
        .collect()
}

/// Lets those who change who is in a team take turns; false when there is no such team.
pub(crate) async fn lock(tx: &mut TenantTx, team: TeamId) -> Result<bool, DbError> {
    let org = tx.org();
    let found = sqlx::query("SELECT FROM teams WHERE org_id = $1 AND id = $2 FOR UPDATE")
        .bind(org)
        .bind(team)
        .execute(tx.connection())
        .await?;
    Ok(found.rows_affected() == 1)
}

/// The teams that somebody is in, or all of them, newest first.
pub(super) async fn list(
    tx: &mut TenantTx,
    (user, all): (UserId, bool),
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Team>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "SELECT t.id, t.name, t.description, t.created_at, t.updated_at, m.role,
                (SELECT count(*) FROM team_members c
                 JOIN memberships o USING (org_id, user_id)
                 WHERE c.org_id = t.org_id AND c.team_id = t.id AND o.state = 'confirmed')
                    AS member_count
         FROM teams t
         LEFT JOIN team_members m
           ON m.org_id = t.org_id AND m.team_id = t.id AND m.user_id = $2
         WHERE t.org_id = $1 AND ($3 OR m.user_id IS NOT NULL)
           AND ($4::uuid IS NULL OR t.id < $4)
         ORDER BY t.id DESC LIMIT $5",
    )
    .bind(org)
    .bind(user)
    .bind(all)
    .bind(cursor.map(|cursor| cursor.0))
    .bind(limit.fetch())
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(team_of).collect()
}

/// One team, with somebody's own role in it.
pub(super) async fn team(
    tx: &mut TenantTx,
    team: TeamId,
    user: UserId,
) -> Result<Option<Team>, DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "SELECT t.id, t.name, t.description, t.created_at, t.updated_at, m.role,
                (SELECT count(*) FROM team_members c
                 JOIN memberships o USING (org_id, user_id)
                 WHERE c.org_id = t.org_id AND c.team_id = t.id AND o.state = 'confirmed')
                    AS member_count
         FROM teams t
         LEFT JOIN team_members m
           ON m.org_id = t.org_id AND m.team_id = t.id AND m.user_id = $3
         WHERE t.org_id = $1 AND t.id = $2",
    )
    .bind(org)
    .bind(team)
    .bind(user)
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(team_of).transpose()
}

fn team_of(row: &PgRow) -> Result<Team, DbError> {
    let role: Option<String> = row.try_get("role")?;
    Ok(Team {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        description: row.try_get("description")?,
        member_count: row.try_get("member_count")?,
        role: role.as_deref().map(parsed).transpose()?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

/// Makes a team.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    team: TeamId,
    (name, description): (&str, &str),
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "INSERT INTO teams (org_id, id, name, description, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(org)
    .bind(team)
    .bind(name)
    .bind(description)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Gives a team another name or description.
pub(crate) async fn update(
    tx: &mut TenantTx,
    team: TeamId,
    (name, description): (Option<&str>, Option<&str>),
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "UPDATE teams SET name = coalesce($3, name), description = coalesce($4, description),
                updated_at = $5
         WHERE org_id = $1 AND id = $2",
    )
    .bind(org)
    .bind(team)
    .bind(name)
    .bind(description)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Deletes a team.
pub(crate) async fn delete(tx: &mut TenantTx, team: TeamId) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query("DELETE FROM teams WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(team)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Those in a team, in the order of their ids.
pub(super) async fn members(
    tx: &mut TenantTx,
    team: TeamId,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<TeamMember>, DbError> {
    let org = tx.org();
    let rows: Vec<(UserId, String, String, String)> = sqlx::query_as(
        "SELECT m.user_id, u.name, u.email, m.role
         FROM team_members m
         JOIN memberships o
           ON o.org_id = m.org_id AND o.user_id = m.user_id AND o.state = 'confirmed'
         JOIN users u ON u.id = m.user_id
         WHERE m.org_id = $1 AND m.team_id = $2 AND ($3::uuid IS NULL OR m.user_id > $3)
         ORDER BY m.user_id LIMIT $4",
    )
    .bind(org)
    .bind(team)
    .bind(cursor.map(|cursor| cursor.0))
    .bind(limit.fetch())
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|(id, name, email, role)| {
            Ok(TeamMember {
                user: TeamPerson { id, name, email },
                role: parsed(&role)?,
            })
        })
        .collect()
}

/// Whether somebody is a confirmed member of the organisation.
pub(super) async fn is_member_of_organization(
    tx: &mut TenantTx,
    user: UserId,
) -> Result<bool, DbError> {
    let org = tx.org();
    let found: Option<Uuid> = sqlx::query_scalar(
        "SELECT user_id FROM memberships
         WHERE org_id = $1 AND user_id = $2 AND state = 'confirmed'",
    )
    .bind(org)
    .bind(user)
    .fetch_optional(tx.connection())
    .await?;
    Ok(found.is_some())
}

/// Takes somebody in, or gives them another role.
pub(crate) async fn put_member(
    tx: &mut TenantTx,
    team: TeamId,
    user: UserId,
    role: VaultRole,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "INSERT INTO team_members (org_id, team_id, user_id, role, created_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org_id, team_id, user_id) DO UPDATE SET role = excluded.role",
    )
    .bind(org)
    .bind(team)
    .bind(user)
    .bind(role.as_str())
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Takes somebody out of a team.
pub(crate) async fn drop_member(
    tx: &mut TenantTx,
    team: TeamId,
    user: UserId,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query("DELETE FROM team_members WHERE org_id = $1 AND team_id = $2 AND user_id = $3")
        .bind(org)
        .bind(team)
        .bind(user)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Whether a team has an owner.
pub(super) async fn has_owner(tx: &mut TenantTx, team: TeamId) -> Result<bool, DbError> {
    let org = tx.org();
    let found = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM team_members m
             JOIN memberships o USING (org_id, user_id)
             WHERE m.org_id = $1 AND m.team_id = $2 AND m.role = 'OWNER'
               AND o.state = 'confirmed')",
    )
    .bind(org)
    .bind(team)
    .fetch_one(tx.connection())
    .await?;
    Ok(found)
}
