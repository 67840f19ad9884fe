//! `setup-link`: a one-time link for making the first organisation.

use clap::Args;
use console::ExitCode;
use serde::{Deserialize, Serialize};

use super::Call;
use crate::engine::Engine;
use crate::error::Error;
use crate::state;
use crate::steps::ready;

/// Make a new one-time link; links made before stop working.
#[derive(Debug, Args)]
pub(crate) struct Options {}

/// A link, as the server gives it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Link {
    pub(crate) url: String,
    expires_at: String,
}

pub(crate) async fn run(_: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    state::require(&call.layout)?;
    let engine = Engine::connect(&call.global.docker_host).await?;
    let link = make(&engine, &call.project()?).await?;
    call.console
        .say(&format!("Good once, until {}:", link.expires_at));
    call.console.result(&link.url);
    call.console.result_json(&link);
    Ok(ExitCode::Done)
}

/// Asks the server for a link.
pub(super) async fn make(engine: &Engine, project: &str) -> Result<Link, Error> {
    let app = ready::app(engine, project).await?;
    let app = app.ok_or_else(|| Error::Setup("the app does not run".to_owned()))?;
    let command = ["/vaultterm-app", "setup-link", "--json"];
    let (code, out, err) = engine.exec(&app.id, &command).await?;
    if code != 0 {
        let said = if err.trim().is_empty() { out } else { err };
        return Err(Error::Setup(said.trim().to_owned()));
    }
    serde_json::from_str(&out).map_err(|error| Error::Setup(error.to_string()))
}
