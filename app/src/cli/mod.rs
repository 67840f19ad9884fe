//! The commands of the binary.

mod account;
mod admin;
mod approval;
mod audit;
mod backup_made;
mod healthcheck;
mod host;
mod output;
mod rotate_master;
mod seal_master;
mod selftest;
mod vault;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::boot::{self, Fatal};
use crate::config::{Config, Env};
use crate::edge::error_chain;
use crate::infra::db::{Db, migrate};
use crate::infra::process;
use crate::kernel::Clock;
use crate::orgs;
#[cfg(test)]
pub(crate) use approval::examine;
use output::{complain, print};

/// The VaultTerm server.
#[derive(Debug, Parser)]
#[command(name = "vaultterm-app", version = license::keys::version(), max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the portal, its API and the admin plane (the default).
    Serve,
    /// Bring the database schema up to date, and end.
    Migrate {
        /// Only say what would be applied; exit 1 when something would.
        #[arg(long)]
        check: bool,
    },
    /// Check the configuration, and end.
    CheckConfig,
    /// Ask the running server whether it lives; exit 0 or 1.
    Healthcheck {
        /// Ask whether it is ready, and print its answer.
        #[arg(long)]
        ready: bool,
    },
    /// Open a sample of what is stored, write through a tenant transaction and roll back, ask the
    /// cache.
    Selftest,
    /// Platform admins: a one-time link for one, who they are, ending one.
    Admin {
        #[command(subcommand)]
        verb: admin::Verb,
    },
    /// People's accounts: a way back in for somebody who has lost theirs.
    Account {
        #[command(subcommand)]
        verb: account::Verb,
    },
    /// The audit trail.
    Audit {
        #[command(subcommand)]
        verb: audit::Verb,
    },
    /// What is stored.
    Vault {
        #[command(subcommand)]
        verb: vault::Verb,
    },
    /// Replace the master key while the vault is in use: wrap every data key anew, with
    /// MASTER_KEY_NEXT. Run it again when it broke off.
    RotateMaster(rotate_master::Options),
    /// Seal the local master key with the Transit engine of KEY_HCV_ADDR, and print the line for
    /// `.env`.
    SealMaster {
        /// Seal MASTER_KEY_NEXT instead.
        #[arg(long)]
        next: bool,
    },
    /// Make a one-time link for setting up the first organisation.
    SetupLink {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Note when the newest backup was made; the installer calls it after each.
    BackupMade(backup_made::Options),
    /// Print the description of the API.
    Openapi,
}

/// Does what was asked.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    if let Err(error) = process::keep_memory_private() {
        return complain(&format!("core dumps could not be switched off: {error}"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error.to_string()),
    };
    let env = Env::of_process();
    runtime.block_on(async {
        match cli.command.unwrap_or(Command::Serve) {
            Command::Serve => finish(boot::serve(env, Clock::system()).await),
            Command::Migrate { check } => run_migrate(&env, check).await,
            Command::CheckConfig => match boot::configure(&env) {
                Ok(_) => print("the configuration is good"),
                Err(fatal) => finish(Err(fatal)),
            },
            Command::Healthcheck { ready } => healthcheck::run(&env, ready).await,
            Command::Selftest => selftest::run(&env).await,
            Command::Admin { verb } => admin::run(&env, verb).await,
            Command::Account { verb } => account::run(&env, verb).await,
            Command::Audit { verb } => audit::run(&env, verb).await,
            Command::Vault { verb } => vault::run(&env, verb).await,
            Command::RotateMaster(options) => rotate_master::run(&env, options).await,
            Command::SealMaster { next } => seal_master::run(&env, next).await,
            Command::SetupLink { json } => run_setup_link(&env, json).await,
            Command::BackupMade(options) => backup_made::run(&env, options).await,
            Command::Openapi => match boot::tenant_api().1.to_pretty_json() {
                Ok(text) => print(&text),
                Err(error) => complain(&error.to_string()),
            },
        }
    })
}

fn finish(outcome: Result<(), Fatal>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fatal) => complain(&error_chain(&fatal)),
    }
}

async fn with_config<F, T>(env: &Env, work: F) -> ExitCode
where
    F: FnOnce(Config) -> T,
    T: Future<Output = ExitCode>,
{
    match boot::configure(env) {
        Ok(config) => work(config).await,
        Err(fatal) => finish(Err(fatal)),
    }
}

async fn run_migrate(env: &Env, check: bool) -> ExitCode {
    with_config(env, async |config| {
        if check {
            return match migrate::status(&config.database.owner).await {
                Ok(status) if status.is_current() => print("the schema is current"),
                Ok(status) => complain(&format!("to be applied: {:?}", status.pending)),
                Err(error) => complain(&error_chain(&error)),
            };
        }
        match migrate::migrate(&config.database.owner).await {
            Ok(status) => print(&format!("the schema is at {:04}", status.newest)),
            Err(error) => complain(&error_chain(&error)),
        }
    })
    .await
}

async fn run_setup_link(env: &Env, json: bool) -> ExitCode {
    with_config(env, async |config| {
        let db = Db::prepare(&config.database.app, 1);
        match orgs::setup_link(&db, &Clock::system(), &config.server.base_url).await {
            Ok(link) if json => match serde_json::to_string(&link) {
                Ok(text) => print(&text),
                Err(error) => complain(&error.to_string()),
            },
            Ok(link) => print(&link.url),
            Err(error) => complain(&error_chain(&error)),
        }
    })
    .await
}
