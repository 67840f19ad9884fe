//! The database server, asked through `psql` inside its container: nothing is published, no password
//! is needed, and the tools have the server's own version.

mod databases;
mod dump;
mod fingerprint;

use crate::engine::{Ended, Engine, Program};
use crate::error::Error;

pub(crate) use databases::{Branches, DATABASE};
pub(crate) use fingerprint::{Difference, Table, differences};

/// The superuser; inside its container the server asks nobody for a password.
const SUPERUSER: &str = "postgres";

/// A PostgreSQL server in a container.
#[derive(Clone)]
pub(crate) struct Postgres {
    engine: Engine,
    container: String,
}

impl Postgres {
    /// The server in a container.
    pub(crate) fn new(engine: &Engine, container: &str) -> Self {
        Self {
            engine: engine.clone(),
            container: container.to_owned(),
        }
    }

    /// The server of a Compose project, which must run.
    pub(crate) async fn of_project(engine: &Engine, project: &str) -> Result<Self, Error> {
        let containers = engine.containers(project).await?;
        let db = containers.iter().find(|found| found.service == "db");
        match db {
            Some(db) if db.state == "running" => Ok(Self::new(engine, &db.id)),
            Some(db) => Err(Error::Database {
                what: "reaching the database".to_owned(),
                said: format!("its container is {}", db.state),
            }),
            None => Err(Error::Database {
                what: "reaching the database".to_owned(),
                said: "it has no container".to_owned(),
            }),
        }
    }

    /// Runs statements in a database; rows come as lines, columns with `|` between them.
    pub(crate) async fn sql(&self, database: &str, statements: &str) -> Result<String, Error> {
        let command = psql(database);
        let (ended, out) = self
            .engine
            .exec_text(self.program(&command), statements)
            .await?;
        succeeded("asking the database", &ended)?;
        Ok(out)
    }

    fn program<'a>(&'a self, command: &'a [&'a str]) -> Program<'a> {
        Program {
            container: &self.container,
            command,
            user: Some(SUPERUSER),
        }
    }

    /// Whether it answers over TCP: while it initialises itself, it does not.
    pub(crate) async fn answers(&self) -> Result<bool, Error> {
        let command = ["pg_isready", "--quiet", "--host=127.0.0.1"];
        let (ended, _) = self.engine.exec_text(self.program(&command), "").await?;
        Ok(ended.code == 0)
    }
}

fn psql(database: &str) -> [&str; 9] {
    [
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--tuples-only",
        "--no-align",
        "--username=postgres",
        "--set=ON_ERROR_STOP=1",
        "--dbname",
        database,
    ]
}

fn succeeded(what: &str, ended: &Ended) -> Result<(), Error> {
    if ended.code == 0 {
        return Ok(());
    }
    let mut said = ended.stderr.trim().to_owned();
    if said.is_empty() {
        said = format!("it ended with {}", ended.code);
    }
    Err(Error::Database {
        what: what.to_owned(),
        said,
    })
}
