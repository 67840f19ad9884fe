//! SQL of providers.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{Checked, Connection, Mapping, TeamMapping};
use super::seal::SealedSecret;
use crate::infra::db::{DbError, LookupTx, TenantTx};
use crate::kernel::{OrgId, OrgRole, TeamId};

/// Violated where a group is to put people into a team that is not there.
pub(super) const NO_TEAM: &str = "sso_mapping_teams_org_id_team_id_fkey";

/// The organisation that lists a domain.
pub(super) async fn home(tx: &mut LookupTx) -> Result<Option<OrgId>, DbError> {
    let found = sqlx::query_scalar(
        "SELECT org_id FROM sso_domains WHERE domain = vaultterm_lookup_domain()",
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(found)
}

/// Lets those who change settings take turns until the transaction ends.
pub(super) async fn lock(tx: &mut TenantTx) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query("SELECT FROM organizations WHERE org_id = $1 FOR NO KEY UPDATE")
        .bind(org)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The provider of the transaction's organisation.
pub(super) async fn connection(tx: &mut TenantTx) -> Result<Option<Connection>, DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "SELECT c.id, c.issuer, c.client_id, c.sealed_secret, c.secret_version, c.default_role,
                c.group_claim, c.enabled, c.updated_at, k.wrapped_key, d.open,
                coalesce(p.sso_required, false) AS required,
                ARRAY(SELECT domain FROM sso_domains d WHERE d.org_id = c.org_id ORDER BY domain)
                    AS domains
         FROM sso_connections c
         JOIN organization_directory d ON d.id = c.org_id
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
    let mappings = mappings(tx).await?;
    connection_of(org, &row, mappings).map(Some)
}

/// One row for each group and team, or for a group without one.
async fn mappings(tx: &mut TenantTx) -> Result<Vec<Mapping>, DbError> {
    type Row = (String, Option<String>, Option<TeamId>, Option<String>);
    let org = tx.org();
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT m.name, m.role, t.team_id, t.role FROM sso_mappings m
         LEFT JOIN sso_mapping_teams t USING (org_id, name)
         WHERE m.org_id = $1 ORDER BY m.name, t.team_id",
    )
    .bind(org)
    .fetch_all(tx.connection())
    .await?;
    let groups = rows.chunk_by(|(one, ..), (other, ..)| one == other);
    let mappings = groups.filter_map(|rows| {
        let (group, role, ..) = rows.first()?;
        let teams = rows.iter().filter_map(|(.., id, role)| {
            let role = role.as_deref()?.parse();
            let role = role.map_err(|_| DbError::Impossible("sso_mapping_teams.role"));
            let id = (*id)?;
            Some(role.map(|role| TeamMapping { id, role }))
        });
        let of = |teams| {
            let role = role.as_deref().map(role_of).transpose()?;
            let group = group.clone();
            Ok(Mapping { group, role, teams })
        };
        Some(teams.collect::<Result<_, _>>().and_then(of))
    });
    mappings.collect()
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
            fresh: false,
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
        open: row.try_get("open")?,
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
    put_key(tx, id, secret).await?;
    count_secret(tx, secret.map_or(0, |secret| secret.version)).await
}

/// How many client secrets the transaction's organisation has had.
pub(super) async fn secrets(tx: &mut TenantTx) -> Result<i32, DbError> {
    let org = tx.org();
    let found: Option<i32> =
        sqlx::query_scalar("SELECT sso_secrets FROM organization_policies WHERE org_id = $1")
            .bind(org)
            .fetch_optional(tx.connection())
            .await?;
    Ok(found.unwrap_or_default())
}

async fn count_secret(tx: &mut TenantTx, version: i32) -> Result<(), DbError> {
    let org = tx.org();
    sqlx::query(
        "INSERT INTO organization_policies AS p (org_id, sso_secrets) VALUES ($1, $2)
         ON CONFLICT (org_id) DO UPDATE SET sso_secrets = greatest(p.sso_secrets, $2)",
    )
    .bind(org)
    .bind(version)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Keeps the data key that was made for a secret, in place of any before it. Where there is no secret,
/// there is no key; a key that was there already stands as it is, whichever master key has wrapped it.
async fn put_key(
    tx: &mut TenantTx,
    id: Uuid,
    secret: Option<&SealedSecret>,
) -> Result<(), DbError> {
    let org = tx.org();
    if secret.is_some_and(|secret| !secret.fresh) {
        return Ok(());
    }
    sqlx::query("DELETE FROM data_keys WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(id)
        .execute(tx.connection())
        .await?;
    if let Some(secret) = secret {
        sqlx::query("INSERT INTO data_keys (org_id, id, wrapped_key) VALUES ($1, $2, $3)")
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
/// [`DbError`]; the constraint `sso_domains_domain_key` when another organisation lists a domain, and
/// [`NO_TEAM`] when there is no such team.
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
    put_teams(tx, &wanted.mappings).await?;
    require(tx, wanted.enabled && wanted.required).await
}

async fn put_teams(tx: &mut TenantTx, mappings: &[Mapping]) -> Result<(), DbError> {
    let org = tx.org();
    let of = |mapping: &'_ Mapping| {
        let group = mapping.group.clone();
        let teams = mapping.teams.clone().into_iter();
        teams.map(move |team| (group.clone(), team.id, team.role.as_str()))
    };
    let (mut names, mut teams, mut roles) = (Vec::new(), Vec::new(), Vec::new());
    for (name, team, role) in mappings.iter().flat_map(of) {
        names.push(name);
        teams.push(team);
        roles.push(role);
    }
    sqlx::query(
        "INSERT INTO sso_mapping_teams (org_id, name, team_id, role)
         SELECT $1, name, team_id, role
         FROM unnest($2::text[], $3::uuid[], $4::text[]) AS m (name, team_id, role)",
    )
    .bind(org)
    .bind(names)
    .bind(teams)
    .bind(roles)
    .execute(tx.connection())
    .await?;
    Ok(())
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

/// The client secret as it is stored, for whoever looks whether it is where it belongs.
pub(super) struct Stored {
    pub(super) id: Uuid,
    pub(super) version: i32,
    pub(super) value: Vec<u8>,
    /// None: somebody has taken it away behind the server.
    pub(super) wrapped_key: Option<Vec<u8>>,
}

/// The client secret of the transaction's organisation, if it has one.
pub(super) async fn stored_secret(tx: &mut TenantTx) -> Result<Option<Stored>, DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "SELECT c.id, c.secret_version, c.sealed_secret, k.wrapped_key FROM sso_connections c
         LEFT JOIN data_keys k ON k.org_id = c.org_id AND k.id = c.id
         WHERE c.org_id = $1 AND c.sealed_secret IS NOT NULL",
    )
    .bind(org)
    .fetch_optional(tx.connection())
    .await?;
    let stored = row.map(|row| {
        Ok(Stored {
            id: row.try_get("id")?,
            version: row.try_get("secret_version")?,
            value: row.try_get("sealed_secret")?,
            wrapped_key: row.try_get("wrapped_key")?,
        })
    });
    stored.transpose()
}
