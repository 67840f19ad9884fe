//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::{
    build, cosign, diff, inspect, keygen, repair, reproduce, root, sbom, verify, volumes,
};

const EXAMPLES: &str = "\
Examples:
  vaultterm-bundle keygen --out keys
  vaultterm-bundle build --version 1.2.0 --key keys/release.key --out dist \\
      --installer target/release/vaultterm-install
  vaultterm-bundle verify dist/vaultterm-onprem-v1.2.0-linux-amd64.vtb --trust keys/release.pub
  vaultterm-bundle inspect dist/vaultterm-onprem-v1.2.0-linux-amd64.vtb --trust keys/release.pub";

/// Pack VaultTerm's images, migrations and documents into one signed offline bundle.
#[derive(Debug, Parser)]
#[command(name = "vaultterm-bundle", version = license::keys::version(), after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    /// Speak JSON: the conversation as lines on standard error, the result as one object.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say more about what is done.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Keygen(keygen::Options),
    Build(Box<build::Options>),
    Verify(verify::Options),
    Inspect(inspect::Options),
    Diff(diff::Options),
    Sbom(sbom::Options),
    Reproduce(Box<reproduce::Options>),
    Cosign(cosign::Options),
    #[command(subcommand)]
    Root(root::Command),
    Split(volumes::Split),
    Join(volumes::Join),
    RepairRequest(repair::AskFor),
    RepairAnswer(repair::Answer),
    Repair(repair::Heal),
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
