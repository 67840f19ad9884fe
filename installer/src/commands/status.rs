//! `status`: what is installed, whether it runs, and whether it is ready.

use console::{ExitCode, bytes, table};
use serde::Serialize;
use serde_json::Value;
use time::format_description::well_known::Rfc3339;

use super::Call;
use crate::backup::Shelf;
use crate::choices::{Choices, Wishes};
use crate::engine::{Container, Engine, Published};
use crate::error::Error;
use crate::licence;
use crate::postgres::{DATABASE, Postgres};
use crate::schedule::Systemd;
use crate::state::{self, State};
use crate::steps::ready;
use crate::{apply, facts};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    installed: bool,
    #[serde(flatten)]
    state: State,
    installer: &'static str,
    keys: &'static str,
    url: String,
    admin_url: String,
    services: Vec<Container>,
    ready: bool,
    /// The server's own report; or, as text, why there is none.
    readiness: Value,
    license: Value,
    /// When the newest backup was made.
    last_backup: Option<String>,
    /// When backups are made by the clock, as systemd writes it.
    schedule: Option<String>,
    /// People who can sign in; absent where the database cannot be asked.
    seats_used: Option<u64>,
    disk: Disk,
    /// The ports of this host that lead inside.
    exposed: Vec<Exposed>,
    /// The release that `rollback` goes back to.
    way_back: Option<String>,
    /// Whether a run broke off and has to be run again.
    interrupted: bool,
}

/// Free room, in bytes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Disk {
    /// Where the installation's folder is.
    folder_free: Option<u64>,
    /// Where the engine keeps images and data.
    engine_free: Option<u64>,
    /// The database.
    database: Option<u64>,
    /// All backups.
    backups: u64,
}

/// A way in.
#[derive(Serialize)]
struct Exposed {
    service: String,
    address: String,
    port: u16,
    /// Whether this host alone can go it.
    local: bool,
}

pub(crate) async fn run(call: &Call<'_>) -> Result<ExitCode, Error> {
    let state = state::require(&call.layout)?;
    let engine = Engine::connect(&call.global.docker_host).await?;
    let services = engine.containers(&call.project()?).await?;
    let env = facts::env_file(&call.layout)?;
    let choices = Choices::make(Wishes::default(), env.as_ref());
    let readiness = match services.iter().find(|service| service.service == "app") {
        Some(app) if app.state == "running" => ready::readiness(&engine, app).await,
        Some(app) => Err(format!("the app is {}", app.state)),
        None => Err("there is no app container".to_owned()),
    };
    let way_back = state
        .previous
        .as_ref()
        .map(|previous| previous.version.clone());
    let postgres = Postgres::of_project(&engine, &state.project).await.ok();
    let report = Report {
        schedule: Systemd::time_of(&state.project),
        seats_used: seats(postgres.as_ref()).await,
        disk: disk(call, &engine, postgres.as_ref()).await,
        exposed: exposed(&services),
        installed: true,
        state,
        installer: license::keys::version(),
        keys: license::keys::kind().as_str(),
        admin_url: choices.admin_url(),
        url: choices.base_url,
        services,
        ready: readiness.is_ok(),
        readiness: readiness.unwrap_or_else(Value::String),
        license: license(call),
        last_backup: Shelf::of(&call.layout)
            .newest()
            .and_then(|made| made.format(&Rfc3339).ok()),
        way_back,
        interrupted: !matches!(apply::unfinished(&call.layout), Ok(None)),
    };
    call.console.result(page(&report).trim_end());
    call.console.result_json(&report);
    // A script wants to know by the exit code.
    Ok(if report.ready {
        ExitCode::Done
    } else {
        ExitCode::Failed
    })
}

/// Who counts as a seat: every person with a confirmed membership, once.
async fn seats(postgres: Option<&Postgres>) -> Option<u64> {
    let query = "SELECT count(DISTINCT user_id) FROM memberships WHERE state = 'confirmed';\n";
    let found = postgres?.sql(DATABASE, query).await.ok()?;
    found.trim().parse().ok()
}

async fn disk(call: &Call<'_>, engine: &Engine, postgres: Option<&Postgres>) -> Disk {
    let root = engine.about().await.ok().map(|about| about.root);
    let backups = Shelf::of(&call.layout).entries().unwrap_or_default();
    Disk {
        folder_free: facts::free_space(call.layout.dir()),
        engine_free: root.and_then(|root| facts::free_space(root.as_ref())),
        database: match postgres {
            Some(postgres) => postgres.size(DATABASE).await.ok(),
            None => None,
        },
        backups: backups.iter().map(|entry| entry.size).sum(),
    }
}

fn exposed(services: &[Container]) -> Vec<Exposed> {
    let ports = services.iter().flat_map(|service| {
        let of = |port: &Published| Exposed {
            service: service.service.clone(),
            address: port.address.clone(),
            port: port.port,
            local: port.is_local(),
        };
        service.ports.iter().map(of)
    });
    ports.collect()
}

fn license(call: &Call<'_>) -> Value {
    match licence::check(&call.layout.license(), &call.layout, call.now) {
        Ok(checked) => serde_json::json!({
            "standing": checked.standing.as_str(),
            "customer": checked.payload.customer,
            "tier": checked.payload.tier.as_str(),
            "seats": checked.payload.seats,
            "expires": licence::day(checked.payload.expires),
        }),
        Err(error) => serde_json::json!({ "standing": "refused", "reason": error.to_string() }),
    }
}

fn page(report: &Report) -> String {
    let row = |name: &str, value: &str| vec![name.to_owned(), value.to_owned()];
    let word = |value: &Value, name: &str| {
        value.get(name).map(|found| match found {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    let bytes_of = |size: Option<u64>| size.map_or("?".to_owned(), bytes);
    let keys = match report.keys {
        "vendor" => "the vendor's",
        "development" => "development keys: not for production",
        _ => "none",
    };
    let standing = word(&report.license, "standing").unwrap_or_default();
    let customer = word(&report.license, "customer").unwrap_or_default();
    let readiness = match &report.readiness {
        Value::String(why) => format!("no: {why}"),
        _ => "yes".to_owned(),
    };
    let mut rows = vec![
        row("release", &report.state.version),
        row("installer", report.installer),
        row("keys", keys),
        row("signed by", &report.state.signers.join(", ")),
        row("licence", format!("{standing} {customer}").trim_end()),
        row("seats", &seats_of(report)),
        row("portal", &report.url),
        row("admin plane", &report.admin_url),
        row("ready", &readiness),
    ];
    let backup = report.last_backup.as_deref();
    rows.push(row(
        "last backup",
        backup.unwrap_or("none: vaultterm-install backup"),
    ));
    rows.push(row("recovery key", &recovery_of(report)));
    if let Some(at) = &report.schedule {
        rows.push(row("next backups", &format!("by the clock, at {at}")));
    }
    let disk = &report.disk;
    rows.push(row(
        "disk",
        &format!(
            "{} free in the folder, {} for the engine; database {}, backups {}",
            bytes_of(disk.folder_free),
            bytes_of(disk.engine_free),
            bytes_of(disk.database),
            bytes(disk.backups)
        ),
    ));
    for way in &report.exposed {
        let reach = if way.local {
            "this host only"
        } else {
            "the network"
        };
        let text = format!(
            "{} at {}:{}, for {reach}",
            way.service, way.address, way.port
        );
        rows.push(row("reachable", &text));
    }
    if let Some(version) = &report.way_back {
        rows.push(row(
            "a way back",
            &format!("to release {version}: vaultterm-install rollback"),
        ));
    }
    if report.interrupted {
        rows.push(row(
            "attention",
            "a run broke off; run the same command again",
        ));
    }
    let services = report.services.iter();
    rows.extend(services.map(|service| row(&service.service, &service.status)));
    table(&rows)
}

fn recovery_of(report: &Report) -> String {
    match &report.state.escrow {
        Some(escrow) => format!("shares of set {}, {}", escrow.set, escrow.mode.as_str()),
        None => "none: vaultterm-install escrow renew".to_owned(),
    }
}

fn seats_of(report: &Report) -> String {
    let used = report
        .seats_used
        .map_or("?".to_owned(), |used| used.to_string());
    match report.license.get("seats") {
        Some(seats) => format!("{used} of {seats}"),
        None => used,
    }
}
