//! The secrets: generated, never asked for, never replaced.

use super::{Site, Work};
use crate::bound;
use crate::error::Error;
use crate::facts;
use crate::files::{APP_USER, folder, place, remove};

/// A secret's file, the variable that names it, and how many random bytes it has.
pub(crate) const SECRETS: &[(&str, &str, usize)] = &[
    ("postgres_password", "POSTGRES_PASSWORD_FILE", 24),
    ("db_owner_password", "DATABASE_OWNER_PASSWORD_FILE", 24),
    ("db_app_password", "DATABASE_PASSWORD_FILE", 24),
    ("redis_password", "REDIS_PASSWORD_FILE", 24),
    ("master_key", MASTER_KEY, 32),
    ("root_seed", "ROOT_SEED_FILE", 32),
    ("admin_token", "ADMIN_TOKEN_FILE", 32),
];

const MASTER_KEY: &str = "MASTER_KEY_FILE";
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

pub(super) fn apply(work: &mut Work<'_>) -> Result<(), Error> {
    let dir = work.site.layout.secrets();
    folder(&dir, FOLDER_MODE, Some(APP_USER))?;
    let env = facts::env_file(&work.site.layout)?;
    let bound = bound::is_on(env.as_ref());
    for (name, variable, length) in SECRETS {
        let path = dir.join(name);
        let there = std::fs::metadata(&path).is_ok_and(|meta| meta.len() > 0);
        // A bound master key is not in its file, and another would open nothing.
        if there || (bound && *variable == MASTER_KEY) {
            continue;
        }
        let mut random = vec![0; *length];
        getrandom::fill(&mut random)
            .map_err(|error| Error::file("cannot make random bytes for", &path)(error.into()))?;
        place(
            &path,
            hex::encode(&random).as_bytes(),
            FILE_MODE,
            Some(APP_USER),
        )?;
    }
    Ok(())
}

/// Secrets that were there before are the only way into a database that was there before.
pub(super) fn undo(site: &Site<'_>) -> Result<(), Error> {
    if site.run.before.had("secrets") {
        return Ok(());
    }
    let dir = site.layout.secrets();
    remove(&dir).map_err(Error::file("cannot remove", &dir))
}
