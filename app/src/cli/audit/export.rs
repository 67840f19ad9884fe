//! `audit export`: a trail as an archive.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use uuid::Uuid;

use crate::audit::archive::Writer;
use crate::cli::host::Host;
use crate::cli::output::{complain, print};
use crate::config::Env;
use crate::edge::error_chain;
use crate::kernel::{Clock, OrgId};

pub(super) async fn run(env: &Env, organization: Uuid, out: &Path) -> ExitCode {
    match write(env, OrgId::from_uuid(organization), out).await {
        Ok(()) => print(&format!("{} holds the trail", out.display())),
        Err(complaint) => complain(&complaint),
    }
}

/// It stands beside its place until it is whole, and others do not read it.
async fn write(env: &Env, org: OrgId, out: &Path) -> Result<(), String> {
    let host = Host::open(env, 1).await?;
    let now = Clock::system().now();
    let writer = Writer::begin((&host.db, &host.keys), org, None, (now, true)).await;
    let writer = writer.map_err(|error| error_chain(&error))?;
    let beside = out.with_extension("part");
    let written = fill(writer, &beside).await;
    let written = written.and_then(|()| std::fs::rename(&beside, out).map_err(named(out)));
    if written.is_err() {
        // What is half written is of no use to anybody; there may be none of it.
        drop(std::fs::remove_file(&beside));
    }
    written
}

async fn fill(mut writer: Writer, path: &Path) -> Result<(), String> {
    let mut file = private(path).map_err(named(path))?;
    while let Some(piece) = writer.piece().await.map_err(|error| error_chain(&error))? {
        file.write_all(piece.as_bytes()).map_err(named(path))?;
    }
    file.sync_all().map_err(named(path))
}

/// An error with the file that it is about.
fn named(path: &Path) -> impl Fn(std::io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

fn private(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}
