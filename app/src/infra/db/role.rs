//! Is the serving role what it must be?
//!
//! Superusers and roles with BYPASSRLS pass every policy, and whoever may become one of them can
//! do so at will: the wall between tenants would be paint.

use super::{Db, DbError};

/// Why a role must not serve.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnfitRole {
    /// It passes every policy.
    #[error(
        "DATABASE_URL: the role {0} is a superuser or has BYPASSRLS, so no policy binds it; \
             use the plain role vaultterm_app"
    )]
    Bypasses(String),
    /// It could become a role that passes every policy.
    #[error(
        "DATABASE_URL: the role {0} may SET ROLE to {1}, which no policy binds; \
             revoke that membership"
    )]
    MayBecome(String, String),
    /// It owns tables, so it could switch their policies off.
    #[error(
        "DATABASE_URL: the role {0} owns tables and could switch their policies off; \
             use the plain role vaultterm_app"
    )]
    Owns(String),
}

/// What the catalogue says about the role that the pool connects as.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn check(db: &Db) -> Result<Result<(), UnfitRole>, DbError> {
    let (name, bypasses): (String, bool) = sqlx::query_as(
        "SELECT rolname::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user",
    )
    .fetch_one(db.pool())
    .await?;
    if bypasses {
        return Ok(Err(UnfitRole::Bypasses(name)));
    }
    let above: Option<String> = sqlx::query_scalar(
        "SELECT rolname::text FROM pg_roles
         WHERE (rolsuper OR rolbypassrls) AND rolname <> current_user
           AND pg_has_role(current_user, oid, 'MEMBER')
         LIMIT 1",
    )
    .fetch_optional(db.pool())
    .await?;
    if let Some(above) = above {
        return Ok(Err(UnfitRole::MayBecome(name, above)));
    }
    let owns: bool = sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM pg_class
             JOIN pg_namespace ON pg_namespace.oid = relnamespace
             WHERE nspname = 'public' AND relkind IN ('r', 'p')
               AND pg_has_role(current_user, relowner, 'MEMBER'))",
    )
    .fetch_one(db.pool())
    .await?;
    Ok(if owns {
        Err(UnfitRole::Owns(name))
    } else {
        Ok(())
    })
}
