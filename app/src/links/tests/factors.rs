//! Second factors that somebody has lost.

use serde_json::json;

use super::{arrive, with_mail};
use crate::kernel::Clock;
use crate::links::{OnHost, remove_factors_on_host};
use crate::testing::{PASSWORD, Person, SecurityKey, Server};

fn path(person: &Person) -> String {
    format!("/members/{}/factors", person.user)
}

/// Whether a password alone signs them in.
async fn password_suffices(server: &Server, email: &str) -> bool {
    let answer = arrive(&server.visitor(), email, PASSWORD).await.expect(200);
    answer.json().get("ticket").is_none()
}

#[tokio::test]
async fn an_admin_frees_a_member_of_what_they_lost_and_both_are_in_the_trail() {
    let (server, postbox) = with_mail().await;
    let ada = server.owner().await;
    let admin = server.member(ada.org, "admin@example.com", "admin").await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let (bob, _) = server.enrol(&bob).await;
    let (bob, _) = bob.add_passkey(&mut SecurityKey::new(), "Key").await;
    assert!(!password_suffices(&server, "bob@example.com").await);

    bob.delete(&path(&bob))
        .await
        .expect_problem(403, "forbidden");
    admin
        .delete(&path(&bob))
        .await
        .expect_problem(403, "step-up-required");
    assert!(!password_suffices(&server, "bob@example.com").await);
    admin.delete_proven(&path(&bob)).await.expect(204);

    bob.get("/me").await.expect(401);
    assert!(password_suffices(&server, "bob@example.com").await);
    assert_eq!(server.database.count("recovery_codes").await, 0);
    assert_eq!(server.database.count("account_keys").await, 0);
    assert_eq!(postbox.next().await.to, ["bob@example.com"]);
    let trail = ada.get("/audit-events").await.expect(200).json();
    let entry = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["action"] == "factor.all-removed")
        .unwrap();
    assert_eq!(entry["resource"]["id"], bob.user.to_string());
    let detail = json!({"email": "bob@example.com", "totps": 1, "passkeys": 1});
    assert_eq!(entry["detail"], detail);
    admin
        .delete(&path(&bob))
        .await
        .expect_problem(409, "no-second-factor");
}

#[tokio::test]
async fn a_ticket_of_before_is_void_once_factors_are_taken_away() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let (bob, app) = server.enrol(&bob).await;
    let ticket = server.ticket("bob@example.com").await;
    ada.delete_proven(&path(&bob)).await.expect(204);
    let code = app.shows(&server, 30);
    server
        .visitor()
        .prove(&ticket, "totp", &code)
        .await
        .expect(401);
}

#[tokio::test]
async fn nobody_frees_an_owner_themselves_a_stranger_or_somebody_of_elsewhere() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let (ada, _) = server.enrol(&ada).await;
    let admin = server.member(ada.org, "admin@example.com", "admin").await;
    let other = server.tenant("Difference Engines", "bob@example.com").await;
    let (other, _) = server.enrol(&other).await;
    let shared = server.member(ada.org, "shared@example.com", "member").await;
    let (shared, _) = server.enrol(&shared).await;
    server
        .join(other.org, "shared@example.com", "member", "accepted")
        .await;
    for (person, status, code) in [
        (&ada, 403, "forbidden"),
        (&admin, 409, "own-account"),
        (&other, 404, "not-found"),
        (&shared, 409, "belongs-elsewhere"),
    ] {
        admin
            .delete(&path(person))
            .await
            .expect_problem(status, code);
    }
    assert_eq!(server.database.count("totp_factors").await, 3);
}

#[tokio::test]
async fn whoever_is_on_the_host_frees_the_only_owner() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let (ada, _) = server.enrol(&ada).await;
    let clock = Clock::system();
    let parts = (&server.app.db, &server.app.keys, &clock);
    for (address, outcome) in [
        ("nobody@example.com", OnHost::Nobody),
        ("no address", OnHost::Nobody),
        (" Ada@Example.com", OnHost::Removed),
        ("ada@example.com", OnHost::HadNone),
    ] {
        let found = remove_factors_on_host(parts, address).await.unwrap();
        assert_eq!(found, outcome, "{address}");
    }
    ada.get("/me").await.expect(401);
    let again = server.sign_in("ada@example.com").await;
    let trail = again.get("/audit-events").await.expect(200).json();
    let entry = &trail["items"][1];
    assert_eq!(entry["action"], "factor.all-removed", "{trail}");
    assert_eq!(entry["detail"]["by"], "host");
    assert_eq!(entry["actor"]["kind"], "system");
    assert_eq!(entry["actor"]["id"], json!(null));
    let noted = "platform_events WHERE action = 'account.factors-removed'";
    assert_eq!(server.database.count(noted).await, 1);
}
