//! `verify`: does a licence hold, and how does it stand today?

use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode, read_bounded};
use license::verdict::{Circumstances, Verdict, judge};
use license::vtlic::{LicensePublicKey, Payload};
use serde::Serialize;
use time::OffsetDateTime;

use super::show;
use crate::error::Error;

const EXAMPLES: &str = "\
Examples:
  vaultterm-license verify example.vtlic --trust keys/vendor.pub
  vaultterm-license verify example.vtlic --trust keys/vendor.pub --json";

/// Check a licence against a public key. Exit 0: in force or in grace; 5: refused.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The licence file.
    file: PathBuf,
    /// The vendor's public key (vendor.pub).
    #[arg(long, value_name = "PUB")]
    trust: PathBuf,
}

#[derive(Serialize)]
struct Report<'a> {
    verified: bool,
    standing: &'static str,
    license: &'a Payload,
}

pub(crate) fn run(
    options: &Options,
    console: &Console,
    now: OffsetDateTime,
) -> Result<ExitCode, Error> {
    let keys =
        LicensePublicKey::all_from_text(&read_bounded(&options.trust)?).map_err(|source| {
            Error::PublicKey {
                path: options.trust.clone(),
                source,
            }
        })?;
    let file = read_bounded(&options.file)?;
    let (license, verdict, _) = judge(file.as_bytes(), &keys, &Circumstances::looking(now))
        .accepted()
        .map_err(|source| Error::Refused {
            path: options.file.clone(),
            source,
        })?;

    console.result(show::page(license.payload()).trim_end());
    console.result(&format!("Standing         {}", words(&verdict)));
    console.result_json(&Report {
        verified: true,
        standing: verdict.as_str(),
        license: license.payload(),
    });
    Ok(if verdict.is_honoured() {
        ExitCode::Done
    } else {
        ExitCode::License
    })
}

fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Valid { days_left } => format!("in force, {days_left} days left"),
        Verdict::Grace { days_left } => format!("in its grace window, {days_left} days left"),
        Verdict::Lapsed => "lapsed: free-tier limits apply".to_owned(),
        Verdict::NotYetValid { .. } => "not yet in force".to_owned(),
        Verdict::WrongHost => "bound to other hosts".to_owned(),
        Verdict::Superseded { .. } => "replaced by a newer licence".to_owned(),
        Verdict::Malformed(_) | Verdict::Forged(_) => "refused".to_owned(),
    }
}
