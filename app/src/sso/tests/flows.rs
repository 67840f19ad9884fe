//! The way there and back: whose state, whose code, whose browser.

use serde_json::json;

use super::stand_in::{Says, StandIn};
use super::{Traveller, arrive, put, refused, session, stage, wanted};
use crate::testing::{ORIGIN, Server};

const EMAIL: &str = "grace@example.com";

fn grace() -> Says {
    Says::person("grace", EMAIL)
}

#[tokio::test]
async fn somebody_goes_to_the_provider_and_comes_back_signed_in() {
    let (server, ada, provider) = stage().await;
    let traveller = Traveller::with_email(&server, " Grace@EXAMPLE.com").await;
    assert_eq!(
        traveller.asked("tenant"),
        "one",
        "the provider's own query stays"
    );
    assert_eq!(
        traveller.asked("redirect_uri"),
        format!("{ORIGIN}/api/v1/auth/sso/callback")
    );
    assert_eq!(traveller.asked("login_hint"), EMAIL);
    let code = provider.code(&traveller.url, grace().with("name", json!("Grace Hopper")));
    let answer = traveller.back(&code).await;
    let me = session(&server, &answer)
        .get("/me")
        .await
        .expect(200)
        .json();
    assert_eq!(me["user"]["name"], "Grace Hopper");
    assert_eq!(me["role"], "member");
    assert_eq!(me["organization"]["id"], ada.org.to_string());
    let trail = ada.get("/audit-events").await.expect(200).json();
    assert_eq!(trail["items"][0]["action"], "session.signed-in");
    assert_eq!(
        trail["items"][0]["circumstances"]["factors"],
        json!(["sso"])
    );
    assert_eq!(trail["items"][1]["action"], "sso.provisioned");
    assert_eq!(trail["items"][1]["detail"]["subject"], "grace");
}

#[tokio::test]
async fn an_organisation_can_be_named_instead_of_an_address() {
    let (server, ada, provider) = stage().await;
    let body = json!({"organizationId": ada.org, "next": "/audit"});
    let traveller = Traveller::begin(&server, body).await;
    let code = provider.code(&traveller.url, grace());
    let answer = traveller.back(&code).await;
    assert_eq!(answer.header("location"), format!("{ORIGIN}/audit"));
}

#[tokio::test]
async fn nothing_secret_stands_in_an_address() {
    let (server, _ada, provider) = stage().await;
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let cookie = traveller.browser.cookie().unwrap().to_owned();
    let cookie = cookie.split_once('=').unwrap().1;
    let url = traveller.url.to_string();
    assert!(!url.contains(cookie) && !url.contains("secret"), "{url}");
    let code = provider.code(&traveller.url, grace());
    let answer = traveller.back(&code).await;
    assert_eq!(answer.header("location"), format!("{ORIGIN}/vaults"));
    assert_eq!(answer.body.len(), 0);
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 2);
    assert!(
        cookies[1]
            .to_str()
            .unwrap()
            .starts_with("vt_sso=; Path=/; Max-Age=0; HttpOnly")
    );
}

#[tokio::test]
async fn a_stolen_code_in_another_browser_opens_nothing() {
    let (server, _ada, provider) = stage().await;
    let victim = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&victim.url, grace());
    // With the victim's state, without the cookie; then with a cookie of a sign-in of one's own.
    let mut thief = victim.clone();
    thief.browser = server.visitor();
    refused(&thief.back(&code).await, "sso-expired");
    let own = Traveller::with_email(&server, EMAIL).await;
    refused(&own.back(&code).await, "sso-declined");
    assert_eq!(server.database.count("users").await, 1);
}

#[tokio::test]
async fn an_attackers_answer_does_not_sign_a_victim_in() {
    let (server, _ada, provider) = stage().await;
    let attacker = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&attacker.url, grace());
    let victim = Traveller::with_email(&server, "victim@example.com").await;
    let state = attacker.asked("state");
    let answer = victim
        .back_with(&[("code", &code), ("state", &state)])
        .await;
    refused(&answer, "sso-expired");
}

#[tokio::test]
async fn a_replayed_state_opens_nothing() {
    let (server, _ada, provider) = stage().await;
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&traveller.url, grace());
    session(&server, &traveller.back(&code).await);
    let again = provider.code(&traveller.url, grace());
    refused(&traveller.back(&again).await, "sso-expired");
}

#[tokio::test]
async fn a_replayed_code_opens_nothing() {
    let (server, _ada, provider) = stage().await;
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&traveller.url, grace());
    session(&server, &traveller.back(&code).await);
    // In a sign-in of its own, by whoever has seen it; then once more by the same browser.
    let other = Traveller::with_email(&server, EMAIL).await;
    refused(&other.back(&code).await, "sso-declined");
    refused(&traveller.back(&code).await, "sso-expired");
}

#[tokio::test]
async fn of_many_who_come_with_one_state_at_most_one_is_let_in() {
    let (server, _ada, provider) = stage().await;
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&traveller.url, grace());
    let attempts = (0..6).map(|_| traveller.back(&code));
    let answers = futures_util::future::join_all(attempts).await;
    let inside = answers
        .iter()
        .filter(|answer| answer.header("location").ends_with("/vaults"));
    assert_eq!(inside.count(), 1);
}

#[tokio::test]
async fn an_unknown_state_opens_nothing() {
    let (server, _ada, provider) = stage().await;
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&traveller.url, grace());
    for query in [
        vec![],
        vec![("code", code.as_str())],
        vec![("code", code.as_str()), ("state", "")],
        vec![("code", code.as_str()), ("state", "*")],
        vec![("code", code.as_str()), ("state", "a\r\nGET vt:sso")],
    ] {
        refused(&traveller.back_with(&query).await, "sso-expired");
    }
    let twice = "/auth/sso/callback?state=a&state=b&code=c";
    refused(
        &traveller.browser.get(twice).await.expect(303),
        "sso-expired",
    );
}

async fn two_providers(server: &Server) -> StandIn {
    let bob = server.tenant("Difference Engines", "bob@example.org").await;
    let provider = StandIn::start().await;
    let mut body = wanted(&provider);
    body["domains"] = json!(["example.org"]);
    put(&bob, body).await.expect(200);
    provider
}

#[tokio::test]
async fn a_mix_up_of_two_organisations_providers_opens_nothing() {
    let (server, _ada, provider) = stage().await;
    let hostile = two_providers(&server).await;
    // The hostile provider hands a browser that was sent to it on to the honest one, or answers in
    // its place. Its codes mean nothing there, and its tokens are not of that issuer.
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let code = hostile.code(&traveller.url, grace());
    refused(&traveller.back(&code).await, "sso-declined");
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let claim = grace().with("iss", json!(hostile.issuer()));
    let code = provider.code(&traveller.url, claim);
    refused(&traveller.back(&code).await, "sso-refused");
    // A provider that names itself says so at once.
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&traveller.url, grace());
    let (state, issuer) = (traveller.asked("state"), hostile.issuer());
    let query = [("code", code.as_str()), ("state", &state), ("iss", &issuer)];
    refused(&traveller.back_with(&query).await, "sso-refused");
    assert_eq!(server.database.count("users").await, 2);
}

#[tokio::test]
async fn a_provider_that_says_it_names_itself_has_to() {
    let (server, ada, provider) = stage().await;
    provider.describes(json!({"authorization_response_iss_parameter_supported": true}));
    put(&ada, wanted(&provider)).await.expect(200);
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&traveller.url, grace());
    refused(&traveller.back(&code).await, "sso-refused");
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&traveller.url, grace());
    let (state, issuer) = (traveller.asked("state"), provider.issuer());
    let query = [("code", code.as_str()), ("state", &state), ("iss", &issuer)];
    session(&server, &traveller.back_with(&query).await);
}

#[tokio::test]
async fn the_way_back_is_no_open_redirect() {
    let (server, ada, provider) = stage().await;
    for next in [
        "//evil.test",
        "/\\evil.test",
        "https://evil.test/",
        "/%09/evil.test",
        "/vaults\r\nlocation: https://evil.test",
    ] {
        let body = json!({"organizationId": ada.org, "next": next});
        let traveller = Traveller::begin(&server, body).await;
        let code = provider.code(&traveller.url, grace());
        session(&server, &traveller.back(&code).await);
    }
}

#[tokio::test]
async fn a_provider_that_says_no_is_heard_and_its_words_are_not_repeated() {
    let (server, _ada, _provider) = stage().await;
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let state = traveller.asked("state");
    let query = [
        ("error", "access_denied\"><script>"),
        ("state", state.as_str()),
    ];
    refused(&traveller.back_with(&query).await, "sso-declined");
}

#[tokio::test]
async fn a_provider_that_is_down_is_said_clearly() {
    let (server, _ada, provider) = stage().await;
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&traveller.url, grace());
    provider.go_down(true);
    refused(&traveller.back(&code).await, "sso-provider");
    // What it said of itself is kept for an hour; a server that does not know it yet says so at once.
    super::forget_description(&provider).await;
    let visitor = server.visitor();
    let answer = visitor
        .post("/auth/sso/start", json!({"email": EMAIL}))
        .await;
    answer.expect_problem(502, "sso-provider");
    provider.go_down(false);
    session(&server, &arrive(&server, &provider, EMAIL, grace()).await);
}

#[tokio::test]
async fn without_the_cache_nobody_is_let_in_and_afterwards_all_is_well() {
    let (server, _ada, provider) = stage().await;
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&traveller.url, grace());
    server.cache.cut();
    refused(&traveller.back(&code).await, "sso-failed");
    server.cache.mend();
    session(&server, &traveller.back(&code).await);
}

#[tokio::test]
async fn what_is_not_offered_is_not_begun() {
    let (server, ada, provider) = stage().await;
    let bob = server.tenant("Difference Engines", "bob@example.org").await;
    let begin = async |body| server.visitor().post("/auth/sso/start", body).await;
    for body in [
        json!({"email": "bob@example.org"}),
        json!({"email": "bob@sub.example.com"}),
        json!({"email": "no address"}),
        json!({"email": "x@*"}),
        json!({"organizationId": bob.org}),
        json!({"organizationId": uuid::Uuid::now_v7()}),
    ] {
        begin(body).await.expect_problem(404, "sso-not-offered");
    }
    for body in [
        json!({}),
        json!({"email": EMAIL, "organizationId": ada.org}),
    ] {
        begin(body).await.expect_problem(422, "invalid");
    }
    let mut off = wanted(&provider);
    off["enabled"] = json!(false);
    put(&ada, off).await.expect(200);
    begin(json!({"email": EMAIL}))
        .await
        .expect_problem(404, "sso-not-offered");
}

#[tokio::test]
async fn settings_that_change_meanwhile_end_what_was_begun() {
    let (server, ada, provider) = stage().await;
    let traveller = Traveller::with_email(&server, EMAIL).await;
    let code = provider.code(&traveller.url, grace());
    let other = StandIn::start().await;
    put(&ada, wanted(&other)).await.expect(200);
    refused(&traveller.back(&code).await, "sso-expired");
}

#[tokio::test]
async fn a_provider_may_want_the_secret_in_the_form() {
    let (server, ada, provider) = stage().await;
    provider.wants_the_secret_in_the_form();
    put(&ada, wanted(&provider)).await.expect(200);
    session(&server, &arrive(&server, &provider, EMAIL, grace()).await);
}
