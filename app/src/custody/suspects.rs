//! Records with something in them that does not belong there: whose is it?

use std::collections::HashMap;

use uuid::Uuid;

use super::verify::{Finding, PAGE, What, orgs_after};
use crate::infra::db::{Db, DbError, TenantTx};
use crate::kernel::OrgId;
use crate::keys::{DataKeyId, Keyring};
use crate::vault::{Part, Row, Spot};

/// A record and the parts of it that do not open where they stand.
#[derive(Debug)]
pub(super) struct Suspect {
    pub(super) org: OrgId,
    pub(super) row: Row,
    pub(super) parts: Vec<Part>,
}

/// A part of a file that does not open under the key of its record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stray {
    pub(super) org: OrgId,
    /// The record, and the file.
    pub(super) file: (Uuid, Uuid),
    pub(super) spot: Spot,
    /// The column.
    pub(super) part: &'static str,
    /// The data key that it names.
    pub(super) key: DataKeyId,
}

impl Stray {
    fn finding(&self, owners: &Owners) -> Finding {
        let part = self.part;
        let (record, attachment) = self.file;
        let owner = owners.get(&self.key).copied().flatten();
        let what = match owner.filter(|owner| *owner != (self.org, record)) {
            Some((organization, record)) => What::Belongs {
                part,
                organization,
                record,
            },
            None => What::Damaged { part },
        };
        let problem = Box::new(What::at(self.spot, what));
        Finding {
            organization: Some(self.org),
            account: None,
            record: Some(record),
            what: What::Attachment {
                attachment,
                problem,
            },
        }
    }
}

/// Whom a data key belongs to, as far as it was asked.
type Owners = HashMap<DataKeyId, Option<(OrgId, Uuid)>>;

/// Goes through all records of all organisations once more and names the owner of each part. Only
/// the suspects are in memory, however many records there are.
pub(super) async fn name_owners(
    db: &Db,
    keys: &Keyring,
    (suspects, strays): (&[Suspect], &[Stray]),
) -> Result<Vec<Finding>, DbError> {
    if suspects.is_empty() && strays.is_empty() {
        return Ok(Vec::new());
    }
    let named = suspects.iter().flat_map(|suspect| {
        let parts = [Part::Meta, Part::Value];
        parts.into_iter().filter_map(|part| suspect.row.named(part))
    });
    let strayed = strays.iter().map(|stray| stray.key);
    let mut owners: Owners = named.chain(strayed).map(|id| (id, None)).collect();
    let mut key_owners: HashMap<usize, (OrgId, Uuid)> = HashMap::new();
    let mut after = None;
    loop {
        let page = orgs_after(db, after).await?;
        for &org in &page {
            in_organization(db, keys, org, suspects, (&mut owners, &mut key_owners)).await?;
        }
        after = page.last().copied();
        if after.is_none() {
            break;
        }
    }
    let mut findings = findings(suspects, &owners, &key_owners);
    findings.extend(strays.iter().map(|stray| stray.finding(&owners)));
    Ok(findings)
}

async fn in_organization(
    db: &Db,
    keys: &Keyring,
    org: OrgId,
    suspects: &[Suspect],
    (owners, key_owners): (&mut Owners, &mut HashMap<usize, (OrgId, Uuid)>),
) -> Result<(), DbError> {
    let mut tx = TenantTx::snapshot(db, org).await?;
    let mut last = Uuid::nil();
    loop {
        let rows = Row::following(&mut tx, last, PAGE).await?;
        for row in &rows {
            let own = row.key_id(keys, org);
            if let Some(owner) = own.and_then(|id| owners.get_mut(&id)) {
                *owner = Some((org, row.id));
            }
            for (number, suspect) in suspects.iter().enumerate() {
                let own = (suspect.org, suspect.row.id) == (org, row.id);
                if own || !suspect.parts.contains(&Part::Key) {
                    continue;
                }
                if let Some(id) = suspect.row.key_id_at(keys, org, row.id) {
                    key_owners.insert(number, (org, row.id));
                    owners.insert(id, Some((org, row.id)));
                }
            }
        }
        match rows.last() {
            Some(row) => last = row.id,
            None => break,
        }
    }
    tx.finish();
    Ok(())
}

fn findings(
    suspects: &[Suspect],
    owners: &Owners,
    key_owners: &HashMap<usize, (OrgId, Uuid)>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, suspect) in suspects.iter().enumerate() {
        let mut parts = suspect.parts.clone();
        if parts.contains(&Part::Key) {
            // Where the key is another's, what it opens may be, too.
            parts.extend([Part::Meta, Part::Value]);
        }
        for part in parts {
            let owner = match part {
                Part::Key => key_owners.get(&number).copied(),
                Part::Meta | Part::Value => {
                    let named = suspect.row.named(part);
                    named.and_then(|id| owners.get(&id).copied().flatten())
                }
            };
            let own = (suspect.org, suspect.row.id);
            let what = match owner {
                Some(owner) if owner != own => What::Belongs {
                    part: part.as_str(),
                    organization: owner.0,
                    record: owner.1,
                },
                _ if suspect.parts.contains(&part) => What::Damaged {
                    part: part.as_str(),
                },
                // It stands under a key that is not its own, and says nothing of whose it is.
                _ => continue,
            };
            findings.push(Finding {
                organization: Some(suspect.org),
                account: None,
                record: Some(suspect.row.id),
                what: what.of(&suspect.row),
            });
        }
    }
    findings
}
