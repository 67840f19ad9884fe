//! An authenticator app, as a phone has one.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::{Answer, Client, PASSWORD, Person, Server};
use crate::identity::factors;
use crate::kernel::Clock;

/// It knows the seed, and shows codes.
#[derive(Clone, Debug)]
pub(crate) struct Authenticator {
    pub(crate) id: String,
    secret: String,
    /// What the account was given beside it, if it was the first.
    pub(crate) recovery_codes: Vec<String>,
}

impl Authenticator {
    /// What it shows at an instant.
    pub(crate) fn at(&self, at: OffsetDateTime) -> String {
        factors::shown(&self.secret, at)
    }

    /// What it shows so many codes later or earlier than a server's clock says.
    pub(crate) fn shows(&self, server: &Server, later: i64) -> String {
        self.at(server.app.clock.now() + Duration::seconds(30 * later))
    }
}

impl Server {
    /// A server whose clock stands, so that no code changes while it is typed.
    pub(crate) async fn still() -> Self {
        Self::start_at(Clock::fixed(Clock::system().now()), &[]).await
    }

    /// The same server later.
    pub(crate) async fn later(&self, by: Duration) -> Self {
        let clock = Clock::fixed(self.app.clock.now() + by);
        self.replica(clock, &[]).await
    }

    /// Adds an authenticator app to an account. It is confirmed with the code before that of now, so
    /// that the present one has still to be used.
    pub(crate) async fn enrol(&self, person: &Person) -> (Person, Authenticator) {
        let begun = person
            .post("/me/factors/totp", json!({"name": "phone"}))
            .await
            .expect(201);
        let mut app = Authenticator {
            id: begun.id(),
            secret: begun.string("/secret"),
            recovery_codes: Vec::new(),
        };
        let path = format!("/me/factors/totp/{}/confirm", app.id);
        let confirm = || person.post_proven(&path, json!({"code": app.shows(self, -1)}));
        let mut confirmed = confirm().await;
        if confirmed.status == 422 {
            // Where the clock goes on, the code went out of date while it was typed.
            confirmed = confirm().await;
        }
        let confirmed = confirmed.expect(200);
        let given = confirmed.json()["recoveryCodes"].clone();
        let codes = given.clone();
        let codes = codes.as_array().cloned().unwrap_or_default();
        app.recovery_codes = codes
            .iter()
            .map(|code| code.as_str().unwrap().to_owned())
            .collect();
        (person.with(confirmed.cookie()).with_codes(&given), app)
    }

    /// The first stage of a sign-in: what the second one is asked with.
    pub(crate) async fn ticket(&self, email: &str) -> String {
        let body = json!({"email": email, "password": PASSWORD});
        let answer = self.visitor().post("/auth/sign-in", body).await.expect(200);
        assert_eq!(answer.json()["kind"], "second-factor");
        assert!(answer.cookie().is_none(), "nobody is signed in yet");
        answer.string("/ticket")
    }
}

impl Client {
    /// The second stage of a sign-in.
    pub(crate) async fn prove(&self, ticket: &str, proof: &str, value: &str) -> Answer {
        let mut body = json!({"ticket": ticket});
        body[proof] = Value::from(value);
        self.post("/auth/second-factor", body).await
    }
}
