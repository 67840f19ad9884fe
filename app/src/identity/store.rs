//! SQL of accounts and memberships.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::model::{Email, NewAccount, OrganizationView, UserView};
use crate::infra::db::{DbError, LookupTx, TenantTx};
use crate::kernel::{OrgId, OrgRole, UserId};

/// An account as sign-in needs it.
pub(super) struct Credentials {
    pub(super) user: UserId,
    pub(super) password_hash: String,
}

pub(super) async fn credentials(
    tx: &mut LookupTx,
    email: &Email,
) -> Result<Option<Credentials>, DbError> {
    let row: Option<(UserId, String)> =
        sqlx::query_as("SELECT id, password_hash FROM users WHERE email = $1")
            .bind(email.as_str())
            .fetch_optional(tx.connection())
            .await?;
    Ok(row.map(|(user, password_hash)| Credentials {
        user,
        password_hash,
    }))
}

/// A confirmed membership. The only loader there is: invited and revoked people never come out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Membership {
    pub(super) org: OrgId,
    pub(super) role: OrgRole,
}

/// The confirmed memberships of the account that is looked up, oldest first.
pub(super) async fn memberships(
    tx: &mut LookupTx,
    user: UserId,
) -> Result<Vec<Membership>, DbError> {
    let rows: Vec<(OrgId, String)> = sqlx::query_as(
        "SELECT org_id, role FROM memberships
         WHERE user_id = $1 AND state = 'confirmed' ORDER BY created_at, org_id",
    )
    .bind(user)
    .fetch_all(tx.connection())
    .await?;
    rows.into_iter()
        .map(|(org, role)| {
            let role = role
                .parse()
                .map_err(|_| DbError::Impossible("memberships.role"))?;
            Ok(Membership { org, role })
        })
        .collect()
}

/// A member and the organisation, as the member sees them.
pub(super) async fn member(
    tx: &mut TenantTx,
    user: UserId,
) -> Result<Option<(UserView, OrganizationView)>, DbError> {
    let org = tx.org();
    let row: Option<(String, String, String)> = sqlx::query_as(
        "SELECT u.name, u.email, o.name FROM users u, organizations o
         WHERE u.id = $1 AND o.org_id = $2",
    )
    .bind(user)
    .bind(org)
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.map(|(name, email, organization)| {
        (
            UserView {
                id: user,
                name,
                email,
            },
            OrganizationView {
                id: org,
                name: organization,
            },
        )
    }))
}

/// Makes an account inside a running transaction.
///
/// # Errors
/// [`DbError`]; the constraint `users_email_key` when the address is taken.
pub async fn insert_account(
    connection: &mut PgConnection,
    account: &NewAccount,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    // The policy lets an account be made only by a transaction that names it.
    sqlx::query("SELECT set_config('vaultterm.lookup_user', $1, true)")
        .bind(account.id.to_string())
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO users (id, email, name, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(account.id)
    .bind(account.email.as_str())
    .bind(&account.name)
    .bind(&account.password_hash)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}
