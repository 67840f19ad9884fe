//! Another address to sign in with: it counts once its owner has followed a link.

use serde::Serialize;
use serde_json::json;

use super::model::{Link, LinkToken, invalid};
use super::{letters, sign_up, store};
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::{Caller, Origin, Problem, rate};
use crate::identity::{self, Email};
use crate::infra::db::PlatformTx;
use crate::kernel::{Factors, FieldProblem, Redacted, UserId};

/// So many addresses are written to for one account.
const ASKED: rate::Limit = rate::Limit {
    max: 5,
    window: std::time::Duration::from_secs(60 * 60),
};

/// A change that waits for its confirmation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AddressChange {
    /// The link that confirms it, where no mail is sent; null where it was.
    #[schema(required)]
    link: Option<String>,
}

/// Asks for another address. Whether somebody has it already is not told: the link would then confirm
/// nothing, and the one who has it is.
pub(super) async fn ask(
    app: &App,
    caller: &Caller,
    email: &str,
    password: Redacted<String>,
) -> Result<AddressChange, Problem> {
    let email = Email::parse(email)?;
    identity::prove(app, caller, password, "password").await?;
    let account = identity::account(app, caller.user).await?;
    let account = account.ok_or_else(Problem::not_found)?;
    if account.email == email.as_str() {
        return Err(FieldProblem::new("email", "is the one that you have").into());
    }
    let who = caller.user.to_string();
    rate::attempt(&app.cache, "address-mail", &who, ASKED).await?;
    let now = app.clock.now();
    let link = Link::Address {
        user: caller.user,
        email: email.as_str().to_owned(),
    };
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let made = store::make(tx.tenant().connection(), &link, now).await?;
    let resource = identity::account_resource(caller.user);
    let event = Event::by(now, caller, Action::EmailChangeRequested, resource);
    tx.commit(&app.keys, &event.with(json!({"to": email.as_str()})))
        .await?;
    let url = made.token.url(app, "confirm-email");
    let Some(mail) = &app.mail else {
        return Ok(AddressChange { link: Some(url) });
    };
    letters::send(app, &account.email, &letters::change_was_asked_for(app));
    let app = app.clone();
    mail.later(async move {
        let words = match identity::account_of(&app, &email).await {
            Ok(Some(_)) => letters::address_is_yours(&app),
            Ok(None) => letters::confirm_address(&app, &url),
            Err(problem) => {
                return tracing::warn!(code = problem.code(), "an address was not written to");
            }
        };
        letters::send(&app, email.as_str(), &words);
    });
    Ok(AddressChange { link: None })
}

/// Confirms whatever address a link is for. `password` is what a new account was signed up with.
pub(super) async fn confirm(
    app: &App,
    token: Redacted<String>,
    password: Option<Redacted<String>>,
    origin: Origin,
) -> Result<(), Problem> {
    let token = LinkToken::from_request(token);
    let mut tx = PlatformTx::begin(&app.db).await?;
    let found = store::find(tx.connection(), &token, app.clock.now()).await?;
    tx.finish();
    match found {
        Some(Link::Address { user, email }) => change(app, &token, (user, &email), origin).await,
        Some(Link::SignUp(wanted)) => sign_up::open(app, &token, (wanted, password), origin).await,
        Some(Link::Reset { .. }) | None => Err(invalid()),
    }
}

async fn change(
    app: &App,
    token: &LinkToken,
    (user, email): (UserId, &str),
    origin: Origin,
) -> Result<(), Problem> {
    let account = identity::account(app, user).await?.ok_or_else(invalid)?;
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, account.home).await?;
    let connection = tx.tenant().connection();
    if !store::take(connection, token, now).await? {
        return Err(invalid());
    }
    // Links to a new password went to the address of before.
    store::forget(connection, user).await?;
    match identity::replace_email(connection, user, email).await {
        Ok(true) => {}
        Ok(false) => return Err(invalid()),
        Err(error) if error.constraint() == Some("users_email_key") => return Err(invalid()),
        Err(error) => return Err(error.into()),
    }
    let resource = identity::account_resource(user);
    let event = Event::new(now, user, Action::EmailChanged, resource)
        .with(json!({"from": account.email, "to": email}))
        .from(origin, Factors::LINK);
    tx.commit(&app.keys, &event).await?;
    letters::send(app, &account.email, &letters::address_was_changed(app));
    Ok(())
}
