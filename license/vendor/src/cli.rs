//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::{fingerprint, issue, keygen, log, renew, rotate, show, verify};

const EXAMPLES: &str = "\
Examples:
  vaultterm-license keygen --out keys --composite
  vaultterm-license issue --key keys/vendor.key --customer 'Example GmbH' --tier team \\
      --seats 25 --expires 2027-12-31 --out example.vtlic
  vaultterm-license show example.vtlic
  vaultterm-license verify example.vtlic --trust keys/vendor.pub
  vaultterm-license renew example.vtlic --key keys/vendor.key --expires 2028-12-31 --out next.vtlic
  vaultterm-license log verify keys/issued.jsonl";

/// Issue, renew, show and verify VaultTerm licences.
#[derive(Debug, Parser)]
#[command(name = "vaultterm-license", version = license::keys::version(), after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    /// Print the result as one JSON object per line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Keygen(keygen::Options),
    Issue(issue::Options),
    Renew(renew::Options),
    Show(show::Options),
    Verify(verify::Options),
    Fingerprint(fingerprint::Options),
    Log(log::Options),
    Rotate(rotate::Options),
    /// Print a completion script for a shell.
    #[command(hide = true)]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Write the man pages into a folder.
    #[command(hide = true)]
    Man {
        /// The folder; it must exist.
        dir: std::path::PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
