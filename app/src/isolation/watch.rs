//! What was found last.

use std::sync::{Mutex, PoisonError};

use crate::kernel::OrgId;

/// Somebody saw what is not theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which question was answered wrongly.
    pub check: &'static str,
    /// Where.
    pub table: String,
    /// Who saw it.
    pub seen_by: OrgId,
    /// Whose it was.
    pub seen_of: OrgId,
}

/// Whether the wall stands, as far as is known.
#[derive(Debug, Default)]
pub struct Watch(Mutex<Option<Breach>>);

impl Watch {
    /// What is open, if anything is.
    #[must_use]
    pub fn breach(&self) -> Option<Breach> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Takes an answer: a hit is kept until the same tenant, asked for the same one's, sees nothing.
    pub(super) fn judge(&self, own: OrgId, other: OrgId, found: Option<(&'static str, String)>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match found {
            Some((check, table)) => {
                let breach = Breach {
                    check,
                    table,
                    seen_by: own,
                    seen_of: other,
                };
                if kept.as_ref() != Some(&breach) {
                    tracing::error!(
                        check,
                        table = breach.table,
                        seen_by = %own,
                        seen_of = %other,
                        "TENANTS ARE NOT APART: somebody sees what is not theirs"
                    );
                }
                *kept = Some(breach);
            }
            None => {
                let healed = kept
                    .as_ref()
                    .is_some_and(|breach| breach.seen_by == own && breach.seen_of == other);
                if healed {
                    tracing::warn!("tenants are apart again");
                    *kept = None;
                }
            }
        }
    }
}
