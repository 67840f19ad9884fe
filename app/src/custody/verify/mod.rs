//! `vault verify`: is every record the one that was stored, where it was stored?
//!
//! It needs the database and the master key and no running server, and opens every record. What it
//! compares with is the audit trail, whose entries are authenticated one by one and numbered without
//! gaps: it knows which records there must be, in which vault, at which version.
//!
//! | what somebody with all rights on the database may do | how it is found |
//! |---|---|
//! | exchange values, keys or whole records, between records or tenants | they do not open where they stand; their data key's id, or a place where the key does open, names the owner |
//! | put back an earlier value, or an earlier record as a whole | the value names its version; the record's version is not the newest in the trail |
//! | delete, invent or move a record | the trail has another list, or another vault |
//! | exchange, cut or lengthen files, or pieces of them | each piece opens in its file, under its number, as the last one or not, and nowhere else |
//! | delete a file, put one back, or give it to another record | the trail has another list, or another record; the key is another, too |
//! | let a link be opened again, for longer, or without its passphrase; put one back | the trail has what is left of its uses, and a digest of all the rest; what it shows opens with its token alone |
//! | cut the trail, too | the number of entries is kept apart; who sets that back as well, together with every record changed since, is found by a copy of the trail elsewhere and by nothing in this database |

mod beside;
mod found;
mod known;
mod order;

use uuid::Uuid;

pub use found::{Finding, Older, Report, What};
use known::Known;

use super::seeds;
use super::suspects::{Stray, Suspect, name_owners};
use crate::audit::{self, Broken};
use crate::infra::db::{Db, DbError, PlatformTx, TenantTx};
use crate::kernel::OrgId;
use crate::keys::Keyring;
use crate::orgs;
use crate::sso::{self, Examined};
use crate::vault::{Fault, Part, Row};

/// So many records or organisations are in memory at a time.
pub(super) const PAGE: i64 = 500;
/// So many records are looked for an owner of what they hold; beyond, they are counted.
const SUSPECTS: usize = 1000;

/// Looks at every record of every organisation, and at every seed of an account.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn verify(db: &Db, keys: &Keyring) -> Result<Report, DbError> {
    let mut look = Look {
        keys,
        report: Report::default(),
        suspects: Vec::new(),
        strays: Vec::new(),
    };
    let mut after = None;
    loop {
        let page = orgs_after(db, after).await?;
        for &org in &page {
            look.organization(db, org).await?;
        }
        after = page.last().copied();
        if after.is_none() {
            break;
        }
    }
    let (factors, closed) = seeds::look(db, keys).await?;
    look.report.factors = factors;
    look.report.findings.extend(closed);
    let named = name_owners(db, keys, (&look.suspects, &look.strays)).await?;
    look.report.findings.extend(named);
    Ok(look.report)
}

pub(super) async fn orgs_after(db: &Db, after: Option<OrgId>) -> Result<Vec<OrgId>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let page = orgs::ids(tx.connection(), after, PAGE).await?;
    tx.finish();
    Ok(page)
}

struct Look<'a> {
    keys: &'a Keyring,
    report: Report,
    suspects: Vec<Suspect>,
    strays: Vec<Stray>,
}

impl Look<'_> {
    /// One organisation, trail and records as of one instant.
    async fn organization(&mut self, db: &Db, org: OrgId) -> Result<(), DbError> {
        self.report.organizations += 1;
        let mut tx = TenantTx::snapshot(db, org).await?;
        let mut known = self.expected(&mut tx).await?;
        let mut after = Uuid::nil();
        loop {
            let rows = Row::following(&mut tx, after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in rows {
                self.report.records += 1;
                let digest = known
                    .as_mut()
                    .and_then(|known| self.compare(org, &row, known));
                self.open(org, row, digest);
            }
        }
        self.missing(org, known.as_mut());
        self.versions(&mut tx, known.as_mut()).await?;
        self.files(&mut tx, known.as_mut()).await?;
        self.links(&mut tx, known.as_mut()).await?;
        let newest = known.as_ref().and_then(Known::client_secret);
        self.client_secret(&mut tx, newest).await?;
        tx.finish();
        Ok(())
    }

    /// Records of the trail that are not there.
    fn missing(&mut self, org: OrgId, known: Option<&mut Known>) {
        let Some(known) = known else { return };
        let gone = known.records.iter().map(|(id, known)| (*id, known.version));
        let gone: Vec<(Uuid, i32)> = gone.collect();
        for (record, newest) in gone {
            self.found(org, Some(record), What::Missing { newest });
            known.forget(record);
            known.named.insert(record);
        }
    }

    /// What records were before.
    async fn versions(
        &mut self,
        tx: &mut TenantTx,
        mut known: Option<&mut Known>,
    ) -> Result<(), DbError> {
        let org = tx.org();
        let mut after = (Uuid::nil(), 0);
        loop {
            let rows = Row::earlier(tx, after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = (last.id, last.version());
            for row in rows {
                self.report.versions += 1;
                let mut digest = None;
                if let Some(known) = known.as_deref_mut() {
                    if known.named.contains(&row.id) {
                        continue;
                    }
                    match known.versions.remove(&(row.id, row.version())) {
                        Some(recorded) => digest = recorded,
                        None if known.ahead.contains(&row.id) => {}
                        None if known.reaches(row.id, row.version()) => {
                            self.of_version(org, &row, What::Invented);
                        }
                        None => self.report.older_than_trail.versions += 1,
                    }
                }
                self.open(org, row, digest);
            }
        }
        let left = known.into_iter().flat_map(|known| known.versions.drain());
        let mut left: Vec<(Uuid, i32)> = left.map(|(version, _)| version).collect();
        left.sort_unstable();
        for (record, version) in left {
            let problem = Box::new(What::VersionMissing);
            self.found(org, Some(record), What::Version { version, problem });
        }
        Ok(())
    }

    /// What the trail knows; nothing when it is not to be believed.
    async fn expected(&mut self, tx: &mut TenantTx) -> Result<Option<Known>, DbError> {
        let org = tx.org();
        let mut expected = Known::default();
        match audit::walk(tx, self.keys, |entry| expected.note(entry)).await? {
            Ok(events) => {
                expected.settle(tx.began_at().await?);
                self.report.events = self.report.events.saturating_add(events);
                Ok(Some(expected))
            }
            Err(broken) => {
                self.trail(org, broken);
                Ok(None)
            }
        }
    }

    /// The secret that the organisation's identity provider knows this server by.
    async fn client_secret(
        &mut self,
        tx: &mut TenantTx,
        newest: Option<i32>,
    ) -> Result<(), DbError> {
        let examined = sso::examine(tx, self.keys).await?;
        self.report.client_secrets += usize::from(examined.is_some());
        let (found, closed) = match examined {
            Some(Examined { version, closed }) => (version, closed),
            None => (0, None),
        };
        let differs = match newest {
            Some(0) if found > 0 => Some(What::Invented),
            Some(newest) if found == 0 && newest > 0 => Some(What::Missing { newest }),
            Some(newest) if found < newest => Some(What::RolledBack { found, newest }),
            Some(newest) if found > newest => Some(What::Ahead { found, newest }),
            Some(_) | None => None,
        };
        let closed = closed.map(|part| What::Closed { part });
        for problem in differs.into_iter().chain(closed) {
            let problem = Box::new(problem);
            self.found(tx.org(), None, What::ClientSecret { problem });
        }
        Ok(())
    }

    fn trail(&mut self, org: OrgId, broken: Broken) {
        let fault = broken.to_string();
        self.found(org, None, What::Trail { fault });
    }

    /// Compares a record with what the trail knows, and says by what this version is known there.
    fn compare(&mut self, org: OrgId, row: &Row, known: &mut Known) -> Option<[u8; 32]> {
        let (record, standing) = (Some(row.id), row.standing?);
        let Some(expected) = known.records.remove(&row.id) else {
            // Where the beginning was pruned, so may have been what it said of this one.
            if known.may_be_older(&[row.id, standing.vault]) {
                self.report.older_than_trail.records += 1;
                known.beyond.insert(row.id, i32::MAX);
            } else {
                self.found(org, record, What::Invented);
                known.named.insert(row.id);
            }
            return None;
        };
        if expected.since > 1 {
            known.beyond.insert(row.id, expected.since);
        }
        let (found, newest) = (row.version(), expected.version);
        if found < newest {
            self.found(org, record, What::RolledBack { found, newest });
        }
        if found > newest {
            known.ahead.insert(row.id);
            self.found(org, record, What::Ahead { found, newest });
        }
        if !expected.vault.may_be(standing.vault) {
            let what = What::Moved {
                found: standing.vault,
                expected: expected.vault.is(),
            };
            self.found(org, record, what);
        }
        if !expected.trashed.may_be(standing.trashed) {
            let what = if standing.trashed {
                What::Trashed
            } else {
                What::Untrashed
            };
            self.found(org, record, what);
        }
        let digest = known.versions.get(&(row.id, found)).copied().flatten();
        known.versions.remove(&(row.id, newest));
        digest
    }

    /// Opens a version, and compares it with what the trail knows it by.
    fn open(&mut self, org: OrgId, row: Row, digest: Option<[u8; 32]>) {
        let mut parts = Vec::new();
        let faults = row.faults(self.keys, org);
        let opens = faults.is_empty();
        for (part, fault) in faults {
            let name = part.as_str();
            let what = match fault {
                Fault::Version(found) => What::EarlierPart { part: name, found },
                Fault::Field(field) => What::OtherField {
                    part: name,
                    field: field.as_str(),
                },
                // Of the key is spoken where the record itself is.
                Fault::Closed(_) if part == Part::Key && row.standing.is_none() => continue,
                Fault::Closed(_) => {
                    parts.push(part);
                    continue;
                }
            };
            self.of_version(org, &row, what);
        }
        if opens && digest.is_some_and(|digest| digest != row.digest()) {
            let version = row.version();
            self.found(org, Some(row.id), What::Exchanged { version });
        }
        if parts.is_empty() {
            return;
        }
        if self.suspects.len() < SUSPECTS {
            self.suspects.push(Suspect { org, row, parts });
        } else {
            self.report.more += 1;
        }
    }

    fn of_version(&mut self, org: OrgId, row: &Row, what: What) {
        self.found(org, Some(row.id), what.of(row));
    }

    fn found(&mut self, organization: OrgId, record: Option<Uuid>, what: What) {
        self.report.findings.push(Finding {
            organization: Some(organization),
            account: None,
            record,
            what,
        });
    }
}
