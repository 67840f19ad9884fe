//! The checkpoints of a trail, held against it while it is read.

use std::collections::VecDeque;

use license::ed25519::PublicKey;

use super::Broken;
use crate::audit::chain::Hash;
use crate::audit::checkpoint::{self, Checkpoint, Stored};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::OrgId;

/// So many checkpoints are in memory at a time.
const PAGE: i64 = 200;

/// How far the checkpoints were read.
pub(super) struct Ladder<'a> {
    org: OrgId,
    /// The installation's key; none where nothing was ever signed.
    key: Option<PublicKey>,
    /// The last entry that is not there any more because it was pruned; 0 where none was.
    through: i64,
    read: i64,
    ended: bool,
    ahead: VecDeque<Stored>,
    /// The last entry of the one before, and what the next one calls it.
    before: (i64, Option<String>),
    /// Those that somebody kept elsewhere.
    kept: &'a [Checkpoint],
    /// The last entries of stored ones about what was pruned.
    pruned: Vec<i64>,
}

impl<'a> Ladder<'a> {
    pub(super) const fn new(
        (org, through): (OrgId, i64),
        key: Option<PublicKey>,
        kept: &'a [Checkpoint],
    ) -> Self {
        Self {
            org,
            key,
            through,
            read: 0,
            ended: false,
            ahead: VecDeque::new(),
            before: (0, None),
            kept,
            pruned: Vec::new(),
        }
    }

    /// Whether those that were kept were signed here at all.
    pub(super) fn signers(&self) -> Result<(), Broken> {
        let mut others = self
            .kept
            .iter()
            .filter(|kept| Some(kept.key()) != self.key.as_ref());
        others
            .next()
            .map_or(Ok(()), |kept| Err(Broken::OtherSigner(kept.number())))
    }

    /// Reads those that end no later than an entry, and a few more.
    pub(super) async fn reach(&mut self, tx: &mut TenantTx, seq: i64) -> Result<(), DbError> {
        while !self.ended && self.ahead.back().is_none_or(|last| last.last_seq < seq) {
            let page = checkpoint::following(tx, self.read, PAGE).await?;
            self.read = page.last().map_or(self.read, |last| last.number);
            self.ended = page.is_empty();
            self.ahead.extend(page);
        }
        Ok(())
    }

    /// Holds those against the trail that end at the entry that was judged last, or before the first.
    pub(super) fn hold(&mut self, (seq, hash): (i64, Hash)) -> Result<(), Broken> {
        while let Some(stored) = self.ahead.pop_front_if(|next| next.last_seq <= seq) {
            let number = stored.number;
            let next = self.next(&stored)?;
            if stored.last_seq == seq && next.hash() != Some(hash) {
                return Err(Broken::Checkpoint(number));
            }
            if stored.last_seq <= self.through {
                self.hold_kept(&next)?;
                self.pruned.push(next.last());
            }
            self.before = (stored.last_seq, Some(next.digest()));
        }
        let kept = self
            .kept
            .iter()
            .find(|kept| kept.last() == seq && kept.hash() != Some(hash));
        kept.map_or(Ok(()), |kept| Err(Broken::Contradicted(kept.number(), seq)))
    }

    /// What is left when the trail has ended: nobody states more than there is.
    pub(super) fn end(&self, last: i64) -> Result<(), Broken> {
        let known =
            |kept: &&Checkpoint| kept.last() > self.through || self.pruned.contains(&kept.last());
        if let Some(kept) = self.kept.iter().find(|kept| !known(kept)) {
            return Err(Broken::Contradicted(kept.number(), kept.last()));
        }
        let beyond = self.ahead.front().map(|next| (next.number, next.last_seq));
        let kept = self.kept.iter().map(|kept| (kept.number(), kept.last()));
        match kept.chain(beyond).find(|(_, ends)| *ends > last) {
            None => Ok(()),
            Some((number, ends)) => Err(Broken::CutBelow(number, ends, last)),
        }
    }

    /// What somebody kept about entries that were pruned has to be what is stored.
    fn hold_kept(&self, stored: &Checkpoint) -> Result<(), Broken> {
        let mut same = self.kept.iter().filter(|kept| kept.last() == stored.last());
        match same.find(|kept| kept.hash() != stored.hash()) {
            None => Ok(()),
            Some(kept) => Err(Broken::Contradicted(kept.number(), kept.last())),
        }
    }

    /// The next one, once it is known to follow the one before.
    fn next(&self, stored: &Stored) -> Result<Checkpoint, Broken> {
        let (last, digest) = &self.before;
        let key = self.key.as_ref().ok_or(Broken::Checkpoint(stored.number))?;
        let opened = opened(stored, self.org, key)?;
        let statement = opened.statement();
        if statement.first != last.saturating_add(1) {
            return Err(Broken::CheckpointMissing(stored.number.saturating_sub(1)));
        }
        if statement.previous != *digest {
            return Err(Broken::Checkpoint(stored.number));
        }
        Ok(opened)
    }
}

/// A stored checkpoint, once its signature holds and its columns say what it says.
pub(in crate::audit) fn opened(
    stored: &Stored,
    org: OrgId,
    key: &PublicKey,
) -> Result<Checkpoint, Broken> {
    let wrong = Broken::Checkpoint(stored.number);
    let opened = Checkpoint::open(&stored.body, key, &stored.signature).map_err(|_| wrong)?;
    let statement = opened.statement();
    let columns = (org, stored.number, stored.first_seq, stored.last_seq);
    let says = (
        statement.organization,
        statement.number,
        statement.first,
        statement.last,
    );
    if columns == says {
        Ok(opened)
    } else {
        Err(wrong)
    }
}
