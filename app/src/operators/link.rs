//! One-time links: how somebody becomes a platform admin, and how one gets in again.

use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::model::NewAdmin;
use super::sessions::{self, Started};
use super::store;
use super::token::Token;
use crate::context::App;
use crate::edge::{Origin, Problem, UserAgent};
use crate::identity::{self, Email, NewPassword};
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::kernel::{Clock, FieldProblem, Redacted, Text};
use crate::keys::Keyring;
use crate::platform::{self, Action, Event};

/// How long a link is good for.
const LIFETIME: time::Duration = time::Duration::hours(24);

/// A one-time link. The token stands in the fragment, which browsers do not send.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdminLink {
    /// The whole address.
    pub url: String,
    /// Whose it is.
    pub email: String,
    /// Until when it works.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminLinkError {
    /// That is no address.
    #[error("{0:?} is no e-mail address")]
    Email(String),
    /// The system gave no randomness.
    #[error("the system's random source failed")]
    Random,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Makes a link, on the host: whoever may do that may do anything here. It is recorded in the
/// platform's trail.
///
/// # Errors
/// [`AdminLinkError`].
pub async fn make(
    (db, keys, clock): (&Db, &Keyring, &Clock),
    admin_url: &str,
    email: &str,
) -> Result<AdminLink, AdminLinkError> {
    let email = Email::parse(email).map_err(|_| AdminLinkError::Email(email.to_owned()))?;
    let token = Token::generate().ok_or(AdminLinkError::Random)?;
    let now = clock.now();
    let expires_at = now + LIFETIME;
    let mut tx = PlatformTx::begin(db).await?;
    store::lock(tx.connection()).await?;
    let known = store::by_email(tx.connection(), email.as_str()).await?;
    store::insert_link(tx.connection(), &token, &email, (now, expires_at)).await?;
    let event = Event {
        at: now,
        action: Action::AdminLinkMade,
        detail: json!({"email": email.as_str(), "known": known.is_some(), "by": "host"}),
    };
    platform::record_first(&mut tx, keys, &event).await?;
    tx.commit_housekeeping().await?;
    Ok(AdminLink {
        url: format!("{admin_url}/enter#token={}", token.expose()),
        email: email.as_str().to_owned(),
        expires_at,
    })
}

/// What a link is for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AdminLinkView)]
pub(super) struct LinkView {
    /// Whose it is.
    email: String,
    /// The name of the one who gets another password; null for somebody new.
    name: Option<String>,
}

/// Says whose link it is.
pub(super) async fn check(app: &App, token: &Redacted<String>) -> Result<LinkView, Problem> {
    let token = Token::parse(token.expose()).ok_or_else(invalid_link)?;
    let mut tx = PlatformTx::begin(&app.db).await?;
    let email = store::link(tx.connection(), &token, app.clock.now()).await?;
    let email = email.ok_or_else(invalid_link)?;
    let known = store::by_email(tx.connection(), &email).await?;
    tx.finish().await?;
    Ok(LinkView {
        email,
        name: known.map(|admin| admin.name),
    })
}

/// What the one who uses a link says.
#[derive(Debug)]
pub(super) struct Entrance {
    pub(super) token: Redacted<String>,
    pub(super) name: String,
    pub(super) password: Redacted<String>,
}

/// Uses a link: there is a platform admin with this password, who is signed in. Of two uses of one
/// link exactly one succeeds.
pub(super) async fn enter(
    app: &App,
    entrance: Entrance,
    (origin, user_agent): (Origin, UserAgent),
) -> Result<Started, Problem> {
    let view = check(app, &entrance.token).await?;
    let token = Token::parse(entrance.token.expose()).ok_or_else(invalid_link)?;
    let email = Email::parse(&view.email)?;
    let (name, password) = checked(&entrance.name, entrance.password, &email)?;
    let password_hash = hashed(app, password).await?;
    let new = NewAdmin {
        email,
        name,
        password_hash,
    };
    let now = app.clock.now();
    let mut tx = PlatformTx::begin(&app.db).await?;
    store::lock(tx.connection()).await?;
    if !store::use_link(tx.connection(), &token, now).await? {
        return Err(invalid_link());
    }
    let admin = store::enter(tx.connection(), &new, now).await?;
    store::note_sign_in(tx.connection(), &admin, now).await?;
    let event = Event {
        at: now,
        action: Action::AdminEntered,
        detail: json!({
            "admin": admin.id, "email": admin.email, "name": admin.name,
            "known": view.name.is_some(), "address": origin.address,
        }),
    };
    platform::record_first(&mut tx, &app.keys, &event).await?;
    tx.commit_housekeeping().await?;
    sessions::start(app, &admin, (origin, user_agent)).await
}

/// Name and password, with all problems at once.
fn checked(
    name: &str,
    password: Redacted<String>,
    email: &Email,
) -> Result<(String, NewPassword), Problem> {
    let name = Text::line("name", 1, 120).check(name);
    let known = name.as_deref().unwrap_or_default().to_owned();
    let password = NewPassword::parse(password, email, &[&known]);
    match (name, password) {
        (Ok(name), Ok(password)) => Ok((name, password)),
        (name, password) => {
            let problems: Vec<FieldProblem> =
                [name.err(), password.err()].into_iter().flatten().collect();
            Err(Problem::invalid(problems))
        }
    }
}

/// Hashes a password, with the failure as a problem.
pub(super) async fn hashed(app: &App, password: NewPassword) -> Result<String, Problem> {
    let hashed = identity::hash(app, password.into_inner()).await;
    hashed.map_err(|error| {
        tracing::error!(%error, "platform admin");
        Problem::internal()
    })
}

fn invalid_link() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "admin-link-invalid",
        "This link does not work any more",
        "It was used, it expired, or it is not complete. Make a new one on the host: \
         `vaultterm-install admin-link`.",
    )
}
