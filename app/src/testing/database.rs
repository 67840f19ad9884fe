//! A database for one test, copied from a migrated template.

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection};
use uuid::Uuid;

use crate::infra::db::migrate;

/// The roles of a deployment; the password is for servers that ask for one.
const ROLES: &str = "
DO $$ BEGIN
    CREATE ROLE vaultterm_owner LOGIN PASSWORD 'test' NOSUPERUSER;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN
    CREATE ROLE vaultterm_app LOGIN PASSWORD 'test' NOSUPERUSER NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
";
/// Tests of several processes take turns while the template is made.
const TEMPLATE_LOCK: i64 = 0x5654_5445_5354;

/// A database of its own, at the newest migration, empty.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    superuser: PgConnectOptions,
    name: String,
}

impl Database {
    /// Makes one.
    pub(crate) async fn create() -> Self {
        let server: PgConnectOptions = super::service("VAULTTERM_TEST_DATABASE_URL")
            .parse()
            .unwrap();
        let name = format!("vt_test_{}", Uuid::now_v7().simple());
        let mut connection = server.connect().await.unwrap();
        lock(&mut connection).await;
        let template = template(&server, &mut connection).await;
        let statement = format!("CREATE DATABASE {name} TEMPLATE {template} OWNER vaultterm_owner");
        connection
            .execute(sqlx::AssertSqlSafe(statement))
            .await
            .unwrap();
        connection.close().await.unwrap();
        let superuser = server.database(&name);
        Self { superuser, name }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Host and port of its server.
    pub(crate) fn address(&self) -> String {
        format!(
            "{}:{}",
            self.superuser.get_host(),
            self.superuser.get_port()
        )
    }

    /// The role that serves, which every policy binds.
    pub(crate) fn plain(&self) -> PgConnectOptions {
        self.superuser
            .clone()
            .username("vaultterm_app")
            .password("test")
    }

    /// The role that owns the tables.
    pub(crate) fn owner(&self) -> PgConnectOptions {
        self.superuser
            .clone()
            .username("vaultterm_owner")
            .password("test")
    }

    /// A connection that no policy binds, to look behind the scenes and to prepare.
    pub(crate) async fn behind(&self) -> PgConnection {
        self.superuser.connect().await.unwrap()
    }

    /// Counts rows behind the scenes.
    pub(crate) async fn count(&self, from: &'static str) -> i64 {
        let mut connection = self.behind().await;
        let statement = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {from}"));
        let count = sqlx::query_scalar(statement)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        count
    }
}

async fn lock(connection: &mut PgConnection) {
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(connection)
        .await
        .unwrap();
}

/// The template for these very migrations; made by the first test that asks.
async fn template(server: &PgConnectOptions, connection: &mut PgConnection) -> String {
    use sha2::Digest as _;
    let mut digest = sha2::Sha256::new();
    for migration in migrate::migrator().iter() {
        digest.update(&migration.checksum);
    }
    let name = format!("vt_template_{}", &hex::encode(digest.finalize())[..16]);
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(&name)
            .fetch_one(&mut *connection)
            .await
            .unwrap();
    if exists {
        return name;
    }
    connection.execute(ROLES).await.unwrap();
    let making = format!("{name}_making");
    for statement in [
        format!("DROP DATABASE IF EXISTS {making}"),
        format!("CREATE DATABASE {making} OWNER vaultterm_owner"),
    ] {
        connection
            .execute(sqlx::AssertSqlSafe(statement))
            .await
            .unwrap();
    }
    let owner = server
        .clone()
        .username("vaultterm_owner")
        .password("test")
        .database(&making);
    migrate::migrate(&owner).await.unwrap();
    // Only a finished template gets the name that the next test looks for.
    let rename = format!("ALTER DATABASE {making} RENAME TO {name}");
    connection
        .execute(sqlx::AssertSqlSafe(rename))
        .await
        .unwrap();
    name
}
