//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    admin_link, apply, backup, doctor, escrow, explain, install, inventory, license, logs, plan,
    preflight, repair, rescue, restore, rollback, setup_link, support_bundle, uninstall, upgrade,
    verify,
};

const EXAMPLES: &str = "\
Examples:
  vaultterm-install verify vaultterm-onprem-v1.2.0-linux-amd64.vtb
  vaultterm-install preflight vaultterm-onprem-v1.2.0-linux-amd64.vtb
  vaultterm-install install vaultterm-onprem-v1.2.0-linux-amd64.vtb --license company.vtlic \\
      --base-url https://vault.example.com
  vaultterm-install backup --recipient age1…
  vaultterm-install upgrade vaultterm-onprem-v1.3.0-linux-amd64.vtb
  vaultterm-install recover BACKUP --bundle vaultterm-onprem-v1.2.0-linux-amd64.vtb
  vaultterm-install status
  vaultterm-install explain VT-I004";

/// Where the engine usually listens.
const ENGINE: &str = "unix:///var/run/docker.sock";

/// An empty DOCKER_HOST is as good as none, as it is for `docker`.
#[expect(clippy::unnecessary_wraps, reason = "the shape that clap asks for")]
fn engine_host(text: &str) -> Result<String, String> {
    Ok(if text.is_empty() { ENGINE } else { text }.to_owned())
}

/// Verify, install and look after VaultTerm on this server. No network is needed.
#[derive(Debug, Parser)]
#[command(
    name = "vaultterm-install",
    version = ::license::keys::version(),
    after_help = EXAMPLES,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The folder of the installation.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = "/opt/vaultterm"
    )]
    pub(crate) dir: PathBuf,
    /// The container engine, such as unix:///var/run/docker.sock.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "DOCKER_HOST",
        default_value = ENGINE,
        value_parser = engine_host
    )]
    pub(crate) docker_host: String,
    /// The Compose project; that of the installation, or vaultterm.
    #[arg(long, global = true, value_name = "NAME", value_parser = project_name)]
    pub(crate) project: Option<String>,
    /// Trust the release keys or roots of this file instead of those compiled in.
    #[arg(long, global = true, value_name = "KEYFILE")]
    pub(crate) trust: Option<PathBuf>,
    /// Speak JSON: the conversation as lines on standard error, the result as one object.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Answer every question with yes.
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
    /// Say more about what is done.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Verify(verify::Options),
    RepairRequest(repair::AskFor),
    Repair(repair::Heal),
    Preflight(preflight::Options),
    Plan(plan::Options),
    Apply(apply::Options),
    Install(install::Options),
    Upgrade(upgrade::Options),
    Rollback(rollback::Options),
    /// Show what is installed, whether it runs, and whether it is ready.
    Status,
    Doctor(doctor::Options),
    /// Make a new one-time link for setting up the first organisation.
    SetupLink(setup_link::Options),
    AdminLink(admin_link::Options),
    /// Look at the licence, put another one in place, bind the master key to it.
    License(license::Options),
    Backup(backup::Options),
    Restore(restore::Options),
    Recover(rescue::Options),
    Escrow(escrow::Options),
    Inventory(inventory::Options),
    Logs(logs::Options),
    SupportBundle(support_bundle::Options),
    Uninstall(uninstall::Options),
    Explain(explain::Options),
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
        dir: PathBuf,
    },
}

/// What Compose accepts: it would refuse anything else much later.
fn project_name(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(plain);
    if first && bytes.all(|byte| plain(byte) || b"-_".contains(&byte)) && text.len() <= 48 {
        Ok(text.to_owned())
    } else {
        Err("use lower-case letters, digits, - and _; begin with a letter or digit".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn projects_are_named_as_compose_wants() {
        for good in ["vaultterm", "vt-2", "0_a"] {
            assert!(super::project_name(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a b", "a/../b", &"a".repeat(60)] {
            assert!(super::project_name(bad).is_err(), "{bad}");
        }
    }
}
