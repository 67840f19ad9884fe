//! SQL of policies.

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::model::OrgPolicy;
use crate::infra::db::{DbError, TenantTx};

/// The policy of the transaction's organisation.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn load(tx: &mut TenantTx) -> Result<OrgPolicy, DbError> {
    let org = tx.org();
    let row = sqlx::query(
        "SELECT require_second_factor, second_factor_grace_days, second_factor_required_at,
                session_idle_min, session_absolute_hours, sign_up_domains, auto_confirm
         FROM organization_policies WHERE org_id = $1",
    )
    .bind(org)
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map_or_else(|| Ok(OrgPolicy::default()), of)
}

/// The same, made to be there, and kept from others who would change it meanwhile.
pub(super) async fn load_to_change(tx: &mut TenantTx) -> Result<OrgPolicy, DbError> {
    let org = tx.org();
    sqlx::query("INSERT INTO organization_policies (org_id) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(org)
        .execute(tx.connection())
        .await?;
    sqlx::query("SELECT FROM organization_policies WHERE org_id = $1 FOR UPDATE")
        .bind(org)
        .execute(tx.connection())
        .await?;
    load(tx).await
}

/// Keeps a policy.
pub(super) async fn save(tx: &mut TenantTx, policy: &OrgPolicy) -> Result<(), DbError> {
    let org = tx.org();
    let number = |limit: Option<u32>| limit.and_then(|limit| i32::try_from(limit).ok());
    sqlx::query(
        "UPDATE organization_policies SET require_second_factor = $2,
             second_factor_grace_days = $3, second_factor_required_at = $4, session_idle_min = $5,
             session_absolute_hours = $6, sign_up_domains = $7, auto_confirm = $8
         WHERE org_id = $1",
    )
    .bind(org)
    .bind(policy.require_second_factor)
    .bind(i32::from(policy.second_factor_grace_days))
    .bind(policy.second_factor_required_at)
    .bind(number(policy.session_idle_min))
    .bind(number(policy.session_absolute_hours))
    .bind(&policy.sign_up_domains)
    .bind(policy.auto_confirm)
    .execute(tx.connection())
    .await?;
    Ok(())
}

fn of(row: &PgRow) -> Result<OrgPolicy, DbError> {
    let days: i32 = row.try_get("second_factor_grace_days")?;
    let idle: Option<i32> = row.try_get("session_idle_min")?;
    let absolute: Option<i32> = row.try_get("session_absolute_hours")?;
    Ok(OrgPolicy {
        require_second_factor: row.try_get("require_second_factor")?,
        second_factor_grace_days: u16::try_from(days).unwrap_or(0),
        second_factor_required_at: row.try_get("second_factor_required_at")?,
        session_idle_min: idle.and_then(|minutes| minutes.try_into().ok()),
        session_absolute_hours: absolute.and_then(|hours| hours.try_into().ok()),
        sign_up_domains: row.try_get("sign_up_domains")?,
        auto_confirm: row.try_get("auto_confirm")?,
    })
}
