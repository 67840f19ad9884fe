//! Users.

use serde_json::{Value, json};

use super::{change, expect_error, make, provider, server, state, user};

#[tokio::test]
async fn a_user_is_made_found_changed_and_removed() {
    let server = server().await;
    let ada = server.owner().await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let made = okta
        .post("/scim/v2/Users", user("grace@example.com"))
        .await
        .expect(201);
    assert_eq!(made.header("content-type"), "application/scim+json");
    let id = made.id();
    let path = format!("/scim/v2/Users/{id}");
    let location = format!("http://localhost:4000{path}");
    assert_eq!(made.header("location"), location);
    let body = made.json();
    assert_eq!(body["meta"]["location"], location);
    assert_eq!(body["name"]["familyName"], "Hopper");
    assert_eq!(okta.get(&path).await.expect(200).json(), body);
    assert_eq!(state(&server, ada.org, &id).await, "confirmed");

    for (filter, count) in [
        (r#"userName eq "GRACE@example.com""#, 1),
        (r#"externalId eq "there-grace@example.com""#, 1),
        (r#"emails[type eq "work" and value co "grace"]"#, 1),
        (r#"userName eq "ada@example.com""#, 1),
        (r#"userName eq "nobody@example.com""#, 0),
        (r#"active eq true"#, 2),
    ] {
        let query = urlencode(filter);
        let found = okta.get(&format!("/scim/v2/Users?filter={query}")).await;
        assert_eq!(found.expect(200).json()["totalResults"], count, "{filter}");
    }
    let change = json!({"op": "replace", "path": "displayName", "value": "Amazing Grace"});
    let changed = super::change(&okta, &id, change).await.expect(200).json();
    assert_eq!(changed["displayName"], "Amazing Grace");
    assert_eq!(changed["name"]["givenName"], "Grace");
    okta.delete(&path).await.expect(204);
    expect_error(okta.get(&path).await, 404, None);
    assert_eq!(state(&server, ada.org, &id).await, "revoked");
    // Whoever was removed may come back, as somebody new to the directory and under the same account.
    assert_eq!(make(&okta, "grace@example.com").await, id);
}

fn urlencode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn somebody_deactivated_is_a_stranger_from_the_next_request_on() {
    let server = server().await;
    let ada = server.owner().await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let id = bob.user.to_string();
    bob.get("/vaults").await.expect(200);
    let off = json!({"op": "Replace", "value": {"active": "False"}});
    let changed = change(&okta, &id, off).await.expect(200).json();
    assert_eq!(changed["active"], false);
    bob.get("/vaults")
        .await
        .expect_problem(401, "not-signed-in");
    let on = json!({"op": "replace", "path": "active", "value": true});
    change(&okta, &id, on).await.expect(200);
    assert_eq!(state(&server, ada.org, &id).await, "confirmed");
    // What they were signed in with before stays over.
    bob.get("/vaults")
        .await
        .expect_problem(401, "not-signed-in");
    // Leaving it out lets nobody in again.
    let off = json!({"op": "replace", "path": "active", "value": false});
    change(&okta, &id, off).await.expect(200);
    let mut body = user("bob@example.com");
    body.as_object_mut().unwrap().remove("active");
    let replaced = okta.put(&format!("/scim/v2/Users/{id}"), body).await;
    assert_eq!(replaced.expect(200).json()["active"], false);
}

#[tokio::test]
async fn an_account_is_never_changed_by_a_directory() {
    let server = server().await;
    let ada = server.owner().await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let bob = server.member(ada.org, "bob@example.com", "member").await;
    let path = format!("/scim/v2/Users/{}", bob.user);
    let mut body = user("mallory@example.com");
    body["displayName"] = json!("Mallory");
    body["password"] = json!("hunter2hunter2");
    okta.put(&path, body).await.expect(200);
    let mut behind = server.database.behind().await;
    let (email, name): (String, String) =
        sqlx::query_as("SELECT email, name FROM users WHERE id = $1")
            .bind(bob.user)
            .fetch_one(&mut behind)
            .await
            .unwrap();
    assert_eq!(
        (email.as_str(), name.as_str()),
        ("bob@example.com", "bob@example.com")
    );
    server.sign_in("bob@example.com").await;
}

#[tokio::test]
async fn lists_come_in_parts_and_say_how_many_there_are() {
    let server = server().await;
    let ada = server.owner().await;
    let okta = provider(&server, &ada, &["scim"]).await;
    for number in 0..4 {
        let email = format!("m{number}@example.com");
        server.account(&email).await;
        server.join(ada.org, &email, "member", "confirmed").await;
    }
    let mut seen = Vec::new();
    for (start, count, items) in [
        (1, 2, 2),
        (3, 2, 2),
        (5, 2, 1),
        (9, 2, 0),
        (0, 1, 1),
        (1, -5, 0),
    ] {
        for filter in ["", "&filter=userName%20pr"] {
            let query = format!("/scim/v2/Users?startIndex={start}&count={count}{filter}");
            let list = okta.get(&query).await.expect(200).json();
            assert_eq!(list["totalResults"], 5, "{query}");
            assert_eq!(list["itemsPerPage"], items, "{query}");
            let resources = list["Resources"].as_array().unwrap();
            if start > 0 && filter.is_empty() {
                seen.extend(resources.iter().map(|user| user["id"].clone()));
            }
        }
    }
    assert_eq!(seen.len(), 5);
    let cut = okta
        .get("/scim/v2/Users?attributes=emails.value,userName")
        .await;
    for found in cut.json()["Resources"].as_array().unwrap() {
        let names: Vec<_> = found.as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["emails", "id", "schemas", "userName"]);
        assert_eq!(found["emails"][0].as_object().unwrap().len(), 1);
    }
    let cut = okta
        .get("/scim/v2/Users?excludedAttributes=emails,id")
        .await;
    assert_eq!(cut.json()["Resources"][0]["emails"], Value::Null);
    assert!(cut.json()["Resources"][0]["id"].is_string());
}

#[tokio::test]
async fn names_are_taken_once() {
    let server = server().await;
    let ada = server.owner().await;
    let okta = provider(&server, &ada, &["scim"]).await;
    let grace = make(&okta, "grace@example.com").await;
    let ed = make(&okta, "ed@example.com").await;
    for taken in ["grace@example.com", "GRACE@example.com", "ada@example.com"] {
        let refused = okta.post("/scim/v2/Users", user(taken)).await;
        expect_error(refused, 409, Some("uniqueness"));
    }
    let steal = json!({"op": "replace", "path": "userName", "value": "grace@example.com"});
    expect_error(change(&okta, &ed, steal).await, 409, Some("uniqueness"));
    let same = json!({"op": "replace", "path": "userName", "value": "grace@example.com"});
    change(&okta, &grace, same).await.expect(200);
}

#[tokio::test]
async fn a_seat_is_taken_or_there_is_no_user() {
    // Without a licence there are five seats.
    let server = crate::testing::Server::start().await;
    let ada = server.owner().await;
    let okta = provider(&server, &ada, &["scim"]).await;
    for number in 0..4 {
        make(&okta, &format!("m{number}@example.com")).await;
    }
    let refused = okta.post("/scim/v2/Users", user("m5@example.com")).await;
    expect_error(refused, 409, None);
    assert_eq!(server.database.count("users").await, 5);
}
