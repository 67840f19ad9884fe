//! Making an organisation, and asking its first owner to come.

use http::StatusCode;
use serde::Serialize;
use serde_json::json;

use super::model::TenantView;
use super::standing::State;
use super::{people, store};
use crate::audit::{self, WriteTx};
use crate::context::App;
use crate::edge::Problem;
use crate::identity::Email;
use crate::kernel::{FieldProblem, OrgId, Text};
use crate::operators::Operator;
use crate::orgs::{self, OwnerLink};
use crate::platform::{self, Action, Event};

/// An organisation whose first owner is asked to come.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Founded {
    /// The organisation.
    organization: TenantView,
    /// What its first owner opens; shown this once.
    link: OwnerLink,
}

/// What is asked for, as it was sent.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) email: String,
}

/// Makes an organisation, with an entry in its own trail and one in the platform's.
pub(super) async fn found(
    app: &App,
    operator: &Operator,
    wanted: &Wanted,
) -> Result<Founded, Problem> {
    let name = Text::line("name", 1, 120).check(&wanted.name);
    let email = owner_address(&wanted.email);
    let (name, email) = match (name, email) {
        (Ok(name), Ok(email)) => (name, email),
        (name, email) => {
            let problems = [name.err(), email.err()].into_iter().flatten();
            return Err(Problem::invalid(problems.collect()));
        }
    };
    let now = app.clock.now();
    let org = OrgId::new();
    let mut tx = WriteTx::begin(&app.db, org).await?;
    orgs::found(tx.tenant(), &name, now).await?;
    let link = orgs::ask_owner(app, tx.tenant(), &email).await?;
    let detail = json!({
        "organization": org, "name": name, "email": email.as_str(), "by": operator.as_words(),
    });
    record(app, &mut tx, Action::OrganizationCreated, detail).await?;
    let own = json!({"name": name, "by": "platform"});
    let event = audit::Event::of_system(now, audit::Action::OrganizationCreated, own);
    tx.commit(&app.keys, &event).await?;
    let organization = people::one(app, org).await?;
    Ok(Founded { organization, link })
}

/// Makes another link, for the same or another first owner, as long as nobody has come. The earlier
/// one ends.
pub(super) async fn ask_again(
    app: &App,
    operator: &Operator,
    (id, email): (OrgId, &str),
) -> Result<Founded, Problem> {
    let email = owner_address(email)?;
    let mut tx = WriteTx::begin(&app.db, id).await?;
    let tenant = store::hold(tx.tenant().connection(), id).await?;
    let tenant = tenant.ok_or_else(Problem::not_found)?;
    let figures = store::figures(tx.tenant()).await?;
    if figures.members + figures.pending > 0 || tenant.marks.state() != State::Open {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "wrong-state",
            "Not in this state",
            "Somebody has come already, or nobody gets in. Its owners invite everybody else.",
        ));
    }
    let link = orgs::ask_owner(app, tx.tenant(), &email).await?;
    let detail = json!({
        "organization": id, "name": tenant.name, "email": email.as_str(),
        "by": operator.as_words(),
    });
    record(app, &mut tx, Action::OrganizationOwnerAsked, detail).await?;
    let own = json!({"email": email.as_str(), "by": "platform"});
    let event = audit::Event::of_system(app.clock.now(), audit::Action::InvitationCreated, own);
    tx.commit(&app.keys, &event).await?;
    let organization = people::one(app, id).await?;
    Ok(Founded { organization, link })
}

/// In the same transaction as the change.
async fn record(
    app: &App,
    tx: &mut WriteTx,
    action: Action,
    detail: serde_json::Value,
) -> Result<(), Problem> {
    let event = Event {
        at: app.clock.now(),
        action,
        detail,
    };
    let connection = tx.tenant().connection();
    platform::record_within(connection, &app.keys, &event).await?;
    Ok(())
}

fn owner_address(email: &str) -> Result<Email, FieldProblem> {
    Email::parse(email).map_err(|problem| FieldProblem {
        name: "ownerEmail".to_owned(),
        ..problem
    })
}
