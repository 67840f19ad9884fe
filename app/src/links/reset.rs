//! Another password, by a link: mailed to whoever asks, or handed over by an admin.

use http::HeaderValue;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::model::{Link, LinkToken, invalid};
use super::ward::Ward;
use super::{letters, store};
use crate::audit::{Action, Event, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::context::App;
use crate::edge::{Caller, Origin, Problem, rate};
use crate::identity::{self, Email, NewPassword};
use crate::infra::db::PlatformTx;
use crate::kernel::{Factors, Redacted, UserId};

/// So many letters go to one address, however often they are asked for.
const LETTERS: rate::Limit = rate::Limit {
    max: 3,
    window: std::time::Duration::from_secs(15 * 60),
};

/// Asks for a link. What becomes of it is done after the answer, so that neither the answer nor its
/// time tells whether there is an account.
///
/// # Errors
/// 503 when attempts cannot be counted.
pub(super) async fn request(app: &App, email: &str) -> Result<(), Problem> {
    let (Some(mail), Ok(email)) = (&app.mail, Email::parse(email)) else {
        return Ok(());
    };
    match rate::attempt(&app.cache, "reset-mail", email.as_str(), LETTERS).await {
        Ok(()) => {}
        // Somebody else may have asked: that they did is not to be seen.
        Err(problem) if problem.code() == "rate-limited" => return Ok(()),
        Err(problem) => return Err(problem),
    }
    let app = app.clone();
    mail.later(async move {
        if let Err(problem) = write(&app, &email).await {
            tracing::warn!(
                code = problem.code(),
                "a link to a new password was not sent"
            );
        }
    });
    Ok(())
}

/// Makes the link and sends it, if somebody has the address who belongs anywhere.
async fn write(app: &App, email: &Email) -> Result<(), Problem> {
    let Some(account) = identity::account_with(app, email).await? else {
        return Ok(());
    };
    let link = Link::Reset {
        user: account.user,
        by: None,
    };
    let mut tx = PlatformTx::begin(&app.db).await?;
    let made = store::make(tx.connection(), &link, app.clock.now()).await?;
    tx.commit_housekeeping().await?;
    let words = letters::reset(app, &made.token.url(app, "reset"));
    letters::send(app, &account.email, &words);
    Ok(())
}

/// Sets a password with a link. It signs everybody out and nobody in: second factors are asked for as
/// before. The browser becomes known to the account, so that whoever guesses at it does not hold its
/// owner up.
pub(super) async fn reset(
    app: &App,
    token: Redacted<String>,
    password: Redacted<String>,
    origin: Origin,
) -> Result<Option<HeaderValue>, Problem> {
    let token = LinkToken::from_request(token);
    let mut tx = PlatformTx::begin(&app.db).await?;
    let found = store::find(tx.connection(), &token, app.clock.now()).await?;
    tx.finish();
    let Some(Link::Reset { user, by }) = found else {
        return Err(invalid());
    };
    let account = identity::account(app, user).await?.ok_or_else(invalid)?;
    let email = Email::parse(&account.email)?;
    let names = [account.name.as_str(), account.home_name.as_str()];
    let password = NewPassword::parse(password, &email, &names)?;
    let hash = identity::hash(app, password.into_inner())
        .await
        .map_err(|error| {
            tracing::error!(%error, "reset");
            Problem::internal()
        })?;
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, account.home).await?;
    let connection = tx.tenant().connection();
    if !store::take(connection, &token, now).await? {
        return Err(invalid());
    }
    let epoch = identity::replace_password(connection, user, &hash).await?;
    let epoch = epoch.ok_or_else(invalid)?;
    if let Some(org) = by
        && (org != account.home || store::belongs_elsewhere(connection, user, org).await?)
    {
        return Err(invalid());
    }
    let resource = identity::account_resource(user);
    let event = Event::new(now, user, Action::PasswordReset, resource)
        .with(json!({"link": if by.is_some() { "admin" } else { "mail" }}))
        .from(origin, Factors::LINK);
    tx.commit(&app.keys, &event).await?;
    letters::send(app, &account.email, &letters::password_was_reset(app));
    // The new epoch has ended them all; this tidies up behind it.
    identity::forget_sessions(app, user).await?;
    Ok(identity::known_browser(app, user, epoch))
}

/// A link that an admin hands over.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResetLink {
    /// The whole address. It is shown once.
    url: String,
    /// Until when it works.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// Makes a link for a member. Whoever holds it holds the account.
pub(super) async fn make_for(
    app: &App,
    caller: &Caller,
    user: UserId,
) -> Result<ResetLink, Problem> {
    let instead = "Change your password in your account, with the present one.";
    let Ward { mut tx, email } = Ward::of(app, caller, user, instead).await?;
    let act = Act {
        action: Action::ResetLinkMade,
        resource: identity::account_resource(user),
        detail: json!({"email": email}),
        summary: format!("Make a link that sets a new password for {email}."),
    };
    let approval = step_up::demand(app, caller, &act).await?;
    let now = app.clock.now();
    let link = Link::Reset {
        user,
        by: Some(caller.org),
    };
    let made = store::make(tx.tenant().connection(), &link, now).await?;
    let event = Event::by(now, caller, act.action, act.resource);
    let event = event.with(act.detail).approved(approval);
    tx.commit(&app.keys, &event).await?;
    letters::send(app, &email, &letters::admin_made_a_link(app));
    Ok(ResetLink {
        url: made.token.url(app, "reset"),
        expires_at: made.expires_at,
    })
}
