//! The slice through its router, on a real database, with mail over a real socket.

use serde_json::{Value, json};

use crate::kernel::Clock;
use crate::testing::{Answer, Client, Person, Postbox, Server};

mod address;
mod factors;
mod hostile;
mod reset;
mod sign_up;

const NEW: &str = "another wet cat on the mat";

/// A server with mail, and its postbox.
async fn with_mail() -> (Server, Postbox) {
    let postbox = Postbox::start().await;
    let variables = postbox.variables();
    let variables: Vec<_> = variables.iter().map(|(k, v)| (*k, v.as_str())).collect();
    (Server::start_with(&variables).await, postbox)
}

fn later(minutes: i64) -> Clock {
    Clock::fixed(Clock::system().now() + time::Duration::minutes(minutes))
}

async fn ask(client: &Client, email: &str) -> Answer {
    client
        .post("/auth/reset/request", json!({"email": email}))
        .await
}

async fn set(client: &Client, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    client.post("/auth/reset", body).await
}

async fn arrive(client: &Client, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    client.post("/auth/sign-in", body).await
}

async fn confirm(client: &Client, token: &str) -> Answer {
    client
        .post("/auth/confirm-email", json!({"token": token}))
        .await
}

/// Makes a reset link, with the proof that it demands.
async fn reset_link(by: &Person, user: uuid::Uuid) -> Answer {
    let path = format!("/members/{user}/reset-link");
    by.send_proven(http::Method::POST, &path, Some(json!({})))
        .await
}

fn token_of(link: &str) -> String {
    link.split_once("#token=").unwrap().1.to_owned()
}

/// Everything of an answer that a stranger could compare.
fn visible(answer: &Answer) -> (u16, Value, Vec<String>) {
    let mut body = answer.json();
    if let Some(body) = body.as_object_mut() {
        body.remove("requestId");
    }
    let names = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status.as_u16(), body, names)
}

#[tokio::test]
async fn the_sign_in_page_is_told_whether_there_is_mail() {
    let (server, _postbox) = with_mail().await;
    let options = server.visitor().get("/auth/options").await.expect(200);
    assert_eq!(options.json()["mail"], true);
    let without = Server::start().await;
    let options = without.visitor().get("/auth/options").await.expect(200);
    assert_eq!(
        options.json(),
        json!({"signUp": false, "mail": false, "passkeys": true})
    );
}
