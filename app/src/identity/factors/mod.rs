//! Second factors.

use crate::infra::db::{DbError, LookupTx};
use crate::kernel::UserId;

/// What somebody has set up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enrolled {
    /// Whether an authenticator app is confirmed.
    pub totp: bool,
    /// How many passkeys there are.
    pub passkeys: usize,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
}

impl Enrolled {
    /// Whether there is a second factor at all. Recovery codes alone are none.
    #[must_use]
    pub const fn any(self) -> bool {
        self.totp || self.passkeys > 0
    }
}

/// What an account has set up.
///
/// # Errors
/// [`DbError`] when the database does not answer.
#[expect(
    clippy::unused_async,
    reason = "second factors are looked up once they can be set up"
)]
pub async fn enrolled(_tx: &mut LookupTx, _user: UserId) -> Result<Enrolled, DbError> {
    Ok(Enrolled::default())
}
