//! Dumps, and putting them back.

use bytes::Bytes;
use tokio::sync::mpsc;

use super::fingerprint::{self, SCRIPT, Table};
use super::{DATABASE, Postgres, psql, succeeded};
use crate::error::Error;

/// What the script says when the dump is whole.
const COMPLETE: &str = "vaultterm: the dump is complete";

impl Postgres {
    /// Writes the serving database into `out`, in pg_dump's custom format, while it serves. What the
    /// tables held comes from the very snapshot that was dumped. It is compressed as little as makes a
    /// difference: more takes three times as long, off processors that people work on, for a fiftieth.
    pub(crate) async fn dump(&self, out: mpsc::Sender<Bytes>) -> Result<Vec<Table>, Error> {
        // One session holds the snapshot; its words go where errors go, the dump where rows go.
        let script = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \\gset
\\setenv SNAPSHOT :snapshot
\\o |cat >&2
{SCRIPT}
\\o
\\! pg_dump --username=postgres --dbname={DATABASE} --format=custom --compress=1 --snapshot=\"$SNAPSHOT\" && echo '{COMPLETE}' >&2
COMMIT;
"
        );
        let command = psql(DATABASE);
        let (give, input) = crate::engine::pipe();
        // It waits in the pipe: the session reads it when it has started.
        drop(give.send(Bytes::from(script)).await);
        drop(give);
        let program = self.program(&command);
        let ended = self.engine.exec_piped(program, input, out).await?;
        succeeded("dumping the database", &ended)?;
        match ended.stderr.split_once(COMPLETE) {
            Some((tables, rest)) if rest.trim().is_empty() => fingerprint::parse(tables),
            _ => Err(Error::Database {
                what: "dumping the database".to_owned(),
                said: ended.stderr.trim().to_owned(),
            }),
        }
    }

    /// Fills an empty database with a dump.
    pub(crate) async fn restore(
        &self,
        database: &str,
        dump: mpsc::Receiver<Bytes>,
    ) -> Result<(), Error> {
        let command = [
            "pg_restore",
            "--username=postgres",
            // All or nothing; and what is made and filled in one transaction need not be logged where
            // a server keeps as little log as a scratch one.
            "--single-transaction",
            "--dbname",
            database,
        ];
        let (put, mut out) = crate::engine::pipe();
        let drain = async { while out.recv().await.is_some() {} };
        let program = self.program(&command);
        let (ended, ()) = tokio::join!(self.engine.exec_piped(program, dump, put), drain);
        succeeded("restoring the database", &ended?)
    }
}
