//! Another password by a link.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{NEW, arrive, ask, later, reset_link, set, token_of, visible, with_mail};
use crate::testing::{PASSWORD, Server};

const ADA: &str = "ada@example.com";

#[tokio::test]
async fn a_mailed_link_sets_a_password_signs_everybody_out_and_nobody_in() {
    let (server, postbox) = with_mail().await;
    let ada = server.owner().await;
    let visitor = server.visitor();
    ask(&visitor, " ADA@example.com. ").await.expect(204);
    let letter = postbox.next().await;
    assert_eq!(letter.to, [ADA]);
    let link = letter.link();
    assert!(
        link.starts_with("http://localhost:4000/reset#token="),
        "{link}"
    );
    assert_eq!(letter.token().len(), 64, "256 bits");
    let done = set(&visitor, &letter.token(), NEW).await.expect(204);
    assert!(!done.cookies().contains("vt_session"), "{}", done.cookies());
    assert!(done.cookies().contains("vt_device_"), "{}", done.cookies());
    ada.get("/me").await.expect_problem(401, "not-signed-in");
    arrive(&visitor, ADA, PASSWORD).await.expect(401);
    let answer = arrive(&visitor, ADA, NEW).await.expect(200);
    let notice = postbox.next().await;
    assert_eq!(notice.to, [ADA]);
    assert!(!notice.text().contains("#token="), "{}", notice.text());
    let ada = visitor.with_cookie(answer.cookie());
    let trail = ada.get("/audit-events").await.expect(200).json();
    let reset = &trail["items"][1];
    assert_eq!(reset["action"], "account.password-reset", "{trail}");
    assert_eq!(reset["circumstances"]["factors"], json!(["link"]));
    assert!(!trail.to_string().contains(&letter.token()));
}

#[tokio::test]
async fn a_link_works_once_also_for_many_at_once() {
    let (server, postbox) = with_mail().await;
    server.owner().await;
    ask(&server.visitor(), ADA).await.expect(204);
    let token = postbox.next().await.token();
    let attempts = (0..6).map(|n| {
        let (visitor, token) = (server.visitor(), token.clone());
        async move {
            set(&visitor, &token, &format!("{NEW} {n}"))
                .await
                .status
                .as_u16()
        }
    });
    let mut statuses = join_all(attempts).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404, 404, 404, 404, 404]);
    set(&server.visitor(), &token, NEW)
        .await
        .expect_problem(404, "link-invalid");
}

#[tokio::test]
async fn a_link_dies_after_half_an_hour_with_a_newer_one_and_with_a_password_change() {
    let (server, postbox) = with_mail().await;
    let ada = server.owner().await;
    let visitor = server.visitor();
    let link = async || {
        ask(&visitor, ADA).await.expect(204);
        postbox.next().await.token()
    };
    let (older, newer) = (link().await, link().await);
    set(&visitor, &older, NEW)
        .await
        .expect_problem(404, "link-invalid");
    let late = server.replica(later(31), &[]).await.visitor();
    set(&late, &newer, NEW)
        .await
        .expect_problem(404, "link-invalid");
    // A password that is refused leaves the link as it is.
    set(&visitor, &newer, "too short")
        .await
        .expect_problem(422, "invalid");
    let change = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    ada.post("/me/password", change).await.expect(204);
    set(&visitor, &newer, "a third wet cat on the mat")
        .await
        .expect_problem(404, "link-invalid");
    arrive(&visitor, ADA, NEW).await.expect(200);
}

#[tokio::test]
async fn asking_for_an_unknown_address_gives_the_same_answer_and_no_mail() {
    let (server, postbox) = with_mail().await;
    let ada = server.owner().await;
    server.account("nowhere@example.com").await;
    server.account("gone@example.com").await;
    server
        .join(ada.org, "gone@example.com", "member", "revoked")
        .await;
    let mut seen = Vec::new();
    for email in [
        ADA,
        "nobody@example.com",
        "nowhere@example.com",
        "gone@example.com",
        "no address",
        "",
    ] {
        let answer = ask(&server.visitor(), email).await.expect(204);
        seen.push(visible(&answer));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(postbox.next().await.to, [ADA]);
    postbox.stays_empty().await;
}

/// What is done for an account is done after the answer. Taken in turn, the shortest of each compared;
/// on a host that is busy with other things, until it had a quiet moment for either.
#[tokio::test]
async fn asking_takes_as_long_for_an_unknown_address_as_for_a_known_one() {
    let (server, _postbox) = with_mail().await;
    let ada = server.owner().await;
    for n in 0..3 {
        let email = format!("member{n}@example.com");
        server.member(ada.org, &email, "member").await;
    }
    let mut shortest = [Duration::MAX; 2];
    for n in 0..90 {
        let pair = [
            format!("member{}@example.com", n % 3),
            format!("nobody{}@example.com", n % 3),
        ];
        for (email, shortest) in pair.iter().zip(&mut shortest) {
            let visitor = server.visitor();
            let begun = Instant::now();
            ask(&visitor, email).await.expect(204);
            *shortest = begun.elapsed().min(*shortest);
        }
        let [known, unknown] = shortest.map(|time| time.as_secs_f64());
        if n >= 9 && (0.4..2.5).contains(&(known / unknown)) {
            return;
        }
    }
    panic!("{shortest:?}");
}

#[tokio::test]
async fn a_mailbox_is_not_flooded_and_whoever_asks_too_often_is_not_told() {
    let (server, postbox) = with_mail().await;
    server.owner().await;
    for spelling in [
        ADA,
        "ADA@example.com",
        "ada@example.com.",
        "\u{ff41}da@example.com",
        ADA,
    ] {
        ask(&server.visitor(), spelling).await.expect(204);
    }
    for _ in 0..3 {
        assert_eq!(postbox.next().await.to, [ADA]);
    }
    postbox.stays_empty().await;
}

#[tokio::test]
async fn without_mail_nothing_is_made_and_nothing_is_told() {
    let server = Server::start().await;
    server.owner().await;
    ask(&server.visitor(), ADA).await.expect(204);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.database.count("account_links").await, 0);
}

#[tokio::test]
async fn only_the_digest_of_a_link_is_stored() {
    let (server, postbox) = with_mail().await;
    server.owner().await;
    ask(&server.visitor(), ADA).await.expect(204);
    let token = postbox.next().await.token();
    let mut behind = server.database.behind().await;
    let digests: Vec<Vec<u8>> = sqlx::query_scalar("SELECT digest FROM account_links")
        .fetch_all(&mut behind)
        .await
        .unwrap();
    assert_eq!(digests, [Sha256::digest(&token).to_vec()]);
}

#[tokio::test]
async fn tokens_that_are_none_are_refused_alike() {
    let server = Server::start().await;
    server.owner().await;
    for token in [
        "",
        "0",
        &"0".repeat(64),
        "' OR true --",
        "\0",
        &"\u{1f512}".repeat(900),
    ] {
        let answer = set(&server.visitor(), token, NEW).await;
        answer.expect_problem(404, "link-invalid");
    }
}

#[tokio::test]
async fn an_admin_hands_a_link_to_a_member_and_both_are_in_the_trail() {
    let (server, postbox) = with_mail().await;
    let ada = server.owner().await;
    let admin = server.member(ada.org, "admin@example.com", "admin").await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let path = format!("/members/{}/reset-link", bob.user);
    bob.post(&path, json!({}))
        .await
        .expect_problem(403, "forbidden");
    admin
        .post(&path, json!({}))
        .await
        .expect_problem(403, "step-up-required");
    let made = reset_link(&admin, bob.user).await.expect(200);
    let url = made.string("/url");
    assert!(
        url.starts_with("http://localhost:4000/reset#token="),
        "{url}"
    );
    let notice = postbox.next().await;
    assert_eq!(notice.to, ["bob@example.com"]);
    assert!(!notice.message.contains(&token_of(&url)));
    set(&server.visitor(), &token_of(&url), NEW)
        .await
        .expect(204);
    bob.get("/me").await.expect(401);
    arrive(&server.visitor(), "bob@example.com", NEW)
        .await
        .expect(200);
    let trail = ada.get("/audit-events").await.expect(200).json();
    let actions: Vec<_> = trail["items"].as_array().unwrap().iter().collect();
    assert_eq!(actions[2]["action"], "account.reset-link-made", "{trail}");
    assert_eq!(actions[2]["resource"]["id"], bob.user.to_string());
    assert_eq!(actions[1]["action"], "account.password-reset");
    assert_eq!(actions[1]["detail"]["link"], "admin");
}

#[tokio::test]
async fn an_admin_gets_no_link_to_an_owner_to_themselves_to_a_stranger_or_to_somebody_of_elsewhere()
{
    let server = Server::start().await;
    let ada = server.owner().await;
    let admin = server.member(ada.org, "admin@example.com", "admin").await;
    let other = server.tenant("Difference Engines", "bob@example.com").await;
    let shared = server.member(ada.org, "shared@example.com", "member").await;
    server
        .join(other.org, "shared@example.com", "member", "accepted")
        .await;
    let link = async |user: uuid::Uuid| {
        admin
            .post(&format!("/members/{user}/reset-link"), json!({}))
            .await
    };
    link(ada.user).await.expect_problem(403, "forbidden");
    link(admin.user).await.expect_problem(409, "own-account");
    link(other.user).await.expect_problem(404, "not-found");
    link(uuid::Uuid::now_v7())
        .await
        .expect_problem(404, "not-found");
    link(shared.user)
        .await
        .expect_problem(409, "belongs-elsewhere");
    server
        .join(ada.org, "shared@example.com", "member", "revoked")
        .await;
    link(shared.user).await.expect_problem(404, "not-found");
    assert_eq!(server.database.count("account_links").await, 0);
}

#[tokio::test]
async fn an_admins_link_opens_nothing_once_the_member_belongs_elsewhere_or_nowhere() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let other = server.tenant("Difference Engines", "bob@example.com").await;
    let eve = server.member(ada.org, "eve@example.com", "member").await;
    let made = reset_link(&ada, eve.user).await;
    let token = token_of(&made.expect(200).string("/url"));
    server
        .join(ada.org, "eve@example.com", "member", "revoked")
        .await;
    set(&server.visitor(), &token, NEW)
        .await
        .expect_problem(404, "link-invalid");
    server
        .join(other.org, "eve@example.com", "member", "confirmed")
        .await;
    set(&server.visitor(), &token, NEW)
        .await
        .expect_problem(404, "link-invalid");
    server
        .join(ada.org, "eve@example.com", "member", "confirmed")
        .await;
    set(&server.visitor(), &token, NEW)
        .await
        .expect_problem(404, "link-invalid");
    arrive(&server.visitor(), "eve@example.com", PASSWORD)
        .await
        .expect(200);
}
