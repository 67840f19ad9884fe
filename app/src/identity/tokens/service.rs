//! Use cases of tokens.

use http::StatusCode;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::model::{ApiToken, Made, Maker, NewToken};
use super::secret::TokenSecret;
use super::store;
use crate::audit::{Action, Event, Resource, WriteTx};
use crate::authz::step_up::{self, Act};
use crate::context::App;
use crate::edge::{Caller, IdempotencyKey, ListQuery, Problem};
use crate::identity::sessions;
use crate::infra::db::TenantTx;
use crate::kernel::{ApiTokenId, FieldProblem, OrgRole, Page, Scope, Text, UserId};
use crate::once::Once;

/// How many tokens one member may have.
const MOST: i64 = 100;

fn resource(token: ApiTokenId) -> Resource {
    Resource {
        kind: "api-token",
        id: token.as_uuid(),
    }
}

/// Whose tokens somebody sees and revokes: everybody's, for those who manage the organisation.
const fn whose(caller: &Caller) -> Option<UserId> {
    if caller.role.manages() {
        None
    } else {
        Some(caller.user)
    }
}

/// One page of tokens, newest first.
pub(super) async fn list(
    app: &App,
    caller: &Caller,
    query: ListQuery,
) -> Result<Page<ApiToken>, Problem> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    let rows = store::list(&mut tx, whose(caller), query.cursor, query.limit).await?;
    tx.finish();
    Ok(Page::cut(rows, query.limit, |token| token.id.as_uuid()))
}

/// Makes a token. It is shown in this one answer.
pub(super) async fn create(
    app: &App,
    caller: &Caller,
    (new, key): (NewToken, &IdempotencyKey),
) -> Result<Made, Problem> {
    let now = app.clock.now();
    let new = checked(&new, caller.role, now)?;
    let act = creation(caller, &new);
    let once = Once::of(app, caller, key, ("token", &act.detail))?;
    let id = ApiTokenId::new();
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    // Nobody proves anything for what is there.
    once.claim_unseen(tx.tenant(), id.as_uuid()).await?;
    let approval = step_up::demand(app, caller, &act).await?;
    let secret = TokenSecret::generate().ok_or_else(Problem::internal)?;
    if store::count(tx.tenant(), caller.user).await? >= MOST {
        return Err(too_many());
    }
    store::insert(tx.tenant(), (id, caller.user), &secret, &new, now).await?;
    let event = Event::by(now, caller, act.action, act.resource).with(act.detail);
    tx.commit(&app.keys, &event.approved(approval).made(id.as_uuid()))
        .await?;
    let me = sessions::me(app, caller).await?;
    Ok(Made {
        token: ApiToken {
            id,
            name: new.name,
            scopes: new.scopes,
            created_at: now,
            expires_at: new.expires_at,
            last_used_at: None,
            user: Maker {
                id: caller.user,
                name: me.user.name,
            },
        },
        secret: secret.expose().to_owned(),
    })
}

/// What is approved and recorded: who will be acted for, by what. The id comes after the proof, so the
/// entry has it among its circumstances; the token itself is nowhere.
fn creation(caller: &Caller, new: &NewToken) -> Act {
    let ends = new.expires_at.and_then(|end| end.format(&Rfc3339).ok());
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    Act {
        action: Action::ApiTokenCreated,
        resource: sessions::account(caller.user),
        detail: json!({"name": new.name, "scopes": scopes, "expiresAt": ends}),
        summary: format!(
            "Make the token “{}”, which may {}.",
            new.name,
            scopes.join(", ")
        ),
    }
}

/// All that is wrong with a token to be made, at once.
fn checked(new: &NewToken, role: OrgRole, now: OffsetDateTime) -> Result<NewToken, Problem> {
    let mut problems = Vec::new();
    let name = Text::line("name", 1, 120)
        .check(&new.name)
        .unwrap_or_else(|problem| {
            problems.push(problem);
            String::new()
        });
    let scopes: Vec<Scope> = Scope::ALL
        .into_iter()
        .filter(|scope| new.scopes.contains(scope))
        .collect();
    if scopes.is_empty() {
        problems.push(FieldProblem::new("scopes", "must name at least one"));
    }
    if let Some(scope) = scopes.iter().find(|scope| is_beyond(**scope, role)) {
        let message = format!("{} is for admins and owners", scope.as_str());
        problems.push(FieldProblem::new("scopes", &message));
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        problems.push(FieldProblem::new("expiresAt", "must be in the future"));
    }
    if problems.is_empty() {
        Ok(NewToken {
            name,
            scopes,
            expires_at: new.expires_at,
        })
    } else {
        Err(Problem::invalid(problems))
    }
}

/// Whether a scope would open nothing for a role. It is said at once, and decided at each request.
const fn is_beyond(scope: Scope, role: OrgRole) -> bool {
    matches!(scope, Scope::AuditRead | Scope::Scim) && !role.manages()
}

/// Takes a token away; the next request with it is refused.
pub(super) async fn revoke(app: &App, caller: &Caller, id: ApiTokenId) -> Result<(), Problem> {
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let gone = store::delete(tx.tenant(), id, whose(caller)).await?;
    let (name, user) = gone.ok_or_else(Problem::not_found)?;
    let now = app.clock.now();
    let event = Event::by(now, caller, Action::ApiTokenRevoked, resource(id));
    let event = event.with(json!({"name": name, "user": user}));
    Ok(tx.commit(&app.keys, &event).await?)
}

fn too_many() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "too-many-tokens",
        "There are too many tokens",
        "You have a hundred. Revoke those that nothing uses any more.",
    )
}
