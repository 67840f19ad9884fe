//! Inviting people: making, sending again, withdrawing. Whoever invites gives no more than they have.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::invitation::{Invitation, InvitationSent, InvitationView, LIFETIME};
use super::join::{already_member, deactivated};
use super::membership::{Membership, Person};
use super::model::LinkToken;
use super::problem;
use super::rules::may_give;
use super::store::{invitations as store, members};
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::context::App;
use crate::edge::{Caller, ListQuery, Problem, rate};
use crate::identity::Email;
use crate::infra::db::TenantTx;
use crate::kernel::{FieldProblem, InvitationId, OrgRole, Page, TeamId};

/// So many invitations an organisation makes or sends again in an hour: nobody is flooded with mail in
/// our name.
const SENDING: rate::Limit = rate::Limit {
    max: 200,
    window: Duration::from_secs(3600),
};
/// The most teams that one invitation names.
const MAX_TEAMS: usize = 50;

/// What an invitation is to say, as it was sent.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) email: String,
    pub(super) role: OrgRole,
    pub(super) teams: Vec<TeamId>,
}

fn resource(id: InvitationId) -> Resource {
    Resource {
        kind: "invitation",
        id: id.as_uuid(),
    }
}

/// Those that were not answered yet, newest first.
pub(super) async fn list(
    app: &App,
    caller: &Caller,
    query: ListQuery,
) -> Result<Page<InvitationView>, Problem> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let rows = store::list(&mut tx, query.cursor, query.limit).await?;
    tx.finish();
    let now = app.clock.now();
    let views = rows.iter().map(|found| found.view(now)).collect();
    Ok(Page::cut(views, query.limit, |view: &InvitationView| {
        view.id.as_uuid()
    }))
}

/// Begins a change of the organisation's people by somebody who is what they are at this moment.
async fn begin(app: &App, caller: &Caller) -> Result<(WriteTx, Membership), Problem> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    members::lock_people(tx.tenant()).await?;
    let own = members::membership(tx.tenant(), caller.user).await?;
    Ok((tx, own.ok_or_else(Problem::forbidden)?))
}

/// Invites an address. The token leaves in a link, once.
pub(super) async fn create(
    app: &App,
    caller: &Caller,
    wanted: Wanted,
) -> Result<InvitationSent, Problem> {
    let email = Email::parse(&wanted.email)?;
    let teams = distinct(wanted.teams)?;
    rate::attempt(&app.cache, "invite", &caller.org.to_string(), SENDING).await?;
    let (mut tx, own) = begin(app, caller).await?;
    if !may_give(own.role(), wanted.role) {
        return Err(Problem::forbidden());
    }
    let now = app.clock.now();
    make_room(&mut tx, &email, now).await?;
    if !store::are_teams(tx.tenant(), &teams).await? {
        return Err(FieldProblem::new("teamIds", "must be teams of this organisation").into());
    }
    let token = LinkToken::generate().ok_or_else(Problem::internal)?;
    let invitation = Invitation {
        org: caller.org,
        id: InvitationId::new(),
        email: email.as_str().to_owned(),
        role: wanted.role,
        teams,
        expires_at: now + LIFETIME,
    };
    store::insert(tx.tenant(), &invitation, Some(caller.user), &token, now).await?;
    let detail = json!({
        "email": invitation.email, "role": invitation.role, "teams": invitation.teams,
    });
    let event = Event::by(
        now,
        caller,
        Action::InvitationCreated,
        resource(invitation.id),
    );
    let event = event.with(detail).named(&invitation.email);
    tx.commit(&app.keys, &event).await?;
    Ok(send(app, &invitation, &token))
}

/// Each team once, and not too many.
fn distinct(mut teams: Vec<TeamId>) -> Result<Vec<TeamId>, FieldProblem> {
    teams.sort_unstable();
    teams.dedup();
    if teams.len() > MAX_TEAMS {
        return Err(FieldProblem::new("teamIds", "must be at most 50 teams"));
    }
    Ok(teams)
}

/// Refuses to invite whom the organisation knows. An invitation whose time is over gives way.
async fn make_room(
    tx: &mut WriteTx,
    email: &Email,
    now: time::OffsetDateTime,
) -> Result<(), Problem> {
    match members::known_by_address(tx.tenant(), email.as_str()).await? {
        Some(Person::Member(_)) => return Err(already_member()),
        Some(Person::Applicant(_)) => {
            return Err(problem::not_in_this_state("They wait to be confirmed."));
        }
        Some(Person::Former(_)) => return Err(deactivated()),
        None => {}
    }
    if store::give_way(tx.tenant(), email.as_str(), now).await? {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::CONFLICT,
        "already-invited",
        "This address is invited already",
        "Send the invitation again, or withdraw it first.",
    ))
}

/// Sends an invitation again: with another token, for as long as a new one. The earlier link is dead.
pub(super) async fn resend(
    app: &App,
    caller: &Caller,
    id: InvitationId,
) -> Result<InvitationSent, Problem> {
    rate::attempt(&app.cache, "invite", &caller.org.to_string(), SENDING).await?;
    let (mut tx, found) = reach(app, caller, id).await?;
    let now = app.clock.now();
    let token = LinkToken::generate().ok_or_else(Problem::internal)?;
    let invitation = Invitation {
        expires_at: now + LIFETIME,
        ..found
    };
    store::renew(tx.tenant(), &invitation, &token).await?;
    let event = Event::by(now, caller, Action::InvitationResent, resource(id));
    let event = event.with(json!({"email": invitation.email}));
    tx.commit(&app.keys, &event.named(&invitation.email))
        .await?;
    Ok(send(app, &invitation, &token))
}

/// Withdraws an invitation: its link is dead.
pub(super) async fn withdraw(app: &App, caller: &Caller, id: InvitationId) -> Result<(), Problem> {
    let (mut tx, found) = reach(app, caller, id).await?;
    store::delete(tx.tenant(), id).await?;
    let now = app.clock.now();
    let event = Event::by(now, caller, Action::InvitationWithdrawn, resource(id));
    let event = event.with(json!({"email": found.email}));
    Ok(tx.commit(&app.keys, &event.named(&found.email)).await?)
}

/// An invitation that the caller could have made.
async fn reach(
    app: &App,
    caller: &Caller,
    id: InvitationId,
) -> Result<(WriteTx, Invitation), Problem> {
    let (mut tx, own) = begin(app, caller).await?;
    let found = store::by_id(tx.tenant(), id).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    if !may_give(own.role(), found.role) {
        return Err(Problem::forbidden());
    }
    Ok((tx, found))
}

/// Hands the link over. The token stands in the fragment, and the address is the configured one,
/// whatever host the request named.
fn send(app: &App, invitation: &Invitation, token: &LinkToken) -> InvitationSent {
    let link = format!(
        "{}/invitation#token={}",
        app.server.base_url,
        token.expose()
    );
    let link = match &app.mail {
        None => Some(link),
        Some(mail) => {
            mail.send(&invitation.email, "You are invited", &letter(app, &link));
            None
        }
    };
    InvitationSent {
        invitation: invitation.view(app.clock.now()),
        link,
    }
}

/// What an invitation says. The page behind the link names the organisation and whoever invites; the
/// letter holds nothing that somebody typed.
fn letter(app: &App, link: &str) -> String {
    format!(
        "Somebody invites you to work with them in VaultTerm.\n\nThis link says who, and where; with it \
         you join. It works once, for a week:\n\n{link}\n\nIf you expect no invitation, there is nothing \
         to do.\n\n-- \nVaultTerm, {}\n",
        app.server.base_url
    )
}
