//! The licence file and the file that remembers it.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use license::dsse::MAX_ENVELOPE;
use license::verdict::{Circumstances, Verdict, judge};
use time::OffsetDateTime;

use super::InForce;
use crate::config::{AppEnv, DeploymentMode, LicenseConfig};

/// Why the licence keeps the server from starting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LicenseError {
    /// There is none.
    #[error("LICENSE_PATH: there is no licence at {}; put the file from your vendor there", .0.display())]
    Missing(PathBuf),
    /// It cannot be read.
    #[error("LICENSE_PATH: {} cannot be read; let user 10001 read it", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// It is malformed or forged.
    #[error("LICENSE_PATH: {} is refused; ask your vendor for a new file", .0.display())]
    Refused(PathBuf, #[source] license::vtlic::Error),
    /// It is older than one that was in force here.
    #[error("LICENSE_PATH: {} has counter {counter}, and {seen} was in force here before; \
             put the newest licence there", path.display())]
    RolledBack {
        /// The file.
        path: PathBuf,
        /// Its counter.
        counter: u64,
        /// The highest counter seen.
        seen: u64,
    },
}

/// Reads the licence, judges it, and remembers what was seen.
///
/// # Errors
/// [`LicenseError`] in production; in development every trouble means "unlicensed", and a warning.
pub fn load(
    config: &LicenseConfig,
    env: AppEnv,
    now: OffsetDateTime,
) -> Result<InForce, LicenseError> {
    if config.mode == DeploymentMode::Saas {
        return Ok(InForce::unlicensed());
    }
    match open(config, now) {
        Ok(in_force) => Ok(in_force),
        Err(LicenseError::Missing(_)) if env == AppEnv::Development => Ok(InForce::unlicensed()),
        Err(error) if env == AppEnv::Development => {
            tracing::warn!(%error, "the licence is not used");
            Ok(InForce::unlicensed())
        }
        Err(error) => Err(error),
    }
}

fn open(config: &LicenseConfig, now: OffsetDateTime) -> Result<InForce, LicenseError> {
    let path = &config.path;
    let bytes = read_bounded(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => LicenseError::Missing(path.clone()),
        _ => LicenseError::Unreadable(path.clone(), error),
    })?;
    let judgement = judge(&bytes, &config.keys, &Circumstances::looking(now));
    let (license, verdict, state) = judgement
        .accepted()
        .map_err(|error| LicenseError::Refused(path.clone(), error))?;
    if let Verdict::Superseded { counter, seen } = verdict {
        let path = path.clone();
        return Err(LicenseError::RolledBack {
            path,
            counter,
            seen,
        });
    }
    Ok(InForce::licensed(license, state))
}

fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(MAX_ENVELOPE)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    std::fs::File::open(path)?
        .take(bound)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
