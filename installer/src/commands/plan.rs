//! `plan`: what `install` or `upgrade` would do.

use std::path::{Path, PathBuf};

use clap::Args;
use console::ExitCode;
use serde::Serialize;

use super::Call;
use super::decide::{Asked, Decided, decide, show};
use super::ports::Ports;
use crate::bundle;
use crate::error::Error;
use crate::files::place;
use crate::plan::{Check, Document, Request, VariableChange};
use crate::steps::Kind;

const MODE: u32 = 0o644;

/// Show what `install` or `upgrade` would do, and change nothing.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle; `-` reads standard input.
    file: PathBuf,
    /// The vendor's licence file.
    #[arg(long, value_name = "FILE")]
    license: Option<PathBuf>,
    /// The address under which people reach the portal; https, unless it is localhost.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    #[command(flatten)]
    ports: Ports,
    /// Write the plan down, so that it can be agreed to, and carried out with `apply --plan`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Show the SQL of the migrations that the database does not have yet.
    #[arg(long)]
    sql: bool,
}

/// A plan as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    /// `install` or `upgrade`.
    kind: Kind,
    version: &'a str,
    changes: &'a [String],
    variables: &'a [VariableChange],
    /// Migrations that the database does not have yet.
    pending: &'a [u32],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sql: Vec<Sql>,
    /// How long nobody can sign in, in milliseconds, without what the migrations take.
    #[serde(skip_serializing_if = "Option::is_none")]
    away_ms: Option<u128>,
    checks: &'a [Check],
    /// What `apply --plan` goes by.
    digest: &'a str,
}

#[derive(Serialize)]
struct Sql {
    name: String,
    sql: String,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let project = call.global.project.clone();
    let wishes = options.ports.wishes(project, options.base_url.clone());
    let asked = Asked {
        file: &options.file,
        license: options.license.as_deref(),
        wishes: wishes.clone(),
        kind: None,
    };
    let decided = decide(asked, call).await?;
    show(&decided, call);
    let request = Request {
        kind: decided.kind,
        bundle: absolute(&options.file)?,
        license: options.license.as_deref().map(absolute).transpose()?,
        project: wishes.project,
        base_url: wishes.base_url,
        bind: wishes.bind,
        app_port: wishes.app_port,
        admin_port: wishes.admin_port,
    };
    let document = Document::new(request, decided.plan.lines.clone(), decided.bound(call)?);
    if let Some(path) = &options.out {
        let path = absolute(path)?;
        let text = serde_json::to_vec_pretty(&document)
            .map_err(|error| Error::file("cannot write", &path)(error.into()))?;
        place(&path, &text, MODE, None)?;
        call.console.say(&format!(
            "The plan is in {}; it is carried out with\n  vaultterm-install apply --plan {}",
            path.display(),
            path.display()
        ));
    }
    let (plan, kind, stored, checks) = (
        decided.plan.clone(),
        decided.kind,
        decided.stored.clone(),
        decided.checks.clone(),
    );
    let sql = if options.sql {
        sql(decided)?
    } else {
        Vec::new()
    };
    for migration in &sql {
        call.console.heading(&migration.name);
        call.console.say(migration.sql.trim_end());
    }
    call.console.result_json(&Shown {
        kind,
        version: &plan.version,
        changes: &plan.lines,
        variables: &plan.variables,
        pending: &stored.pending,
        sql,
        away_ms: plan.away.map(|away| away.as_millis()),
        checks: &checks,
        digest: &document.digest,
    });
    call.console.result("Nothing was changed.");
    Ok(ExitCode::Done)
}

/// Reads the bundle through; what is shown is as signed.
fn sql(decided: Decided) -> Result<Vec<Sql>, Error> {
    let pending = decided.stored.pending;
    let manifest = decided.opened.bundle.manifest();
    let names: Vec<String> = manifest
        .migrations
        .iter()
        .filter(|entry| decided.kind == Kind::Install || pending.contains(&entry.version))
        .map(|entry| format!("migrations/{:04}_{}.sql", entry.version, entry.name))
        .collect();
    let found = bundle::read_files(decided.opened, &names)?;
    Ok(found
        .into_iter()
        .map(|(name, bytes)| Sql {
            name,
            sql: String::from_utf8_lossy(&bytes).into_owned(),
        })
        .collect())
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    if path == Path::new("-") {
        return Ok(path.to_owned());
    }
    std::path::absolute(path).map_err(Error::file("cannot resolve", path))
}
