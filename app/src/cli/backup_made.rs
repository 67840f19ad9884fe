//! `backup-made`: what made a backup tells of it, so that the admin plane can say how old it is.

use std::process::ExitCode;

use clap::Args;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::output::{complain, print};
use crate::boot;
use crate::config::Env;
use crate::edge::error_chain;
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::platform::{self, Backup};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// When it was made (RFC 3339).
    #[arg(long, value_parser = instant)]
    at: OffsetDateTime,
    /// How large its file is.
    #[arg(long)]
    bytes: Option<i64>,
}

fn instant(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|error| error.to_string())
}

pub(super) async fn run(env: &Env, options: Options) -> ExitCode {
    let config = match boot::configure(env) {
        Ok(config) => config,
        Err(fatal) => return complain(&error_chain(&fatal)),
    };
    let db = Db::prepare(&config.database.app, 1);
    let backup = Backup {
        at: options.at,
        bytes: options.bytes,
    };
    match note(&db, backup).await {
        Ok(()) => print("noted"),
        Err(error) => complain(&error_chain(&error)),
    }
}

async fn note(db: &Db, backup: Backup) -> Result<(), DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    platform::note_backup(&mut tx, backup).await?;
    tx.commit_housekeeping().await
}
