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
    /// Whose it is; absent for the first platform admin's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Until when it works.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// For whom a link is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFor<'a> {
    /// For whoever reads mail there: somebody new, or somebody who gets another password.
    Address(&'a str),
    /// For the first platform admin, who says their address when they open it.
    TheFirst,
}

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminLinkError {
    /// That is no address.
    #[error("{0:?} is no e-mail address")]
    Email(String),
    /// There is a platform admin, so none can be the first.
    #[error("there is a platform admin already: make a link for an address")]
    NotTheFirst,
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
    wanted: LinkFor<'_>,
) -> Result<AdminLink, AdminLinkError> {
    let email = match wanted {
        LinkFor::TheFirst => None,
        LinkFor::Address(text) => {
            let email = Email::parse(text);
            Some(email.map_err(|_| AdminLinkError::Email(text.to_owned()))?)
        }
    };
    let email = email.as_ref().map(Email::as_str);
    let token = Token::generate().ok_or(AdminLinkError::Random)?;
    let now = clock.now();
    let expires_at = now + LIFETIME;
    let mut tx = PlatformTx::begin(db).await?;
    store::lock(tx.connection()).await?;
    if email.is_none() && store::any_active(tx.connection()).await? {
        return Err(AdminLinkError::NotTheFirst);
    }
    store::insert_link(tx.connection(), &token, email, (now, expires_at)).await?;
    let event = Event {
        at: now,
        action: Action::AdminLinkMade,
        detail: json!({"email": email, "by": "host"}),
    };
    platform::record_first(&mut tx, keys, &event).await?;
    tx.commit_housekeeping().await?;
    Ok(AdminLink {
        url: format!("{admin_url}/enter#token={}", token.expose()),
        email: email.map(str::to_owned),
        expires_at,
    })
}

/// What a link is for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AdminLinkView)]
pub(super) struct LinkView {
    /// Whose it is; null where whoever opens it says so.
    email: Option<String>,
    /// The name of the one who gets another password; null for somebody new.
    name: Option<String>,
}

/// Says whose link it is.
pub(super) async fn check(app: &App, token: &Redacted<String>) -> Result<LinkView, Problem> {
    let token = Token::parse(token.expose()).ok_or_else(invalid_link)?;
    let mut tx = PlatformTx::begin(&app.db).await?;
    let email = store::link(tx.connection(), &token, app.clock.now()).await?;
    let email = email.ok_or_else(invalid_link)?;
    let known = match &email {
        Some(email) => store::by_email(tx.connection(), email).await?,
        None => None,
    };
    tx.finish();
    Ok(LinkView {
        email,
        name: known.map(|admin| admin.name),
    })
}

/// What the one who uses a link says.
#[derive(Debug)]
pub(super) struct Entrance {
    pub(super) token: Redacted<String>,
    /// Where the link does not say it.
    pub(super) email: String,
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
    let email = Email::parse(view.email.as_deref().unwrap_or(&entrance.email))?;
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
    if !store::use_link(tx.connection(), &token, now).await?
        || (view.email.is_none() && store::any_active(tx.connection()).await?)
    {
        return Err(invalid_link());
    }
    // Once there is one, nobody else is the first.
    store::forget_links(tx.connection(), None).await?;
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
