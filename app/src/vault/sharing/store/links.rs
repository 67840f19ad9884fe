//! SQL of links.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use super::super::links::{LinkHead, SecretLink};
use crate::authz::{ManageMembers, Permit};
use crate::edge::ListQuery;
use crate::infra::db::{DbError, LookupTx, TenantTx};
use crate::kernel::{SecretId, SecretLinkId, VaultId};
use crate::vault::seal::Head;
use crate::vault::store::secrets::head_of;

/// What is kept of a link and shown to nobody.
pub(in super::super) struct Made {
    pub(in super::super) digest: [u8; 32],
    pub(in super::super) value: Vec<u8>,
    pub(in super::super) passphrase_hash: Option<String>,
}

/// What one use of a link opens.
pub(in super::super) struct Taken {
    pub(in super::super) secret: SecretId,
    pub(in super::super) vault: VaultId,
    /// The record as it is now: whether it may be seen at all.
    pub(in super::super) head: Head,
    pub(in super::super) organization: String,
    pub(in super::super) value: Vec<u8>,
    pub(in super::super) remaining: i32,
    pub(in super::super) expires_at: OffsetDateTime,
}

pub(in super::super) async fn insert(
    tx: &mut TenantTx,
    permit: Permit<ManageMembers>,
    secret: SecretId,
    (link, made): (&SecretLink, &Made),
) -> Result<(), DbError> {
    sqlx::query(
        "INSERT INTO secret_links (org_id, id, secret_id, digest, fields, sealed_value,
             passphrase_hash, uses, remaining, created_at, created_by, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11)",
    )
    .bind(permit.org())
    .bind(link.id)
    .bind(secret)
    .bind(made.digest.as_slice())
    .bind(&link.fields)
    .bind(&made.value)
    .bind(&made.passphrase_hash)
    .bind(link.uses)
    .bind(link.created_at)
    .bind(permit.user())
    .bind(link.expires_at)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Forgets those of the organisation whose time is over, with what they showed. No permit: nobody opens them
/// any more.
pub(in crate::vault) async fn forget_ended(
    tx: &mut TenantTx,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query("DELETE FROM secret_links WHERE org_id = $1 AND expires_at <= $2")
        .bind(org)
        .bind(now)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Those of a record that have not ended.
pub(in super::super) async fn list(
    tx: &mut TenantTx,
    permit: Permit<ManageMembers>,
    (secret, at): (SecretId, OffsetDateTime),
    query: ListQuery,
) -> Result<Vec<SecretLink>, DbError> {
    let rows = sqlx::query(
        "SELECT id, fields, uses, remaining, passphrase_hash IS NOT NULL AS passphrase, expires_at,
                created_at, created_by, opened_at
         FROM secret_links
         WHERE org_id = $1 AND secret_id = $2 AND expires_at > $3 AND ($4::uuid IS NULL OR id < $4)
         ORDER BY id DESC LIMIT $5",
    )
    .bind(permit.org())
    .bind(secret)
    .bind(at)
    .bind(query.cursor.map(|cursor| cursor.0))
    .bind(query.limit.fetch())
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(link_of).collect()
}

fn link_of(row: &PgRow) -> Result<SecretLink, DbError> {
    Ok(SecretLink {
        id: row.try_get("id")?,
        fields: row.try_get("fields")?,
        uses: row.try_get("uses")?,
        remaining: row.try_get("remaining")?,
        passphrase: row.try_get("passphrase")?,
        expires_at: row.try_get("expires_at")?,
        created_at: row.try_get("created_at")?,
        created_by: row.try_get("created_by")?,
        opened_at: row.try_get("opened_at")?,
    })
}

/// Ends a link; false when there is none.
pub(in super::super) async fn delete(
    tx: &mut TenantTx,
    permit: Permit<ManageMembers>,
    (secret, link): (SecretId, SecretLinkId),
) -> Result<bool, DbError> {
    let deleted =
        sqlx::query("DELETE FROM secret_links WHERE org_id = $1 AND secret_id = $2 AND id = $3")
            .bind(permit.org())
            .bind(secret)
            .bind(link)
            .execute(tx.connection())
            .await?;
    Ok(deleted.rows_affected() == 1)
}

/// The link that the transaction looks up.
pub(in super::super) async fn find(tx: &mut LookupTx) -> Result<Option<LinkHead>, DbError> {
    let row = sqlx::query("SELECT org_id, id, passphrase_hash FROM secret_links")
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| {
        Ok(LinkHead {
            org: row.try_get("org_id")?,
            id: row.try_get("id")?,
            passphrase_hash: row.try_get("passphrase_hash")?,
        })
    })
    .transpose()
}

/// What has to hold of a link that can be opened: among the rest, that whoever made it still could; `$1` is the organisation, `$2` the link, `$3` the instant.
macro_rules! open {
    ($head:literal, $tail:literal) => {
        concat!(
            $head,
            " FROM secret_links l
             JOIN secrets s ON s.org_id = l.org_id AND s.id = l.secret_id AND s.trashed_at IS NULL
             JOIN vaults v ON v.org_id = s.org_id AND v.id = s.vault_id AND v.going_since IS NULL
             JOIN memberships m ON m.org_id = l.org_id AND m.user_id = l.created_by
                  AND m.state = 'confirmed'
             JOIN organizations o ON o.org_id = l.org_id
             JOIN organization_directory d ON d.id = l.org_id AND d.open
             WHERE l.org_id = $1 AND l.id = $2 AND l.remaining > 0 AND l.expires_at > $3
               AND EXISTS (
                   SELECT FROM vault_grants g
                   WHERE g.org_id = $1 AND g.vault_id = s.vault_id AND g.user_id = l.created_by
                     AND g.role >= 'ADMIN' AND (g.expires_at IS NULL OR g.expires_at > $3)) ",
            $tail
        )
    };
}

/// Whether a link can be opened.
pub(in super::super) async fn is_open(
    tx: &mut TenantTx,
    link: SecretLinkId,
    at: OffsetDateTime,
) -> Result<bool, DbError> {
    let org = tx.org();
    Ok(sqlx::query(open!("SELECT", ""))
        .bind(org)
        .bind(link)
        .bind(at)
        .fetch_optional(tx.connection())
        .await?
        .is_some())
}

/// Takes one use of a link, if it can be opened. The row is locked and then looked at again, so that of
/// many at once no more get through than there are uses; the last one takes the value along.
pub(in super::super) async fn take(
    tx: &mut TenantTx,
    link: SecretLinkId,
    at: OffsetDateTime,
) -> Result<Option<Taken>, DbError> {
    let org = tx.org();
    let row = sqlx::query(concat!(
        "WITH held AS (",
        open!(
            "SELECT l.id, l.sealed_value, l.remaining - 1 AS remaining, l.expires_at, s.vault_id,
                    s.id AS secret_id, s.version, s.sealed_meta, o.name AS organization",
            "FOR UPDATE OF l"
        ),
        "), taken AS (
             UPDATE secret_links l SET remaining = held.remaining, opened_at = $3,
                 sealed_value = CASE WHEN held.remaining > 0 THEN l.sealed_value END
             FROM held WHERE l.org_id = $1 AND l.id = held.id)
         SELECT held.*, k.wrapped_key FROM held
         LEFT JOIN data_keys k ON k.org_id = $1 AND k.id = held.secret_id"
    ))
    .bind(org)
    .bind(link)
    .bind(at)
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| {
        Ok(Taken {
            secret: row.try_get("secret_id")?,
            vault: row.try_get("vault_id")?,
            head: head_of(&row)?,
            organization: row.try_get("organization")?,
            value: row.try_get("sealed_value")?,
            remaining: row.try_get("remaining")?,
            expires_at: row.try_get("expires_at")?,
        })
    })
    .transpose()
}

/// The vault and the record of a link, and what lists need of the record.
pub(in super::super) async fn record(
    tx: &mut TenantTx,
    link: SecretLinkId,
) -> Result<Option<(VaultId, SecretId, Head)>, DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "SELECT s.vault_id, s.id, s.version, k.wrapped_key, s.sealed_meta FROM secret_links l
         JOIN secrets s ON s.org_id = l.org_id AND s.id = l.secret_id
         LEFT JOIN data_keys k ON k.org_id = s.org_id AND k.id = s.id
         WHERE l.org_id = $1 AND l.id = $2",
    )
    .bind(org)
    .bind(link)
    .fetch_optional(tx.connection())
    .await?;
    row.map(|row| Ok((row.try_get("vault_id")?, row.try_get("id")?, head_of(&row)?)))
        .transpose()
}
