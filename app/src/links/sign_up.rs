//! Signing up without an invitation, where an organisation's policy lets addresses of a domain in.
//!
//! Whoever signs up says their password at once, and shows it again with the link that went to the
//! address: a stranger who signed up in somebody's name cannot have them open an account for the
//! stranger's password by one careless click.

use http::StatusCode;
use serde_json::json;

use super::model::{Link, LinkToken, SignUp, invalid};
use super::{letters, store};
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::{Origin, Problem, rate};
use crate::identity::{self, Email, NewAccount, NewPassword};
use crate::infra::db::{DbError, LookupTx, PlatformTx};
use crate::kernel::{Factors, FieldProblem, OrgRole, Redacted, Text, UserId};
use crate::orgs::{self, Basis, Joined, Joining};
use crate::policies;

/// So many letters go to one address, however often somebody signs up with it.
const LETTERS: rate::Limit = rate::Limit {
    max: 3,
    window: std::time::Duration::from_secs(15 * 60),
};
/// So often the password is shown with one link.
const GUESSES: rate::Limit = rate::Limit {
    max: 10,
    window: std::time::Duration::from_secs(60 * 60),
};

/// Whether anybody may sign up: an organisation lets a domain in, and there is mail.
pub(super) async fn is_offered(app: &App) -> Result<bool, DbError> {
    if app.mail.is_none() {
        return Ok(false);
    }
    let mut tx = LookupTx::by_domain(&app.db, "*").await?;
    let open = store::open_to(tx.connection(), "*").await?;
    tx.finish();
    Ok(open.is_some())
}

/// What somebody signs up with, as it was sent.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) email: String,
    pub(super) name: String,
    pub(super) password: Redacted<String>,
}

/// Signs somebody up. Whether the address may, and whether it has an account, is looked at after the
/// answer, and told to the address alone.
///
/// # Errors
/// 403 `sign-up-closed` where nobody may; 422 about fields that are wrong for everybody.
pub(super) async fn sign_up(app: &App, wanted: Wanted) -> Result<(), Problem> {
    let (Some(mail), true) = (&app.mail, is_offered(app).await?) else {
        return Err(closed());
    };
    let (email, name, password) = checked(wanted)?;
    match rate::attempt(&app.cache, "sign-up-mail", email.as_str(), LETTERS).await {
        Ok(()) => {}
        Err(problem) if problem.code() == "rate-limited" => return Ok(()),
        Err(problem) => return Err(problem),
    }
    let app = app.clone();
    mail.later(async move {
        if let Err(problem) = write(&app, email, name, password).await {
            tracing::warn!(code = problem.code(), "a sign-up came to nothing");
        }
    });
    Ok(())
}

/// All problems at once, so that a form is corrected once.
fn checked(wanted: Wanted) -> Result<(Email, String, NewPassword), Problem> {
    let name = Text::line("name", 1, 120).check(&wanted.name);
    let email = Email::parse(&wanted.email);
    let password = match &email {
        Ok(email) => {
            let names = [wanted.name.as_str()];
            Some(NewPassword::parse(wanted.password, email, &names))
        }
        Err(_) => None,
    };
    match (name, email, password) {
        (Ok(name), Ok(email), Some(Ok(password))) => Ok((email, name, password)),
        (name, email, password) => {
            let password = password.and_then(Result::err);
            let problems = [name.err(), email.err(), password];
            Err(Problem::invalid(problems.into_iter().flatten().collect()))
        }
    }
}

/// Writes to the address: a link where it may sign up, and otherwise what there is to know about it.
async fn write(
    app: &App,
    email: Email,
    name: String,
    password: NewPassword,
) -> Result<(), Problem> {
    let mut tx = LookupTx::by_domain(&app.db, email.domain()).await?;
    let open = store::open_to(tx.connection(), email.domain()).await?;
    tx.finish();
    let Some(enters) = open else {
        return Ok(());
    };
    if identity::account_of(app, &email).await?.is_some() {
        letters::send(app, email.as_str(), &letters::you_have_an_account(app));
        return Ok(());
    }
    let hash = identity::hash(app, password.into_inner()).await;
    let password_hash = hash.map_err(|_| Problem::internal())?;
    let link = Link::SignUp(SignUp {
        email: email.as_str().to_owned(),
        name,
        password_hash,
        enters,
    });
    let mut tx = PlatformTx::begin(&app.db).await?;
    let made = store::make(tx.connection(), &link, app.clock.now()).await?;
    tx.commit_housekeeping().await?;
    let url = made.token.url(app, "confirm-email");
    letters::send(app, email.as_str(), &letters::confirm_sign_up(app, &url));
    Ok(())
}

/// Makes the account, when the password is the one that was chosen and the policy still lets it in.
pub(super) async fn open(
    app: &App,
    token: &LinkToken,
    (wanted, password): (SignUp, Option<Redacted<String>>),
    origin: Origin,
) -> Result<(), Problem> {
    let asked = || {
        FieldProblem::new(
            "password",
            "is not the one that you chose when you signed up",
        )
    };
    let password = password.ok_or_else(asked)?;
    let guesses = hex::encode(token.digest());
    rate::attempt(&app.cache, "sign-up", &guesses, GUESSES).await?;
    if !identity::is_password(app, password, &wanted.password_hash).await? {
        return Err(asked().into());
    }
    let now = app.clock.now();
    let account = NewAccount {
        id: UserId::new(),
        email: Email::parse(&wanted.email)?,
        name: wanted.name,
        password_hash: wanted.password_hash,
    };
    let mut tx = WriteTx::begin(&app.db, wanted.enters).await?;
    let policy = policies::load(tx.tenant()).await?;
    let domain = account.email.domain();
    if !policy.sign_up_domains.iter().any(|open| open == domain)
        || !store::take(tx.tenant().connection(), token, now).await?
    {
        return Err(invalid());
    }
    let made = identity::insert_account(tx.tenant().connection(), &account, now).await;
    made.map_err(|error| match error.constraint() {
        Some("users_email_key") => invalid(),
        _ => error.into(),
    })?;
    let joining = Joining {
        user: account.id,
        role: OrgRole::Member,
        teams: &[],
        basis: Basis::Policy,
        confirm: policy.auto_confirm,
    };
    let joined = orgs::join(app, tx.tenant(), &joining).await;
    let joined = joined.map_err(|problem| match problem.code() {
        // Who is not in yet is told nothing of the organisation.
        "organization-suspended" => invalid(),
        _ => problem,
    })?;
    let resource = identity::account_resource(account.id);
    let event = Event::new(now, account.id, Action::SignedUp, resource)
        .with(json!({
            "email": account.email.as_str(), "waits": joined == Joined::Waiting,
        }))
        .from(origin, Factors::LINK | Factors::PASSWORD);
    Ok(tx.commit(&app.keys, &event).await?)
}

fn closed() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "sign-up-closed",
        "Nobody signs up here",
        "Ask somebody who manages your organisation for an invitation.",
    )
}
