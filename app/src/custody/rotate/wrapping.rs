//! Wrapping data keys anew, batch by batch: those of the secrets of each organisation, and those of
//! the second factors of all accounts, which belong to none.

use std::time::Instant;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{NAMED, PAUSE, Point, Record, RotateError, Run, TRIES};
use crate::audit::{Action, Event, WriteTx};
use crate::identity::factors::custody as factors;
use crate::infra::db::DbError;
use crate::kernel::{OrgId, UserId};
use crate::keys::registry::RotationError;
use crate::keys::{KeyId, Place, RewrapError, master_key_of};
use crate::{platform, vault};

/// Whose data keys.
#[derive(Clone, Copy)]
pub(super) enum Whose {
    Organization(OrgId),
    Accounts,
}

/// A batch that is done: after which record the next begins, and how many were wrapped anew.
struct Batch {
    last: Record,
    records: i64,
}

/// Wrapped keys of a batch as they were read, and as they are to be.
#[derive(Default)]
struct Anew {
    which: Vec<Record>,
    before: Vec<Vec<u8>>,
    after: Vec<Vec<u8>>,
}

impl Run<'_> {
    /// All that somebody has.
    pub(super) async fn wrap_anew(&mut self, whose: Whose, from: KeyId) -> Result<(), RotateError> {
        let mut after = match whose {
            Whose::Organization(org) => Record::Secret(org, Uuid::nil()),
            Whose::Accounts => Record::Factor(UserId::from_uuid(Uuid::nil()), Uuid::nil()),
        };
        let mut tries = 0;
        loop {
            let began = Instant::now();
            let batch = match after {
                Record::Secret(org, id) => self.secrets(org, from, id).await,
                Record::Factor(user, id) => self.factors(from, (user, id)).await,
            };
            let batch = match batch {
                Ok(batch) => batch,
                // Somebody holds one of the rows; whoever asks from outside goes first.
                Err(RotateError::Database(error)) if is_in_the_way(&error) && tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            tries = 0;
            let Some(Batch { last, records }) = batch else {
                return Ok(());
            };
            after = last;
            if records > 0 {
                self.records = self.records.saturating_add(records);
                self.at(Point::Done(self.records))?;
                tokio::time::sleep(self.pace.rest(records, began.elapsed())).await;
            }
        }
    }

    /// One transaction: the next records of an organisation, and what the trail says of them.
    async fn secrets(
        &mut self,
        org: OrgId,
        from: KeyId,
        after: Uuid,
    ) -> Result<Option<Batch>, RotateError> {
        let mut tx = WriteTx::begin(self.db, org).await?;
        vault::wait_briefly(tx.tenant()).await?;
        let rows = vault::wrapped_keys(tx.tenant(), after, self.pace.batch).await?;
        let rows = rows.into_iter();
        let rows = rows.map(|(id, wrapped)| (Record::Secret(org, id), wrapped));
        let Some((last, anew)) = self.unwrapped(rows.collect(), from)? else {
            return Ok(None);
        };
        if anew.which.is_empty() {
            return Ok(Some(Batch { last, records: 0 }));
        }
        let ids: Vec<Uuid> = anew.which.iter().map(|record| record.id()).collect();
        let changed = vault::rewrapped(tx.tenant(), &ids, &anew.before, &anew.after).await?;
        let records = i64::try_from(changed).unwrap_or(i64::MAX);
        self.at(Point::Written)?;
        if records > 0 {
            let action = Action::DataKeysRewrapped;
            let event = Event::of_system(self.clock.now(), action, self.detail(records, from));
            tx.commit(self.keys, &event).await?;
        }
        Ok(Some(Batch { last, records }))
    }

    /// The same for second factors. What belongs to no organisation is recorded in the installation's
    /// own trail.
    async fn factors(
        &mut self,
        from: KeyId,
        after: factors::Which,
    ) -> Result<Option<Batch>, RotateError> {
        let mut tx = factors::begin(self.db).await?;
        let rows = factors::wrapped_keys(&mut tx, after, self.pace.batch).await?;
        let rows = rows.into_iter();
        let rows = rows.map(|((user, id), wrapped)| (Record::Factor(user, id), wrapped));
        let Some((last, anew)) = self.unwrapped(rows.collect(), from)? else {
            return Ok(None);
        };
        if anew.which.is_empty() {
            return Ok(Some(Batch { last, records: 0 }));
        }
        let which: Vec<factors::Which> = anew
            .which
            .iter()
            .filter_map(|record| match *record {
                Record::Factor(user, id) => Some((user, id)),
                Record::Secret(..) => None,
            })
            .collect();
        let changed = factors::rewrapped(&mut tx, &which, &anew.before, &anew.after).await?;
        let records = i64::try_from(changed).unwrap_or(i64::MAX);
        self.at(Point::Written)?;
        if records > 0 {
            // Without a name there is no trail yet.
            if platform::instance(tx.connection()).await?.is_some() {
                let event = platform::Event {
                    at: self.clock.now(),
                    action: platform::Action::DataKeysRewrapped,
                    detail: self.detail(records, from),
                };
                platform::record(&mut tx, self.keys, &event).await?;
            }
            tx.commit_housekeeping().await?;
        }
        Ok(Some(Batch { last, records }))
    }

    /// Wraps anew what the outgoing key has wrapped; none when there was nothing to look at. What does
    /// not open is noted and left.
    fn unwrapped(
        &mut self,
        rows: Vec<(Record, Vec<u8>)>,
        from: KeyId,
    ) -> Result<Option<(Record, Anew)>, RotateError> {
        let Some(&(last, _)) = rows.last() else {
            return Ok(None);
        };
        let mut anew = Anew::default();
        let to_do = |(_, wrapped): &(Record, Vec<u8>)| master_key_of(wrapped) == Some(from);
        for (record, wrapped) in rows.into_iter().filter(to_do) {
            match self.keys.rewrap(&record.key_place(), &wrapped) {
                Ok(again) => {
                    anew.which.push(record);
                    anew.before.push(wrapped);
                    anew.after.push(again);
                }
                Err(RewrapError::Unseal(_)) => self.note_closed(record),
                Err(RewrapError::Seal(error)) => {
                    return Err(RotationError::Keep(RewrapError::Seal(error)).into());
                }
            }
        }
        Ok(Some((last, anew)))
    }

    fn detail(&self, records: i64, from: KeyId) -> Value {
        let to = self.keys.id();
        json!({"records": records, "from": from.to_string(), "to": to.to_string()})
    }

    fn note_closed(&mut self, record: Record) {
        self.closed_count += 1;
        if self.closed.len() < NAMED {
            self.closed.push(record);
        }
    }
}

impl Record {
    const fn id(self) -> Uuid {
        match self {
            Self::Secret(_, id) | Self::Factor(_, id) => id,
        }
    }

    /// Where its data key stands.
    const fn key_place(self) -> Place<'static> {
        match self {
            Self::Secret(org, id) => vault::key_places(org, id),
            Self::Factor(user, id) => factors::key_place((user, id)),
        }
    }
}

/// A lock that was not had in time, or a deadlock that was resolved against this side.
fn is_in_the_way(error: &DbError) -> bool {
    matches!(error, DbError::Sqlx(sqlx::Error::Database(error))
        if matches!(error.code().as_deref(), Some("55P03" | "40P01")))
}
