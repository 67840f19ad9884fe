//! The look at an installation, which changes nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use offline::{Digest, Manifest};

use super::{Checksums, DatabaseRole, Found, Mounted, certificate, drift};
use crate::apply;
use crate::backup::Shelf;
use crate::choices::{Choices, Wishes};
use crate::commands::Call;
use crate::engine::Engine;
use crate::error::Error;
use crate::facts;
use crate::kept;
use crate::layout::Layout;
use crate::licence;
use crate::postgres::{DATABASE, Postgres};
use crate::state;
use crate::steps::ready;

const ROLES: &str = "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb \
    FROM pg_roles WHERE rolname IN ('vaultterm_app', 'vaultterm_owner') ORDER BY rolname;\n";

/// Looks at everything.
///
/// # Errors
/// When nothing is installed, or the engine does not answer.
pub(crate) async fn look(call: &Call<'_>) -> Result<Found, Error> {
    let state = state::require(&call.layout)?;
    let engine = Engine::connect(&call.global.docker_host).await?;
    let containers = engine.containers(&state.project).await?;
    let manifest = kept::manifest(&call.layout, &state.version);
    let postgres = Postgres::of_project(&engine, &state.project).await;
    let (migrations, roles, version) = match &postgres {
        Ok(postgres) => (
            postgres.migrations(DATABASE).await.map_err(text),
            roles(postgres).await,
            version(postgres).await,
        ),
        Err(error) => (Err(error.to_string()), Err(error.to_string()), None),
    };
    let env = facts::env_file(&call.layout)?;
    let compose = call.compose(&state.project);
    let choices = Choices::make(Wishes::default(), env.as_ref());
    let license = licence::check(&call.layout.license(), &call.layout, call.now);
    Ok(Found {
        now: call.now,
        certificate: expiry(&choices).await,
        audit: audit(&engine, &state.project).await,
        choices,
        hashes: compose.hashes().await.map_err(text),
        checksums: match &postgres {
            Ok(postgres) => checksums(postgres).await,
            Err(_) => None,
        },
        signed: manifest
            .as_ref()
            .map(|manifest| drift::signed(&call.layout, manifest)),
        files: mounted(&call.layout, manifest.as_ref()),
        manifest,
        migrations,
        roles,
        postgres: version,
        app: app(&engine, &state.project).await,
        license: license.map(|checked| checked.warning()).map_err(text),
        backup: Shelf::of(&call.layout).newest(),
        free: facts::free_space(call.layout.dir()),
        interrupted: !matches!(apply::unfinished(&call.layout), Ok(None)),
        open_secrets: open_secrets(&call.layout),
        containers,
        state,
    })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err asks for"
)]
fn text(error: Error) -> String {
    error.to_string()
}

async fn app(engine: &Engine, project: &str) -> Result<(), String> {
    let app = ready::app(engine, project).await.map_err(text)?;
    let app = app.ok_or("there is no app container")?;
    if app.state != "running" {
        return Err(format!("the app is {}", app.state));
    }
    ready::readiness(engine, &app).await?;
    let command = ["/vaultterm-app", "selftest"];
    let (code, out, err) = engine.exec(&app.id, &command).await.map_err(text)?;
    if code == 0 {
        Ok(())
    } else {
        Err(format!(
            "its self-test failed: {}{}",
            out.trim(),
            err.trim()
        ))
    }
}

/// The app reads every trail again with its own key; on a large one that takes its time.
async fn audit(engine: &Engine, project: &str) -> Result<String, String> {
    let app = ready::app(engine, project).await.map_err(text)?;
    let app = app.ok_or("there is no app container")?;
    let command = ["/vaultterm-app", "audit", "verify"];
    let (code, out, err) = engine.exec(&app.id, &command).await.map_err(text)?;
    if code == 0 {
        Ok(out.trim().to_owned())
    } else {
        let lines = err.trim().lines();
        let lines = lines.map(|line| line.trim_start_matches("error: "));
        Err(lines.collect::<Vec<_>>().join("; "))
    }
}

async fn expiry(choices: &Choices) -> Option<Result<time::OffsetDateTime, String>> {
    let url = choices.base_url.clone();
    let looking = tokio::task::spawn_blocking(move || certificate::expiry(&url));
    looking.await.ok().flatten()
}

async fn roles(postgres: &Postgres) -> Result<Vec<DatabaseRole>, String> {
    let found = postgres.sql("postgres", ROLES).await.map_err(text)?;
    let roles = found.lines().filter_map(|line| {
        let (name, privileged) = line.split_once('|')?;
        Some(DatabaseRole {
            name: name.to_owned(),
            privileged: privileged != "f",
        })
    });
    Ok(roles.collect())
}

async fn checksums(postgres: &Postgres) -> Option<Checksums> {
    let query = "SELECT version, encode(checksum, 'hex') FROM schema_migrations WHERE success;\n";
    let found = postgres.sql(DATABASE, query).await.ok()?;
    let sums = found.lines().filter_map(|line| {
        let (version, sum) = line.split_once('|')?;
        Some((version.parse().ok()?, sum.to_owned()))
    });
    Some(sums.collect())
}

async fn version(postgres: &Postgres) -> Option<u32> {
    let found = postgres.sql("postgres", "SHOW server_version_num;\n").await;
    found.ok()?.trim().parse().ok()
}

fn mounted(layout: &Layout, manifest: Option<&Manifest>) -> Vec<Mounted> {
    let mut found = Vec::new();
    for file in manifest.into_iter().flat_map(Manifest::files) {
        let name = file.name.file_path().unwrap_or_default();
        let is_mounted = |mounted: &&str| Path::new(name).starts_with(mounted);
        if Layout::MOUNTED.iter().any(is_mounted) {
            let path = layout.dir().join(name);
            let look = || {
                let bytes = std::fs::read(&path).ok()?;
                let mode = std::fs::metadata(&path).ok()?.permissions().mode() & 0o777;
                Some((Digest::of(&bytes), mode))
            };
            found.push(Mounted {
                name: name.to_owned(),
                found: look(),
            });
        }
    }
    found
}

fn open_secrets(layout: &Layout) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(layout.secrets()).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.push(layout.env_file());
    paths.retain(|path| {
        std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
    });
    paths.sort();
    paths
}
