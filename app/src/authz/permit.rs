//! The proof that a gate was passed.

use std::marker::PhantomData;

use super::{Gate, GateKind};
use crate::kernel::{OrgId, SecretId, UserId, VaultId, VaultRole};

/// The role is too low for the gate.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the gate {0:?} needs a higher role")]
pub struct Refused(pub GateKind);

/// Proves that somebody passed gate `G` for one vault. Functions that do gated work take it.
#[derive(Clone, Copy, Debug)]
pub struct Permit<G> {
    org: OrgId,
    vault: VaultId,
    user: UserId,
    role: VaultRole,
    gate: PhantomData<G>,
}

impl<G: Gate> Permit<G> {
    /// Tries the gate with a person's role in a vault.
    ///
    /// # Errors
    /// [`Refused`] when the role is too low.
    pub fn demand(
        org: OrgId,
        vault: VaultId,
        user: UserId,
        role: VaultRole,
    ) -> Result<Self, Refused> {
        passes::<G>(role)?;
        Ok(Self {
            org,
            vault,
            user,
            role,
            gate: PhantomData,
        })
    }
}

fn passes<G: Gate>(role: VaultRole) -> Result<(), Refused> {
    if role >= G::KIND.lowest() {
        Ok(())
    } else {
        Err(Refused(G::KIND))
    }
}

impl<G> Permit<G> {
    /// The organisation.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.org
    }

    /// The vault.
    #[must_use]
    pub const fn vault(&self) -> VaultId {
        self.vault
    }

    /// The person.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// The role that the gate was passed with.
    #[must_use]
    pub const fn role(&self) -> VaultRole {
        self.role
    }
}

/// Proves that somebody passed gate `G` for one record: by their role in its vault, or by what they
/// were granted in this record alone. It opens no other.
#[derive(Clone, Copy, Debug)]
pub struct RecordPermit<G> {
    org: OrgId,
    vault: VaultId,
    secret: SecretId,
    user: UserId,
    gate: PhantomData<G>,
}

impl<G: Gate> RecordPermit<G> {
    /// Tries the gate with a person's role in a record.
    ///
    /// # Errors
    /// [`Refused`] when the role is too low.
    pub fn demand(
        org: OrgId,
        (vault, secret): (VaultId, SecretId),
        user: UserId,
        role: VaultRole,
    ) -> Result<Self, Refused> {
        passes::<G>(role)?;
        Ok(Self {
            org,
            vault,
            secret,
            user,
            gate: PhantomData,
        })
    }
}

impl<G> RecordPermit<G> {
    /// The organisation.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.org
    }

    /// The vault that the record is in.
    #[must_use]
    pub const fn vault(&self) -> VaultId {
        self.vault
    }

    /// The record.
    #[must_use]
    pub const fn secret(&self) -> SecretId {
        self.secret
    }

    /// The person.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }
}
