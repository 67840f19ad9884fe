//! Organisations as the platform handles them, through the admin plane, on real services.

mod erasing;
mod founding;
mod listing;
mod suspending;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use uuid::Uuid;

use crate::testing::{Answer, Client, Server};

/// Lets the waiting period of an organisation go by, which only somebody who owns the tables can.
async fn wait_out(server: &Server, org: Uuid) {
    let mut behind = server.database.behind().await;
    behind
        .execute(AssertSqlSafe(format!(
            "ALTER TABLE organization_directory DISABLE TRIGGER organizations_leave_slowly;
             UPDATE organization_directory SET erase_at = now() - interval '1 second'
             WHERE id = '{org}';
             ALTER TABLE organization_directory ENABLE TRIGGER organizations_leave_slowly"
        )))
        .await
        .unwrap();
}

/// Has an organisation erased by name.
async fn ask_erasure(admin: &Client, org: Uuid, name: &str) -> Answer {
    let path = format!("/admin/api/organizations/{org}/erasure");
    admin.post(&path, json!({"name": name})).await
}

async fn suspend(admin: &Client, org: Uuid) -> Answer {
    let path = format!("/admin/api/organizations/{org}/suspend");
    admin.post(&path, json!({"reason": "unpaid"})).await
}

async fn resume(admin: &Client, org: Uuid) -> Answer {
    let path = format!("/admin/api/organizations/{org}/resume");
    admin.post(&path, json!({})).await
}

/// An organisation as the platform shows it.
async fn shown(admin: &Client, org: Uuid) -> Value {
    let path = format!("/admin/api/organizations/{org}");
    admin.get(&path).await.expect(200).json()
}

/// Every table with an organisation's rows, from the catalogue.
async fn tables(behind: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar("SELECT name::text FROM tenant_tables() ORDER BY 1")
        .fetch_all(behind)
        .await
        .unwrap()
}

/// How many rows an organisation has in each table, and a sum over what they hold.
async fn rows(server: &Server, org: Uuid) -> Vec<(String, i64, String)> {
    let mut behind = server.database.behind().await;
    let mut found = Vec::new();
    for table in tables(&mut behind).await {
        let statement = format!(
            "SELECT count(*), coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '')
             FROM {table} t WHERE org_id = $1"
        );
        let (count, sum) = sqlx::query_as(AssertSqlSafe(statement))
            .bind(org)
            .fetch_one(&mut behind)
            .await
            .unwrap();
        found.push((table, count, sum));
    }
    found
}
