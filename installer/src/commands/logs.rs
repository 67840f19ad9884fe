//! `logs`: what the services say.

use clap::Args;
use console::ExitCode;

use super::Call;
use crate::error::Error;
use crate::state;

/// Show the logs of the services.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only of this service: app, db or cache.
    #[arg(value_parser = ["app", "db", "cache"])]
    service: Option<String>,
    /// Go on showing what comes.
    #[arg(long, short)]
    follow: bool,
    /// How many lines of each service.
    #[arg(long, value_name = "N", default_value_t = 200)]
    tail: u32,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    state::require(&call.layout)?;
    let mut arguments = vec![format!("--tail={}", options.tail)];
    if options.follow {
        arguments.push("--follow".to_owned());
    }
    arguments.extend(options.service.clone());
    call.compose(&call.project()?).logs(&arguments).await?;
    Ok(ExitCode::Done)
}
