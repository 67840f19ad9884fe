//! Sealing seeds: each under a data key of its own, bound to the account and the factor.

use uuid::Uuid;

use super::totp::Seed;
use crate::kernel::UserId;
use crate::keys::{Keyring, Place, SealError, UnsealError};

const TABLE: &str = "totp_factors";

/// A sealed seed with its wrapped key, as they are stored.
#[derive(Clone, Debug)]
pub(super) struct SealedSeed {
    pub(super) wrapped_key: Vec<u8>,
    pub(super) seed: Vec<u8>,
}

impl SealedSeed {
    /// Seals a seed under a new data key.
    pub(super) fn seal(
        keys: &Keyring,
        (user, factor): (UserId, Uuid),
        seed: &Seed,
    ) -> Result<Self, SealError> {
        let (key, wrapped_key) = keys.new_data_key(&key_place(user, factor))?;
        let seed = key.seal(&seed_place(user, factor), seed.expose())?;
        Ok(Self { wrapped_key, seed })
    }

    /// Opens it where it stands.
    pub(super) fn open(
        &self,
        keys: &Keyring,
        (user, factor): (UserId, Uuid),
    ) -> Result<Seed, UnsealError> {
        let key = keys.unwrap_data_key(&key_place(user, factor), &self.wrapped_key)?;
        let seed = key.open(&seed_place(user, factor), &self.seed)?;
        Ok(Seed::from_bytes(seed))
    }
}

/// Where a factor's data key stands.
pub(super) const fn key_place(user: UserId, factor: Uuid) -> Place<'static> {
    Place::of_account(user, TABLE, factor, "wrapped_key")
}

const fn seed_place(user: UserId, factor: Uuid) -> Place<'static> {
    Place::of_account(user, TABLE, factor, "seed")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{SealedSeed, Seed};
    use crate::kernel::{Redacted, UserId};
    use crate::keys::{Keyring, UnsealError};

    #[test]
    fn a_seed_opens_for_its_account_and_its_factor_and_nowhere_else() {
        let keys = Keyring::from_master(&Redacted::new([7; 32]));
        let (user, factor) = (UserId::new(), Uuid::now_v7());
        let seed = Seed::generate().unwrap();
        let sealed = SealedSeed::seal(&keys, (user, factor), &seed).unwrap();
        let opened = sealed.open(&keys, (user, factor)).unwrap();
        assert_eq!(opened.expose(), seed.expose());
        for place in [(UserId::new(), factor), (user, Uuid::now_v7())] {
            let refused = sealed.open(&keys, place).unwrap_err();
            assert_eq!(refused, UnsealError::Damaged);
        }
    }
}
