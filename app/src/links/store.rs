//! SQL of one-time links.

use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;

use super::model::{Link, LinkToken, Made, SignUp};
use crate::edge::Problem;
use crate::infra::db::DbError;
use crate::kernel::{OrgId, UserId};

/// Makes a link. It replaces the account's earlier one of its kind; those that have expired are
/// forgotten.
pub(super) async fn make(
    connection: &mut PgConnection,
    link: &Link,
    now: OffsetDateTime,
) -> Result<Made, Problem> {
    let token = LinkToken::generate().ok_or_else(Problem::internal)?;
    let expires_at = now + link.lifetime();
    insert(connection, link, &token, (now, expires_at)).await?;
    Ok(Made { token, expires_at })
}

async fn insert(
    connection: &mut PgConnection,
    link: &Link,
    token: &LinkToken,
    (now, expires_at): (OffsetDateTime, OffsetDateTime),
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM account_links WHERE expires_at <= $1")
        .bind(now)
        .execute(&mut *connection)
        .await?;
    let statement = match link {
        Link::Reset { .. } | Link::Address { .. } => OF_AN_ACCOUNT,
        Link::SignUp(_) => OF_A_SIGN_UP,
    };
    let sign_up = match link {
        Link::SignUp(sign_up) => Some(sign_up),
        Link::Reset { .. } | Link::Address { .. } => None,
    };
    let (email, enters) = match link {
        Link::Reset { by, .. } => (None, *by),
        Link::Address { email, .. } => (Some(email), None),
        Link::SignUp(sign_up) => (Some(&sign_up.email), Some(sign_up.enters)),
    };
    sqlx::query(statement)
        .bind(token.digest().as_slice())
        .bind(link.purpose())
        .bind(link.user())
        .bind(email)
        .bind(enters)
        .bind(now)
        .bind(expires_at)
        .bind(sign_up.map(|sign_up| &sign_up.name))
        .bind(sign_up.map(|sign_up| &sign_up.password_hash))
        .execute(connection)
        .await?;
    Ok(())
}

/// An account has one link of a kind.
const OF_AN_ACCOUNT: &str = "
    INSERT INTO account_links
        (digest, purpose, user_id, email, enters, created_at, expires_at, name, password_hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (user_id, purpose) DO UPDATE
    SET digest = $1, email = $4, enters = $5, created_at = $6, expires_at = $7";
/// An address has one sign-up.
const OF_A_SIGN_UP: &str = "
    INSERT INTO account_links
        (digest, purpose, user_id, email, enters, created_at, expires_at, name, password_hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (email) WHERE purpose = 'sign-up' DO UPDATE
    SET digest = $1, enters = $5, created_at = $6, expires_at = $7, name = $8, password_hash = $9";

/// What a token is for, if it works now.
pub(super) async fn find(
    connection: &mut PgConnection,
    token: &LinkToken,
    now: OffsetDateTime,
) -> Result<Option<Link>, DbError> {
    let row = sqlx::query(
        "SELECT purpose, user_id, email, enters, name, password_hash FROM account_links
         WHERE digest = $1 AND expires_at > $2",
    )
    .bind(token.digest().as_slice())
    .bind(now)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let purpose: String = row.try_get("purpose")?;
    match purpose.as_str() {
        "reset" => Ok(Some(Link::Reset {
            user: row.try_get("user_id")?,
            by: row.try_get("enters")?,
        })),
        "email" => Ok(Some(Link::Address {
            user: row.try_get("user_id")?,
            email: row.try_get("email")?,
        })),
        "sign-up" => Ok(Some(Link::SignUp(SignUp {
            email: row.try_get("email")?,
            name: row.try_get("name")?,
            password_hash: row.try_get("password_hash")?,
            enters: row.try_get("enters")?,
        }))),
        _ => Err(DbError::Impossible("account_links.purpose")),
    }
}

/// Uses a link up: of many at once exactly one succeeds.
pub(super) async fn take(
    connection: &mut PgConnection,
    token: &LinkToken,
    now: OffsetDateTime,
) -> Result<bool, DbError> {
    let taken = sqlx::query("DELETE FROM account_links WHERE digest = $1 AND expires_at > $2")
        .bind(token.digest().as_slice())
        .bind(now)
        .execute(connection)
        .await?;
    Ok(taken.rows_affected() == 1)
}

/// Ends whatever links an account has: what they were made for was decided otherwise.
pub(super) async fn forget(connection: &mut PgConnection, user: UserId) -> Result<(), DbError> {
    sqlx::query("DELETE FROM account_links WHERE user_id = $1")
        .bind(user)
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether an account has anything to do with another organisation, in a transaction that looks at it.
pub(super) async fn belongs_elsewhere(
    connection: &mut PgConnection,
    user: UserId,
    org: OrgId,
) -> Result<bool, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM memberships WHERE user_id = $1 AND org_id <> $2)",
    )
    .bind(user)
    .bind(org)
    .fetch_one(connection)
    .await?)
}

/// The organisation that people of a domain may sign up to, in a transaction that looks at it; with `*`,
/// any that lets people of some domain in. One that is suspended lets nobody in.
pub(super) async fn open_to(
    connection: &mut PgConnection,
    domain: &str,
) -> Result<Option<OrgId>, DbError> {
    Ok(sqlx::query_scalar(
        "SELECT p.org_id FROM organization_policies p
         JOIN organization_directory d ON d.id = p.org_id AND d.open
         WHERE $1 = ANY (sign_up_domains) OR ($1 = '*' AND cardinality(sign_up_domains) > 0)
         ORDER BY p.org_id LIMIT 1",
    )
    .bind(domain)
    .fetch_optional(connection)
    .await?)
}
