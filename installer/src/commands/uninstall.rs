//! `uninstall`: stops and removes what an installation made. Data goes only when that is asked for.

use std::path::Path;

use clap::Args;
use console::ExitCode;

use super::Call;
use crate::apply::Lock;
use crate::engine::Engine;
use crate::error::Error;
use crate::files::remove;
use crate::layout::Layout;
use crate::schedule::Systemd;
use crate::state;

/// Remove the containers, networks and images. Data, secrets and licence stay, unless --purge.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Remove the data, the secrets, the backups and the licence as well. This cannot be undone; the
    /// name of the project has to be typed, unless --yes is given.
    #[arg(long)]
    purge: bool,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    // A folder without our record may still hold half an installation.
    let known = Layout::OWN
        .iter()
        .any(|name| call.layout.dir().join(name).exists());
    if !known {
        return Err(Error::NotInstalled(call.layout.dir().to_owned()));
    }
    let state = state::read(&call.layout)?;
    let recorded = state.as_ref().map(|state| state.project.clone());
    let project = call.global.project.clone().or(recorded);
    let project = project.unwrap_or_else(|| "vaultterm".to_owned());
    let lock = Lock::take(call.layout.dir())?;
    if !agreed(options, &project, call) {
        return Err(Error::Declined);
    }
    if let Ok(systemd) = Systemd::find(None)
        && systemd.disable(&project)?
    {
        call.console.tick("removed the timer of the backups");
    }
    let engine = Engine::connect(&call.global.docker_host).await?;
    remove_from_engine(&engine, &project, options.purge, call).await?;
    if let Some(state) = &state {
        let previous = state.previous.as_ref().map(|previous| &previous.version);
        for version in [Some(&state.version), previous].into_iter().flatten() {
            for role in state.images.keys() {
                let tag = version.replace('+', "_");
                engine
                    .remove_image(&format!("vaultterm/{role}:{tag}"))
                    .await?;
            }
        }
    }
    let left = remove_files(&call.layout, options.purge)?;
    drop(lock);
    report(options, call, &left);
    Ok(ExitCode::Done)
}

/// What cannot be undone is not agreed to by a key that is pressed too fast.
fn agreed(options: &Options, project: &str, call: &Call<'_>) -> bool {
    if !options.purge {
        let question = "Remove VaultTerm's containers and images? Data, secrets and licence stay.";
        return call.console.confirm(question);
    }
    call.console.warn(&format!(
        "VaultTerm in {} goes for good, with its database, secrets, backups and licence.",
        call.layout.dir().display()
    ));
    let question = format!("Type the name of the project, {project}, to remove all of it: ");
    call.global.yes || call.console.ask(&question).as_deref() == Some(project)
}

async fn remove_from_engine(
    engine: &Engine,
    project: &str,
    purge: bool,
    call: &Call<'_>,
) -> Result<(), Error> {
    for container in engine.containers(project).await? {
        engine.remove_container(&container.id).await?;
        call.console
            .tick(&format!("removed container {}", container.service));
    }
    for network in engine.networks(project).await? {
        engine.remove_network(&network).await?;
        call.console.tick(&format!("removed network {network}"));
    }
    if purge {
        for volume in engine.volumes(project).await? {
            engine.remove_volume(&volume).await?;
            call.console.tick(&format!("removed volume {volume}"));
        }
    }
    Ok(())
}

/// Removes our files; what somebody else put into the folder stays, and is named.
fn remove_files(layout: &Layout, purge: bool) -> Result<Vec<String>, Error> {
    if !purge {
        for path in [layout.state(), layout.journal()] {
            remove(&path).map_err(Error::file("cannot remove", &path))?;
        }
        return Ok(Vec::new());
    }
    for name in Layout::OWN {
        let path = layout.dir().join(name);
        remove(&path).map_err(Error::file("cannot remove", &path))?;
    }
    let left = foreign(layout.dir());
    if left.is_empty() {
        let dir = layout.dir();
        std::fs::remove_dir(dir).map_err(Error::file("cannot remove", dir))?;
    }
    Ok(left)
}

fn foreign(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn report(options: &Options, call: &Call<'_>, left: &[String]) {
    let dir = call.layout.dir().display();
    if !left.is_empty() {
        call.console.warn(&format!(
            "{dir} stays: it holds files that are not ours: {}",
            left.join(", ")
        ));
    }
    call.console.result(&if options.purge {
        "VaultTerm and its data are removed.".to_owned()
    } else {
        format!("VaultTerm is removed. Its data, secrets and licence stay: install again with --dir {dir}.")
    });
    call.console.result_json(&serde_json::json!({
        "uninstalled": true, "purged": options.purge, "left": left,
    }));
}
