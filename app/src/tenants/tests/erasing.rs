//! The end of an organisation: slow, whole, resumable, and of nobody else.

use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use uuid::Uuid;

use super::super::erase;
use super::{ask_erasure, resume, rows, shown, suspend, tables, wait_out};
use crate::testing::{PASSWORD, Person, Server};
use crate::{audit, platform};

/// Two organisations with something in them; Mary is in both, and Nell in the first alone.
async fn two(server: &Server) -> (Person, Person) {
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    for org in [ada.org, bob.org] {
        if org == ada.org {
            server.member(org, "mary@example.com", "member").await;
            server.member(org, "nell@example.com", "member").await;
        } else {
            server
                .join(org, "mary@example.com", "admin", "confirmed")
                .await;
        }
    }
    for person in [&ada, &bob] {
        let vault = person.vault("everything").await;
        for number in 0..4 {
            person
                .secret(&vault, &format!("mail {number}"), "hunter2")
                .await;
        }
    }
    (ada, bob)
}

#[tokio::test]
async fn nothing_of_it_is_left_and_nobody_else_is_touched() {
    let server = Server::start().await;
    let (ada, bob) = two(&server).await;
    let admin = server.admin("grace@example.com").await;
    let others = rows(&server, bob.org).await;
    ask_erasure(&admin, ada.org, "Analytical Engines")
        .await
        .expect(200);
    wait_out(&server, ada.org).await;
    erase::all_due(&server.app, 3).await.unwrap();

    for (table, count, _) in rows(&server, ada.org).await {
        assert_eq!(count, 0, "{table}");
    }
    assert_eq!(rows(&server, bob.org).await, others);
    let mut behind = server.database.behind().await;
    // Whatever mentions it anywhere, in a column of any name.
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT attrelid::regclass::text, attname::text FROM pg_attribute
         JOIN pg_class ON pg_class.oid = attrelid
         WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
           AND atttypid = 'uuid'::regtype AND attnum > 0 AND NOT attisdropped",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap();
    for (table, column) in columns {
        let statement = format!("SELECT count(*) FROM {table} WHERE {column} = $1");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(statement))
            .bind(ada.org)
            .fetch_one(&mut behind)
            .await
            .unwrap();
        assert_eq!(count, 0, "{table}.{column}");
    }
    let people: Vec<String> = sqlx::query_scalar("SELECT email FROM users ORDER BY email")
        .fetch_all(&mut behind)
        .await
        .unwrap();
    assert_eq!(people, ["bob@example.com", "mary@example.com"]);
    server.sign_in("mary@example.com").await;
    bob.get("/vaults").await.expect(200);
    let verified = audit::verify(&server.app.db, &server.app.keys, bob.org.into_id()).await;
    verified.unwrap().unwrap();
}

#[tokio::test]
async fn the_platforms_trail_holds_where_the_organisations_own_has_ended() {
    let server = Server::start().await;
    let (ada, _) = two(&server).await;
    let mut behind = server.database.behind().await;
    let org = crate::kernel::OrgId::from_uuid(ada.org);
    let app = &server.app;
    audit::seal(&app.db, &app.keys, org).await.unwrap();
    let (entries, code): (i64, Vec<u8>) = sqlx::query_as(
        "SELECT seq, mac FROM audit_links WHERE org_id = $1 ORDER BY seq DESC LIMIT 1",
    )
    .bind(ada.org)
    .fetch_one(&mut behind)
    .await
    .unwrap();
    let admin = server.admin("grace@example.com").await;
    ask_erasure(&admin, ada.org, "Analytical Engines")
        .await
        .expect(200);
    wait_out(&server, ada.org).await;
    erase::all_due(&server.app, 1000).await.unwrap();
    let trail = server.platform_trail().await;
    assert_eq!(
        trail[..3],
        [
            "organization.erased",
            "organization.erasing",
            "organization.erasure-asked"
        ]
    );
    let events = admin.get("/admin/api/events").await.expect(200).json();
    let begun = &events["items"][1]["detail"];
    assert_eq!(begun["auditEntries"], entries);
    assert_eq!(begun["auditCode"], hex::encode(code));
    assert_eq!(begun["members"], 3);
    platform::verify(&server.app.db, &server.app.keys)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn the_name_has_to_be_typed_letter_for_letter() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let admin = server.admin("grace@example.com").await;
    for typed in [
        "",
        "analytical engines",
        "Analytical Engines ",
        "Analytical",
    ] {
        let refused = ask_erasure(&admin, ada.org, typed).await.expect(422);
        assert_eq!(refused.wrong_fields(), ["name"], "{typed:?}");
    }
    assert_eq!(shown(&admin, ada.org).await["state"], "open");
    ada.get("/vaults").await.expect(200);
}

#[tokio::test]
async fn it_waits_and_can_be_kept_and_is_then_as_it_was_before() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let admin = server.admin("grace@example.com").await;
    let keep = format!("/admin/api/organizations/{}/erasure", ada.org);
    for suspended in [false, true] {
        if suspended {
            suspend(&admin, ada.org).await.expect(200);
        }
        let waiting = ask_erasure(&admin, ada.org, "Analytical Engines")
            .await
            .expect(200);
        assert_eq!(waiting.json()["state"], "waiting");
        ask_erasure(&admin, ada.org, "Analytical Engines")
            .await
            .expect_problem(409, "wrong-state");
        resume(&admin, ada.org)
            .await
            .expect_problem(409, "wrong-state");
        ada.get("/vaults")
            .await
            .expect_problem(403, "organization-suspended");
        // Nothing happens before its day.
        erase::all_due(&server.app, 1000).await.unwrap();
        let kept = admin.delete(&keep).await.expect(200).json();
        assert_eq!(kept["state"], if suspended { "suspended" } else { "open" });
        admin.delete(&keep).await.expect_problem(409, "wrong-state");
    }
    resume(&admin, ada.org).await.expect(200);
    ada.get("/vaults").await.expect(200);
}

#[tokio::test]
async fn of_two_who_ask_for_the_end_at_once_one_is_told_that_it_is_on_its_way() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let admin = server.admin("grace@example.com").await;
    let (one, two) = tokio::join!(
        ask_erasure(&admin, ada.org, "Analytical Engines"),
        ask_erasure(&admin, ada.org, "Analytical Engines"),
    );
    let mut status = [one.status.as_u16(), two.status.as_u16()];
    status.sort_unstable();
    assert_eq!(status, [200, 409]);
}

#[tokio::test]
async fn two_servers_that_erase_at_once_do_it_once_and_one_that_dies_is_followed_by_another() {
    let server = Server::start().await;
    let (ada, bob) = two(&server).await;
    let admin = server.admin("grace@example.com").await;
    for (org, name) in [
        (ada.org, "Analytical Engines"),
        (bob.org, "Difference Engines"),
    ] {
        ask_erasure(&admin, org, name).await.expect(200);
        wait_out(&server, org).await;
    }
    // One begins, erases a little, and is gone.
    for _ in 0..3 {
        assert!(erase::one_step(&server.app, 2).await.unwrap());
    }
    let left: i64 = rows(&server, ada.org).await.iter().map(|row| row.1).sum();
    assert!(left > 0, "it was only begun");
    let keep = format!("/admin/api/organizations/{}/erasure", ada.org);
    admin.delete(&keep).await.expect_problem(409, "wrong-state");
    let other = server.replica(server.app.clock.clone(), &[]).await;
    let (one, two) = tokio::join!(
        erase::all_due(&server.app, 4),
        erase::all_due(&other.app, 4),
    );
    one.unwrap();
    two.unwrap();
    // Whoever found a line held has left it to the other.
    erase::all_due(&server.app, 1000).await.unwrap();
    assert_eq!(server.database.count("organization_directory").await, 0);
    assert_eq!(server.database.count("users").await, 0);
    let trail = server.platform_trail().await;
    for action in ["organization.erasing", "organization.erased"] {
        let found = trail.iter().filter(|one| *one == action).count();
        assert_eq!(found, 2, "{action}");
    }
}

#[tokio::test]
async fn the_database_itself_keeps_the_waiting_period_and_wants_the_entry_first() {
    let server = Server::start().await;
    let (ada, _) = two(&server).await;
    let mut plain = server.database.plain().connect().await.unwrap();
    let org = ada.org;
    let of =
        |change: &str| format!("UPDATE organization_directory SET {change} WHERE id = '{org}'");
    let refused = [
        of("erase_at = now()"),
        of("erase_at = now() + interval '22 hours'"),
        of("erasing_since = now()"),
        of("erase_at = now() + interval '2 days', erasing_since = now()"),
        format!("SELECT erase_organization('{org}', 1000)"),
        "SELECT erase_organization(NULL, 1000)".to_owned(),
        "DELETE FROM users".to_owned(),
        "DELETE FROM memberships".to_owned(),
        "DELETE FROM organization_directory".to_owned(),
        "INSERT INTO organization_directory (id, name, created_at, erase_at)
         VALUES (gen_random_uuid(), 'x', now(), now())"
            .to_owned(),
    ];
    for statement in refused {
        let done = plain.execute(AssertSqlSafe(statement.clone())).await;
        assert!(done.is_err(), "{statement}");
    }
    // Marked, but the platform's trail says nothing.
    wait_out(&server, org).await;
    let mark = of("erasing_since = now()");
    plain.execute(AssertSqlSafe(mark)).await.unwrap();
    let call = format!("SELECT erase_organization('{org}', 1000)");
    let done = plain.execute(AssertSqlSafe(call)).await.unwrap_err();
    assert!(done.to_string().contains("not to be erased"), "{done}");
    let back = of("erase_at = NULL, erasing_since = NULL");
    assert!(plain.execute(AssertSqlSafe(back)).await.is_err());
    let mut behind = server.database.behind().await;
    let trail = format!("DELETE FROM audit_events WHERE org_id = '{org}'");
    let done = behind.execute(AssertSqlSafe(trail)).await.unwrap_err();
    assert!(done.to_string().contains("append-only"), "{done}");
}

#[tokio::test]
async fn an_address_of_an_erased_organisation_is_free_again() {
    let server = Server::start().await;
    let (ada, _) = two(&server).await;
    let admin = server.admin("grace@example.com").await;
    ask_erasure(&admin, ada.org, "Analytical Engines")
        .await
        .expect(200);
    wait_out(&server, ada.org).await;
    erase::all_due(&server.app, 1000).await.unwrap();
    ada.get("/me").await.expect(401);
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let gone = server.visitor().post("/auth/sign-in", body).await;
    gone.expect_problem(401, "invalid-credentials");
    server.tenant("Again", "ada@example.com").await;
}

#[tokio::test]
async fn every_table_with_rows_of_organisations_is_among_those_that_are_erased() {
    let server = Server::start().await;
    let mut behind = server.database.behind().await;
    let listed = tables(&mut behind).await;
    let all: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relrowsecurity
         ORDER BY 1",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap();
    // Those without belong to accounts, and go with them.
    for table in all
        .iter()
        .filter(|table| !listed.contains(*table) && *table != "users")
    {
        let follows: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_constraint
             WHERE conrelid = $1::regclass AND contype = 'f' AND confdeltype = 'c'
               AND confrelid IN ('users'::regclass, 'totp_factors'::regclass)",
        )
        .bind(table)
        .fetch_one(&mut behind)
        .await
        .unwrap();
        assert!(follows > 0, "{table} would outlive its accounts");
    }
}

/// The id in the app's own type.
trait IntoId {
    fn into_id(self) -> crate::kernel::OrgId;
}

impl IntoId for Uuid {
    fn into_id(self) -> crate::kernel::OrgId {
        crate::kernel::OrgId::from_uuid(self)
    }
}
