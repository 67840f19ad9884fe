//! Second factors.

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
