//! The organisation, its people and teams, tokens, the trail itself.

use serde_json::json;

use super::cases::{Stage, unknown};
use super::{Case, Then, Who};
use crate::testing::{PASSWORD, Person, Server};

const BOB: &str = "bob@example.com";

pub(super) async fn case(route: (&str, &str)) -> Case {
    let path = route.1;
    if path.starts_with("/setup") {
        return setup(path).await;
    }
    if path.starts_with("/teams") {
        return teams(route).await;
    }
    if path.starts_with("/invitations") {
        return invitations(route).await;
    }
    if path.starts_with("/members/") {
        return members(route).await;
    }
    let stage = Stage::new().await;
    match route {
        ("PATCH", "/organization") => stage.ada(
            path,
            Some(json!({"name": "Engines"})),
            "organization.updated",
        ),
        ("PATCH", "/organization/policy") => {
            let body = json!({"secondFactorGraceDays": 3});
            stage.ada(path, Some(body), "organization.policy-changed")
        }
        ("POST", "/organization/leave") => {
            let bob = stage.server.member(stage.ada.org, BOB, "member").await;
            stage.by(bob, path, None, "member.left")
        }
        ("DELETE", "/tokens/{tokenId}") => {
            stage.ada.token_secret(&["vaults:read"]).await;
            let id = stage
                .ada
                .get("/tokens")
                .await
                .expect(200)
                .string("/items/0/id");
            stage.ada(&format!("/tokens/{id}"), None, "token.revoked")
        }
        ("POST", "/generate") => stage
            .ada(path, Some(json!({"kind": "password", "length": 20})), "")
            .nothing(),
        ("POST", "/audit-events/export") => {
            let body = json!({"format": "csv", "filter": {"action": "vault."}});
            stage.ada(path, Some(body), "audit.exported")
        }
        ("POST", "/audit-checkpoints") => stage.ada(path, None, "checkpoint.made"),
        ("POST", "/audit/verify") => {
            stage.ada(path, Some(json!({"checkpoints": []})), "audit.verified")
        }
        _ => unknown(route),
    }
}

async fn setup(path: &str) -> Case {
    let server = Server::start().await;
    let token = server.setup_token().await;
    let check = path.ends_with("/check");
    let body = if check {
        json!({"token": token})
    } else {
        json!({
            "token": token, "organizationName": "Analytical Engines", "name": "Ada Lovelace",
            "email": "ada@example.com", "password": PASSWORD,
        })
    };
    let then = if check {
        Then::Nothing
    } else {
        Then::One("organization.created")
    };
    Case {
        who: Who::Visitor(server.visitor()),
        server,
        path: path.to_owned(),
        body: Some(body),
        version: None,
        folder: None,
        then,
    }
}

async fn team(owner: &Person) -> String {
    owner
        .post("/teams", json!({"name": "Engineers"}))
        .await
        .expect(201)
        .id()
}

async fn teams(route: (&str, &str)) -> Case {
    let stage = Stage::new().await;
    let name = Some(json!({"name": "Builders"}));
    if route == ("POST", "/teams") {
        return stage.ada("/teams", name, "team.created");
    }
    let team = format!("/teams/{}", team(&stage.ada).await);
    let bob = stage.server.member(stage.ada.org, BOB, "member").await;
    let member = format!("{team}/members/{}", bob.user);
    let role = Some(json!({"role": "VIEWER"}));
    match route {
        ("PATCH", "/teams/{teamId}") => stage.ada(&team, name, "team.updated"),
        ("DELETE", "/teams/{teamId}") => stage.ada(&team, None, "team.deleted"),
        ("PUT", "/teams/{teamId}/members/{userId}") => {
            stage.ada(&member, role, "team.member-added")
        }
        ("DELETE", "/teams/{teamId}/members/{userId}") => {
            stage
                .ada
                .put(&member, json!({"role": "VIEWER"}))
                .await
                .expect(204);
            stage.ada(&member, None, "team.member-removed")
        }
        _ => unknown(route),
    }
}

async fn invitations(route: (&str, &str)) -> Case {
    let stage = Stage::new().await;
    let body = json!({"email": BOB, "role": "member", "teamIds": []});
    if route == ("POST", "/invitations") {
        return stage.ada("/invitations", Some(body), "invitation.created");
    }
    let sent = stage.ada.post("/invitations", body).await.expect(201);
    let path = format!("/invitations/{}", sent.string("/invitation/id"));
    match route {
        ("POST", "/invitations/{invitationId}/resend") => {
            stage.ada(&format!("{path}/resend"), None, "invitation.resent")
        }
        ("DELETE", "/invitations/{invitationId}") => stage.ada(&path, None, "invitation.withdrawn"),
        _ => unknown(route),
    }
}

async fn members(route: (&str, &str)) -> Case {
    let stage = Stage::new().await;
    let bob = stage.server.member(stage.ada.org, BOB, "member").await;
    let path = |last: &str| format!("/members/{}/{last}", bob.user);
    let state = |state: &'static str| stage.server.join(stage.ada.org, BOB, "member", state);
    match route {
        ("POST", "/members/{userId}/confirm") => {
            state("accepted").await;
            stage.ada(&path("confirm"), None, "member.confirmed")
        }
        ("POST", "/members/{userId}/deactivate") => {
            stage.ada(&path("deactivate"), None, "member.deactivated")
        }
        ("POST", "/members/{userId}/reactivate") => {
            state("revoked").await;
            stage.ada(&path("reactivate"), None, "member.reactivated")
        }
        _ => unknown(route),
    }
}
