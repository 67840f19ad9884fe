//! SQL of policies.

use sqlx::Row as _;

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
    let Some(row) = row else {
        return Ok(OrgPolicy::default());
    };
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
