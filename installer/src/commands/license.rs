//! `license`: look at the licence, put another one in place, bind the master key to it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use console::{ExitCode, table};

use super::Call;
use super::binding;
use super::patience::Patience;
use super::renew;
use crate::error::Error;
use crate::escrow::SharesFrom;
use crate::licence::{self, Checked, day};

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
    /// Check a licence, put it in place, and wait until the running server says that it goes by it.
    Install {
        /// The vendor's licence file.
        file: PathBuf,
    },
    /// Bind the master key to the root seed, the licence and this host: a copy of the folder, another
    /// licence or another host starts the server and does not open the vault.
    Bind(Patience),
    /// Put the master key back into its file, open to whoever reads that.
    Unbind(Patience),
    /// Bind the master key to this host anew, with two recovery shares, after its hardware or system
    /// has changed.
    Rebind {
        #[command(flatten)]
        shares: SharesFrom,
        #[command(flatten)]
        patience: Patience,
    },
    /// Print the fingerprint of this host, for a licence that is bound to hosts.
    Fingerprint,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    match &options.verb {
        Verb::Show { file } => {
            let path = file.clone().unwrap_or_else(|| call.layout.license());
            show(&licence::check(&path, &call.layout, call.now)?, call);
        }
        Verb::Install { file } => {
            let checked = renew::install(file, call).await?;
            show(&checked, call);
        }
        Verb::Bind(patience) => binding::bind(*patience, call).await?,
        Verb::Unbind(patience) => binding::unbind(*patience, call).await?,
        Verb::Rebind { shares, patience } => binding::rebind(shares, *patience, call).await?,
        Verb::Fingerprint => binding::fingerprint(call)?,
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
        (
            "maintenance",
            format!("releases built until {}", day(payload.maintenance_ends)),
        ),
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
