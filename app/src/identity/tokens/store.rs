//! SQL of tokens.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;

use super::model::{ApiToken, Maker, NewToken};
use super::secret::TokenSecret;
use crate::infra::db::{DbError, LookupTx, TenantTx};
use crate::kernel::{ApiTokenId, Cursor, Limit, OrgId, Scope, Scopes, UserId};

/// A token as it is looked up by whoever shows it.
pub(super) struct Found {
    pub(super) org: OrgId,
    pub(super) id: ApiTokenId,
    pub(super) user: UserId,
    pub(super) scopes: Scopes,
    pub(super) expires_at: Option<OffsetDateTime>,
    pub(super) last_used_at: Option<OffsetDateTime>,
}

/// The token that a transaction looks at.
pub(super) async fn find(
    tx: &mut LookupTx,
    secret: &TokenSecret,
) -> Result<Option<Found>, DbError> {
    let row = sqlx::query(
        "SELECT org_id, id, user_id, scopes, expires_at, last_used_at
         FROM api_tokens WHERE digest = $1",
    )
    .bind(secret.digest().as_slice())
    .fetch_optional(tx.connection())
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let names: Vec<String> = row.try_get("scopes")?;
    Ok(Some(Found {
        org: row.try_get("org_id")?,
        id: row.try_get("id")?,
        user: row.try_get("user_id")?,
        scopes: Scopes::from_names(names.iter().map(String::as_str)),
        expires_at: row.try_get("expires_at")?,
        last_used_at: row.try_get("last_used_at")?,
    }))
}

/// Notes that a token was used. The policy opens the one row that was looked up, and of it this
/// column is all that may be written.
pub(super) async fn note_use(
    connection: &mut PgConnection,
    secret: &TokenSecret,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let digest = secret.digest();
    sqlx::query("SELECT set_config('vaultterm.lookup_token', $1, true)")
        .bind(hex::encode(digest))
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE api_tokens SET last_used_at = $2 WHERE digest = $1")
        .bind(digest.as_slice())
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Tokens, newest first: those of one member, or all.
pub(super) async fn list(
    tx: &mut TenantTx,
    of: Option<UserId>,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Vec<ApiToken>, DbError> {
    let org = tx.org();
    let rows = sqlx::query(
        "SELECT t.id, t.name, t.scopes, t.created_at, t.expires_at, t.last_used_at,
                t.user_id, u.name AS maker
         FROM api_tokens t JOIN users u ON u.id = t.user_id
         WHERE t.org_id = $1 AND ($2::uuid IS NULL OR t.user_id = $2)
           AND ($3::uuid IS NULL OR t.id < $3)
         ORDER BY t.id DESC LIMIT $4",
    )
    .bind(org)
    .bind(of)
    .bind(cursor.map(|cursor| cursor.0))
    .bind(limit.fetch())
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(view).collect()
}

fn view(row: &PgRow) -> Result<ApiToken, DbError> {
    let names: Vec<String> = row.try_get("scopes")?;
    let scopes = Scopes::from_names(names.iter().map(String::as_str));
    Ok(ApiToken {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        scopes: Scope::ALL
            .into_iter()
            .filter(|scope| scopes.contains(*scope))
            .collect(),
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        last_used_at: row.try_get("last_used_at")?,
        user: Maker {
            id: row.try_get("user_id")?,
            name: row.try_get("maker")?,
        },
    })
}

/// How many tokens a member has.
pub(super) async fn count(tx: &mut TenantTx, user: UserId) -> Result<i64, DbError> {
    let org = tx.org();
    let count =
        sqlx::query_scalar("SELECT count(*) FROM api_tokens WHERE org_id = $1 AND user_id = $2")
            .bind(org)
            .bind(user)
            .fetch_one(tx.connection())
            .await?;
    Ok(count)
}

pub(super) async fn insert(
    tx: &mut TenantTx,
    (id, user): (ApiTokenId, UserId),
    secret: &TokenSecret,
    new: &NewToken,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let org = tx.org();
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    sqlx::query(
        "INSERT INTO api_tokens (org_id, id, user_id, name, digest, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(org)
    .bind(id)
    .bind(user)
    .bind(&new.name)
    .bind(secret.digest().as_slice())
    .bind(scopes)
    .bind(now)
    .bind(new.expires_at)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Takes a token away, and says its name and whose it was; only among those of one member, or among
/// all.
pub(super) async fn delete(
    tx: &mut TenantTx,
    id: ApiTokenId,
    of: Option<UserId>,
) -> Result<Option<(String, UserId)>, DbError> {
    let org = tx.org();
    let gone = sqlx::query_as(
        "DELETE FROM api_tokens
         WHERE org_id = $1 AND id = $2 AND ($3::uuid IS NULL OR user_id = $3)
         RETURNING name, user_id",
    )
    .bind(org)
    .bind(id)
    .bind(of)
    .fetch_optional(tx.connection())
    .await?;
    Ok(gone)
}
