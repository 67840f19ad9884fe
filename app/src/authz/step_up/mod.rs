//! Sensitive acts need a fresh proof that it is the person themselves.
//!
//! Whoever is about to do one calls [`demand`] with the very act that they will record. Without a
//! proof it answers 403 `step-up-required` and remembers the act under an id. The person looks at it
//! and proves that it is them (`identity`), and the request comes again with the id in the header
//! `VaultTerm-Step-Up`. Then `demand` hands out the [`Approval`], once.
//!
//! | somebody tries to | and |
//! |---|---|
//! | use a proof for something else | the digest of the act is another: a new proof is demanded |
//! | use it in another session, as somebody else, in another organisation | so is it |
//! | use it twice, or twice at once | taking it and forgetting it is one step |
//! | use it later | it ends with `TENANT_STEPUP_TTL_SEC` |
//! | give a proof for a demand of somebody else | it does not exist for them |
//! | keep the server's memory busy | a session has so many open demands; the oldest goes |

mod store;
#[cfg(test)]
mod tests;

use serde_json::Value;
use time::OffsetDateTime;

use crate::audit::approval::{Act as Approvable, Digest, Nonce};
use crate::audit::{Action, Approval, Resource};
use crate::context::App;
use crate::edge::{Caller, Problem, Via};
use crate::kernel::{ProofMethod, SessionId, StepUpId};

/// What somebody is about to do. Exactly this is recorded once it is done.
#[derive(Clone, Debug)]
pub struct Act {
    /// What.
    pub action: Action,
    /// To what.
    pub resource: Resource,
    /// In which further words the trail will have it. A JSON object.
    pub detail: Value,
    /// The same as a sentence for the person who is asked. It holds nothing that is sealed.
    pub summary: String,
}

/// A demand, as the person who has to meet it sees it.
#[derive(Clone, Debug)]
pub struct Demand {
    /// What they are about to do.
    pub summary: String,
    /// The digest of the act with the server's nonce: what a passkey signs.
    pub digest: Digest,
    /// Until when it can be met.
    pub expires_at: OffsetDateTime,
}

/// Demands a fresh proof for one act.
///
/// # Errors
/// 403 `step-up-required` until there is one, 403 `session-needed` for a token, 503 when the cache
/// does not answer.
pub async fn demand(app: &App, caller: &Caller, act: &Act) -> Result<Approval, Problem> {
    let Via::Session {
        id: session,
        step_up,
        ..
    } = caller.via
    else {
        return Err(Problem::session_needed());
    };
    let approvable = Approvable {
        org: caller.org,
        person: caller.user,
        session,
        action: act.action.as_str(),
        resource: (act.resource.kind, act.resource.id),
        detail: &act.detail,
    };
    if let Some(id) = step_up
        && let Some(approval) = redeem(app, caller, id, &approvable).await?
    {
        return Ok(approval);
    }
    let nonce = draw()?;
    let digest = approvable.digest(&nonce);
    let id = StepUpId::new();
    let made = store::Record {
        holder: holder(caller, session),
        nonce,
        digest,
        summary: act.summary.clone(),
        made: app.clock.now().unix_timestamp(),
    };
    store::open(&app.cache, (id, session), &made, app.security.step_up_ttl).await?;
    Err(Problem::step_up_required(id))
}

/// Takes the proof that a request names, if it is for this act.
async fn redeem(
    app: &App,
    caller: &Caller,
    id: StepUpId,
    act: &Approvable<'_>,
) -> Result<Option<Approval>, Problem> {
    let Some(record) = store::find(&app.cache, id).await? else {
        return Ok(None);
    };
    // Whoever asks has to come to the digest that was proved, from what they are about to do.
    let digest = act.digest(&record.nonce);
    let wanted = (holder(caller, act.session), digest);
    let taken = store::take(&app.cache, id, &wanted).await?;
    Ok(taken.and_then(|proof| {
        let at = OffsetDateTime::from_unix_timestamp(proof.at).ok()?;
        let made = (&record.nonce, &digest);
        (app.clock.now() < until(app, at))
            .then(|| Approval::new(caller.org, proof.method, at, made))
    }))
}

/// The demand that a person is about to meet. One that is met already is none any more.
///
/// # Errors
/// 404 when there is none for this caller, 503 when the cache does not answer.
pub async fn find(app: &App, caller: &Caller, id: StepUpId) -> Result<Demand, Problem> {
    let session = session(caller)?;
    let record = store::find_open(&app.cache, id).await?;
    let record = record
        .filter(|record| record.holder == holder(caller, session))
        .ok_or_else(Problem::not_found)?;
    let made = OffsetDateTime::from_unix_timestamp(record.made);
    let expires_at = until(app, made.map_err(|_| Problem::not_found())?);
    if expires_at <= app.clock.now() {
        return Err(Problem::not_found());
    }
    Ok(Demand {
        summary: record.summary,
        digest: record.digest,
        expires_at,
    })
}

/// Notes that a demand was met. Whoever calls it has checked the proof.
///
/// # Errors
/// 404 when the demand is gone or was met before, 503 when the cache does not answer.
pub async fn meet(
    app: &App,
    caller: &Caller,
    id: StepUpId,
    method: ProofMethod,
) -> Result<(), Problem> {
    let proof = store::Proof {
        method,
        at: app.clock.now().unix_timestamp(),
    };
    let holder = holder(caller, session(caller)?);
    let ttl = app.security.step_up_ttl;
    if store::meet(&app.cache, id, &holder, &proof, ttl).await? {
        Ok(())
    } else {
        Err(Problem::not_found())
    }
}

/// Until when a demand or a proof of some instant is good.
fn until(app: &App, since: OffsetDateTime) -> OffsetDateTime {
    since.saturating_add(app.security.step_up_ttl.try_into().unwrap_or_default())
}

fn session(caller: &Caller) -> Result<SessionId, Problem> {
    match caller.via {
        Via::Session { id, .. } => Ok(id),
        Via::Token { .. } => Err(Problem::session_needed()),
    }
}

/// Whose a demand is: a person in an organisation in a session.
fn holder(caller: &Caller, session: SessionId) -> String {
    format!("{session}/{}/{}", caller.user, caller.org)
}

fn draw() -> Result<Nonce, Problem> {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(|_| Problem::internal())?;
    Ok(nonce)
}
