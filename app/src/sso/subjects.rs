//! SQL of who the subjects of a provider are here.

use time::OffsetDateTime;

use crate::identity::Email;
use crate::infra::db::{DbError, LookupTx, TenantTx};
use crate::kernel::UserId;

/// The account with an address.
pub(super) async fn account(tx: &mut LookupTx, email: &Email) -> Result<Option<UserId>, DbError> {
    let found = sqlx::query_scalar("SELECT id FROM users WHERE email = $1")
        .bind(email.as_str())
        .fetch_optional(tx.connection())
        .await?;
    Ok(found)
}

/// A membership of the transaction's organisation.
pub(super) struct Membership {
    pub(super) user: UserId,
    pub(super) confirmed: bool,
}

impl Membership {
    fn of((user, state): (UserId, String)) -> Self {
        Self {
            user,
            confirmed: state == "confirmed",
        }
    }
}

/// Who a subject is here.
pub(super) async fn linked(
    tx: &mut TenantTx,
    (issuer, subject): (&str, &str),
) -> Result<Option<Membership>, DbError> {
    let org = tx.org();
    let row: Option<(UserId, String)> = sqlx::query_as(
        "SELECT m.user_id, m.state FROM sso_identities i
         JOIN memberships m ON m.org_id = i.org_id AND m.user_id = i.user_id
         WHERE i.org_id = $1 AND i.issuer = $2 AND i.subject = $3",
    )
    .bind(org)
    .bind(issuer)
    .bind(subject)
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.map(Membership::of))
}

/// What an account is in this organisation.
pub(super) async fn membership(
    tx: &mut TenantTx,
    user: UserId,
) -> Result<Option<Membership>, DbError> {
    let org = tx.org();
    let row: Option<(UserId, String)> =
        sqlx::query_as("SELECT user_id, state FROM memberships WHERE org_id = $1 AND user_id = $2")
            .bind(org)
            .bind(user)
            .fetch_optional(tx.connection())
            .await?;
    Ok(row.map(Membership::of))
}

/// Notes who a subject is.
///
/// # Errors
/// [`DbError`]; a unique constraint when the subject or the account is linked already.
pub(super) async fn link(
    tx: &mut TenantTx,
    (issuer, subject): (&str, &str),
    user: UserId,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "INSERT INTO sso_identities (org_id, issuer, subject, user_id, linked_at, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(org)
    .bind(issuer)
    .bind(subject)
    .bind(user)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes that a subject came in.
pub(super) async fn came_in(
    tx: &mut TenantTx,
    user: UserId,
    issuer: &str,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "UPDATE sso_identities SET last_used_at = $4
         WHERE org_id = $1 AND user_id = $2 AND issuer = $3",
    )
    .bind(org)
    .bind(user)
    .bind(issuer)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}
