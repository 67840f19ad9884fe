//! The licence on a real database and a real disk, and what follows from it through the router.

mod boot;
mod early;
mod limits;
mod place;
mod reload;

use serde_json::Value;
use sqlx::Executor as _;

use crate::testing::Server;

/// The platform's trail, oldest first: what happened, and more words.
async fn trail(server: &Server) -> Vec<(String, Value)> {
    let events = server.operator().get("/admin/api/events").await;
    let mut items = events.expect(200).json()["items"]
        .as_array()
        .unwrap()
        .clone();
    items.reverse();
    let pair = |item: Value| {
        (
            item["action"].as_str().unwrap().to_owned(),
            item["detail"].clone(),
        )
    };
    items.into_iter().map(pair).collect()
}

/// The licence as the admin plane shows it.
async fn panel(server: &Server) -> Value {
    server
        .operator()
        .get("/admin/api/license")
        .await
        .expect(200)
        .json()
}

/// Does something behind the scenes.
async fn behind(server: &Server, statement: &'static str) {
    let mut connection = server.database.behind().await;
    connection.execute(statement).await.unwrap();
}

/// What the database remembers, as it is sealed.
async fn row(server: &Server) -> Option<Vec<u8>> {
    let mut connection = server.database.behind().await;
    sqlx::query_scalar("SELECT license_state FROM installation")
        .fetch_optional(&mut connection)
        .await
        .unwrap()
        .flatten()
}
