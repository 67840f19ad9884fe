//! What the platform sees of organisations and people, and what it does not.

use serde_json::json;

use super::shown;
use crate::testing::Server;

#[tokio::test]
async fn organisations_are_listed_in_figures_in_pages_and_by_name() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let vault = ada.vault("Engines").await;
    ada.secret(&vault, "mill", "hunter2").await;
    server.account("mary@example.com").await;
    server
        .join(ada.org, "mary@example.com", "member", "invited")
        .await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let admin = server.admin("grace@example.com").await;
    let one = shown(&admin, ada.org).await;
    assert_eq!(one["state"], "open");
    let figures = ["members", "pending", "former", "secrets"].map(|name| one[name].clone());
    assert_eq!(figures, [json!(1), json!(1), json!(0), json!(1)]);
    let text = one.to_string();
    assert!(
        !text.contains("mill") && !text.contains("Engines\",\"vault"),
        "{text}"
    );

    let page = admin
        .get("/admin/api/organizations?limit=1")
        .await
        .expect(200)
        .json();
    assert_eq!(page["items"][0]["id"], bob.org.to_string(), "newest first");
    let next = page["nextCursor"].as_str().unwrap();
    let path = format!("/admin/api/organizations?limit=1&cursor={next}");
    let page = admin.get(&path).await.expect(200).json();
    assert_eq!(page["items"][0]["id"], ada.org.to_string());
    assert_eq!(page["nextCursor"], json!(null));
    let found = admin
        .get("/admin/api/organizations?q=DIFFERENCE")
        .await
        .expect(200)
        .json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    for nothing in ["%25", "_", "'"] {
        let path = format!("/admin/api/organizations?q={nothing}");
        let found = admin.get(&path).await.expect(200).json();
        assert_eq!(found["items"], json!([]), "{nothing}");
    }
    let nobody = uuid::Uuid::now_v7();
    let path = format!("/admin/api/organizations/{nobody}");
    admin.get(&path).await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn people_are_named_to_platform_admins_alone_and_that_somebody_looked_is_recorded() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let admin = server.admin("grace@example.com").await;
    let path = format!("/admin/api/organizations/{}/people", ada.org);
    let people = admin.get(&path).await.expect(200).json();
    let person = &people["items"][0];
    let mut names: Vec<_> = person.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["email", "id", "name", "role", "state"]);
    assert_eq!(server.platform_trail().await[0], "people.looked-up");
    server
        .operator()
        .get(&path)
        .await
        .expect_problem(403, "session-needed");
}

#[tokio::test]
async fn somebody_is_found_by_their_whole_address_and_not_by_a_part_of_it() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    server
        .join(bob.org, "ada@example.com", "member", "revoked")
        .await;
    let admin = server.admin("grace@example.com").await;
    let search = async |email: &str| {
        let body = json!({"email": email});
        admin.post("/admin/api/people/search", body).await
    };
    let found = search(" ADA@example.com").await.expect(200).json();
    let account = &found["account"];
    assert_eq!(account["id"], ada.user.to_string());
    let places = account["organizations"].as_array().unwrap();
    let places: Vec<_> = places
        .iter()
        .map(|place| (&place["role"], &place["state"]))
        .collect();
    assert_eq!(
        places,
        [
            (&json!("owner"), &json!("confirmed")),
            (&json!("member"), &json!("revoked"))
        ]
    );
    for part in ["ad@example.com", "ada@example.co", "ada@example.comm"] {
        let found = search(part).await.expect(200).json();
        assert_eq!(found["account"], json!(null), "{part}");
    }
    search("ada").await.expect(422);
    let searches = server.platform_trail().await;
    let searches = searches
        .iter()
        .filter(|action| *action == "people.looked-up");
    assert_eq!(searches.count(), 4);
}
