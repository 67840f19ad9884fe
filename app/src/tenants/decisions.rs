//! Suspending, resuming, and deciding about the end.

use http::StatusCode;
use serde_json::{Value, json};
use time::Duration;

use super::model::{Tenant, TenantView};
use super::standing::{Marks, State};
use super::{people, store};
use crate::context::App;
use crate::edge::Problem;
use crate::infra::db::PlatformTx;
use crate::kernel::{FieldProblem, OrgId};
use crate::operators::Operator;
use crate::platform::{self, Action, Event};

/// An organisation that nobody else decides about meanwhile.
struct Held {
    tx: PlatformTx,
    tenant: Tenant,
}

impl Held {
    async fn of(app: &App, id: OrgId) -> Result<Self, Problem> {
        let mut tx = PlatformTx::begin(&app.db).await?;
        let tenant = store::hold(tx.connection(), id).await?;
        let tenant = tenant.ok_or_else(Problem::not_found)?;
        Ok(Self { tx, tenant })
    }

    /// Keeps other marks, with an entry in the platform's trail.
    async fn decide(
        mut self,
        app: &App,
        operator: &Operator,
        (action, marks, more): (Action, Marks, Value),
    ) -> Result<TenantView, Problem> {
        let id = self.tenant.id;
        store::mark(self.tx.connection(), id, marks).await?;
        let mut detail =
            json!({"organization": id, "name": self.tenant.name, "by": operator.as_words()});
        if let (Value::Object(detail), Value::Object(more)) = (&mut detail, more) {
            detail.extend(more);
        }
        let event = Event {
            at: app.clock.now(),
            action,
            detail,
        };
        platform::record_first(&mut self.tx, &app.keys, &event).await?;
        self.tx.commit_housekeeping().await?;
        people::one(app, id).await
    }
}

/// Lets nobody in any more. Sessions and tokens are refused from the next request on, and open again
/// when it is resumed, if they have not ended by themselves.
pub(super) async fn suspend(
    app: &App,
    operator: &Operator,
    id: OrgId,
    reason: &str,
) -> Result<TenantView, Problem> {
    let held = Held::of(app, id).await?;
    let marks = held.tenant.marks;
    if marks.state() != State::Open {
        return Err(wrong_state("It is suspended, or on its way out, already."));
    }
    let marks = Marks {
        suspended_at: Some(app.clock.now()),
        ..marks
    };
    let more = json!({"reason": reason});
    let decision = (Action::OrganizationSuspended, marks, more);
    held.decide(app, operator, decision).await
}

/// Lets people in again.
pub(super) async fn resume(
    app: &App,
    operator: &Operator,
    id: OrgId,
) -> Result<TenantView, Problem> {
    let held = Held::of(app, id).await?;
    let marks = held.tenant.marks;
    if marks.state() != State::Suspended {
        return Err(wrong_state(
            "Only a suspended organisation is resumed. One that waits to be erased is kept first.",
        ));
    }
    let marks = Marks {
        suspended_at: None,
        ..marks
    };
    let decision = (Action::OrganizationResumed, marks, json!({}));
    held.decide(app, operator, decision).await
}

/// Gives its end a day. The name has to be typed, letter for letter.
pub(super) async fn erase(
    app: &App,
    operator: &Operator,
    id: OrgId,
    typed: &str,
) -> Result<TenantView, Problem> {
    let held = Held::of(app, id).await?;
    if typed != held.tenant.name {
        return Err(FieldProblem::new("name", "is not the name of the organisation").into());
    }
    let marks = held.tenant.marks;
    if !matches!(marks.state(), State::Open | State::Suspended) {
        return Err(wrong_state("It is going to be erased already."));
    }
    let days = Duration::days(app.security.erasure_days.into());
    let erase_at = app.clock.now() + days;
    let marks = Marks {
        erase_at: Some(erase_at),
        ..marks
    };
    let more = json!({"eraseAt": erase_at.unix_timestamp()});
    let decision = (Action::OrganizationErasureAsked, marks, more);
    held.decide(app, operator, decision).await
}

/// Thinks better of it, as long as nothing has gone. One that was suspended before stays so.
pub(super) async fn keep(app: &App, operator: &Operator, id: OrgId) -> Result<TenantView, Problem> {
    let held = Held::of(app, id).await?;
    let marks = held.tenant.marks;
    if marks.state() != State::Waiting {
        return Err(wrong_state(
            "It does not wait to be erased. What has begun is not stopped.",
        ));
    }
    let marks = Marks {
        erase_at: None,
        ..marks
    };
    let decision = (Action::OrganizationKept, marks, json!({}));
    held.decide(app, operator, decision).await
}

fn wrong_state(detail: &str) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "wrong-state",
        "Not in this state",
        detail,
    )
}
