//! Demands and proofs, without a route.

use std::net::{IpAddr, Ipv4Addr};

use futures_util::future::join_all;
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use super::{Act, demand, find, meet};
use crate::audit::{Action, Approval, Resource};
use crate::context::App;
use crate::edge::{Caller, Origin, Problem, Via};
use crate::kernel::{
    ApiTokenId, Clock, Factors, OrgId, OrgRole, ProofMethod, Scope, SessionId, StepUpId, UserId,
};
use crate::testing::{NOW, Server};

fn caller() -> Caller {
    Caller {
        user: UserId::new(),
        org: OrgId::new(),
        role: OrgRole::Owner,
        via: Via::Session {
            id: SessionId::new(),
            factors: Factors::PASSWORD,
            began: NOW,
            step_up: None,
            must_enrol: false,
            confined: false,
        },
        origin: Origin {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            request: Uuid::nil(),
        },
        at: NOW,
    }
}

/// The same caller, who says that they bring a proof.
fn bringing(caller: &Caller, proof: StepUpId) -> Caller {
    let mut caller = *caller;
    if let Via::Session { step_up, .. } = &mut caller.via {
        *step_up = Some(proof);
    }
    caller
}

fn act(resource: Uuid) -> Act {
    Act {
        action: Action::VaultDeleted,
        resource: Resource {
            kind: "vault",
            id: resource,
        },
        detail: json!({"name": "Engines", "secrets": 1}),
        summary: "Delete it.".to_owned(),
    }
}

/// The demand that an answer names.
#[track_caller]
fn demanded(answer: Result<Approval, Problem>) -> StepUpId {
    let problem = answer.expect_err("nothing was demanded");
    assert_eq!(problem.code(), "step-up-required");
    problem.step_up().unwrap()
}

async fn proved(app: &App, caller: &Caller, act: &Act) -> StepUpId {
    let id = demanded(demand(app, caller, act).await);
    meet(app, caller, id, ProofMethod::Totp, None)
        .await
        .unwrap();
    id
}

#[tokio::test]
async fn a_proof_is_taken_once_even_by_many_at_the_same_time() {
    let server = Server::start().await;
    let (ada, act) = (caller(), act(Uuid::now_v7()));
    let id = proved(&server.app, &ada, &act).await;
    let ada = bringing(&ada, id);
    let all = join_all((0..12).map(|_| demand(&server.app, &ada, &act))).await;
    assert_eq!(all.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_ne!(demanded(demand(&server.app, &ada, &act).await), id);
}

#[tokio::test]
async fn a_proof_is_good_for_this_act_this_person_this_session_and_this_organisation() {
    let server = Server::start().await;
    let app = &server.app;
    let (ada, this) = (caller(), act(Uuid::now_v7()));
    let id = proved(app, &ada, &this).await;
    let own = bringing(&ada, id);
    let with = |change: &dyn Fn(&mut Act)| {
        let mut act = this.clone();
        change(&mut act);
        act
    };
    let others = [
        act(Uuid::now_v7()),
        with(&|act| act.action = Action::SecretDeleted),
        with(&|act| act.resource.kind = "secret"),
        with(&|act| act.detail = json!({"name": "Engines", "secrets": 2})),
        with(&|act| act.detail = Value::Null),
    ];
    for other in &others {
        demanded(demand(app, &own, other).await);
    }
    let mut session = own;
    if let Via::Session { id, .. } = &mut session.via {
        *id = SessionId::new();
    }
    let person = Caller {
        user: UserId::new(),
        ..own
    };
    let org = Caller {
        org: OrgId::new(),
        ..own
    };
    for other in [&session, &person, &org] {
        demanded(demand(app, other, &this).await);
        let code = |answer: Result<(), Problem>| answer.map_err(|problem| problem.code());
        let open = demanded(demand(app, &ada, &this).await);
        assert!(find(app, other, open).await.is_err(), "it can be seen");
        let met = meet(app, other, open, ProofMethod::Totp, None).await;
        assert_eq!(code(met), Err("not-found"));
    }
    // None of them has used it up.
    demand(app, &own, &this).await.unwrap();
}

#[tokio::test]
async fn an_unproved_demand_opens_nothing_and_one_is_proved_once() {
    let server = Server::start().await;
    let app = &server.app;
    let (ada, act) = (caller(), act(Uuid::now_v7()));
    let id = demanded(demand(app, &ada, &act).await);
    demanded(demand(app, &bringing(&ada, id), &act).await);
    meet(app, &ada, id, ProofMethod::Totp, None).await.unwrap();
    assert!(find(app, &ada, id).await.is_err(), "it is open still");
    let again = meet(app, &ada, id, ProofMethod::Password, None).await;
    assert_eq!(again.unwrap_err().code(), "not-found");
    demand(app, &bringing(&ada, id), &act).await.unwrap();
    let used = meet(app, &ada, id, ProofMethod::Totp, None).await;
    assert_eq!(used.unwrap_err().code(), "not-found");
}

#[tokio::test]
async fn demands_and_proofs_end_with_their_time() {
    let server = Server::start_at(Clock::fixed(NOW), &[]).await;
    let later = |seconds| {
        let clock = Clock::fixed(NOW + Duration::seconds(seconds));
        server.replica(clock, &[])
    };
    let (ada, act) = (caller(), act(Uuid::now_v7()));
    let (just, over) = (later(299).await, later(300).await);
    let id = demanded(demand(&server.app, &ada, &act).await);
    find(&just.app, &ada, id).await.unwrap();
    assert!(find(&over.app, &ada, id).await.is_err());

    let id = proved(&server.app, &ada, &act).await;
    demand(&just.app, &bringing(&ada, id), &act).await.unwrap();
    let id = proved(&server.app, &ada, &act).await;
    demanded(demand(&over.app, &bringing(&ada, id), &act).await);
    // A proof is as old as itself, not as the demand.
    let id = demanded(demand(&server.app, &ada, &act).await);
    meet(&just.app, &ada, id, ProofMethod::Totp, None)
        .await
        .unwrap();
    demand(&over.app, &bringing(&ada, id), &act).await.unwrap();
}

#[tokio::test]
async fn a_session_has_a_bounded_number_of_demands() {
    let server = Server::start().await;
    let app = &server.app;
    let (ada, act) = (caller(), act(Uuid::now_v7()));
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(demanded(demand(app, &ada, &act).await));
    }
    let mut open = 0;
    for id in &ids {
        open += usize::from(find(app, &ada, *id).await.is_ok());
    }
    assert_eq!(open, 16);
    assert!(find(app, &ada, ids[19]).await.is_ok(), "the latest stay");
}

#[tokio::test]
async fn a_token_can_prove_nothing() {
    let server = Server::start().await;
    let mut robot = caller();
    robot.via = Via::Token {
        id: ApiTokenId::new(),
        scopes: Scope::ALL.into_iter().collect(),
        must_enrol: false,
    };
    let answer = demand(&server.app, &robot, &act(Uuid::now_v7())).await;
    assert_eq!(answer.unwrap_err().code(), "session-needed");
}

#[tokio::test]
async fn without_the_cache_nothing_is_approved() {
    let server = Server::start().await;
    let (ada, act) = (caller(), act(Uuid::now_v7()));
    let id = proved(&server.app, &ada, &act).await;
    server.cache.cut();
    let answer = demand(&server.app, &bringing(&ada, id), &act).await;
    assert_eq!(answer.unwrap_err().code(), "unavailable");
}
