//! The database keeps tenants apart even when the code forgets to.

mod tenants;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use uuid::Uuid;

use crate::testing::{Database, Server};

pub(super) use tenants::two_tenants;

/// Tables of the platform: they hold nothing of any tenant's content.
const PLATFORM_TABLES: [&str; 13] = [
    "account_links",
    "installation",
    "kept_keys",
    "leases",
    "master_key_holders",
    "master_keys",
    "organization_directory",
    "platform_admins",
    "platform_events",
    "platform_links",
    "schema_migrations",
    "setup_tokens",
    "signing_keys",
];

pub(super) async fn plain(database: &Database) -> PgConnection {
    use sqlx::ConnectOptions as _;
    database.plain().connect().await.unwrap()
}

/// Every table that must stand behind the wall, from the catalogue.
pub(super) async fn tenant_tables(connection: &mut PgConnection) -> Vec<String> {
    let rows = sqlx::query(
        "SELECT relname::text AS name, relrowsecurity AS on, relforcerowsecurity AS forced
         FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
         ORDER BY relname",
    )
    .fetch_all(connection)
    .await
    .unwrap();
    let mut tables = Vec::new();
    for row in rows {
        let name: String = row.get("name");
        if PLATFORM_TABLES.contains(&name.as_str()) {
            continue;
        }
        assert!(row.get::<bool, _>("on"), "{name} has no row-level security");
        assert!(
            row.get::<bool, _>("forced"),
            "{name} does not force its policies on its owner"
        );
        tables.push(name);
    }
    tables
}

#[tokio::test]
async fn policies_judge_a_setting_once_for_a_statement_and_not_for_each_row() {
    let database = Database::create().await;
    let mut behind = database.behind().await;
    let bare: Vec<String> = sqlx::query_scalar(
        r"SELECT format('%s on %s', policyname, tablename) FROM pg_policies
          WHERE concat(qual, with_check) ~ '(?<!SELECT )vaultterm_[a-z_]+\('",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap();
    assert_eq!(bare, [""; 0]);
}

#[tokio::test]
async fn naming_one_person_does_not_list_all_members() {
    let database = Database::create().await;
    let mut connection = plain(&database).await;
    let plan: Vec<String> = sqlx::query_scalar(
        "EXPLAIN (COSTS OFF) SELECT name FROM users WHERE id = gen_random_uuid()",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("memberships"), "{plan}");
    assert!(!plan.contains("hashed"), "{plan}");
}

pub(super) async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    let statement = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(statement)
        .fetch_one(connection)
        .await
        .unwrap()
}

pub(super) async fn set(connection: &mut PgConnection, setting: &str, value: &str) {
    sqlx::query("SELECT set_config($1, $2, false)")
        .bind(setting)
        .bind(value)
        .execute(connection)
        .await
        .unwrap();
}

#[tokio::test]
async fn every_tenant_table_forces_row_level_security() {
    let database = Database::create().await;
    let mut connection = plain(&database).await;
    let tables = tenant_tables(&mut connection).await;
    for table in [
        "audit_events",
        "memberships",
        "organizations",
        "secrets",
        "users",
        "vaults",
    ] {
        assert!(tables.iter().any(|name| name == table), "{table} is gone");
    }
}

#[tokio::test]
async fn whatever_holds_a_wrapped_key_refuses_one_of_a_master_key_that_is_not_current() {
    let database = Database::create().await;
    let mut connection = database.behind().await;
    // A rotation goes through these tables, and these alone.
    let tables: Vec<(String, i64)> = sqlx::query_as(
        "SELECT relname::text, (SELECT count(*) FROM pg_trigger
                 WHERE tgrelid = pg_class.oid AND tgname LIKE '%wrapped_by_current_key')
         FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
         WHERE relnamespace = 'public'::regnamespace AND attname = 'wrapped_key'
           AND relkind IN ('r', 'p') ORDER BY relname",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let expected = ["account_keys", "data_keys"].map(|table| (table.to_owned(), 2));
    assert_eq!(tables, expected);
}

#[tokio::test]
async fn keys_and_references_of_tenant_tables_begin_with_the_organisation() {
    let database = Database::create().await;
    let mut connection = database.behind().await;
    let broken: Vec<String> = sqlx::query_scalar(
        "WITH tenant AS (
             SELECT attrelid AS id, attnum AS org FROM pg_attribute
             JOIN pg_class ON pg_class.oid = attrelid
             WHERE attname = 'org_id' AND relkind IN ('r', 'p')
               AND relnamespace = 'public'::regnamespace)
         SELECT conrelid::regclass || '.' || conname FROM pg_constraint
         JOIN tenant AS own ON own.id = conrelid
         LEFT JOIN tenant AS other ON other.id = confrelid
         WHERE (contype = 'p' AND conkey[1] <> own.org)
            OR (contype = 'f' AND other.id IS NOT NULL AND own.org <> ALL (conkey))
            OR (contype = 'f' AND other.id IS NOT NULL AND other.org <> ALL (confkey))",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert!(broken.is_empty(), "{broken:?}");
}

#[tokio::test]
async fn without_a_context_or_with_a_bad_one_there_are_no_rows_and_no_error() {
    let server = Server::still().await;
    let [own, _] = two_tenants(&server).await;
    let mut behind = server.database.behind().await;
    let mut connection = plain(&server.database).await;
    let tables = tenant_tables(&mut connection).await;
    let upper = own.to_string().to_uppercase();
    let bad = [
        "",
        " ",
        "null",
        "%",
        "*",
        "0",
        "00000000-0000-0000-0000-000000000000",
        "' OR true --",
        "'; DROP TABLE secrets; --",
        "{}",
        &format!("{own}\n"),
        &format!(" {own}"),
        &format!("{{{own}}}"),
        &own.simple().to_string(),
        &upper,
        &"f".repeat(100_000),
        "\u{1f980}\u{202e}",
        // It has the shape, and is none.
        "........-....-....-....-............",
        "------------------------------------",
        "-0000000-0000-0000-0000-000000000000",
        "0000000g-0000-0000-0000-000000000000",
        "00000000-0000-0000-0000-00000000000\u{666}",
    ];
    for table in &tables {
        assert!(
            count(&mut behind, table).await > 0,
            "{table} has no rows to protect"
        );
        assert_eq!(
            count(&mut connection, table).await,
            0,
            "{table} without a setting"
        );
    }
    for setting in [
        "vaultterm.org_id",
        "vaultterm.lookup_user",
        "vaultterm.lookup_email",
        "vaultterm.lookup_token",
        "vaultterm.lookup_invitation",
        "vaultterm.lookup_link",
        "vaultterm.custody",
    ] {
        for value in bad {
            set(&mut connection, setting, value).await;
            for table in &tables {
                assert_eq!(
                    count(&mut connection, table).await,
                    0,
                    "{table}, {setting}={value}"
                );
            }
        }
        set(&mut connection, setting, "").await;
    }
}

#[tokio::test]
async fn the_owner_of_the_tables_is_bound_too() {
    use sqlx::ConnectOptions as _;
    let server = Server::still().await;
    two_tenants(&server).await;
    let mut owner = server.database.owner().connect().await.unwrap();
    for table in tenant_tables(&mut owner).await {
        assert_eq!(count(&mut owner, &table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn inside_a_tenant_only_its_rows_can_be_seen_changed_or_made() {
    let server = Server::still().await;
    let [own, other] = two_tenants(&server).await;
    let mut connection = plain(&server.database).await;
    set(&mut connection, "vaultterm.org_id", &own.to_string()).await;
    for table in [
        "audit_checkpoints",
        "audit_events",
        "audit_heads",
        "audit_links",
        "memberships",
        "organizations",
        "secrets",
        "vaults",
    ] {
        let theirs = format!("{table} WHERE org_id <> '{own}'");
        assert_eq!(count(&mut connection, &theirs).await, 0, "{table}");
        assert!(count(&mut connection, table).await > 0, "{table}");
    }
    assert_eq!(count(&mut connection, "users").await, 1);
    for change in [
        format!("UPDATE vaults SET name = 'stolen' WHERE org_id = '{other}'"),
        format!("DELETE FROM secrets WHERE org_id = '{other}'"),
        format!("DELETE FROM vaults WHERE org_id = '{other}'"),
        format!("UPDATE audit_heads SET last_seq = 0 WHERE org_id = '{other}'"),
    ] {
        let done = connection
            .execute(AssertSqlSafe(change.clone()))
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 0, "{change}");
    }
    for change in [
        format!("UPDATE vaults SET org_id = '{other}'"),
        format!(
            "INSERT INTO vaults (org_id, id, name, description, created_at, updated_at)
             VALUES ('{other}', gen_random_uuid(), 'planted', '', now(), now())"
        ),
        format!(
            "INSERT INTO memberships (org_id, user_id, role, state, created_at)
             SELECT '{other}', id, 'owner', 'confirmed', now() FROM users"
        ),
        format!("INSERT INTO audit_heads (org_id, last_seq) VALUES ('{other}', 7)"),
    ] {
        assert!(
            connection
                .execute(AssertSqlSafe(change.clone()))
                .await
                .is_err(),
            "{change}"
        );
    }
}

#[tokio::test]
async fn a_reference_across_organisations_cannot_be_inserted() {
    let server = Server::still().await;
    let [own, other] = two_tenants(&server).await;
    // As a superuser, whom no policy stops: the keys alone must do.
    let mut behind = server.database.behind().await;
    let vault: Uuid = sqlx::query_scalar("SELECT id FROM vaults WHERE org_id = $1")
        .bind(other)
        .fetch_one(&mut behind)
        .await
        .unwrap();
    let stranger: Uuid = sqlx::query_scalar("SELECT user_id FROM memberships WHERE org_id = $1")
        .bind(other)
        .fetch_one(&mut behind)
        .await
        .unwrap();
    for link in [
        format!("UPDATE secrets SET vault_id = '{vault}' WHERE org_id = '{own}'"),
        format!("UPDATE secrets SET updated_by = '{stranger}' WHERE org_id = '{own}'"),
        format!("UPDATE vault_roles SET vault_id = '{vault}' WHERE org_id = '{own}'"),
        format!("UPDATE vault_roles SET user_id = '{stranger}' WHERE org_id = '{own}'"),
        format!("UPDATE secret_roles SET user_id = '{stranger}' WHERE org_id = '{own}'"),
        format!("UPDATE vault_team_roles SET vault_id = '{vault}' WHERE org_id = '{own}'"),
        format!("UPDATE secret_team_roles SET granted_by = '{stranger}' WHERE org_id = '{own}'"),
        format!("UPDATE team_members SET user_id = '{stranger}' WHERE org_id = '{own}'"),
        format!("UPDATE api_tokens SET user_id = '{stranger}' WHERE org_id = '{own}'"),
    ] {
        let refused = behind
            .execute(AssertSqlSafe(link.clone()))
            .await
            .unwrap_err();
        let refused = refused.into_database_error().unwrap();
        assert_eq!(refused.code().unwrap(), "23503", "{link}: {refused}");
    }
}

#[tokio::test]
async fn the_serving_role_has_no_more_rights_than_it_needs() {
    let server = Server::still().await;
    let [own, _] = two_tenants(&server).await;
    let mut connection = plain(&server.database).await;
    set(&mut connection, "vaultterm.org_id", &own.to_string()).await;
    for forbidden in [
        "UPDATE audit_events SET action = 'nothing'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "TRUNCATE secrets",
        "DELETE FROM organizations",
        "UPDATE audit_links SET seq = 1",
        "DELETE FROM audit_links",
        "UPDATE audit_pending SET event_id = gen_random_uuid()",
        "UPDATE audit_checkpoints SET number = 9",
        "DELETE FROM audit_checkpoints",
        "INSERT INTO audit_checkpoints (org_id, id, number, first_seq, last_seq, body, signature, made_at)
         SELECT org_id, gen_random_uuid(), 9, first_seq, 99, body, signature, now() - interval '1 year'
         FROM audit_checkpoints",
        "SELECT prune_audit(1)",
        "DELETE FROM signing_keys",
        "UPDATE signing_keys SET public = sealed",
        "DELETE FROM audit_heads",
        "DELETE FROM users",
        "UPDATE users SET id = gen_random_uuid()",
        "UPDATE memberships SET user_id = gen_random_uuid()",
        "DELETE FROM memberships",
        "DELETE FROM schema_migrations",
        "INSERT INTO schema_migrations SELECT * FROM schema_migrations",
        "ALTER TABLE secrets DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE secrets NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON secrets",
        "CREATE TABLE mine (id int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION vaultterm_org() RETURNS uuid LANGUAGE sql AS 'SELECT NULL'",
        "SET ROLE vaultterm_owner",
        "SET ROLE postgres",
        "SET session_replication_role = replica",
        "COPY secrets TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/passwd')",
        "CREATE EXTENSION dblink",
    ] {
        assert!(connection.execute(forbidden).await.is_err(), "{forbidden}");
    }
    // An account is changed by a transaction that names it, and by no other.
    let changed = connection
        .execute("UPDATE users SET email = 'x@example.com', session_epoch = 0")
        .await
        .unwrap();
    assert_eq!(changed.rows_affected(), 0);
}

#[tokio::test]
async fn names_put_in_front_do_not_mislead_the_policies() {
    let server = Server::still().await;
    let [own, _] = two_tenants(&server).await;
    let mut connection = plain(&server.database).await;
    // A temporary schema is where the plain role may create, and it is searched first for tables.
    for shadow in [
        format!(
            "CREATE TEMP TABLE memberships AS SELECT id AS user_id, '{own}'::uuid AS org_id FROM users"
        ),
        "CREATE FUNCTION pg_temp.vaultterm_org() RETURNS uuid LANGUAGE sql AS
             'SELECT id FROM organization_directory LIMIT 1'"
            .to_owned(),
    ] {
        // Whether it is refused or not, nothing may come of it.
        let _maybe_refused = connection.execute(AssertSqlSafe(shadow)).await;
    }
    connection
        .execute("SET search_path = pg_temp, public")
        .await
        .unwrap();
    for table in [
        "secrets",
        "vaults",
        "users",
        "audit_events",
        "public.memberships",
    ] {
        assert_eq!(count(&mut connection, table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn the_trail_cannot_be_changed_by_anybody() {
    let server = Server::still().await;
    let [own, _] = two_tenants(&server).await;
    let mut behind = server.database.behind().await;
    let mut transaction = behind.begin().await.unwrap();
    set(&mut transaction, "vaultterm.org_id", &own.to_string()).await;
    for change in [
        "UPDATE audit_events SET action = 'nothing'",
        // One that no link refers to yet.
        "DELETE FROM audit_events WHERE id IN (SELECT event_id FROM audit_pending)",
        "TRUNCATE audit_events CASCADE",
        "UPDATE audit_links SET seq = 1",
        "DELETE FROM audit_links",
        "TRUNCATE audit_links",
        "UPDATE audit_checkpoints SET number = 9",
        "DELETE FROM audit_checkpoints",
        "TRUNCATE audit_checkpoints",
    ] {
        let mut savepoint = transaction.begin().await.unwrap();
        let refused = savepoint.execute(change).await.unwrap_err();
        assert!(
            refused.to_string().contains("append-only"),
            "{change}: {refused}"
        );
        savepoint.rollback().await.unwrap();
    }
}
