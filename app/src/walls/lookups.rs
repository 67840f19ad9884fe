//! Questions that are asked before a tenant is known see what they ask for and nothing else.

use sqlx::{AssertSqlSafe, Executor as _};
use uuid::Uuid;

use super::isolation::{count, plain, set, tenant_tables, two_tenants};
use crate::testing::Server;

#[tokio::test]
async fn a_lookup_sees_one_account_and_its_memberships_and_nothing_else() {
    let server = Server::still().await;
    let [own, _] = two_tenants(&server).await;
    let mut connection = plain(&server.database).await;
    set(&mut connection, "vaultterm.lookup_email", "bob@example.com").await;
    let bob: Uuid = sqlx::query_scalar("SELECT id FROM users")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    for table in tenant_tables(&mut connection).await {
        let expected = i64::from(table == "users");
        assert_eq!(
            count(&mut connection, &table).await,
            expected,
            "{table} by e-mail"
        );
    }
    set(&mut connection, "vaultterm.lookup_email", "").await;
    set(&mut connection, "vaultterm.lookup_user", &bob.to_string()).await;
    for table in tenant_tables(&mut connection).await {
        // What one belongs to, and what that demands, decides how long a session lasts.
        let own = [
            "users",
            "memberships",
            "organizations",
            "organization_policies",
            "totp_factors",
            "account_keys",
            "passkeys",
        ];
        let expected = match table.as_str() {
            // One of the ten has proved that the authenticator app may come.
            "recovery_codes" => 9,
            table => i64::from(own.contains(&table)),
        };
        assert_eq!(
            count(&mut connection, &table).await,
            expected,
            "{table} by id"
        );
    }
    let theirs = format!("memberships WHERE org_id = '{own}'");
    assert_eq!(count(&mut connection, &theirs).await, 0);
    // Nobody makes themselves a member by looking themselves up.
    let joins = format!(
        "INSERT INTO memberships (org_id, user_id, role, state, created_at)
         VALUES ('{own}', '{bob}', 'owner', 'confirmed', now())"
    );
    assert!(connection.execute(AssertSqlSafe(joins)).await.is_err());
}

#[tokio::test]
async fn a_lookup_by_link_sees_that_link_and_nothing_else() {
    let server = Server::still().await;
    let [own, _] = two_tenants(&server).await;
    let mut behind = server.database.behind().await;
    let digest: String =
        sqlx::query_scalar("SELECT encode(digest, 'hex') FROM secret_links WHERE org_id = $1")
            .bind(own)
            .fetch_one(&mut behind)
            .await
            .unwrap();
    let mut connection = plain(&server.database).await;
    set(&mut connection, "vaultterm.lookup_link", &digest).await;
    for table in tenant_tables(&mut connection).await {
        let expected = i64::from(table == "secret_links");
        assert_eq!(count(&mut connection, &table).await, expected, "{table}");
    }
    for nothing in [
        "UPDATE secret_links SET remaining = uses",
        "DELETE FROM secret_links",
    ] {
        let changed = connection.execute(nothing).await.unwrap();
        assert_eq!(changed.rows_affected(), 0, "{nothing}");
    }
}

#[tokio::test]
async fn a_lookup_by_token_sees_that_token_and_nothing_else() {
    let server = Server::still().await;
    let [own, other] = two_tenants(&server).await;
    let mut behind = server.database.behind().await;
    let digest: String =
        sqlx::query_scalar("SELECT encode(digest, 'hex') FROM api_tokens WHERE org_id = $1")
            .bind(own)
            .fetch_one(&mut behind)
            .await
            .unwrap();
    let mut connection = plain(&server.database).await;
    set(&mut connection, "vaultterm.lookup_token", &digest).await;
    for table in tenant_tables(&mut connection).await {
        let expected = i64::from(table == "api_tokens");
        assert_eq!(count(&mut connection, &table).await, expected, "{table}");
    }
    // Of that one the time of its use may be written, and nothing else of it or of any other.
    let noted = connection
        .execute("UPDATE api_tokens SET last_used_at = now()")
        .await
        .unwrap();
    assert_eq!(noted.rows_affected(), 1);
    for forbidden in [
        "UPDATE api_tokens SET scopes = '{vaults:write}'",
        "UPDATE api_tokens SET expires_at = NULL",
        "UPDATE api_tokens SET user_id = gen_random_uuid()",
        "UPDATE api_tokens SET digest = sha256('mine')",
    ] {
        assert!(connection.execute(forbidden).await.is_err(), "{forbidden}");
    }
    let gone = connection.execute("DELETE FROM api_tokens").await.unwrap();
    assert_eq!(gone.rows_affected(), 0);
    let made = format!(
        "INSERT INTO api_tokens (org_id, id, user_id, name, digest, scopes, created_at)
         SELECT '{other}', gen_random_uuid(), user_id, 'x', digest, scopes, now() FROM api_tokens"
    );
    assert!(connection.execute(AssertSqlSafe(made)).await.is_err());
}
