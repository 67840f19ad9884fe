//! The databases of the server: the one that serves, the one as it was before an upgrade, and one
//! that an upgrade failed with.

use std::time::{Duration, Instant};

use super::Postgres;
use crate::apply::{When, reach};
use crate::engine::OURS;
use crate::error::Error;
use crate::steps::Step;

/// The database that serves.
pub(crate) const DATABASE: &str = "vaultterm";
/// How the names begin of databases as they were when an upgrade cut over.
const BEFORE: &str = "vaultterm_before_";
/// How the names begin of what rollbacks put aside, for whoever wants to know why.
const FAILED: &str = "vaultterm_failed_";

/// From this size on a database is cloned file by file, in bytes.
const FILE_COPY: u64 = 256 << 20;

/// The names that one run gives: another run's database is never mistaken for its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Branches {
    /// As it was when the run cut over; nobody can connect to it.
    pub(crate) before: String,
    /// What a rollback of the run put aside.
    pub(crate) failed: String,
}

impl Branches {
    /// Those of a run, by its id: lower-case letters and digits.
    pub(crate) fn of(run: &str) -> Self {
        Self {
            before: format!("{BEFORE}{run}"),
            failed: format!("{FAILED}{run}"),
        }
    }
}

/// What `CREATE DATABASE … TEMPLATE` does not copy: who may connect.
const ACCESS: &str = "REVOKE ALL ON DATABASE vaultterm FROM PUBLIC;
GRANT CONNECT ON DATABASE vaultterm TO vaultterm_app;
";

impl Postgres {
    /// Ends what an earlier run has left at work in the server: a program inside a container lives on
    /// when whoever started it is killed. The lock of the folder says that there is no other run.
    pub(crate) async fn end_strays(&self) -> Result<(), Error> {
        let statement = format!(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity \
             WHERE application_name = '{OURS}' AND pid <> pg_backend_pid();\n"
        );
        self.sql("postgres", &statement).await.map(drop)
    }

    /// Whether a database is there.
    pub(crate) async fn has(&self, database: &str) -> Result<bool, Error> {
        let query = format!("SELECT count(*) FROM pg_database WHERE datname = '{database}';\n");
        Ok(self.sql("postgres", &query).await?.trim() == "1")
    }

    /// What the server calls a database, whatever its name; `None` when there is no such name.
    pub(crate) async fn oid(&self, database: &str) -> Result<Option<u32>, Error> {
        let query = format!("SELECT oid FROM pg_database WHERE datname = '{database}';\n");
        Ok(self.sql("postgres", &query).await?.trim().parse().ok())
    }

    /// How large a database is, in bytes.
    pub(crate) async fn size(&self, database: &str) -> Result<u64, Error> {
        let query = format!("SELECT pg_database_size('{database}');\n");
        Ok(self
            .sql("postgres", &query)
            .await?
            .trim()
            .parse()
            .unwrap_or(0))
    }

    /// The migrations that were applied, by number.
    pub(crate) async fn migrations(&self, database: &str) -> Result<Vec<u32>, Error> {
        let there = "SELECT to_regclass('public.schema_migrations') IS NOT NULL;\n";
        if self.sql(database, there).await?.trim() != "t" {
            return Ok(Vec::new());
        }
        let query = "SELECT version FROM schema_migrations WHERE success ORDER BY version;\n";
        let text = self.sql(database, query).await?;
        Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Puts the serving database aside, closed to everybody. Its place is empty then.
    pub(crate) async fn set_aside(&self, branches: &Branches) -> Result<(), Error> {
        self.end_strays().await?;
        self.put_away(DATABASE, &branches.before).await
    }

    /// Puts the serving database aside, closed to everybody, and lets a clone of it serve. Done
    /// again after a crash, it goes on where it stopped.
    pub(crate) async fn branch(&self, branches: &Branches) -> Result<(), Error> {
        self.end_strays().await?;
        let before = branches.before.as_str();
        if !self.has(before).await? {
            self.set_aside(branches).await?;
        }
        reach(When::Amid, Step::Branch)?;
        if !self.has(DATABASE).await? {
            self.disconnect(before).await?;
            let strategy = strategy(self.size(before).await?);
            let clone = format!(
                "CREATE DATABASE {DATABASE} TEMPLATE {before} OWNER vaultterm_owner \
                 STRATEGY {strategy};\n{ACCESS}"
            );
            self.sql("postgres", &clone).await?;
        }
        self.sql("postgres", ACCESS).await.map(drop)
    }

    /// Lets the database as it was before serve again; the one that served is put aside. Without
    /// one as it was before, nothing was branched and nothing is done.
    pub(crate) async fn unbranch(&self, branches: &Branches) -> Result<bool, Error> {
        self.end_strays().await?;
        let (before, failed) = (branches.before.as_str(), branches.failed.as_str());
        if !self.has(before).await? {
            // A run that was killed may have closed it and come no further.
            if self.has(DATABASE).await? {
                self.sql("postgres", &closed(DATABASE, false)).await?;
            }
            return Ok(false);
        }
        if self.has(DATABASE).await? {
            self.remove(failed).await?;
            self.put_away(DATABASE, failed).await?;
        }
        reach(When::AmidUndo, Step::Branch)?;
        let free = format!("ALTER DATABASE {before} CONNECTION LIMIT -1;\n");
        self.sql("postgres", &free).await?;
        self.sql("postgres", &closed(before, false)).await?;
        self.sql("postgres", &rename(before, DATABASE)).await?;
        Ok(true)
    }

    /// Closes a database and gives it another name. Closed first: whoever was sent away could come
    /// back before the name has changed.
    async fn put_away(&self, database: &str, name: &str) -> Result<(), Error> {
        self.sql("postgres", &closed(database, true)).await?;
        self.disconnect(database).await?;
        self.sql("postgres", &rename(database, name))
            .await
            .map(drop)
    }

    /// Removes what earlier runs have left: it is no way back any more. The last database that a
    /// rollback put aside stays: what it holds may have been told a moment ago.
    pub(crate) async fn forget(&self, but: &Branches) -> Result<(), Error> {
        let query = format!(
            "SELECT datname FROM pg_database WHERE starts_with(datname, '{BEFORE}');\n\
             SELECT datname FROM pg_database WHERE starts_with(datname, '{FAILED}') \
             ORDER BY oid DESC OFFSET 1;\n"
        );
        let found = self.sql("postgres", &query).await?;
        let ours = [but.before.as_str(), but.failed.as_str()];
        for name in found.lines().filter(|name| !ours.contains(name)) {
            self.remove(name).await?;
        }
        Ok(())
    }

    /// Removes a database; one that is not there is removed already.
    pub(crate) async fn remove(&self, database: &str) -> Result<(), Error> {
        let statement = format!("DROP DATABASE IF EXISTS \"{database}\" WITH (FORCE);\n");
        self.sql("postgres", &statement).await.map(drop)
    }

    /// An empty database with the owner and the access that ours has.
    pub(crate) async fn create_empty(&self) -> Result<(), Error> {
        let statement = format!(
            "CREATE DATABASE {DATABASE} OWNER vaultterm_owner TEMPLATE template0;\n{ACCESS}"
        );
        self.sql("postgres", &statement).await.map(drop)
    }

    /// The content of a database that is closed: for the look it is opened, to superusers alone.
    pub(crate) async fn look_into_closed(
        &self,
        database: &str,
    ) -> Result<Vec<super::Table>, Error> {
        let open = format!("ALTER DATABASE {database} CONNECTION LIMIT 0;\n");
        self.sql("postgres", &open).await?;
        self.sql("postgres", &closed(database, false)).await?;
        let found = self.fingerprints(database).await;
        self.sql("postgres", &closed(database, true)).await?;
        found
    }

    /// How long it takes to dump a database into another; both are of a scratch server.
    pub(crate) async fn measure_restore(&self) -> Result<Duration, Error> {
        let started = Instant::now();
        self.sql(
            "postgres",
            "CREATE DATABASE restored TEMPLATE template0;\n\\! pg_dump --username=postgres \
             --format=custom --dbname=vaultterm | pg_restore --username=postgres --dbname=restored\n\
             CHECKPOINT;\n",
        )
        .await?;
        Ok(started.elapsed())
    }

    /// How long it takes to clone one.
    pub(crate) async fn measure_clone(&self) -> Result<Duration, Error> {
        let started = Instant::now();
        let statement = format!("CREATE DATABASE cloned TEMPLATE {DATABASE};\n");
        self.sql("postgres", &statement).await?;
        Ok(started.elapsed())
    }

    /// Ends every connection to a database; the app is stopped, so these are strangers.
    async fn disconnect(&self, database: &str) -> Result<(), Error> {
        let statement = format!(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity \
             WHERE datname = '{database}' AND pid <> pg_backend_pid();\n"
        );
        self.sql("postgres", &statement).await.map(drop)
    }
}

/// Copying files is faster for a large database, and costs two checkpoints, which a small one is not
/// worth.
const fn strategy(size: u64) -> &'static str {
    if size > FILE_COPY {
        "FILE_COPY"
    } else {
        "WAL_LOG"
    }
}

fn rename(from: &str, to: &str) -> String {
    format!("ALTER DATABASE {from} RENAME TO {to};\n")
}

fn closed(database: &str, closed: bool) -> String {
    let allow = if closed { "false" } else { "true" };
    format!("ALTER DATABASE {database} ALLOW_CONNECTIONS {allow};\n")
}
