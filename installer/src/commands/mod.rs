//! One file per verb.

pub(crate) mod admin_link;
pub(crate) mod apply;
pub(crate) mod backup;
mod binding;
mod decide;
pub(crate) mod doctor;
pub(crate) mod escrow;
pub(crate) mod explain;
pub(crate) mod install;
pub(crate) mod inventory;
pub(crate) mod license;
pub(crate) mod logs;
mod pages;
mod patience;
pub(crate) mod plan;
mod ports;
pub(crate) mod preflight;
mod recover;
mod renew;
pub(crate) mod repair;
pub(crate) mod rescue;
pub(crate) mod restore;
pub(crate) mod rollback;
mod schedule;
pub(crate) mod setup_link;
mod status;
pub(crate) mod support_bundle;
pub(crate) mod uninstall;
pub(crate) mod upgrade;
pub(crate) mod verify;

use console::{Console, ExitCode};
use time::OffsetDateTime;

use crate::cli::{Cli, Command, Global};
use crate::compose::Compose;
use crate::error::Error;
use crate::layout::Layout;
use crate::state;

/// What every command is given.
pub(crate) struct Call<'a> {
    pub(crate) global: &'a Global,
    pub(crate) layout: Layout,
    pub(crate) console: &'a Console,
    pub(crate) now: OffsetDateTime,
}

/// Does what was asked.
pub(crate) fn run(cli: Cli, console: &Console, now: OffsetDateTime) -> Result<ExitCode, Error> {
    let global = &cli.global;
    let layout = Layout::new(&global.dir).map_err(Error::file("cannot resolve", &global.dir))?;
    let call = Call {
        global,
        layout,
        console,
        now,
    };
    match cli.command {
        Command::Verify(options) => verify::run(&options, &call),
        Command::RepairRequest(options) => repair::request(&options, &call),
        Command::Repair(options) => repair::heal(&options, &call),
        Command::Inventory(options) => inventory::run(&options, &call),
        Command::Explain(options) => explain::run(&options, &call),
        Command::Completions { shell } => pages::completions(shell),
        Command::Man { dir } => pages::man(&dir),
        Command::Escrow(options) => escrow::run(&options, &call),
        Command::License(options) => drive(license::run(&options, &call)),
        Command::Preflight(options) => drive(preflight::run(&options, &call)),
        Command::Plan(options) => drive(plan::run(&options, &call)),
        Command::Apply(options) => drive(apply::run(&options, &call)),
        Command::Install(options) => drive(install::run(&options, &call)),
        Command::Status => drive(status::run(&call)),
        Command::AdminLink(options) => drive(admin_link::run(&options, &call)),
        Command::SetupLink(options) => drive(setup_link::run(&options, &call)),
        Command::Upgrade(options) => drive(upgrade::run(&options, &call)),
        Command::Rollback(options) => drive(rollback::run(&options, &call)),
        Command::Doctor(options) => drive(doctor::run(&options, &call)),
        Command::Restore(options) => drive(restore::run(&options, &call)),
        Command::Recover(options) => drive(rescue::run(&options, &call)),
        Command::Backup(options) => drive(backup::run(&options, &call)),
        Command::SupportBundle(options) => drive(support_bundle::run(&options, &call)),
        Command::Logs(options) => drive(logs::run(&options, &call)),
        Command::Uninstall(options) => drive(uninstall::run(&options, &call)),
    }
}

/// Runs what talks to the engine. A thread that still reads the medium is not waited for.
fn drive(work: impl Future<Output = Result<ExitCode, Error>>) -> Result<ExitCode, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Error::file("cannot start", "the runtime".as_ref()))?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_background();
    outcome
}

impl Call<'_> {
    /// The Compose project of the installation that is here.
    pub(crate) fn project(&self) -> Result<String, Error> {
        Ok(match &self.global.project {
            Some(project) => project.clone(),
            None => state::require(&self.layout)?.project,
        })
    }

    pub(crate) fn compose(&self, project: &str) -> Compose {
        Compose::new(&self.layout, &self.global.docker_host, project)
    }
}
