//! Taking an invitation up.
//!
//! It is for whoever has the address: somebody new, who makes an account for it; somebody who is signed
//! in with it; somebody who has an account with it, and shows the password. Nobody else, whoever brings
//! the token. All of it is one transaction: an invitation that could not be taken up stays.

use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::json;

use super::invitation::{Invitation, InvitationSeen};
use super::join::{Basis, Joined, Joining, join};
use super::members::resource;
use super::model::LinkToken;
use super::store::{self, invitations, members};
use crate::audit::{Action, Event, WriteTx};
use crate::context::App;
use crate::edge::{Asking, Caller, Origin, Problem, UserAgent, Via};
use crate::identity::{self, Arrival, Email, Me, NewAccount, NewPassword};
use crate::infra::db::{LookupTx, TenantTx};
use crate::kernel::{Factors, FieldProblem, OrgId, Redacted, Text, UserId};
use crate::policies;

/// What came of an invitation.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AcceptedInvitation)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Accepted {
    /// They are a member, and signed in there.
    SignedIn {
        /// Who, and where.
        me: Me,
    },
    /// They are a member, and sign in as they always do.
    SignIn,
    /// Somebody has to confirm them first.
    AwaitingConfirmation,
}

/// What whoever accepts sends.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) token: Redacted<String>,
    pub(super) name: Option<String>,
    pub(super) password: Option<Redacted<String>>,
}

/// How the request came in.
#[derive(Debug)]
pub(super) struct Coming<'a> {
    pub(super) asking: Asking,
    pub(super) headers: &'a HeaderMap,
    pub(super) origin: Origin,
    pub(super) user_agent: UserAgent,
}

/// The one who accepts, and how they have shown that it is them.
enum Guest {
    /// Signed in with the address already.
    Here(Caller),
    /// Knows the password of the account that has the address.
    Known(UserId),
    /// Has an account from now on.
    New(Box<NewAccount>),
}

impl Guest {
    fn user(&self) -> UserId {
        match self {
            Self::Here(caller) => caller.user,
            Self::Known(user) => *user,
            Self::New(account) => account.id,
        }
    }

    const fn factors(&self) -> Factors {
        match self {
            Self::Here(_) | Self::Known(_) => Factors::PASSWORD,
            Self::New(_) => Factors::LINK,
        }
    }
}

/// What an invitation says to whoever brings its token.
pub(super) async fn check(app: &App, token: Redacted<String>) -> Result<InvitationSeen, Problem> {
    let (invitation, _) = find(app, token).await?;
    let account = account_of(app, &invitation).await?;
    let mut tx = TenantTx::begin(&app.db, invitation.org).await?;
    let organization = store::name(&mut tx).await?;
    let inviter = invitations::inviter(&mut tx, invitation.id).await?;
    tx.finish();
    Ok(InvitationSeen {
        organization: organization.ok_or_else(invalid)?,
        inviter,
        role: invitation.role,
        has_account: account.is_some(),
        email: invitation.email,
    })
}

/// Finds the invitation of a token, if it is open.
async fn find(app: &App, token: Redacted<String>) -> Result<(Invitation, LinkToken), Problem> {
    let token = LinkToken::from_request(token);
    let mut tx = LookupTx::by_invitation(&app.db, token.digest()).await?;
    let found = invitations::by_token(&mut tx, &token).await?;
    tx.finish();
    let found = found.filter(|found| found.is_open(app.clock.now()));
    Ok((found.ok_or_else(invalid)?, token))
}

async fn account_of(app: &App, invitation: &Invitation) -> Result<Option<UserId>, Problem> {
    identity::account_of(app, &Email::parse(&invitation.email)?).await
}

/// Takes an invitation up: who they are now, and the cookie where they are signed in.
pub(super) async fn accept(
    app: &App,
    answer: Answer,
    coming: Coming<'_>,
) -> Result<(Accepted, Option<HeaderValue>), Problem> {
    let (invitation, token) = find(app, answer.token).await?;
    let here = signed_in(coming.asking.clone())?;
    let account = account_of(app, &invitation).await?;
    let guest = match (account, here) {
        (Some(user), Some(caller)) if caller.user == user => Guest::Here(caller),
        (Some(user), here) => {
            let password = answer.password.ok_or_else(|| needs_proof(here))?;
            identity::prove_password(app, user, password).await?;
            Guest::Known(user)
        }
        (None, Some(_)) if answer.password.is_none() => return Err(for_another()),
        (None, _) => {
            let account = new_account(app, &invitation, answer.name, answer.password).await?;
            Guest::New(Box::new(account))
        }
    };
    match enter(app, &invitation, &token, &guest, coming.origin).await? {
        Joined::Waiting => Ok((Accepted::AwaitingConfirmation, None)),
        Joined::Confirmed => welcome(app, &invitation, guest, coming).await,
    }
}

/// A browser's session; a token for the API accepts nothing.
fn signed_in(asking: Asking) -> Result<Option<Caller>, Problem> {
    match asking {
        // Whoever is kept out elsewhere may go on here.
        Asking::Known(caller) | Asking::Suspended(caller) => Ok(match caller.via {
            Via::Session { .. } => Some(caller),
            Via::Token { .. } => None,
        }),
        Asking::Anonymous => Ok(None),
        Asking::Unknown => Err(Problem::unavailable()),
        Asking::Refused(problem) => Err(problem),
    }
}

/// Judges what a new account is made of, everything that is wrong at once.
async fn new_account(
    app: &App,
    invitation: &Invitation,
    name: Option<String>,
    password: Option<Redacted<String>>,
) -> Result<NewAccount, Problem> {
    let email = Email::parse(&invitation.email)?;
    let name = Text::line("name", 1, 120).check(&name.unwrap_or_default());
    let password = password.unwrap_or_else(|| Redacted::new(String::new()));
    let known = name.as_deref().unwrap_or_default();
    let password = NewPassword::parse(password, &email, &[known]);
    match (name, password) {
        (Ok(name), Ok(password)) => {
            let password_hash = identity::hash(app, password.into_inner()).await;
            let password_hash = password_hash.map_err(|error| {
                tracing::error!(%error, "invitation");
                Problem::internal()
            })?;
            Ok(NewAccount {
                id: UserId::new(),
                email,
                name,
                password_hash,
            })
        }
        (name, password) => {
            let wrong = [name.err(), password.err()];
            Err(Problem::invalid(wrong.into_iter().flatten().collect()))
        }
    }
}

/// Uses the invitation up, makes the account if there is none, and the membership.
async fn enter(
    app: &App,
    invitation: &Invitation,
    token: &LinkToken,
    guest: &Guest,
    origin: Origin,
) -> Result<Joined, Problem> {
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, invitation.org).await?;
    members::lock_people(tx.tenant()).await?;
    if !invitations::take(tx.tenant(), token, now).await? {
        return Err(invalid());
    }
    if let Guest::New(account) = guest {
        identity::insert_account(tx.tenant().connection(), account, now)
            .await
            .map_err(taken_meanwhile)?;
    }
    let policy = policies::load(tx.tenant()).await?;
    let joining = Joining {
        user: guest.user(),
        role: invitation.role,
        teams: &invitation.teams,
        basis: Basis::Asked,
        confirm: policy.auto_confirm,
    };
    let joined = join(app, tx.tenant(), &joining).await?;
    let event = entry(app, invitation, guest, origin).with(json!({
        "invitation": invitation.id,
        "role": invitation.role,
        "confirmed": joined == Joined::Confirmed,
    }));
    tx.commit(&app.keys, &event).await?;
    Ok(joined)
}

fn entry(app: &App, invitation: &Invitation, guest: &Guest, origin: Origin) -> Event {
    let (now, action) = (app.clock.now(), Action::InvitationAccepted);
    let resource = resource(guest.user());
    match guest {
        Guest::Here(caller) => Event::by(now, &there(caller, invitation.org), action, resource),
        Guest::Known(_) | Guest::New(_) => {
            Event::new(now, guest.user(), action, resource).from(origin, guest.factors())
        }
    }
}

/// Somebody who is signed in, as an actor in the organisation that they enter.
fn there(caller: &Caller, org: OrgId) -> Caller {
    Caller { org, ..*caller }
}

/// Signs in who may be: somebody new, and somebody who is here. Whoever has only shown a password goes
/// by the front door, where a second factor is asked for, and so does whoever comes to an organisation
/// that is entered through its identity provider, or from one whose provider vouched for them.
async fn welcome(
    app: &App,
    invitation: &Invitation,
    guest: Guest,
    coming: Coming<'_>,
) -> Result<(Accepted, Option<HeaderValue>), Problem> {
    let entered = match guest {
        Guest::Known(_) => return Ok((Accepted::SignIn, None)),
        Guest::Here(caller) => identity::enter(app, &caller, coming.headers, invitation.org).await,
        Guest::New(account) => {
            let arrival = Arrival {
                user: account.id,
                org: invitation.org,
                role: invitation.role,
                factors: Factors::LINK | Factors::PASSWORD,
                origin: coming.origin,
                user_agent: coming.user_agent,
            };
            identity::start(app, arrival).await
        }
    };
    match entered {
        Ok((me, cookie)) => Ok((Accepted::SignedIn { me }, Some(cookie))),
        // They are a member now; how they came does not open this door.
        Err(problem) if identity::wants_another_sign_in(&problem) => Ok((Accepted::SignIn, None)),
        Err(problem) => Err(problem),
    }
}

/// An account for the address was made while this one was on its way.
fn taken_meanwhile(error: crate::infra::db::DbError) -> Problem {
    if error.constraint() == Some("users_email_key") {
        return Problem::new(
            StatusCode::CONFLICT,
            "account-exists",
            "There is an account now",
            "Open the link again and show its password.",
        );
    }
    error.into()
}

fn needs_proof(here: Option<Caller>) -> Problem {
    match here {
        Some(_) => for_another(),
        None => FieldProblem::new("password", "must be the password of your account").into(),
    }
}

fn for_another() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "invitation-for-another",
        "This invitation is for somebody else",
        "You are signed in with another address. Sign out first if the invitation is yours.",
    )
}

/// One answer for tokens that never were, were used, withdrawn or are too old.
fn invalid() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "invitation-invalid",
        "This invitation does not work",
        "It was used or withdrawn, or its time is over. Ask for another one.",
    )
}
