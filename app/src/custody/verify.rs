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
//! | cut the trail, too | the number of entries is kept apart; who sets that back as well, together with every record changed since, is found by a copy of the trail elsewhere and by nothing in this database |

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::seeds;
use super::suspects::{Suspect, name_owners};
use crate::audit::{self, Action, Broken, Genuine};
use crate::infra::db::{Db, DbError, PlatformTx, TenantTx};
use crate::kernel::{OrgId, UserId};
use crate::keys::Keyring;
use crate::orgs;
use crate::sso::{self, Examined};
use crate::vault::{Fault, Row};

/// So many records or organisations are in memory at a time.
pub(super) const PAGE: i64 = 500;
/// So many records are looked for an owner of what they hold; beyond, they are counted.
const SUSPECTS: usize = 1000;

/// One thing that is not as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Where; none for what belongs to an account.
    pub organization: Option<OrgId>,
    /// The account, where it is a second factor of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<UserId>,
    /// Which record; none when it is about the trail.
    pub record: Option<Uuid>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What is not as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(
    rename_all = "camelCase",
    tag = "finding",
    rename_all_fields = "camelCase"
)]
pub enum What {
    /// The trail is broken, so it says nothing of records.
    #[error("the audit trail is broken: {fault}")]
    Trail {
        /// How.
        fault: String,
    },
    /// An earlier record was put back as a whole.
    #[error("rolled back to version {found}; the trail knows version {newest}")]
    RolledBack {
        /// The version that is stored.
        found: i32,
        /// The newest in the trail.
        newest: i32,
    },
    /// The record is newer than anything that was recorded.
    #[error("at version {found}, which the trail does not know; its newest is {newest}")]
    Ahead {
        /// The version that is stored.
        found: i32,
        /// The newest in the trail.
        newest: i32,
    },
    /// A part of an earlier version was put back.
    #[error("{part} is of version {found}")]
    EarlierPart {
        /// The column.
        part: &'static str,
        /// The version that it is of.
        found: i32,
    },
    /// A part stands in another part's column.
    #[error("{part} holds what belongs into {field}")]
    OtherField {
        /// The column.
        part: &'static str,
        /// Where it belongs.
        field: &'static str,
    },
    /// A part is another record's.
    #[error("{part} is that of secret {record} of organisation {organization}")]
    Belongs {
        /// The column.
        part: &'static str,
        /// The tenant that it belongs to.
        #[serde(rename = "ownerOrganization")]
        organization: OrgId,
        /// The record that it belongs to.
        #[serde(rename = "ownerRecord")]
        record: Uuid,
    },
    /// A part does not open, and belongs to no record that is here.
    #[error("{part} does not open, and belongs to no record that is here")]
    Damaged {
        /// The column.
        part: &'static str,
    },
    /// A part does not open where it stands; of second factors and client secrets no more is looked into.
    #[error("{part} does not open where it stands")]
    Closed {
        /// The column.
        part: &'static str,
    },
    /// It is about the secret that the organisation's identity provider knows this server by.
    #[error("the client secret of its identity provider: {problem}")]
    ClientSecret {
        /// What is not as it was stored.
        problem: Box<Self>,
    },
    /// The trail knows nothing of it.
    #[error("it is in no entry of the trail, or was deleted")]
    Invented,
    /// It stands in another vault than the one that it was stored in.
    #[error("it stands in vault {found}, and was stored in {expected}")]
    Moved {
        /// The vault that it is in.
        found: Uuid,
        /// The vault that it was stored in.
        expected: Uuid,
    },
    /// It is not there, and nobody deleted it.
    #[error("it is gone, and nobody deleted it; the trail knows version {newest}")]
    Missing {
        /// The newest in the trail.
        newest: i32,
    },
}

/// What was looked at, and what was found.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Organisations.
    pub organizations: usize,
    /// Records that were opened or tried.
    pub records: usize,
    /// Second factors whose seeds were opened or tried.
    pub factors: usize,
    /// Client secrets of identity providers that were opened or tried.
    pub client_secrets: usize,
    /// Entries of trails.
    pub events: i64,
    /// What is not as it was stored.
    pub findings: Vec<Finding>,
    /// Records that do not open beyond those that were looked into.
    pub more: usize,
}

/// What the trail knows.
#[derive(Debug, Default)]
struct Known {
    records: HashMap<Uuid, Expected>,
    /// The newest version of the client secret; 0 when there is to be none.
    client_secret: i32,
}

/// A record as the trail knows it.
#[derive(Clone, Copy, Debug)]
struct Expected {
    vault: Uuid,
    version: i32,
}

/// Looks at every record of every organisation, and at every seed of an account.
///
/// # Errors
/// [`DbError`] when the database does not answer.
pub async fn verify(db: &Db, keys: &Keyring) -> Result<Report, DbError> {
    let mut look = Look {
        keys,
        report: Report::default(),
        suspects: Vec::new(),
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
    let named = name_owners(db, keys, &look.suspects).await?;
    look.report.findings.extend(named);
    Ok(look.report)
}

pub(super) async fn orgs_after(db: &Db, after: Option<OrgId>) -> Result<Vec<OrgId>, DbError> {
    let mut tx = PlatformTx::begin(db).await?;
    let page = orgs::ids(tx.connection(), after, PAGE).await?;
    tx.finish().await?;
    Ok(page)
}

struct Look<'a> {
    keys: &'a Keyring,
    report: Report,
    suspects: Vec<Suspect>,
}

impl Look<'_> {
    /// One organisation, trail and records as of one instant.
    async fn organization(&mut self, db: &Db, org: OrgId) -> Result<(), DbError> {
        self.report.organizations += 1;
        let mut tx = TenantTx::snapshot(db, org).await?;
        let mut expected = self.expected(&mut tx).await?;
        let mut after = Uuid::nil();
        loop {
            let rows = Row::following(&mut tx, after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in rows {
                self.report.records += 1;
                if let Some(expected) = &mut expected {
                    let known = expected.records.remove(&row.id);
                    self.compare(org, &row, known);
                }
                self.open(org, row);
            }
        }
        let newest = expected.as_ref().map(|known| known.client_secret);
        self.client_secret(&mut tx, newest).await?;
        tx.finish().await?;
        let missing = expected.unwrap_or_default().records.into_iter();
        for (record, Expected { version, .. }) in missing {
            self.found(org, Some(record), What::Missing { newest: version });
        }
        Ok(())
    }

    /// What the trail knows; nothing when it is not to be believed.
    async fn expected(&mut self, tx: &mut TenantTx) -> Result<Option<Known>, DbError> {
        let org = tx.org();
        let mut expected = Known::default();
        match audit::walk(tx, self.keys, |entry| note(&mut expected, entry)).await? {
            Ok(events) => {
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

    fn compare(&mut self, org: OrgId, row: &Row, known: Option<Expected>) {
        let record = Some(row.id);
        let Some(known) = known else {
            return self.found(org, record, What::Invented);
        };
        let (found, newest) = (row.version(), known.version);
        if found < newest {
            self.found(org, record, What::RolledBack { found, newest });
        }
        if found > newest {
            self.found(org, record, What::Ahead { found, newest });
        }
        if row.vault != known.vault {
            let what = What::Moved {
                found: row.vault,
                expected: known.vault,
            };
            self.found(org, record, what);
        }
    }

    fn open(&mut self, org: OrgId, row: Row) {
        let mut parts = Vec::new();
        for (part, fault) in row.faults(self.keys, org) {
            let name = part.as_str();
            let what = match fault {
                Fault::Version(found) => What::EarlierPart { part: name, found },
                Fault::Field(field) => What::OtherField {
                    part: name,
                    field: field.as_str(),
                },
                Fault::Closed(_) => {
                    parts.push(part);
                    continue;
                }
            };
            self.found(org, Some(row.id), what);
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

    fn found(&mut self, organization: OrgId, record: Option<Uuid>, what: What) {
        self.report.findings.push(Finding {
            organization: Some(organization),
            account: None,
            record,
            what,
        });
    }
}

/// What one entry says of records.
fn note(known: &mut Known, entry: Genuine<'_>) {
    let Some((_, id)) = entry.resource else {
        return;
    };
    let is = |action: Action| entry.action == action.as_str();
    let number = |name: &str| {
        let number = entry.detail.get(name).and_then(Value::as_i64);
        number.and_then(|number| i32::try_from(number).ok())
    };
    let version = || number("version");
    let expected = &mut known.records;
    if is(Action::SecretCreated) {
        let vault = entry.detail.get("vaultId").and_then(Value::as_str);
        let vault = vault.and_then(|text| Uuid::try_parse(text).ok());
        expected.insert(
            id,
            Expected {
                vault: vault.unwrap_or_default(),
                version: version().unwrap_or(1),
            },
        );
    } else if is(Action::SecretUpdated) {
        if let (Some(known), Some(version)) = (expected.get_mut(&id), version()) {
            known.version = version;
        }
    } else if is(Action::SecretDeleted) {
        expected.remove(&id);
    } else if is(Action::VaultDeleted) {
        expected.retain(|_, known| known.vault != id);
    } else if is(Action::SsoChanged) {
        known.client_secret = number("secretVersion").unwrap_or(0);
    } else if is(Action::SsoRemoved) {
        known.client_secret = 0;
    }
}
