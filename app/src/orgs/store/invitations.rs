//! SQL of invitations.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use crate::infra::db::{DbError, LookupTx, TenantTx};
use crate::kernel::{Cursor, InvitationId, Limit, UserId};
use crate::orgs::invitation::Invitation;
use crate::orgs::model::LinkToken;

fn of(row: &PgRow) -> Result<Invitation, DbError> {
    let role: String = row.try_get("role")?;
    Ok(Invitation {
        org: row.try_get("org_id")?,
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        role: role
            .parse()
            .map_err(|_| DbError::Impossible("invitations.role"))?,
        teams: row.try_get("team_ids")?,
        expires_at: row.try_get("expires_at")?,
    })
}

/// The invitation of a token, open or not.
pub(in crate::orgs) async fn by_token(
    tx: &mut LookupTx,
    token: &LinkToken,
) -> Result<Option<Invitation>, DbError> {
    let row = sqlx::query(
        "SELECT org_id, id, email, role, team_ids, expires_at FROM invitations WHERE digest = $1",
    )
    .bind(token.digest().as_slice())
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(of).transpose()
}

/// One of the organisation's.
pub(in crate::orgs) async fn by_id(
    tx: &mut TenantTx,
    id: InvitationId,
) -> Result<Option<Invitation>, DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "SELECT org_id, id, email, role, team_ids, expires_at
         FROM invitations WHERE org_id = $1 AND id = $2",
    )
    .bind(org)
    .bind(id)
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(of).transpose()
}

/// The name of the one who invites.
pub(in crate::orgs) async fn inviter(
    tx: &mut TenantTx,
    id: InvitationId,
) -> Result<Option<String>, DbError> {
    let org = tx.org();
    Ok(sqlx::query_scalar(
        "SELECT u.name FROM invitations i JOIN users u ON u.id = i.invited_by
         WHERE i.org_id = $1 AND i.id = $2",
    )
    .bind(org)
    .bind(id)
    .fetch_optional(tx.connection())
    .await?)
}

pub(in crate::orgs) async fn list(
    tx: &mut TenantTx,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<Invitation>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "SELECT org_id, id, email, role, team_ids, expires_at FROM invitations
         WHERE org_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
    )
    .bind(org)
    .bind(cursor.map(|cursor| cursor.0))
    .bind(limit.fetch())
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(of).collect()
}

/// Whether an address may be invited: an invitation that is open stands in the way, one whose time is
/// over goes.
pub(in crate::orgs) async fn give_way(
    tx: &mut TenantTx,
    email: &str,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let org = tx.org();
    sqlx::query("DELETE FROM invitations WHERE org_id = $1 AND email = $2 AND expires_at <= $3")
        .bind(org)
        .bind(email)
        .bind(now)
        .execute(tx.connection())
        .await?;
    let open: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM invitations WHERE org_id = $1 AND email = $2)",
    )
    .bind(org)
    .bind(email)
    .fetch_one(tx.connection())
    .await?;
    Ok(!open)
}

pub(in crate::orgs) async fn insert(
    tx: &mut TenantTx,
    invitation: &Invitation,
    inviter: UserId,
    token: &LinkToken,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "INSERT INTO invitations (org_id, id, email, role, team_ids, invited_by, digest,
             created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(org)
    .bind(invitation.id)
    .bind(&invitation.email)
    .bind(invitation.role.as_str())
    .bind(&invitation.teams)
    .bind(inviter)
    .bind(token.digest().as_slice())
    .bind(now)
    .bind(invitation.expires_at)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Gives an invitation another token and more time.
pub(in crate::orgs) async fn renew(
    tx: &mut TenantTx,
    invitation: &Invitation,
    token: &LinkToken,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "UPDATE invitations SET digest = $3, expires_at = $4 WHERE org_id = $1 AND id = $2",
    )
    .bind(org)
    .bind(invitation.id)
    .bind(token.digest().as_slice())
    .bind(invitation.expires_at)
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(in crate::orgs) async fn delete(tx: &mut TenantTx, id: InvitationId) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query("DELETE FROM invitations WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Uses an invitation up; false when it was used, withdrawn or renewed meanwhile, or is too old.
pub(in crate::orgs) async fn take(
    tx: &mut TenantTx,
    token: &LinkToken,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let org = tx.org();
    let done = sqlx::query(
        "DELETE FROM invitations WHERE org_id = $1 AND digest = $2 AND expires_at > $3",
    )
    .bind(org)
    .bind(token.digest().as_slice())
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Withdraws what somebody has sent and could not send any more: invitations to one of these roles.
pub(in crate::orgs) async fn withdraw_beyond(
    tx: &mut TenantTx,
    inviter: UserId,
    roles: &[&'static str],
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "DELETE FROM invitations WHERE org_id = $1 AND invited_by = $2 AND role = ANY ($3)",
    )
    .bind(org)
    .bind(inviter)
    .bind(roles)
    .execute(tx.connection())
    .await?;
    Ok(())
}
