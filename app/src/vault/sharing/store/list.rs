//! SQL of the lists: what has been given, and who can see a record.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use super::super::super::store::roles::role_of;
use super::super::model::{
    AccessEntry, AccessGrantee, NamedTeam, Reader, ReaderReason, Shared, Through, VaultPerson,
};
use super::what;
use crate::authz::{ManageMembers, Permit};
use crate::edge::ListQuery;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{SecretId, TeamId};

macro_rules! entries {
    ($users:literal, $teams:literal, $what:literal) => {
        concat!(
            "SELECT * FROM (
                 SELECT g.user_id AS id, u.name, u.email, m.state = 'confirmed' AS active,
                        g.role, g.expires_at, g.granted_at, g.granted_by
                 FROM ",
            $users,
            " g
                 JOIN users u ON u.id = g.user_id
                 JOIN memberships m ON m.org_id = g.org_id AND m.user_id = g.user_id
                 WHERE g.org_id = $1 AND g.",
            $what,
            " = $2
                 UNION ALL
                 SELECT t.id, t.name, NULL, NULL,
                        g.role, g.expires_at, g.granted_at, g.granted_by
                 FROM ",
            $teams,
            " g
                 JOIN teams t ON t.org_id = g.org_id AND t.id = g.team_id
                 WHERE g.org_id = $1 AND g.",
            $what,
            " = $2
             ) AS given
             WHERE (expires_at IS NULL OR expires_at > $3) AND ($4::uuid IS NULL OR id < $4)
             ORDER BY id DESC LIMIT $5"
        )
    };
}

/// What was given and has not ended, the newest people and teams first.
pub(in super::super) async fn entries(
    tx: &mut TenantTx,
    permit: Permit<ManageMembers>,
    (shared, at): (Shared, OffsetDateTime),
    query: ListQuery,
) -> Result<Vec<AccessEntry>, DbError> {
    let statement = match shared {
        Shared::Vault(_) => entries!("vault_roles", "vault_team_roles", "vault_id"),
        Shared::Record(..) => entries!("secret_roles", "secret_team_roles", "secret_id"),
    };
    let rows = sqlx::query(statement)
        .bind(permit.org())
        .bind(what(shared))
        .bind(at)
        .bind(query.cursor.map(|cursor| cursor.0))
        .bind(query.limit.fetch())
        .fetch_all(tx.connection())
        .await?;
    rows.iter().map(entry_of).collect()
}

fn entry_of(row: &PgRow) -> Result<AccessEntry, DbError> {
    let active: Option<bool> = row.try_get("active")?;
    let grantee = match active {
        Some(active) => AccessGrantee::User {
            person: person_of(row)?,
            active,
        },
        None => AccessGrantee::Team {
            team: NamedTeam {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
            },
        },
    };
    Ok(AccessEntry {
        grantee,
        role: role_of(row.try_get("role")?)?,
        expires_at: row.try_get("expires_at")?,
        granted_at: row.try_get("granted_at")?,
        granted_by: row.try_get("granted_by")?,
    })
}

fn person_of(row: &PgRow) -> Result<VaultPerson, DbError> {
    Ok(VaultPerson {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        email: row.try_get("email")?,
    })
}

/// Members who can see a record, the newest first, each with every reason.
pub(in super::super) async fn readers(
    tx: &mut TenantTx,
    permit: Permit<ManageMembers>,
    (secret, at): (SecretId, OffsetDateTime),
    query: ListQuery,
) -> Result<Vec<Reader>, DbError> {
    let rows = sqlx::query(
        "WITH ways AS (
             SELECT user_id, false AS alone, team_id, role, expires_at FROM vault_grants
             WHERE org_id = $1 AND vault_id = $2
             UNION ALL
             SELECT user_id, true, team_id, role, expires_at FROM secret_grants
             WHERE org_id = $1 AND secret_id = $3),
         open AS (
             SELECT w.* FROM ways w
             JOIN memberships m ON m.org_id = $1 AND m.user_id = w.user_id
             WHERE m.state = 'confirmed' AND (w.expires_at IS NULL OR w.expires_at > $4)
               AND ($5::uuid IS NULL OR w.user_id < $5)),
         page AS (SELECT DISTINCT user_id FROM open ORDER BY user_id DESC LIMIT $6)
         SELECT u.id, u.name, u.email, o.alone, o.team_id, t.name AS team_name, o.role::text,
                o.expires_at
         FROM page
         JOIN open o USING (user_id)
         JOIN users u ON u.id = page.user_id
         LEFT JOIN teams t ON t.org_id = $1 AND t.id = o.team_id
         ORDER BY page.user_id DESC, o.role DESC, o.alone, o.team_id NULLS FIRST",
    )
    .bind(permit.org())
    .bind(permit.vault())
    .bind(secret)
    .bind(at)
    .bind(query.cursor.map(|cursor| cursor.0))
    .bind(query.limit.fetch())
    .fetch_all(tx.connection())
    .await?;
    let mut readers: Vec<Reader> = Vec::new();
    for row in &rows {
        let (user, reason) = (person_of(row)?, reason_of(row)?);
        match readers.last_mut().filter(|last| last.user.id == user.id) {
            Some(reader) => reader.why.push(reason),
            // The highest role comes first.
            None => readers.push(Reader {
                user,
                role: reason.role,
                why: vec![reason],
            }),
        }
    }
    Ok(readers)
}

fn reason_of(row: &PgRow) -> Result<ReaderReason, DbError> {
    let team: Option<TeamId> = row.try_get("team_id")?;
    let name: Option<String> = row.try_get("team_name")?;
    let through = if row.try_get("alone")? {
        Through::Record
    } else {
        Through::Vault
    };
    Ok(ReaderReason {
        through,
        team: team.zip(name).map(|(id, name)| NamedTeam { id, name }),
        role: role_of(row.try_get("role")?)?,
        expires_at: row.try_get("expires_at")?,
    })
}
