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

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use super::{Transit, run, seal};
    use crate::config::{Config, Env, SealingConfig};
    use crate::keys::provider::tests::stand_in::{SECRET_ID, StandIn, TOKEN};
    use crate::keys::{Keyring, provider};
    use crate::testing::MASTER_KEY;

    fn env(vault: &StandIn) -> Env {
        Env::of(&[
            ("APP_ENV", "development"),
            ("MASTER_KEY", MASTER_KEY),
            ("KEY_HCV_ADDR", &format!("http://{}", vault.address())),
            ("KEY_HCV_TOKEN", TOKEN),
        ])
    }

    #[tokio::test]
    async fn from_a_file_to_transit_the_key_stays_the_same() {
        let vault = StandIn::start().await;
        let env = env(&vault);
        assert_eq!(run(&env, false).await, ExitCode::SUCCESS);
        let config = SealingConfig::load(&env).unwrap();
        let key = config.key.unwrap();
        let transit = Transit::new(config.transit, None).unwrap();
        let sealed = seal(&transit, &key).await.unwrap();
        // What is printed goes into `.env`, the key out of it.
        let moved = env
            .with("KEY_PROVIDER", "hcv-transit")
            .with("MASTER_KEY_CIPHERTEXT", &sealed)
            .with("MASTER_KEY_NEXT_CIPHERTEXT", &sealed)
            .with("MASTER_KEY", "");
        let config = Config::load(&moved).unwrap();
        let ring = provider::keyring(config.keys).await.unwrap();
        assert_eq!(ring.id(), Keyring::from_master(&key).id());
        assert_eq!(ring.ids().len(), 1, "the same key twice counts once");
    }

    #[tokio::test]
    async fn without_a_key_or_a_way_to_transit_nothing_is_sealed() {
        let vault = StandIn::start().await;
        let env = env(&vault);
        let failed = [
            (env.clone(), true),
            (env.clone().with("MASTER_KEY", ""), false),
            (env.clone().with("KEY_HCV_ADDR", ""), false),
            (env.clone().with("KEY_HCV_TOKEN", SECRET_ID), false),
            (env.with("KEY_HCV_TRANSIT_KEY", "another"), false),
        ];
        for (env, next) in failed {
            assert_eq!(run(&env, next).await, ExitCode::FAILURE);
        }
    }
}
