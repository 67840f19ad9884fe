//! The API against its own description, by Schemathesis: whatever is sent, no answer is a 5xx, has a
//! status, a media type or a shape that the description does not name, and nothing that demands
//! somebody who is signed in answers without.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::lab::{Lab, Served};

/// What is judged. Whether good values are taken and bad ones refused is not: what a value may be
/// depends on what there is, and a schema says the least of it.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,unsupported_method,\
                      ignored_auth";
/// What the program may do: whatever programs may.
const SCOPES: [&str; 6] = [
    "vaults:read",
    "vaults:write",
    "secrets:reveal",
    "audit:read",
    "people:read",
    "people:write",
];
/// These end the session that everything else is tried with, or take its rights: they come last.
const ENDING: [&str; 6] = [
    "signOut",
    "leaveOrganization",
    // Also into the organisation that one is in: the session goes on under another token.
    "switchOrganization",
    "revokeSession",
    "revokeOtherSessions",
    "updatePolicy",
];
/// So many examples of each route, besides those at the edges of its schema.
const EXAMPLES: &str = "10";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn program() -> Result<String> {
    let found = Command::new(repository().join("deploy/host/schemathesis")).output()?;
    let said = String::from_utf8_lossy(&found.stderr);
    ensure!(found.status.success(), "{said}");
    Ok(String::from_utf8(found.stdout)?.trim().to_owned())
}

/// As whom the routes are tried.
#[derive(Clone, Copy, Debug)]
enum Who<'a> {
    /// Nobody is signed in.
    Stranger,
    /// An owner, by the value of the session's cookie.
    Owner(&'a str),
    /// The same, in the routes after which there may be no session.
    Leaving(&'a str),
    /// A program, by its token.
    Program(&'a str),
}

impl Who<'_> {
    /// The settings that make Schemathesis come as this one, in the description's own words.
    fn settings(self) -> String {
        match self {
            Self::Stranger => String::new(),
            Self::Owner(cookie) | Self::Leaving(cookie) => {
                format!("[auth.openapi.session]\napi_key = \"{cookie}\"\n")
            }
            Self::Program(token) => format!("[auth.openapi.token]\nbearer = \"{token}\"\n"),
        }
    }
}

/// Tries every route, and demands that nothing is found.
fn try_out(program: &str, served: &Served, who: Who<'_>) -> Result<()> {
    let room = TempDir::new()?;
    let file = room.path().join("schemathesis.toml");
    std::fs::write(&file, who.settings())?;
    let mut command = Command::new(program);
    command
        .current_dir(room.path())
        .arg("--config-file")
        .arg(&file)
        .args([
            "run",
            "--checks",
            CHECKS,
            "--phases",
            "examples,coverage,fuzzing",
        ])
        .args(["--max-examples", EXAMPLES, "--workers", "2", "--seed", "6"])
        .args(["--warnings", "off", "--request-timeout", "20"])
        .arg("--header")
        .arg(format!("origin: {}", served.origin()))
        .arg(format!("{}/api/openapi.json", served.address()));
    let ending = match who {
        Who::Stranger | Who::Program(_) => None,
        Who::Owner(_) => Some("--exclude-operation-id"),
        Who::Leaving(_) => Some("--include-operation-id"),
    };
    if let Some(how) = ending {
        command.args(ENDING.iter().flat_map(|operation| [how, *operation]));
    }
    let found = command.output().context("schemathesis")?;
    let said = String::from_utf8_lossy(&found.stdout);
    let why = String::from_utf8_lossy(&found.stderr);
    ensure!(found.status.success(), "as {who:?}:\n{said}{why}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_answers_as_its_description_says() -> Result<()> {
    let program = program()?;
    let mut lab = Lab::new().await?;
    lab.log_level = "error";
    lab.variables = vec![("TOKEN_RATE_MAX", "100000")];
    let served = lab.serve().await?;
    let ada = lab.set_up(&served).await?;
    let vault = ada.vault().await?;
    ada.secret(&vault, "hunter2").await?;
    try_out(&program, &served, Who::Stranger)?;
    try_out(&program, &served, Who::Owner(ada.token()?))?;
    // It was tried as somebody who is signed in, to the end.
    ada.secret(&vault, "hunter3").await?;
    let token = ada.api_token(&SCOPES, &lab.planted.password).await?;
    try_out(&program, &served, Who::Program(&token))?;
    let still = reqwest::Client::new()
        .get(format!("{}/api/v1/vaults", served.address()))
        .bearer_auth(&token)
        .send()
        .await?;
    ensure!(still.status() == 200, "the token ended: {still:?}");
    try_out(&program, &served, Who::Leaving(ada.token()?))
}
