//! The proof that a gate was passed.

use std::marker::PhantomData;

use super::{Gate, GateKind};
use crate::kernel::{OrgId, UserId, VaultId, VaultRole};

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
        if role >= G::KIND.lowest() {
            Ok(Self {
                org,
                vault,
                user,
                gate: PhantomData,
            })
        } else {
            Err(Refused(G::KIND))
        }
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
}
