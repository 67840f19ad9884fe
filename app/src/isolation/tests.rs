//! The wall is broken here, as its owner, and the prober has to notice.

use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use super::turn;
use crate::testing::{Answer, Server};

async fn as_owner(server: &Server, statement: &str) {
    let mut owner = server.database.owner().connect().await.unwrap();
    let statement = AssertSqlSafe(statement.to_owned());
    owner.execute(statement).await.unwrap();
}

async fn readyz(server: &Server) -> Answer {
    turn(&server.app.db, &server.app.isolation, None)
        .await
        .unwrap();
    server.browser().get("/readyz").await
}

/// Two tenants with something in them.
async fn stage() -> Server {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    for person in [ada, bob] {
        let vault = person.vault("Engines").await;
        person.secret(&vault, "mill", "hunter2").await;
        person.token(&["vaults:read"]).await;
    }
    server
}

#[tokio::test]
async fn a_broken_policy_makes_readyz_fail_and_say_which_check() {
    let server = stage().await;
    readyz(&server).await.expect(200);
    for (breaks, mends, check) in [
        (
            "ALTER POLICY tenant ON canaries USING (true)",
            "ALTER POLICY tenant ON canaries USING (org_id = vaultterm_org())",
            "canary-of-another",
        ),
        (
            "ALTER POLICY tenant ON secrets USING (vaultterm_org() IS NOT NULL)",
            "ALTER POLICY tenant ON secrets USING (org_id = vaultterm_org())",
            "rows-of-another",
        ),
        (
            "CREATE POLICY hole ON api_tokens FOR SELECT USING (true)",
            "DROP POLICY hole ON api_tokens",
            "rows-without-tenant",
        ),
        (
            "ALTER TABLE audit_events DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY",
            "rows-without-tenant",
        ),
        (
            "ALTER POLICY tenant ON canaries USING (false)",
            "ALTER POLICY tenant ON canaries USING (org_id = vaultterm_org())",
            "own-canary-missing",
        ),
    ] {
        as_owner(&server, breaks).await;
        let answer = readyz(&server).await.expect(503).json();
        assert_eq!(answer["status"], "not-ready", "{breaks}");
        let isolation = &answer["checks"]["isolation"];
        assert_eq!(isolation["ok"], false, "{breaks}");
        assert_eq!(isolation["reason"], check, "{breaks}");
        as_owner(&server, mends).await;
        let answer = readyz(&server).await.expect(200).json();
        assert_eq!(answer["checks"]["isolation"]["ok"], true, "{mends}");
    }
}

#[tokio::test]
async fn a_hit_is_kept_while_others_are_asked() {
    let server = stage().await;
    as_owner(&server, "ALTER POLICY tenant ON canaries USING (true)").await;
    readyz(&server).await.expect(503);
    let (db, watch) = (&server.app.db, &server.app.isolation);
    let breach = watch.breach().unwrap();
    let other = (crate::kernel::OrgId::new(), crate::kernel::OrgId::new());
    watch.judge(other.0, other.1, None);
    assert_eq!(watch.breach().as_ref(), Some(&breach));
    // Nor does a database that is away take it back.
    server.line.cut();
    assert!(turn(db, watch, None).await.is_err());
    assert_eq!(watch.breach(), Some(breach));
}

#[tokio::test]
async fn it_is_asked_at_boot() {
    let server = stage().await;
    as_owner(&server, "ALTER POLICY tenant ON canaries USING (true)").await;
    super::at_boot(&server.app.db, &server.app.isolation).await;
    let answer = server.browser().get("/readyz").await.expect(503).json();
    assert_eq!(answer["checks"]["isolation"]["reason"], "canary-of-another");
}

#[tokio::test]
async fn one_that_is_being_erased_misses_no_canary() {
    let server = stage().await;
    let mut behind = server.database.behind().await;
    behind
        .execute("INSERT INTO organization_directory VALUES (gen_random_uuid(), 'x', now())")
        .await
        .unwrap();
    let answer = readyz(&server).await.expect(200).json();
    assert_eq!(answer["checks"]["isolation"]["ok"], true, "{answer}");
}

#[tokio::test]
async fn with_many_tenants_a_turn_is_as_short_as_with_few() {
    let server = stage().await;
    let mut behind = server.database.behind().await;
    for statement in [
        "INSERT INTO organization_directory (id, name, created_at)
         SELECT gen_random_uuid(), 'x', now() FROM generate_series(1, 298)",
        "INSERT INTO organizations (org_id, id, name, created_at)
         SELECT id, id, 'x', now() FROM organization_directory d
         WHERE NOT EXISTS (SELECT FROM organizations o WHERE o.id = d.id)",
    ] {
        behind.execute(statement).await.unwrap();
    }
    // Each turn goes on where the last one ended, and the list is gone through in the end.
    let (mut last, mut turns) = (None, 0);
    loop {
        last = turn(&server.app.db, &server.app.isolation, last)
            .await
            .unwrap();
        if last.is_none() {
            break;
        }
        turns += 1;
        assert!(turns <= 38, "it does not end");
    }
    assert_eq!(turns, 38, "300 tenants, eight at a time");
    assert_eq!(server.app.isolation.breach(), None);
}

#[tokio::test]
async fn every_organisation_has_its_canary() {
    let server = stage().await;
    let count = server.database.count("canaries").await;
    assert_eq!(count, server.database.count("organizations").await);
    assert_eq!(count, 2);
}
