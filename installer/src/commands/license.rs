//! `license`: look at the licence, or put another one in place.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use console::{ExitCode, table};

use super::Call;
use crate::apply::Lock;
use crate::error::Error;
use crate::files::{APP_USER, place};
use crate::licence::{self, Checked, day};
use crate::state;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show a licence and what it is worth now; that of the installation when none is named.
    Show {
        /// A licence file.
        file: Option<PathBuf>,
    },
    /// Check a licence and put it in place; the server reads it when it starts.
    Install {
        /// The vendor's licence file.
        file: PathBuf,
    },
}

pub(crate) fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    match &options.verb {
        Verb::Show { file } => {
            let path = file.clone().unwrap_or_else(|| call.layout.license());
            show(&licence::check(&path, &call.layout, call.now)?, call);
        }
        Verb::Install { file } => {
            state::require(&call.layout)?;
            let checked = licence::check(file, &call.layout, call.now)?;
            let _lock = Lock::take(call.layout.dir())?;
            place(
                &call.layout.license(),
                &checked.bytes,
                0o640,
                Some(APP_USER),
            )?;
            show(&checked, call);
            call.console.say(&format!(
                "The server reads it when it starts: cd {} && docker compose restart app",
                call.layout.dir().display()
            ));
        }
    }
    Ok(ExitCode::Done)
}

fn show(checked: &Checked, call: &Call<'_>) {
    let payload = &checked.payload;
    let rows = [
        ("licence", payload.id.clone()),
        ("customer", payload.customer.escape_debug().to_string()),
        ("tier", payload.tier.as_str().to_owned()),
        ("seats", payload.seats.to_string()),
        (
            "term",
            format!("{} to {}", day(payload.not_before), day(payload.expires)),
        ),
        ("grace until", day(payload.grace_ends())),
        ("standing", checked.standing.as_str().to_owned()),
        ("file", checked.path.display().to_string()),
    ];
    let rows = rows.map(|(name, value)| vec![name.to_owned(), value]);
    call.console.result(table(&rows).trim_end());
    if let Some(warning) = checked.warning() {
        call.console.warn(&warning);
    }
    call.console.result_json(&serde_json::json!({
        "standing": checked.standing.as_str(), "license": payload,
    }));
}
