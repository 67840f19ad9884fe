//! `admin-link`: a one-time link for a platform admin.

use clap::Args;
use console::ExitCode;
use serde::{Deserialize, Serialize};

use super::Call;
use crate::engine::Engine;
use crate::error::Error;
use crate::state;
use crate::steps::ready;

/// Make a new one-time link that makes a platform admin, or gives one another password.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The address that they sign in with. Without it the link is for the first platform admin.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

/// A link, as the server gives it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Link {
    pub(crate) url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    expires_at: String,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    state::require(&call.layout)?;
    let engine = Engine::connect(&call.global.docker_host).await?;
    let link = make(&engine, &call.project()?, options.email.as_deref()).await?;
    call.console
        .say(&format!("Good once, until {}:", link.expires_at));
    call.console.result(&link.url);
    call.console.result_json(&link);
    Ok(ExitCode::Done)
}

/// Asks the server for a link; without an address for that of the first platform admin.
pub(super) async fn make(
    engine: &Engine,
    project: &str,
    email: Option<&str>,
) -> Result<Link, Error> {
    let app = ready::app(engine, project).await?;
    let app = app.ok_or_else(|| Error::AdminLink("the app does not run".to_owned()))?;
    let mut command = vec!["/vaultterm-app", "admin", "link", "--json"];
    match email {
        Some(email) => command.extend(["--email", email]),
        None => command.push("--first"),
    }
    let (code, out, err) = engine.exec(&app.id, &command).await?;
    if code != 0 {
        let said = if err.trim().is_empty() { out } else { err };
        return Err(Error::AdminLink(said.trim().to_owned()));
    }
    serde_json::from_str(&out).map_err(|error| Error::AdminLink(error.to_string()))
}
