//! `.env`: the template with what was chosen; or the operator's file with what has to change.

use std::path::Path;

use super::{Site, Work};
use crate::bound::MACHINE_ID;
use crate::envfile::EnvFile;
use crate::error::Error;
use crate::facts;
use crate::files::place;
use crate::plan::{VariableChange, ours, variables};

const MODE: u32 = 0o600;
const NAME: &str = ".env";

pub(super) fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let template = template(work)?;
    let mut env = match facts::env_file(&work.site.layout)? {
        Some(env) => env,
        None => template.clone(),
    };
    let (old, new) = (&work.installed_variables, &work.manifest.variables);
    for change in variables(&env, old, new, &ours(&work.choices, &work.images)) {
        match change {
            VariableChange::Set { name, value } => env.set(&name, &value),
            VariableChange::Renamed { name, was } => env.rename(&was, &name),
            VariableChange::Added { name } => env.take_over(&name, &template),
            VariableChange::Obsolete { .. } => {}
        }
    }
    // Compose starts nothing on a file that is not there, and some hosts have no machine id.
    if env
        .get(MACHINE_ID)
        .is_some_and(|path| !Path::new(path).exists())
    {
        env.set(MACHINE_ID, "/dev/null");
    }
    let text = env.to_text();
    if std::fs::read(work.site.layout.env_file()).is_ok_and(|bytes| bytes == text.as_bytes()) {
        return Ok(());
    }
    work.site.remember(NAME)?;
    place(&work.site.layout.env_file(), text.as_bytes(), MODE, None)
}

fn template(work: &Work<'_>) -> Result<EnvFile, Error> {
    let path = work
        .site
        .layout
        .release(&work.manifest.version)
        .join(".env.example");
    let text = std::fs::read_to_string(&path).map_err(Error::file("cannot read", &path))?;
    EnvFile::parse(&text, &path)
}

pub(super) fn undo(site: &Site<'_>) -> Result<(), Error> {
    site.put_back(NAME, MODE, None)
}
