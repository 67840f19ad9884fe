//! The slice through its router: against a stand-in that lies in every way (`stand_in`), and against
//! a real, certified provider (`real`).
//!
//! | an attacker | is answered in |
//! |---|---|
//! | forges a token: issuer, audience, nonce, time, signature, algorithm, key | `tokens` |
//! | comes with somebody else's state, code or browser, or leads elsewhere | `flows` |
//! | owns an organisation, and makes its provider say anything about anybody | `people`, `groups` |
//! | has a password or a passkey where only the provider lets people in | `required` |
//! | owns an organisation, and points this server at addresses | `settings` |

mod flows;
mod groups;
mod people;
mod real;
mod required;
mod settings;
mod stand_in;
mod tokens;

use http::Method;
use reqwest::Url;
use serde_json::{Value, json};

use crate::testing::{Answer, Client, Person, Server};
use stand_in::{Says, StandIn};

/// Good settings for a provider.
fn wanted(provider: &StandIn) -> Value {
    json!({
        "issuer": provider.issuer(),
        "clientId": stand_in::CLIENT,
        "clientSecret": stand_in::SECRET,
        "defaultRole": "member",
        "groupClaim": "groups",
        "mappings": [
            {"group": "it", "role": "admin"},
            {"group": "staff", "role": null},
        ],
        "domains": ["example.com"],
        "enabled": true,
        "required": false,
    })
}

/// Names a provider, with the fresh proof that it wants.
async fn put(person: &Person, body: Value) -> Answer {
    person
        .send_proven(Method::PUT, "/organization/sso", Some(body))
        .await
}

/// A server, its owner Ada, and the provider that her organisation trusts.
async fn stage() -> (Server, Person, StandIn) {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "1000")]).await;
    let ada = server.owner().await;
    let provider = StandIn::start().await;
    put(&ada, wanted(&provider)).await.expect(200);
    (server, ada, provider)
}

/// A browser that has been sent to the provider.
#[derive(Clone)]
struct Traveller {
    url: Url,
    browser: Client,
}

impl Traveller {
    async fn begin(server: &Server, body: Value) -> Self {
        let visitor = server.visitor();
        let answer = visitor.post("/auth/sso/start", body).await.expect(200);
        Self {
            url: answer.string("/url").parse().unwrap(),
            browser: visitor.with_cookie(answer.cookie()),
        }
    }

    async fn with_email(server: &Server, email: &str) -> Self {
        Self::begin(server, json!({"email": email})).await
    }

    fn asked(&self, name: &str) -> String {
        let mut pairs = self.url.query_pairs();
        let found = pairs.find(|(key, _)| key == name);
        found.unwrap_or_else(|| panic!("no {name}")).1.into_owned()
    }

    /// Comes back with a code.
    async fn back(&self, code: &str) -> Answer {
        self.back_with(&[("code", code), ("state", &self.asked("state"))])
            .await
    }

    async fn back_with(&self, query: &[(&str, &str)]) -> Answer {
        let query = super::provider::encode(query);
        self.browser
            .get(&format!("/auth/sso/callback?{query}"))
            .await
            .expect(303)
    }
}

/// Signs in as what the provider says, from the beginning.
async fn arrive(server: &Server, provider: &StandIn, email: &str, says: Says) -> Answer {
    let traveller = Traveller::with_email(server, email).await;
    let code = provider.code(&traveller.url, says);
    traveller.back(&code).await
}

/// Takes what is remembered of a provider's description out of the cache.
async fn forget_description(provider: &StandIn) {
    let mut redis = crate::testing::redis().await;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*vt:sso:description:*")
        .query_async(&mut redis)
        .await
        .unwrap();
    let issuer = super::pending::digest(&provider.issuer());
    let of_it: Vec<_> = keys.iter().filter(|key| key.ends_with(&issuer)).collect();
    assert!(!of_it.is_empty());
    for key in of_it {
        let _: i64 = redis::cmd("DEL")
            .arg(key)
            .query_async(&mut redis)
            .await
            .unwrap();
    }
}

/// Who somebody is that the provider sends, in words of `GET /me`.
async fn me(server: &Server, provider: &StandIn, says: Says) -> Value {
    let answer = arrive(server, provider, "grace@example.com", says).await;
    session(server, &answer).get("/me").await.expect(200).json()
}

/// Expects that somebody is let in, and says who.
#[track_caller]
fn session(server: &Server, answer: &Answer) -> Client {
    let place = answer.header("location");
    assert_eq!(place, format!("{}/vaults", crate::testing::ORIGIN));
    server.visitor().with_cookie(answer.cookie())
}

/// Expects that nobody is let in, for a reason.
#[track_caller]
fn refused(answer: &Answer, code: &str) {
    let place = answer.header("location");
    assert_eq!(
        place,
        format!("{}/sign-in?refused={code}", crate::testing::ORIGIN)
    );
    let cookies = answer.headers.get_all("set-cookie");
    for cookie in cookies {
        assert!(
            !cookie.to_str().unwrap().contains("vt_session"),
            "{cookie:?}"
        );
    }
}
