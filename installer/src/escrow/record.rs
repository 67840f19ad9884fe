//! What an installation remembers of its recovery key, all of it public, and the master key sealed to it.

use std::io::{Read as _, Write as _};
use std::str::FromStr as _;

use age::x25519;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::files::place;
use crate::layout::Layout;
use crate::master::{self, MasterKey};
use crate::state;

/// The master key, sealed to the recovery key: named as in the installation's folder, and as in a
/// backup.
pub(crate) const SEALED_MASTER: &str = "secrets/master.recovery.age";
const MODE: u32 = 0o600;
const PURPOSE: &[u8] = b"vaultterm escrow names a master key v1";

/// Who keeps the shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    /// The vendor keeps one of the three, which is useless alone.
    Managed,
    /// The customer keeps all three.
    CustomerOnly,
}

impl Mode {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::CustomerOnly => "customer-only",
        }
    }
}

/// The recovery key of an installation, as `state.json` remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Escrow {
    pub(crate) mode: Mode,
    /// The name of the set of shares.
    pub(crate) set: String,
    /// Whom backups are encrypted to, besides their own keys.
    pub(crate) recipient: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) made: OffsetDateTime,
    /// Names the master key that is sealed; absent where the master key is not on this server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) master: Option<String>,
}

impl Escrow {
    /// Whom to encrypt to.
    pub(crate) fn recipient(&self) -> Result<x25519::Recipient, Error> {
        x25519::Recipient::from_str(&self.recipient).map_err(|_| {
            Error::BackupKey("the recipient in state.json is no age recipient".to_owned())
        })
    }
}

/// Names a master key without telling anything about it.
pub(crate) fn master_id(master: &MasterKey) -> String {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&**master) else {
        return String::new();
    };
    mac.update(PURPOSE);
    let code = mac.finalize().into_bytes();
    hex::encode(code.get(..8).unwrap_or_default())
}

/// Keeps the master key sealed to a recovery key.
pub(crate) fn keep_sealed(
    layout: &Layout,
    master: &MasterKey,
    recipient: &x25519::Recipient,
) -> Result<(), Error> {
    let path = layout.dir().join(SEALED_MASTER);
    let seal = || -> Result<Vec<u8>, String> {
        let mut sealed = Vec::new();
        let to: [&dyn age::Recipient; 1] = [recipient];
        let encryptor = age::Encryptor::with_recipients(to.into_iter());
        let encryptor = encryptor.map_err(|error| error.to_string())?;
        let out = encryptor.wrap_output(&mut sealed);
        let mut out = out.map_err(|error| error.to_string())?;
        let text = Zeroizing::new(hex::encode(master.as_slice()));
        let written = out.write_all(text.as_bytes()).and_then(|()| out.finish());
        written.map_err(|error| error.to_string())?;
        Ok(sealed)
    };
    let sealed = seal().map_err(Error::BackupKey)?;
    place(&path, &sealed, MODE, None)
}

/// Seals the master key to the recovery key again, for which the public half is enough. Whether it is
/// another one than before.
pub(crate) fn refresh(layout: &Layout) -> Result<bool, Error> {
    let Some(mut state) = state::read(layout)? else {
        return Ok(false);
    };
    let Some(escrow) = state.escrow.as_mut() else {
        return Ok(false);
    };
    let Some(master) = master::open(layout)? else {
        return Ok(false);
    };
    // In any case: a run that was killed may have left it sealed to another key.
    keep_sealed(layout, &master, &escrow.recipient()?)?;
    let id = Some(master_id(&master));
    if escrow.master == id {
        return Ok(false);
    }
    escrow.master = id;
    state::write(layout, &state)?;
    Ok(true)
}

/// The master key that was sealed to a recovery key.
pub(crate) fn unseal_master(
    sealed: &[u8],
    identity: &x25519::Identity,
) -> Result<MasterKey, Error> {
    let refused = |why: &str| Error::SealedMaster(why.to_owned());
    let decryptor = age::Decryptor::new(sealed).map_err(|_| refused("it is damaged"))?;
    let keys: [&dyn age::Identity; 1] = [identity];
    let mut opened = decryptor
        .decrypt(keys.into_iter())
        .map_err(|_| refused("these shares do not open it"))?;
    let mut text = Zeroizing::new(String::new());
    opened
        .read_to_string(&mut text)
        .map_err(|_| refused("it is damaged"))?;
    master::parse(&text).ok_or_else(|| refused("it is no master key"))
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::super::RecoveryKey;
    use super::{SEALED_MASTER, keep_sealed, master_id, unseal_master};
    use crate::layout::Layout;

    #[test]
    fn the_master_key_is_opened_by_two_shares_and_by_no_others() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("secrets")).unwrap();
        let layout = Layout::new(dir.path()).unwrap();
        let (key, other) = (
            RecoveryKey::generate().unwrap(),
            RecoveryKey::generate().unwrap(),
        );
        let master = Zeroizing::new([9; 32]);
        let identity = key.identity().unwrap();
        keep_sealed(&layout, &master, &identity.to_public()).unwrap();
        let sealed = std::fs::read(dir.path().join(SEALED_MASTER)).unwrap();
        assert!(
            !sealed
                .windows(64)
                .any(|part| part == hex::encode([9; 32]).as_bytes())
        );
        let shares = key.split().unwrap();
        let again = RecoveryKey::combine(&shares[1..])
            .unwrap()
            .identity()
            .unwrap();
        let opened = unseal_master(&sealed, &again).unwrap();
        assert_eq!(*opened, *master);
        assert_eq!(master_id(&opened), master_id(&master));
        assert_ne!(master_id(&opened), master_id(&Zeroizing::new([8; 32])));
        let refused = unseal_master(&sealed, &other.identity().unwrap()).unwrap_err();
        assert!(refused.to_string().contains("these shares do not open it"));
        assert!(unseal_master(b"no age file", &identity).is_err());
    }
}
