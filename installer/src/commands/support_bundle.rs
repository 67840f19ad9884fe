//! `support-bundle`: one file for support, without a secret in it.

use std::path::PathBuf;

use clap::Args;
use console::{ExitCode, bytes};
use time::macros::format_description;

use super::Call;
use crate::choices::{Choices, Wishes};
use crate::error::Error;
use crate::facts;
use crate::support::{Known, Pseudonyms, Redactor, collect, seal};

/// Collect logs, configuration and figures into one file for support. Secrets and personal data are
/// taken out, and the file is searched for them before it is there. It goes nowhere by itself.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file; vaultterm-support-<time>.tar.gz here when it is not given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let stamp = format_description!("[year][month][day]T[hour][minute][second]Z");
    let stamp = call.now.format(&stamp).unwrap_or_default();
    let path = match &options.out {
        Some(path) => path.clone(),
        None => format!("vaultterm-support-{stamp}.tar.gz").into(),
    };
    let path = std::path::absolute(&path).map_err(Error::file("cannot write", &path))?;
    let env = facts::env_file(&call.layout).ok().flatten();
    let known = Known::of(&call.layout, env.as_ref());
    let choices = Choices::make(Wishes::default(), env.as_ref());
    let mut redactor = Redactor::new(Pseudonyms::of(&call.layout)?, hosts(&choices.base_url));
    let bar = call.console.progress("Collecting", None);
    let collected = collect(call, &mut redactor).await;
    bar.done(&format!(
        "{} files are collected and redacted",
        collected.pieces.len()
    ));
    for missing in &collected.missing {
        call.console
            .warn(&format!("{} is not in it: {}", missing.name, missing.why));
    }
    let bar = call.console.progress("Searching for secrets", None);
    let (pieces, missing) = (&collected.pieces, &collected.missing);
    let sealed = seal(&path, call.now, pieces, missing, &known)?;
    bar.done(&format!(
        "None of {} secrets is in it, in whatever shape",
        sealed.searched
    ));
    call.console.say(&format!(
        "{}, {} places redacted. It stays here; look into it before you hand it on:\n  tar -xzf {}",
        bytes(sealed.size),
        sealed.redacted,
        path.display()
    ));
    call.console.result(&path.display().to_string());
    call.console.result_json(&serde_json::json!({
        "path": path, "bundle": sealed,
        "files": pieces.iter().map(|piece| &piece.name).collect::<Vec<_>>(),
        "missing": missing,
    }));
    Ok(ExitCode::Done)
}

/// What this host is called.
fn hosts(base_url: &str) -> Vec<String> {
    let own = rustix::system::uname();
    let own = own.nodename().to_string_lossy().into_owned();
    let host = base_url
        .split_once("://")
        .map_or(base_url, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default();
    vec![own, host.to_owned()]
}
