//! `.env`: the template with what was chosen; or the operator's file with what has to change.

use offline::Role;

use super::{SECRETS, Site, Work};
use crate::envfile::EnvFile;
use crate::error::Error;
use crate::facts;
use crate::files::place;

const MODE: u32 = 0o600;
const NAME: &str = ".env";

pub(super) fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let mut env = match facts::env_file(&work.site.layout)? {
        Some(env) => env,
        None => template(work)?,
    };
    let choices = &work.choices;
    let mut set = vec![
        ("COMPOSE_PROJECT_NAME", choices.project.clone()),
        ("APP_BASE_URL", choices.base_url.clone()),
        ("APP_BIND", choices.app_bind.clone()),
        ("APP_PORT", choices.app_port.to_string()),
        ("ADMIN_BIND", choices.admin_bind.clone()),
        ("ADMIN_PUBLISHED_PORT", choices.admin_port.to_string()),
        // What was loaded has no digest of a registry: ids name it, and nothing may be pulled.
        ("IMAGE_PULL_POLICY", "never".to_owned()),
        ("LICENSE_DIR", "./license".to_owned()),
    ];
    for (role, name) in [
        (Role::App, "APP_IMAGE"),
        (Role::Db, "DB_IMAGE"),
        (Role::Cache, "CACHE_IMAGE"),
    ] {
        if let Some(id) = work.images.get(role.as_str()) {
            set.push((name, id.clone()));
        }
    }
    for (name, value) in &set {
        env.set(name, value);
    }
    for (file, name, _) in SECRETS {
        // A secret that the operator gives in another way is theirs.
        let by_value = name.strip_suffix("_FILE").and_then(|plain| env.get(plain));
        if env.get(name).is_none() && by_value.is_none() {
            env.set(name, &format!("./secrets/{file}"));
        }
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
