//! `log`: what a key has signed, and whether the list is whole.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use console::{Console, ExitCode, table};
use serde::Serialize;
use serde_json::Value;

use crate::dates;
use crate::error::Error;
use crate::log::{self, Chain, Entry};

const EXAMPLES: &str = "\
Examples:
  vaultterm-license log show keys/issued.jsonl
  vaultterm-license log verify keys/issued.jsonl
  vaultterm-license log verify keys/issued.jsonl --head 4f3c…

`log verify` prints the head of the log, the digest of its last line. Whoever writes it down
elsewhere notices by --head when lines at the end were taken out.";

/// Show or check the issuance log, the list of all that a key ever signed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print what was signed, up to the first broken line.
    Show {
        /// The log (issued.jsonl).
        log: PathBuf,
    },
    /// Check that each line follows the one before it. Exit 3 names the first that does not.
    Verify {
        /// The log (issued.jsonl).
        log: PathBuf,
        /// A head that was written down earlier: the log must contain that line.
        #[arg(long, value_name = "DIGEST")]
        head: Option<String>,
    },
}

#[derive(Serialize)]
struct Report<'a> {
    log: &'a PathBuf,
    lines: usize,
    head: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<&'a [Entry]>,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    match &options.verb {
        Verb::Show { log } => {
            let chain = log::read(log)?;
            console.result(page(&chain).trim_end());
            if let Some(broken) = chain.broken {
                console.warn(&format!("{broken}; nothing behind it is shown"));
            }
            console.result_json(&Report {
                log,
                lines: chain.entries.len(),
                head: chain.head(),
                entries: Some(&chain.entries),
            });
        }
        Verb::Verify { log, head } => {
            let chain = log::read(log)?;
            if let Some(broken) = chain.broken {
                return Err(Error::Log(log.clone(), broken));
            }
            let known = |head: &String| chain.digests.contains(&head.to_ascii_lowercase());
            if !head.as_ref().is_none_or(known) {
                return Err(Error::Head(log.clone()));
            }
            console.say(&format!(
                "{} lines, each follows the one before.",
                chain.entries.len()
            ));
            console.result(&chain.head());
            console.result_json(&Report {
                log,
                lines: chain.entries.len(),
                head: chain.head(),
                entries: None,
            });
        }
    }
    Ok(ExitCode::Done)
}

fn page(chain: &Chain) -> String {
    let head = [
        "NO", "SIGNED", "KIND", "CUSTOMER", "TIER", "SEATS", "EXPIRES", "COUNTER", "LICENCE",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(chain.entries.iter().map(row));
    table(&rows)
}

fn row(entry: &Entry) -> Vec<String> {
    let said = |name: &str| match entry.payload.get(name) {
        Some(Value::String(text)) => text.escape_debug().to_string(),
        Some(other) => other.to_string(),
        None => "-".to_owned(),
    };
    let kind = match entry.kind {
        log::Kind::Licence => "licence",
        log::Kind::Rotation => "rotation",
    };
    vec![
        entry.number.to_string(),
        dates::show(entry.at),
        kind.to_owned(),
        said("customer"),
        said("tier"),
        said("seats"),
        said("expires"),
        said("counter"),
        said("id"),
    ]
}
