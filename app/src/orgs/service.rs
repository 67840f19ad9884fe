//! From a setup link to the first organisation and its owner.

use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::model::LinkToken;
use super::store;
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::context::App;
use crate::edge::{Origin, Problem, UserAgent};
use crate::entitlements::{self, LicenseView};
use crate::identity::{self, Arrival, Email, Me, NewAccount, NewPassword};
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::kernel::{Clock, Factors, FieldProblem, OrgId, OrgRole, Redacted, Text, UserId};

/// How long a setup link is good for.
const LINK_LIFETIME: time::Duration = time::Duration::hours(24);

/// A one-time link. The token stands in the fragment, which browsers do not send and proxies do
/// not log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetupLink {
    /// The whole address.
    pub url: String,
    /// Until when it works.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// Why there is no setup link.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupLinkError {
    /// The first organisation was made already.
    #[error("this installation is set up already: its owner invites everybody else")]
    AlreadySetUp,
    /// The system gave no randomness.
    #[error("the system's random source failed")]
    Random,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Makes a link for the first organisation. A link made earlier stops working.
///
/// # Errors
/// [`SetupLinkError`].
pub async fn setup_link(
    db: &Db,
    clock: &Clock,
    base_url: &str,
) -> Result<SetupLink, SetupLinkError> {
    let token = LinkToken::generate().ok_or(SetupLinkError::Random)?;
    let now = clock.now();
    let expires_at = now + LINK_LIFETIME;
    let mut tx = PlatformTx::begin(db).await?;
    store::lock_setup(tx.connection()).await?;
    if store::any_organization(tx.connection()).await? {
        return Err(SetupLinkError::AlreadySetUp);
    }
    store::insert_token(tx.connection(), &token, now, expires_at).await?;
    tx.commit_housekeeping().await?;
    Ok(SetupLink {
        url: format!("{base_url}/setup#token={}", token.expose()),
        expires_at,
    })
}

/// Whether there is no organisation yet.
pub(super) async fn setup_required(app: &App) -> Result<bool, Problem> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let exists = store::any_organization(tx.connection()).await?;
    tx.finish();
    Ok(!exists)
}

/// The licence, as those who manage an organisation see it.
pub(super) async fn license(app: &App) -> Result<LicenseView, Problem> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let used = entitlements::seats_used(tx.connection()).await?;
    tx.finish();
    Ok(app.license.view(app.clock.now(), used))
}

/// Whether a token could be used now.
pub(super) async fn check_token(app: &App, token: Redacted<String>) -> Result<(), Problem> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let token = LinkToken::from_request(token);
    let good = store::token_is_good(tx.connection(), &token, app.clock.now()).await?;
    tx.finish();
    if good { Ok(()) } else { Err(invalid_token()) }
}

/// What a setup asks for, as it was sent.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) token: Redacted<String>,
    pub(super) organization: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) password: Redacted<String>,
}

/// Makes the organisation, its owner, and the first entry of its trail: all or nothing. Of two
/// setups with one token exactly one succeeds.
pub(super) async fn set_up(
    app: &App,
    setup: Setup,
    (origin, user_agent): (Origin, UserAgent),
) -> Result<(Me, HeaderValue), Problem> {
    let token = LinkToken::from_request(setup.token);
    let good = check_token(app, Redacted::new(token.expose().to_owned())).await;
    good?;
    let checked = Checked::parse(
        &setup.organization,
        &setup.name,
        &setup.email,
        setup.password,
    )?;
    let password_hash = identity::hash(app, checked.password.into_inner())
        .await
        .map_err(|error| {
            tracing::error!(%error, "setup");
            Problem::internal()
        })?;
    let account = NewAccount {
        id: UserId::new(),
        email: checked.email,
        name: checked.name,
        password_hash,
    };
    let org = OrgId::new();
    let now = app.clock.now();
    let mut tx = WriteTx::begin(&app.db, org).await?;
    let connection = tx.tenant().connection();
    store::lock_setup(connection).await?;
    if !store::use_token(connection, &token, now).await?
        || store::any_organization(connection).await?
    {
        return Err(invalid_token());
    }
    store::insert_organization(connection, org, &checked.organization, now).await?;
    identity::insert_account(connection, &account, now).await?;
    let seat = entitlements::take_seat(connection, &app.license.entitlements(now)).await?;
    store::insert_member(connection, org, account.id, OrgRole::Owner, seat, now).await?;
    let resource = Resource {
        kind: "organization",
        id: org.as_uuid(),
    };
    let event = Event::new(now, account.id, Action::OrganizationCreated, resource)
        .with(json!({"name": checked.organization}))
        .from(origin, Factors::LINK);
    tx.commit(&app.keys, &event).await?;
    let arrival = Arrival {
        user: account.id,
        org,
        role: OrgRole::Owner,
        factors: Factors::LINK | Factors::PASSWORD,
        origin,
        user_agent,
    };
    identity::start(app, arrival).await
}

/// The fields of a setup, each of them good.
struct Checked {
    organization: String,
    name: String,
    email: Email,
    password: NewPassword,
}

impl Checked {
    /// All problems at once, so that a form is corrected once.
    fn parse(
        organization: &str,
        name: &str,
        email: &str,
        password: Redacted<String>,
    ) -> Result<Self, Problem> {
        let mut problems: Vec<FieldProblem> = Vec::new();
        let mut keep = |result: Result<String, FieldProblem>| match result {
            Ok(text) => text,
            Err(problem) => {
                problems.push(problem);
                String::new()
            }
        };
        let organization = keep(Text::line("organizationName", 1, 120).check(organization));
        let name = keep(Text::line("name", 1, 120).check(name));
        match Email::parse(email) {
            Err(problem) => problems.push(problem),
            Ok(email) => match NewPassword::parse(password, &email, &[&name, &organization]) {
                Err(problem) => problems.push(problem),
                Ok(password) if problems.is_empty() => {
                    return Ok(Self {
                        organization,
                        name,
                        email,
                        password,
                    });
                }
                Ok(_) => {}
            },
        }
        Err(Problem::invalid(problems))
    }
}

fn invalid_token() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "setup-token-invalid",
        "This setup link does not work any more",
        "It was used, it expired, or it is not complete. Ask the operator of the server for a new \
         one: `vaultterm-install setup-link`.",
    )
}
