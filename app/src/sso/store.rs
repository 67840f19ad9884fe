//! SQL of providers, and of who their subjects are.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{Checked, Connection, Mapping};
use super::seal::SealedSecret;
use crate::identity::Email;
use crate::infra::db::{DbError, LookupTx, TenantTx};
use crate::kernel::{OrgId, OrgRole, UserId};

/// The organisation that lists a domain.
pub(super) async fn home(tx: &mut LookupTx) -> Result<Option<OrgId>, DbError> {
    let found = sqlx::query_scalar(
        "SELECT org_id FROM sso_domains WHERE domain = vaultterm_lookup_domain()",
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(found)
}

/// The account with an address.
pub(super) async fn account(tx: &mut LookupTx, email: &Email) -> Result<Option<UserId>, DbError> {
    let found = sqlx::query_scalar("SELECT id FROM users WHERE email = $1")
        .bind(email.as_str())
        .fetch_optional(tx.connection())
        .await?;
    Ok(found)
}

/// The provider of the transaction's organisation.
pub(super) async fn connection(tx: &mut TenantTx) -> Result<Option<Connection>, DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "SELECT c.id, c.issuer, c.client_id, c.sealed_secret, c.secret_version, c.default_role,
                c.group_claim, c.enabled, c.updated_at, k.wrapped_key,
                coalesce(p.sso_required, false) AS required,
                ARRAY(SELECT domain FROM sso_domains d WHERE d.org_id = c.org_id ORDER BY domain)
                    AS domains
         FROM sso_connections c
         LEFT JOIN data_keys k ON k.org_id = c.org_id AND k.id = c.id
         LEFT JOIN organization_policies p ON p.org_id = c.org_id
         WHERE c.org_id = $1",
    )
    .bind(org)
    .fetch_optional(tx.connection())
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let mappings: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT name, role FROM sso_mappings WHERE org_id = $1 ORDER BY name")
            .bind(org)
            .fetch_all(tx.connection())
            .await?;
    let mappings = mappings.into_iter().map(|(group, role)| {
        let role = role.as_deref().map(role_of).transpose()?;
        Ok(Mapping { group, role })
    });
    let mappings = mappings.collect::<Result<_, DbError>>()?;
    connection_of(org, &row, mappings).map(Some)
}

fn connection_of(org: OrgId, row: &PgRow, mappings: Vec<Mapping>) -> Result<Connection, DbError> {
    let value: Option<Vec<u8>> = row.try_get("sealed_secret")?;
    let wrapped_key: Option<Vec<u8>> = row.try_get("wrapped_key")?;
    let version = row.try_get("secret_version")?;
    let secret = value
        .zip(wrapped_key)
        .map(|(value, wrapped_key)| SealedSecret {
            wrapped_key,
            value,
            version,
        });
    let default_role: String = row.try_get("default_role")?;
    Ok(Connection {
        org,
        id: row.try_get("id")?,
        issuer: row.try_get("issuer")?,
        client_id: row.try_get("client_id")?,
        secret,
        default_role: role_of(&default_role)?,
        group_claim: row.try_get("group_claim")?,
        enabled: row.try_get("enabled")?,
        required: row.try_get("required")?,
        updated_at: row.try_get("updated_at")?,
        domains: row.try_get("domains")?,
        mappings,
    })
}

fn role_of(text: &str) -> Result<OrgRole, DbError> {
    text.parse().map_err(|_| DbError::Impossible("a role"))
}

/// Writes the connection itself. Its secret is as it is given.
pub(super) async fn put_connection(
    tx: &mut TenantTx,
    id: Uuid,
    wanted: &Checked,
    secret: Option<&SealedSecret>,
    now: OffsetDateTime,
) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "INSERT INTO sso_connections (org_id, id, kind, issuer, client_id, sealed_secret,
             secret_version, default_role, group_claim, enabled, created_at, updated_at)
         VALUES ($1, $2, 'oidc', $3, $4, $5, $6, $7, $8, $9, $10, $10)
         ON CONFLICT (org_id) DO UPDATE SET issuer = $3, client_id = $4, sealed_secret = $5,
             secret_version = $6, default_role = $7, group_claim = $8, enabled = $9,
             updated_at = $10",
    )
    .bind(org)
    .bind(id)
    .bind(&wanted.issuer)
    .bind(&wanted.client_id)
    .bind(secret.map(|secret| secret.value.as_slice()))
    .bind(secret.map_or(0, |secret| secret.version))
    .bind(wanted.default_role.as_str())
    .bind(&wanted.group_claim)
    .bind(wanted.enabled)
    .bind(now)
    .execute(tx.connection())
    .await?;
    if let Some(secret) = secret {
        sqlx::query(
            "INSERT INTO data_keys (org_id, id, wrapped_key) VALUES ($1, $2, $3)
             ON CONFLICT (org_id, id) DO NOTHING",
        )
        .bind(org)
        .bind(id)
        .bind(&secret.wrapped_key)
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}

/// Writes what belongs to the connection: domains, groups, and whether it is the only way.
///
/// # Errors
/// [`DbError`]; the constraint `sso_domains_domain_key` when another organisation lists a domain.
pub(super) async fn put_parts(tx: &mut TenantTx, wanted: &Checked) -> Result<(), DbError> {
    let org = tx.org();
    for old in [
        "DELETE FROM sso_domains WHERE org_id = $1",
        "DELETE FROM sso_mappings WHERE org_id = $1",
    ] {
        sqlx::query(old).bind(org).execute(tx.connection()).await?;
    }
    sqlx::query("INSERT INTO sso_domains (org_id, domain) SELECT $1, unnest($2::text[])")
        .bind(org)
        .bind(&wanted.domains)
        .execute(tx.connection())
        .await?;
    let groups: Vec<&str> = wanted.mappings.iter().map(|m| m.group.as_str()).collect();
    let roles = wanted.mappings.iter().map(|m| m.role.map(OrgRole::as_str));
    sqlx::query(
        "INSERT INTO sso_mappings (org_id, name, role)
         SELECT $1, name, role FROM unnest($2::text[], $3::text[]) AS m (name, role)",
    )
    .bind(org)
    .bind(groups)
    .bind(roles.collect::<Vec<_>>())
    .execute(tx.connection())
    .await?;
    require(tx, wanted.enabled && wanted.required).await
}

/// Says whether everybody but owners has to come through the provider.
pub(super) async fn require(tx: &mut TenantTx, required: bool) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "INSERT INTO organization_policies (org_id, sso_required) VALUES ($1, $2)
         ON CONFLICT (org_id) DO UPDATE SET sso_required = $2",
    )
    .bind(org)
    .bind(required)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Takes the provider away; false when there is none.
pub(super) async fn delete(tx: &mut TenantTx) -> Result<bool, DbError> {
    let org = tx.org();
    let done = sqlx::query("DELETE FROM sso_connections WHERE org_id = $1")
        .bind(org)
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A membership of the transaction's organisation.
pub(super) struct Membership {
    pub(super) user: UserId,
    pub(super) role: OrgRole,
    pub(super) confirmed: bool,
}

fn membership_of(row: Option<(UserId, String, String)>) -> Result<Option<Membership>, DbError> {
    row.map(|(user, role, state)| {
        Ok(Membership {
            user,
            role: role_of(&role)?,
            confirmed: state == "confirmed",
        })
    })
    .transpose()
}

/// Who a subject is here.
pub(super) async fn linked(
    tx: &mut TenantTx,
    (issuer, subject): (&str, &str),
) -> Result<Option<Membership>, DbError> {
    let org = tx.org();
    let row = sqlx::query_as(
        "SELECT m.user_id, m.role, m.state FROM sso_identities i
         JOIN memberships m ON m.org_id = i.org_id AND m.user_id = i.user_id
         WHERE i.org_id = $1 AND i.issuer = $2 AND i.subject = $3",
    )
    .bind(org)
    .bind(issuer)
    .bind(subject)
    .fetch_optional(tx.connection())
    .await?;
    membership_of(row)
}

/// What an account is in this organisation.
pub(super) async fn membership(
    tx: &mut TenantTx,
    user: UserId,
) -> Result<Option<Membership>, DbError> {
    let org = tx.org();
    let row = sqlx::query_as(
        "SELECT user_id, role, state FROM memberships WHERE org_id = $1 AND user_id = $2",
    )
    .bind(org)
    .bind(user)
    .fetch_optional(tx.connection())
    .await?;
    membership_of(row)
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

/// Notes that a subject came in, and with which role.
pub(super) async fn came_in(
    tx: &mut TenantTx,
    (user, role): (UserId, OrgRole),
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
    // An owner is demoted by nobody here, not even by somebody who read an earlier role.
    sqlx::query(
        "UPDATE memberships SET role = $3
         WHERE org_id = $1 AND user_id = $2 AND role <> 'owner' AND role <> $3",
    )
    .bind(org)
    .bind(user)
    .bind(role.as_str())
    .execute(tx.connection())
    .await?;
    Ok(())
}
