//! `apply`: carry out a plan that others agreed to, exactly as it is; or refuse.

use std::path::PathBuf;

use clap::Args;
use console::ExitCode;

use super::decide::{Asked, decide, show};
use super::patience::Patience;
use super::{Call, install, recover, upgrade};
use crate::backup::Keys;
use crate::error::Error;
use crate::escrow::Wish;
use crate::plan::{DOCUMENT_LIMIT, Document};
use crate::steps::Kind;

/// Carry out a plan that `plan --out` wrote. Where bundle, host or configuration are not as they were
/// planned with, it is refused with what has changed.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The plan.
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// The bundle, where it is not where it was.
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    wish: Wish,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let document = read(&options.plan)?;
    let request = &document.request;
    let lock = recover::begin(request.kind, call).await?;
    let asked = Asked {
        file: options.bundle.as_deref().unwrap_or(&request.bundle),
        license: request.license.as_deref(),
        wishes: request.wishes(),
        kind: Some(request.kind),
    };
    let decided = decide(asked, call).await?;
    let drift = document.drift(&decided.bound(call)?);
    if !drift.is_empty() {
        return Err(Error::Drift(drift));
    }
    show(&decided, call);
    call.console
        .tick(&format!("It is as planned: {}", document.digest));
    match request.kind {
        Kind::Upgrade => {
            let sealing = options.keys.sealing(&call.layout)?;
            upgrade::go(decided, sealing, &lock, options.patience, call).await
        }
        Kind::Install | Kind::Restore => {
            install::go(decided, &lock, (options.patience, &options.wish), call).await
        }
    }
}

fn read(path: &PathBuf) -> Result<Document, Error> {
    let refused = |why: String| Error::PlanFile {
        path: path.clone(),
        why,
    };
    let meta = std::fs::metadata(path).map_err(Error::file("cannot read", path))?;
    if meta.len() > DOCUMENT_LIMIT {
        return Err(refused("it is too large for a plan".to_owned()));
    }
    let bytes = std::fs::read(path).map_err(Error::file("cannot read", path))?;
    Document::parse(&bytes).map_err(refused)
}
