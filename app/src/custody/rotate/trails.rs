//! Closing the trails for a key that was replaced: whoever still has it can add nothing that a
//! verifier believes.

use serde_json::{Value, json};

use super::{RotateError, Run};
use crate::audit::{self, Event, WriteTx};
use crate::infra::db::{DbError, PlatformTx};
use crate::keys::KeyId;
use crate::platform;

impl Run<'_> {
    /// Says in each trail that the old key is not to be believed from here on; how many did not say
    /// so yet.
    pub(super) async fn close_trails(
        &mut self,
        from: KeyId,
        to: KeyId,
    ) -> Result<usize, RotateError> {
        let detail = json!({"from": from.to_string(), "to": to.to_string()});
        let mut closed = usize::from(self.close_platform(&detail).await?);
        let mut after = None;
        loop {
            let page = self.orgs(after).await?;
            for &org in &page {
                let action = audit::Action::MasterKeyRotated;
                let mut tx = WriteTx::begin(self.db, org).await?;
                if !audit::is_recorded(tx.tenant(), action, &detail).await? {
                    let event = Event::of_system(self.clock.now(), action, detail.clone());
                    tx.commit(self.keys, &event).await?;
                    closed += 1;
                }
            }
            after = page.last().copied();
            if after.is_none() {
                return Ok(closed);
            }
        }
    }

    /// The platform's own, which begins when the installation is named; whether it did not say so
    /// yet.
    async fn close_platform(&self, detail: &Value) -> Result<bool, DbError> {
        let action = platform::Action::MasterKeyRotated;
        let mut tx = PlatformTx::begin(self.db).await?;
        let named = platform::instance(tx.connection()).await?.is_some();
        if !named || platform::is_recorded(tx.connection(), action, detail).await? {
            tx.finish().await?;
            return Ok(false);
        }
        let event = platform::Event {
            at: self.clock.now(),
            action,
            detail: detail.clone(),
        };
        platform::record(&mut tx, self.keys, &event).await?;
        tx.commit_housekeeping().await?;
        Ok(true)
    }
}
