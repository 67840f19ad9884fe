//! The last step: what the old key authenticates is not believed from here on.

use serde_json::json;

use super::{RotateError, Run};
use crate::audit::{self, Action, Event, WriteTx};
use crate::infra::db::PlatformTx;
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
        let (mut after, mut closed) = (None, 0);
        loop {
            let page = self.orgs(after).await?;
            for &org in &page {
                let detail = json!({"from": from.to_string(), "to": to.to_string()});
                let action = Action::MasterKeyRotated;
                // What the old key has authenticated takes its place before the entry that ends it.
                audit::seal(self.db, self.keys, org).await?;
                let mut tx = WriteTx::begin(self.db, org).await?;
                if !audit::is_recorded(tx.tenant(), action, &detail).await? {
                    let event = Event::of_system(self.clock.now(), action, detail);
                    tx.commit(self.keys, &event).await?;
                    closed += 1;
                }
                audit::seal(self.db, self.keys, org).await?;
            }
            after = page.last().copied();
            if after.is_none() {
                return Ok(closed + self.close_own_trail(from, to).await?);
            }
        }
    }

    /// The same in the installation's own trail.
    async fn close_own_trail(&self, from: KeyId, to: KeyId) -> Result<usize, RotateError> {
        let event = platform::Event {
            at: self.clock.now(),
            action: platform::Action::MasterKeyRotated,
            detail: json!({"from": from.to_string(), "to": to.to_string()}),
        };
        let mut tx = PlatformTx::begin(self.db).await?;
        // Without a name there is no trail yet.
        if platform::instance(tx.connection()).await?.is_none()
            || platform::is_recorded(tx.connection(), event.action, &event.detail).await?
        {
            tx.finish();
            return Ok(0);
        }
        platform::record(&mut tx, self.keys, &event).await?;
        tx.commit_housekeeping().await?;
        Ok(1)
    }
}
