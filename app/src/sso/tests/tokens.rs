//! Forged tokens. Each is one that a good provider would never send, and all but one thing about it
//! is right.

use serde_json::{Value, json};

use super::stand_in::{CLIENT, Says, Sign, StandIn};
use super::{arrive, refused, session, stage};
use crate::kernel::Clock;
use crate::testing::{Person, Server};

const EMAIL: &str = "grace@example.com";

fn grace() -> Says {
    Says::person("grace", EMAIL)
}

fn now() -> i64 {
    Clock::system().now().unix_timestamp()
}

/// Comes with each of these, and is let in with none; then with what is right, and is.
async fn none_of(cases: Vec<Says>) {
    let (server, _ada, provider) = stage().await;
    for says in cases {
        let answer = arrive(&server, &provider, EMAIL, says.clone()).await;
        assert!(
            answer.header("location").ends_with("?refused=sso-refused"),
            "{says:?}: {}",
            answer.header("location")
        );
        refused(&answer, "sso-refused");
    }
    assert_eq!(server.database.count("users").await, 1);
    session(&server, &arrive(&server, &provider, EMAIL, grace()).await);
}

async fn every_one_of(cases: Vec<Says>) -> (Server, Person, StandIn) {
    let (server, ada, provider) = stage().await;
    for says in cases {
        let answer = arrive(&server, &provider, EMAIL, says.clone()).await;
        let me = session(&server, &answer)
            .get("/me")
            .await
            .expect(200)
            .json();
        assert_eq!(me["user"]["email"], EMAIL, "{says:?}");
    }
    (server, ada, provider)
}

#[tokio::test]
async fn each_of_the_four_algorithms_is_accepted_from_the_key_of_its_kind() {
    let signs = [Sign::Es256, Sign::EdDsa, Sign::Rs256, Sign::Ps256];
    every_one_of(signs.map(|sign| grace().signed(sign)).into()).await;
}

#[tokio::test]
async fn a_token_of_the_wrong_issuer_is_refused() {
    let (_, _, provider) = stage().await;
    let issuers = [
        "https://evil.test".to_owned(),
        String::new(),
        format!("{}/", provider.issuer()),
        provider.issuer().to_uppercase(),
    ];
    none_of(
        issuers
            .map(|issuer| grace().with("iss", json!(issuer)))
            .into(),
    )
    .await;
}

#[tokio::test]
async fn a_token_for_another_audience_is_refused() {
    none_of(vec![
        grace().with("aud", json!("another client")),
        grace().with("aud", json!(["another client"])),
        grace().with("aud", json!([])),
        grace().with("aud", Value::Null),
        grace().with("aud", json!({"0": CLIENT})),
        // For us and for others, and made for others.
        grace().with("aud", json!([CLIENT, "another client"])),
        grace()
            .with("aud", json!([CLIENT, "another client"]))
            .with("azp", json!("another client")),
        grace().with("azp", json!("another client")),
    ])
    .await;
}

#[tokio::test]
async fn a_token_for_several_that_was_made_for_us_is_accepted() {
    every_one_of(vec![
        grace().with("aud", json!([CLIENT])),
        grace()
            .with("aud", json!([CLIENT, "another client"]))
            .with("azp", json!(CLIENT)),
    ])
    .await;
}

#[tokio::test]
async fn a_token_with_the_wrong_nonce_is_refused() {
    none_of(vec![
        grace().with("nonce", json!("of another sign-in")),
        grace().with("nonce", json!("")),
        grace().with("nonce", Value::Null),
    ])
    .await;
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    none_of(vec![
        grace().with("exp", json!(now() - 120)),
        grace().with("exp", json!(0)),
        grace().with("exp", json!("tomorrow")),
        grace().with("exp", Value::Null),
    ])
    .await;
}

#[tokio::test]
async fn a_token_of_another_time_is_refused() {
    none_of(vec![
        grace().with("iat", json!(now() + 600)),
        grace().with("iat", json!(now() - 3600)),
        grace().with("iat", Value::Null),
        grace().with("nbf", json!(now() + 600)),
    ])
    .await;
}

#[tokio::test]
async fn clocks_may_differ_by_a_minute() {
    every_one_of(vec![
        grace().with("exp", json!(now() - 30)),
        grace().with("iat", json!(now() + 30)),
    ])
    .await;
}

#[tokio::test]
async fn a_token_about_nobody_is_refused() {
    none_of(vec![
        grace().with("sub", json!("")),
        grace().with("sub", Value::Null),
        grace().with("sub", json!(7)),
        grace().with("sub", json!("x".repeat(256))),
        grace().with("sub", json!("a\u{0}b")),
    ])
    .await;
}

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    none_of(vec![
        grace().signed(Sign::Unsigned(json!({"alg": "ES256", "kid": "es256-1"}))),
        grace().signed(Sign::Raw("a.b".to_owned())),
        grace().signed(Sign::Raw(String::new())),
        grace().signed(Sign::Raw("..".to_owned())),
        grace().signed(Sign::Raw("{}".to_owned())),
    ])
    .await;
}

#[tokio::test]
async fn the_algorithm_none_is_refused_however_it_is_written() {
    let names = ["none", "None", "NONE", "nOnE", "", "null"];
    let mut cases: Vec<Says> = names
        .into_iter()
        .flat_map(|alg| {
            let header = json!({"alg": alg, "kid": "es256-1"});
            [Sign::Unsigned(header.clone()), Sign::Header(header)]
        })
        .map(|sign| grace().signed(sign))
        .collect();
    cases.push(grace().signed(Sign::Unsigned(json!({"alg": null}))));
    cases.push(grace().signed(Sign::Unsigned(json!({}))));
    none_of(cases).await;
}

#[tokio::test]
async fn key_confusion_hs256_with_the_public_key_is_refused() {
    none_of(vec![grace().signed(Sign::PublicKeyAsSecret)]).await;
}

#[tokio::test]
async fn a_key_of_another_kind_or_purpose_is_not_taken() {
    let header =
        |alg: &str, kid: &str| grace().signed(Sign::Header(json!({"alg": alg, "kid": kid})));
    none_of(vec![
        header("ES256", "rsa"),
        header("RS256", "es256-1"),
        header("EdDSA", "es256-1"),
        header("RS256", "for-encryption"),
        header("ES256", "of-tomorrow"),
        header("ES256", "nobody"),
        header("ES384", "es256-1"),
        header("RS1", "rsa"),
    ])
    .await;
}

#[tokio::test]
async fn a_foreign_key_under_a_known_name_is_refused() {
    none_of(vec![grace().signed(Sign::ForeignKey)]).await;
}

#[tokio::test]
async fn a_key_that_the_token_brings_along_is_not_looked_at() {
    let (_, _, provider) = stage().await;
    let own = json!({"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"});
    let issuer = provider.issuer();
    none_of(vec![
        grace().signed(Sign::Unsigned(json!({"alg": "ES256", "jwk": own}))),
        grace().signed(Sign::Unsigned(
            json!({"alg": "ES256", "kid": "x", "jku": format!("{issuer}/keys")}),
        )),
        grace().signed(Sign::Header(
            json!({"alg": "ES256", "kid": "es256-1", "crit": ["exp"]}),
        )),
        // A token that was made for something else.
        grace().signed(Sign::Header(
            json!({"alg": "ES256", "kid": "es256-1", "typ": "at+jwt"}),
        )),
        grace().signed(Sign::Header(
            json!({"alg": "ES256", "kid": "es256-1", "typ": "logout+jwt"}),
        )),
    ])
    .await;
}

#[tokio::test]
async fn keys_that_have_rotated_are_fetched_and_invented_ones_do_not_make_us_ask_without_end() {
    let (server, _ada, provider) = every_one_of(vec![grace(), grace()]).await;
    assert_eq!(provider.keys_asked(), 1, "kept after the first time");
    provider.rotate();
    session(&server, &arrive(&server, &provider, EMAIL, grace()).await);
    assert_eq!(provider.keys_asked(), 2);
    for _ in 0..5 {
        let invented = json!({"alg": "ES256", "kid": "invented"});
        let says = grace().signed(Sign::Header(invented));
        refused(
            &arrive(&server, &provider, EMAIL, says).await,
            "sso-refused",
        );
    }
    assert_eq!(provider.keys_asked(), 2);
    session(&server, &arrive(&server, &provider, EMAIL, grace()).await);
}

#[tokio::test]
async fn a_token_signed_with_the_key_before_the_last_is_refused_after_a_rotation() {
    let (server, _ada, provider) = every_one_of(vec![grace()]).await;
    provider.rotate();
    session(&server, &arrive(&server, &provider, EMAIL, grace()).await);
    let old = json!({"alg": "ES256", "kid": "es256-1"});
    let says = grace().signed(Sign::Header(old));
    refused(
        &arrive(&server, &provider, EMAIL, says).await,
        "sso-refused",
    );
}
