//! The master key that a backup carries, in whichever way it does.

use std::path::Path;

use license::binding::Bound;
use zeroize::Zeroizing;

use super::{Files, Sealing};
use crate::bound::{self, Here};
use crate::envfile::EnvFile;
use crate::error::Error;
use crate::escrow::{Escrow, SEALED_MASTER, unseal_master};
use crate::licence;
use crate::master::{self, MasterKey};
use crate::state::State;

/// The memory of the licence, named as in the installation's folder.
pub(crate) const LICENSE_STATE: &str = "license/license.state";
const LICENSE: &str = "license/license.vtlic";

/// What of a backup belongs to its keys.
pub(crate) struct Custody {
    /// The master key in the clear; absent where another provider keeps it.
    pub(crate) master: Option<MasterKey>,
    /// Whether it is to be bound.
    pub(crate) bound: bool,
    /// The recovery key that the backup's installation had.
    pub(crate) escrow: Option<Escrow>,
    /// What the server remembered of its licence: it belongs to that database and to that master key.
    pub(crate) license_state: Option<Vec<u8>>,
}

impl Custody {
    /// Looks into the small files of a backup, which is whole.
    ///
    /// # Errors
    /// [`Error::BoundElsewhere`] when the key is bound to another host and the shares were not given;
    /// [`Error::BackupRefused`] when there is none in it.
    pub(crate) fn of(files: &Files, sealing: &Sealing) -> Result<Self, Error> {
        let text = |name: &str| {
            files
                .get(name)
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
        };
        let env = text(".env").unwrap_or_default();
        let env = EnvFile::parse(env, Path::new(".env"))?;
        let state = text("state.json").and_then(|text| serde_json::from_str::<State>(text).ok());
        let escrow = state.and_then(|state| state.escrow);
        let bound = bound::is_on(Some(&env));
        let master = if bound {
            Some(of_bound(files, &env, sealing)?)
        } else {
            let files = ["elsewhere/MASTER_KEY_FILE", master::FILE].into_iter();
            let plain = files.filter_map(text).find_map(master::parse);
            plain.or_else(|| env.get("MASTER_KEY").and_then(master::parse))
        };
        let local = env
            .get("KEY_PROVIDER")
            .is_none_or(|provider| provider == "local");
        if master.is_none() && local {
            return Err(Error::BackupRefused(
                "there is no master key in it".to_owned(),
            ));
        }
        Ok(Self {
            master,
            bound,
            escrow,
            license_state: files.get(LICENSE_STATE).map(|bytes| bytes.to_vec()),
        })
    }
}

/// On the host that it is bound to it opens by itself; on another with the recovery key.
fn of_bound(files: &Files, env: &EnvFile, sealing: &Sealing) -> Result<MasterKey, Error> {
    if let Some(key) = here(files, env) {
        return Ok(key);
    }
    let sealed = files.get(SEALED_MASTER).ok_or(Error::BoundElsewhere)?;
    let identities = sealing.identities().iter();
    let mut opened = identities.map(|identity| unseal_master(sealed, identity));
    opened.find_map(Result::ok).ok_or(Error::BoundElsewhere)
}

fn here(files: &Files, env: &EnvFile) -> Option<MasterKey> {
    let text = |name: &str| std::str::from_utf8(files.get(name)?).ok();
    let bound = Bound::parse(text(bound::FILE)?).ok()?;
    let seed = text(bound::SEED).or_else(|| text("elsewhere/ROOT_SEED_FILE"))?;
    let here = Here::with(&Zeroizing::new(seed.to_owned()), Some(env)).ok()?;
    let license = licence::parse(files.get(LICENSE)?, Path::new(LICENSE)).ok()?;
    here.open(&bound, &license).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use age::x25519;
    use zeroize::Zeroizing;

    use super::{Custody, LICENSE_STATE};
    use crate::backup::{Files, Sealing};
    use crate::error::Error;
    use crate::escrow::{SEALED_MASTER, keep_sealed};
    use crate::layout::Layout;

    const KEY: [u8; 32] = [7; 32];

    fn files(list: &[(&str, Vec<u8>)]) -> Files {
        let own = list.iter().cloned();
        let own = own.map(|(name, bytes)| (name.to_owned(), Zeroizing::new(bytes)));
        own.collect::<BTreeMap<_, _>>()
    }

    fn sealing() -> Sealing {
        Sealing::Identity(vec![x25519::Identity::generate()])
    }

    #[test]
    fn a_key_in_the_clear_is_found_wherever_it_was_kept() {
        let text = hex::encode(KEY).into_bytes();
        for name in ["secrets/master_key", "elsewhere/MASTER_KEY_FILE"] {
            let files = files(&[(name, text.clone()), (LICENSE_STATE, b"state".to_vec())]);
            let custody = Custody::of(&files, &sealing()).unwrap();
            assert_eq!(*custody.master.unwrap(), KEY);
            assert_eq!(custody.license_state.unwrap(), b"state");
        }
        let by_value = format!("MASTER_KEY={}\n", hex::encode(KEY)).into_bytes();
        let custody = Custody::of(&files(&[(".env", by_value)]), &sealing()).unwrap();
        assert!(!custody.bound && *custody.master.unwrap() == KEY);
    }

    #[test]
    fn a_backup_without_one_is_refused_unless_it_is_kept_elsewhere() {
        let none = Custody::of(&files(&[]), &sealing());
        assert!(matches!(none, Err(Error::BackupRefused(_))));
        let transit = files(&[(".env", b"KEY_PROVIDER=hcv-transit\n".to_vec())]);
        assert!(Custody::of(&transit, &sealing()).unwrap().master.is_none());
    }

    #[test]
    fn a_key_that_is_bound_to_another_host_wants_the_shares() {
        let room = tempfile::tempdir().unwrap();
        std::fs::create_dir(room.path().join("secrets")).unwrap();
        let layout = Layout::new(room.path()).unwrap();
        let recovery = x25519::Identity::generate();
        keep_sealed(&layout, &Zeroizing::new(KEY), &recovery.to_public()).unwrap();
        let sealed = std::fs::read(room.path().join(SEALED_MASTER)).unwrap();
        let bound = files(&[
            (".env", b"LICENSE_BIND_MASTER=1\n".to_vec()),
            ("secrets/master_key", Vec::new()),
            ("secrets/root_seed", hex::encode([1; 32]).into_bytes()),
            ("license/master.bound", b"bound elsewhere".to_vec()),
            (SEALED_MASTER, sealed),
        ]);
        let refused = Custody::of(&bound, &sealing());
        assert!(matches!(refused, Err(Error::BoundElsewhere)));
        let custody = Custody::of(&bound, &Sealing::Identity(vec![recovery])).unwrap();
        assert!(custody.bound && *custody.master.unwrap() == KEY);
    }
}
