//! `seal-master`: from a master key in a file to one that Transit opens.

use std::process::ExitCode;

use super::output::{complain, print, say};
use crate::config::{Env, SealingConfig};
use crate::edge::error_chain;
use crate::kernel::Redacted;
use crate::keys::Keyring;
use crate::keys::provider::{Transit, TransitError};

pub(super) async fn run(env: &Env, next: bool) -> ExitCode {
    let config = match SealingConfig::load(env) {
        Ok(config) => config,
        Err(problems) => {
            for problem in problems {
                complain(&problem.to_string());
            }
            return ExitCode::FAILURE;
        }
    };
    let (name, key) = if next {
        ("MASTER_KEY_NEXT", config.next)
    } else {
        ("MASTER_KEY", config.key)
    };
    let Some(key) = key else {
        return complain(&format!(
            "{name} is not set; give the key that is to be sealed"
        ));
    };
    let id = Keyring::from_master(&key).id();
    let sealed = match Transit::new(config.transit, None) {
        Ok(transit) => seal(&transit, &key).await,
        Err(error) => Err(error),
    };
    match sealed {
        Ok(sealed) => {
            say(&format!(
                "master key {id} was sealed, and opened again to be certain. In .env set \
                 KEY_PROVIDER=hcv-transit and the line below, restart, and once /readyz is good \
                 empty {name}_FILE. Keep the key itself in safe custody: without it and without \
                 the key in Vault the vault cannot be opened"
            ));
            print(&format!("{name}_CIPHERTEXT={sealed}"))
        }
        Err(error) => complain(&error_chain(&error)),
    }
}

/// Seals, and opens what was sealed: a ciphertext that does not come back is not printed.
async fn seal(transit: &Transit, key: &Redacted<[u8; 32]>) -> Result<String, TransitError> {
    let sealed = transit.seal(key).await?;
    let again = transit.open(&sealed).await?;
    if Keyring::from_master(&again).id() == Keyring::from_master(key).id() {
        Ok(sealed)
    } else {
        Err(TransitError::Nonsense)
    }
}
