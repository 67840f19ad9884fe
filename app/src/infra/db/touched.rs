//! Which organisations were written to, for those who tidy up behind the writers.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::kernel::OrgId;

/// Organisations that were written to and not looked at since. Known to this process alone: whoever
/// relies on it also looks at all of them from time to time.
#[derive(Debug, Default)]
pub struct Touched {
    orgs: Mutex<BTreeSet<OrgId>>,
    any: Notify,
}

impl Touched {
    /// Notes an organisation.
    pub fn note(&self, org: OrgId) {
        self.orgs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(org);
        self.any.notify_one();
    }

    /// Waits until there is one.
    pub async fn wait(&self) {
        self.any.notified().await;
    }

    /// Takes all of them.
    #[must_use]
    pub fn take(&self) -> BTreeSet<OrgId> {
        std::mem::take(&mut *self.orgs.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::Touched;
    use crate::kernel::OrgId;

    #[tokio::test]
    async fn what_is_noted_is_taken_once_and_wakes_whoever_waits() {
        let (touched, org) = (Touched::default(), OrgId::new());
        touched.note(org);
        touched.note(org);
        touched.wait().await;
        assert_eq!(touched.take().into_iter().collect::<Vec<_>>(), [org]);
        assert!(touched.take().is_empty());
    }
}
