//! Second factors: what proves who somebody is besides the password.
//!
//! An authenticator app's seed is sealed under a data key of its own, bound to the account. A code is
//! taken once: the database keeps the newest time step, so that replicas and parallel requests agree.
//! Recovery codes are kept as digests, and a code that was used is gone.

mod authenticator;
pub(crate) mod custody;
mod enrolment;
mod lost;
mod model;
mod problem;
mod qr;
mod recovery;
mod seed;
mod store;
mod totp;

pub(super) use authenticator::{begin, confirm, take_code, wrong_code};
pub(super) use enrolment::{Added, remove, rename, renew_codes, resource, take_recovery_code};
pub use lost::take_away;
pub(super) use model::factor_name;
pub use model::{
    FactorAdded, FactorView, FreshCodes, Method, MyFactors, NewTotp, RecoveryCodesView,
};
pub(super) use problem::too_many;
#[cfg(test)]
pub(crate) use totp::shown;

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::passkeys;
use crate::infra::db::{DbError, LookupTx};
use crate::kernel::UserId;

/// What somebody has set up. Recovery codes are no factor: they stand in for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enrolled {
    /// How many authenticator apps are confirmed.
    pub totps: usize,
    /// How many passkeys there are.
    pub passkeys: usize,
}

impl Enrolled {
    /// Whether there is a second factor at all.
    #[must_use]
    pub const fn any(self) -> bool {
        self.count() > 0
    }

    /// How many there are.
    #[must_use]
    pub const fn count(self) -> usize {
        self.totps + self.passkeys
    }

    /// How many there are, as the account's row says in `totps` and `passkeys`.
    pub(super) fn from_row(row: &PgRow) -> Result<Self, DbError> {
        let totps: i32 = row.try_get("totps")?;
        let passkeys: i32 = row.try_get("passkeys")?;
        Ok(Self {
            totps: usize::try_from(totps).unwrap_or(0),
            passkeys: usize::try_from(passkeys).unwrap_or(0),
        })
    }
}

/// What somebody can show at the second stage, the strongest first.
pub(super) async fn methods(tx: &mut LookupTx, user: UserId) -> Result<Vec<Method>, DbError> {
    let enrolled = enrolled(tx, user).await?;
    let codes = store::codes_left(tx.connection(), user).await?;
    let open = [
        (Method::Passkey, enrolled.passkeys > 0),
        (Method::Totp, enrolled.totps > 0),
        (Method::RecoveryCode, codes > 0),
    ];
    let open = open.into_iter().filter(|(_, open)| *open);
    Ok(open.map(|(method, _)| method).collect())
}

/// Everything besides the password that proves who somebody is.
pub(super) async fn list(tx: &mut LookupTx, user: UserId) -> Result<MyFactors, DbError> {
    Ok(MyFactors {
        totp: store::list_totps(tx.connection(), user).await?,
        passkeys: passkeys::list(tx.connection(), user).await?,
        recovery_codes: RecoveryCodesView {
            left: store::codes_left(tx.connection(), user).await?,
        },
    })
}

/// What an account has set up.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn enrolled(tx: &mut LookupTx, user: UserId) -> Result<Enrolled, DbError> {
    store::enrolled(tx.connection(), user).await
}
