//! `doctor`: is the installation what its release says?

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use clap::Args;
use console::ExitCode;
use offline::Digest;

use super::{Call, preflight};
use crate::apply::Lock;
use crate::doctor::{self, Found};
use crate::error::Error;
use crate::files::place;
use crate::steps::Kind;
use crate::{facts, plan};

/// Compare the installation with the signed manifest of its release, and look at licence, backups,
/// secrets and space. Nothing is changed without --fix.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Put the release's own files back where they were changed. Yours are never touched.
    #[arg(long)]
    fix: bool,
}

pub(crate) async fn run(options: &Options, call: &Call<'_>) -> Result<ExitCode, Error> {
    let mut found = doctor::look(call).await?;
    if options.fix {
        let _lock = Lock::take(call.layout.dir())?;
        fix(&found, call)?;
        found = doctor::look(call).await?;
    }
    // The host is looked at as before an installation; its ports are ours by now.
    let host = facts::gather(
        &call.layout,
        &call.global.docker_host,
        &found.choices,
        call.now,
    )
    .await?;
    let mut checks = plan::checks(&host, None, Kind::Install);
    checks.retain(|check| check.name != "disk");
    checks.extend(doctor::judge(&found));
    preflight::show(&checks, call.console);
    let ill = preflight::refusal(&checks);
    call.console.result_json(&serde_json::json!({
        "healthy": ill.is_none(), "checks": checks,
    }));
    match ill {
        Some(_) => {
            call.console.result("Something is not as it should be.");
            Ok(ExitCode::Failed)
        }
        None => {
            call.console
                .result("The installation is as its release says.");
            Ok(ExitCode::Done)
        }
    }
}

/// Puts the files back that containers mount and that the manifest owns.
fn fix(found: &Found, call: &Call<'_>) -> Result<(), Error> {
    let Some(manifest) = &found.manifest else {
        return Ok(());
    };
    let release = call.layout.release(&found.state.version);
    for file in &found.files {
        let mut members = manifest.files();
        let member = members.find(|member| member.name.file_path() == Some(&file.name));
        let Some(member) = member else { continue };
        if file.found == Some((member.sha256, member.mode & 0o777)) {
            continue;
        }
        let from = release.join(&file.name);
        let bytes = std::fs::read(&from).map_err(Error::file("cannot read", &from))?;
        if Digest::of(&bytes) != member.sha256 {
            call.console
                .warn(&format!("{} was changed as well", from.display()));
            continue;
        }
        let to = call.layout.dir().join(&file.name);
        keep(&to)?;
        place(&to, &bytes, member.mode & 0o777, None)?;
        call.console
            .tick(&format!("{} is the release's again", file.name));
    }
    Ok(())
}

/// What somebody wrote there stays beside it.
fn keep(path: &Path) -> Result<(), Error> {
    let Ok(bytes) = std::fs::read(path) else {
        return Ok(());
    };
    let mode = std::fs::metadata(path).map_or(0o600, |meta| meta.permissions().mode() & 0o777);
    let mut name = path.as_os_str().to_owned();
    name.push(".edited");
    place(Path::new(&name), &bytes, mode, None)
}
