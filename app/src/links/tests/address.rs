//! Another address by a link.

use serde_json::json;

use super::{NEW, arrive, ask, confirm, later, set, token_of, visible, with_mail};
use crate::testing::{Answer, Client, PASSWORD, Server};

const ADA: &str = "ada@example.com";
const LOVELACE: &str = "lovelace@example.com";

async fn change(client: &Client, email: &str) -> Answer {
    let body = json!({"email": email, "password": PASSWORD});
    client.post("/me/email", body).await
}

#[tokio::test]
async fn an_address_counts_once_it_is_confirmed_and_both_are_written_to() {
    let (server, postbox) = with_mail().await;
    let ada = server.owner().await;
    let answer = change(&ada, " Lovelace@Example.com ").await.expect(200);
    assert_eq!(answer.json(), json!({"link": null}));
    let mut letters = [postbox.next().await, postbox.next().await];
    letters.sort_by(|one, other| one.to.cmp(&other.to));
    let [notice, letter] = letters;
    assert_eq!(
        (notice.to, letter.to.clone()),
        (vec![ADA.into()], vec![LOVELACE.into()])
    );
    arrive(&server.visitor(), LOVELACE, PASSWORD)
        .await
        .expect(401);
    arrive(&server.visitor(), ADA, PASSWORD).await.expect(200);
    let link = letter.link();
    assert!(
        link.starts_with("http://localhost:4000/confirm-email#token="),
        "{link}"
    );
    confirm(&server.visitor(), &letter.token())
        .await
        .expect(204);
    assert_eq!(
        ada.get("/me").await.expect(200).json()["user"]["email"],
        LOVELACE
    );
    arrive(&server.visitor(), LOVELACE, PASSWORD)
        .await
        .expect(200);
    arrive(&server.visitor(), ADA, PASSWORD).await.expect(401);
    assert_eq!(postbox.next().await.to, [ADA]);
    confirm(&server.visitor(), &letter.token())
        .await
        .expect_problem(404, "link-invalid");
    let trail = ada
        .get("/audit-events")
        .await
        .expect(200)
        .json()
        .to_string();
    assert!(trail.contains("account.email-requested") && trail.contains("account.email-changed"));
    assert!(!trail.contains(&letter.token()));
}

#[tokio::test]
async fn without_mail_the_link_is_shown_to_the_one_who_asks() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let link = change(&ada, LOVELACE).await.expect(200).string("/link");
    confirm(&server.visitor(), &token_of(&link))
        .await
        .expect(204);
    arrive(&server.visitor(), LOVELACE, PASSWORD)
        .await
        .expect(200);
}

#[tokio::test]
async fn an_address_that_is_taken_looks_the_same_and_its_owner_is_told() {
    let (server, postbox) = with_mail().await;
    let ada = server.owner().await;
    server.member(ada.org, "bob@example.com", "member").await;
    let free = visible(&change(&ada, LOVELACE).await.expect(200));
    let (_, _) = (postbox.next().await, postbox.next().await);
    let taken = visible(&change(&ada, "bob@example.com").await.expect(200));
    assert_eq!(free, taken);
    let letters = [postbox.next().await, postbox.next().await];
    let bobs = letters
        .iter()
        .find(|letter| letter.to == ["bob@example.com"]);
    assert!(!bobs.unwrap().text().contains("#token="));
    // Without mail the link is shown in both cases, and confirms nothing in one of them.
    let silent = Server::start().await;
    let ada = silent.owner().await;
    silent.member(ada.org, "bob@example.com", "member").await;
    let link = change(&ada, "bob@example.com")
        .await
        .expect(200)
        .string("/link");
    confirm(&silent.visitor(), &token_of(&link))
        .await
        .expect_problem(404, "link-invalid");
    arrive(&silent.visitor(), "bob@example.com", PASSWORD)
        .await
        .expect(200);
    arrive(&silent.visitor(), ADA, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn somebody_else_may_take_the_address_before_it_is_confirmed() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let link = change(&ada, LOVELACE).await.expect(200).string("/link");
    server.member(ada.org, LOVELACE, "member").await;
    confirm(&server.visitor(), &token_of(&link))
        .await
        .expect_problem(404, "link-invalid");
    assert_eq!(
        ada.get("/me").await.expect(200).json()["user"]["email"],
        ADA
    );
}

#[tokio::test]
async fn the_password_is_asked_for_and_what_is_no_address_is_refused() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let wrong = json!({"email": LOVELACE, "password": "not the password"});
    let refused = ada
        .post("/me/email", wrong)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["password"]);
    for bad in [
        "",
        "ada",
        ADA,
        "ADA@example.com.",
        "lovelace@example.com\r\nBcc: eve@example.com",
    ] {
        let refused = change(&ada, bad).await.expect_problem(422, "invalid");
        assert_eq!(refused.wrong_fields(), ["email"], "{bad}");
    }
    assert_eq!(server.database.count("account_links").await, 0);
    server
        .visitor()
        .post("/me/email", json!({}))
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_confirmation_dies_with_time_with_a_newer_one_and_with_a_new_password() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let older = token_of(&change(&ada, LOVELACE).await.expect(200).string("/link"));
    let newer = token_of(
        &change(&ada, "countess@example.com")
            .await
            .expect(200)
            .string("/link"),
    );
    confirm(&server.visitor(), &older).await.expect(404);
    let late = server.replica(later(31), &[]).await;
    confirm(&late.visitor(), &newer).await.expect(404);
    let password = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    ada.post("/me/password", password).await.expect(204);
    confirm(&server.visitor(), &newer).await.expect(404);
}

#[tokio::test]
async fn a_link_of_one_kind_is_none_of_the_other() {
    let (server, postbox) = with_mail().await;
    let ada = server.owner().await;
    ask(&server.visitor(), ADA).await.expect(204);
    let reset = postbox.next().await.token();
    confirm(&server.visitor(), &reset)
        .await
        .expect_problem(404, "link-invalid");
    change(&ada, LOVELACE).await.expect(200);
    let letters = [postbox.next().await, postbox.next().await];
    let letter = letters
        .iter()
        .find(|letter| letter.to == [LOVELACE])
        .unwrap();
    set(&server.visitor(), &letter.token(), NEW)
        .await
        .expect_problem(404, "link-invalid");
    // Once the address is another one, the link that went to the address of before is void.
    confirm(&server.visitor(), &letter.token())
        .await
        .expect(204);
    set(&server.visitor(), &reset, NEW)
        .await
        .expect_problem(404, "link-invalid");
}

#[tokio::test]
async fn one_account_does_not_write_to_many_strangers() {
    let (server, _postbox) = with_mail().await;
    let ada = server.owner().await;
    for n in 0..5 {
        change(&ada, &format!("stranger{n}@example.com"))
            .await
            .expect(200);
    }
    let refused = change(&ada, "stranger5@example.com").await;
    let refused = refused.expect_problem(429, "rate-limited");
    assert!(!refused.header("retry-after").is_empty());
}
