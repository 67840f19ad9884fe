//! Who the platform admins are, and ending one.

use http::StatusCode;
use serde_json::{Value, json};

use super::authenticate::Operator;
use super::model::{Admin, AdminView};
use super::store;
use crate::context::App;
use crate::edge::Problem;
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::kernel::{Clock, PlatformAdminId};
use crate::keys::Keyring;
use crate::platform::{self, Action, Event};

/// All of them.
pub(super) async fn list(app: &App, operator: &Operator) -> Result<Vec<AdminView>, Problem> {
    let admins = all(&app.db).await?;
    let asking = Some(operator.who.id);
    Ok(admins.iter().map(|admin| admin.view(asking)).collect())
}

/// All of them, for whoever is on the host.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn list_on_host(db: &Db) -> Result<Vec<AdminView>, DbError> {
    let admins = all(db).await?;
    Ok(admins.iter().map(|admin| admin.view(None)).collect())
}

async fn all(db: &Db) -> Result<Vec<Admin>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let admins = store::all(tx.connection()).await?;
    tx.finish();
    Ok(admins)
}

/// Ends a platform admin. Nobody ends themselves, so one always remains.
pub(super) async fn deactivate(
    app: &App,
    operator: &Operator,
    id: PlatformAdminId,
) -> Result<(), Problem> {
    if operator.who.id == id {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "not-yourself",
            "You cannot end your own access",
            "Another platform admin does it, or whoever operates the host: `vaultterm-app admin \
             deactivate`.",
        ));
    }
    let mut tx = PlatformTx::begin(&app.db).await?;
    store::lock(tx.connection()).await?;
    // Of two who end each other at once the second is none any more.
    let own = store::by_id(tx.connection(), operator.who.id).await?;
    if !own.is_some_and(|own| own.is_active()) {
        return Err(Problem::forbidden());
    }
    let admin = store::by_id(tx.connection(), id).await?;
    let admin = admin.ok_or_else(Problem::not_found)?;
    let by = operator.as_words();
    end(&mut tx, (&app.keys, &app.clock), &admin, by).await?;
    Ok(tx.commit_housekeeping().await?)
}

/// Ends a platform admin by address, on the host; false when there is none with it.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn deactivate_on_host(
    (db, keys, clock): (&Db, &Keyring, &Clock),
    email: &str,
) -> Result<bool, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    store::lock(tx.connection()).await?;
    let email = email.trim().to_lowercase();
    let Some(admin) = store::by_email(tx.connection(), &email).await? else {
        return Ok(false);
    };
    end(&mut tx, (keys, clock), &admin, json!("host")).await?;
    tx.commit_housekeeping().await?;
    Ok(true)
}

/// Ends an account with its sessions and links. One that was ended already stays so.
async fn end(
    tx: &mut PlatformTx,
    (keys, clock): (&Keyring, &Clock),
    admin: &Admin,
    by: Value,
) -> Result<(), DbError> {
    let now = clock.now();
    store::forget_links(tx.connection(), Some(&admin.email)).await?;
    if !store::deactivate(tx.connection(), admin.id, now).await? {
        return Ok(());
    }
    let event = Event {
        at: now,
        action: Action::AdminDeactivated,
        detail: json!({"admin": admin.id, "email": admin.email, "by": by}),
    };
    platform::record_first(tx, keys, &event).await?;
    Ok(())
}
