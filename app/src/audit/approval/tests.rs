//! Approvals that were moved or altered.

use serde_json::{Value, json};

use super::super::model::{Event, Resource, Written};
use super::super::{Action, Broken, WriteTx, canonical, seal, store, verify};
use super::{Act, Approval};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{AuditEventId, OrgId, ProofMethod, SessionId, UserId};
use crate::testing::{NOW, Person, Server};

struct Stage {
    server: Server,
    ada: Person,
    event: Event,
}

impl Stage {
    /// An approved entry that is not written yet.
    async fn new() -> Self {
        let server = Server::start().await;
        let ada = server.owner().await;
        let resource = Resource {
            kind: "organization",
            id: ada.org,
        };
        let (user, session) = (UserId::from_uuid(ada.user), SessionId::new());
        let mut event =
            Event::new(NOW, user, Action::VaultDeleted, resource).with(json!({"name": "Engines"}));
        event.circumstances = json!({"session": session});
        let act = Act {
            org: OrgId::from_uuid(ada.org),
            person: user,
            session,
            action: event.action.as_str(),
            resource: (resource.kind, resource.id),
            detail: &event.detail,
        };
        let nonce = [7; 32];
        let digest = act.digest(&nonce);
        let approval = Approval::new(act.org, ProofMethod::Totp, NOW, (&nonce, &digest));
        let event = event.approved(approval);
        Self { server, ada, event }
    }

    fn org(&self) -> OrgId {
        OrgId::from_uuid(self.ada.org)
    }

    async fn commit(&self, event: &Event) -> Result<(), DbError> {
        let app = &self.server.app;
        let tx = WriteTx::begin(&app.db, self.org()).await.unwrap();
        tx.commit(&app.keys, event).await
    }

    /// Writes an entry as somebody does who has the master key.
    async fn forge(&self, event: &Event) {
        let app = &self.server.app;
        let mut tx = TenantTx::begin(&app.db, self.org()).await.unwrap();
        let entry = Written {
            org: self.org(),
            id: AuditEventId::new(),
            name: None,
            server: app.keys.instance(),
            monotonic: 1,
            event,
        };
        let text = canonical::text(&(&entry).into());
        let code = app
            .keys
            .audit_code(&[canonical::LABEL, text.as_bytes()].concat());
        let code = (code.key.as_bytes().as_slice(), code.mac.as_slice());
        store::insert(&mut tx, &entry, code).await.unwrap();
        tx.commit_recorded().await.unwrap();
        seal(&app.db, &app.keys, self.org()).await.unwrap();
    }

    async fn verified(&self) -> Result<i64, Broken> {
        let app = &self.server.app;
        verify(&app.db, &app.keys, self.org()).await.unwrap()
    }
}

/// Everything that can be bent in an entry whose approval is left as it is, or in the approval.
fn bent(event: &Event) -> Vec<(&'static str, Event)> {
    let with = |change: &dyn Fn(&mut Event)| {
        let mut event = event.clone();
        change(&mut event);
        event
    };
    let member = |name: &'static str, value: Value| {
        with(&|event| event.circumstances["approval"][name] = value.clone())
    };
    let other = uuid::Uuid::now_v7();
    vec![
        ("action", with(&|e| e.action = Action::SecretDeleted)),
        ("actor", with(&|e| e.actor = Some(UserId::from_uuid(other)))),
        ("no actor", with(&|e| e.actor = None)),
        (
            "resource",
            with(&|e| e.resource = e.resource.map(|it| Resource { id: other, ..it })),
        ),
        ("no resource", with(&|e| e.resource = None)),
        ("detail", with(&|e| e.detail["name"] = json!("Mills"))),
        (
            "session",
            with(&|e| e.circumstances["session"] = json!(other)),
        ),
        ("organization", member("organization", json!(other))),
        ("nonce", member("nonce", json!("00".repeat(32)))),
        ("short nonce", member("nonce", json!("00"))),
        ("digest", member("digest", json!("00".repeat(32)))),
        ("method", member("method", json!("a promise"))),
        ("version", member("version", json!(0))),
        (
            "no members",
            with(&|e| e.circumstances["approval"] = json!({})),
        ),
        ("null", with(&|e| e.circumstances["approval"] = Value::Null)),
    ]
}

#[tokio::test]
async fn what_was_approved_is_what_is_committed() {
    let stage = Stage::new().await;
    for (name, event) in bent(&stage.event) {
        let answer = stage.commit(&event).await;
        assert!(matches!(answer, Err(DbError::Impossible(_))), "{name}");
    }
    stage.commit(&stage.event).await.unwrap();
    assert!(stage.verified().await.is_ok());
}

#[tokio::test]
async fn an_altered_approval_is_found_even_when_the_forger_has_the_master_key() {
    let bent_in = bent(&Stage::new().await.event).len();
    for which in 0..bent_in {
        let stage = Stage::new().await;
        let (name, event) = bent(&stage.event).swap_remove(which);
        let last = stage.verified().await.unwrap();
        stage.forge(&event).await;
        let found = stage.verified().await;
        assert_eq!(found, Err(Broken::Unapproved(last + 1)), "{name}");
    }
}

#[tokio::test]
async fn an_approval_of_a_later_release_is_not_called_forged() {
    let stage = Stage::new().await;
    let mut event = stage.event.clone();
    event.circumstances["approval"]["version"] = json!(2);
    stage.forge(&event).await;
    let found = stage.verified().await;
    assert!(matches!(found, Err(Broken::Unknown(_))), "{found:?}");
}
