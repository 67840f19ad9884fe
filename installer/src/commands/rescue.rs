//! `recover`: two recovery shares and a backup restore access on a new host.

use std::path::PathBuf;

use clap::Args;
use console::ExitCode;

use super::Call;
use super::patience::Patience;
use super::restore::{self, Asked};
use crate::backup::{Sealing, recovered};
use crate::error::Error;
use crate::escrow::SharesFrom;

/// Restore access from a backup with two recovery shares, where its key, the host or the vendor is
/// gone. On a host where nothing is installed the release is installed first; a bound master key is
/// bound to this host.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The backup.
    file: PathBuf,
    /// Where nothing is installed: the bundle of the release that the backup was made with.
    #[arg(long, value_name = "BUNDLE")]
    bundle: Option<PathBuf>,
    /// Take a backup of another installation.
    #[arg(long)]
    other_installation: bool,
    #[command(flatten)]
    patience: Patience,
    #[command(flatten)]
    shares: SharesFrom,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let asked = Asked {
        file: &options.file,
        bundle: options.bundle.as_deref(),
        other_installation: options.other_installation,
        patience: options.patience,
    };
    let keys = || {
        let identity = recovered(&options.shares, call.console)?;
        Ok(Sealing::Identity(vec![identity]))
    };
    let ended = restore::go(&asked, keys, call).await?;
    call.console.say(
        "Two shares were brought together here. Once all is well, make new ones: vaultterm-install \
         escrow renew",
    );
    Ok(ended)
}
