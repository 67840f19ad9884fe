//! What belongs to records beside their values: files, and one-time links.

use uuid::Uuid;

use super::known::Known;
use super::{Look, PAGE, SUSPECTS, What};
use crate::custody::suspects::Stray;
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::OrgId;
use crate::vault::{FileFault, FileRow, LinkRow, Spot};

impl Look<'_> {
    /// Every file, piece by piece.
    pub(super) async fn files(
        &mut self,
        tx: &mut TenantTx,
        mut known: Option<&mut Known>,
    ) -> Result<(), DbError> {
        let org = tx.org();
        let mut after = Uuid::nil();
        loop {
            let rows = FileRow::following(tx, after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in rows {
                self.report.attachments += 1;
                if let Some(known) = known.as_deref_mut() {
                    self.compare_file(org, &row, known);
                }
                for (spot, fault) in row.faults(tx, self.keys).await? {
                    self.file_fault(org, &row, spot, fault);
                }
            }
        }
        let Some(known) = known else { return Ok(()) };
        let mut gone: Vec<(Uuid, Uuid)> = known.files.drain().collect();
        gone.sort_unstable();
        for (file, record) in gone {
            if !known.named.contains(&record) {
                self.of_file(org, (record, file), What::Gone);
            }
        }
        Ok(())
    }

    fn compare_file(&mut self, org: OrgId, row: &FileRow, known: &mut Known) {
        let expected = known.files.remove(&row.id);
        if known.named.contains(&row.record) {
            return;
        }
        let what = match expected {
            Some(record) if record == row.record => return,
            Some(expected) => What::OtherRecord {
                found: row.record,
                expected,
            },
            None if known.may_be_older(&[row.id, row.record]) => {
                self.report.older_than_trail.attachments += 1;
                return;
            }
            None => What::Invented,
        };
        self.of_file(org, (row.record, row.id), what);
    }

    fn file_fault(&mut self, org: OrgId, row: &FileRow, spot: Spot, fault: FileFault) {
        let part = match spot {
            Spot::Head => "sealed_head",
            Spot::Piece(_) => "sealed",
        };
        let what = match fault {
            FileFault::Gone => What::Gone,
            FileFault::Beyond => What::Invented,
            FileFault::OtherPiece(found) => What::OtherPiece { found },
            FileFault::CutOff => What::CutOff,
            FileFault::Extended => What::Extended,
            FileFault::OtherFile(attachment) => What::OtherAttachment { part, attachment },
            FileFault::Closed(Some(key)) if self.strays.len() < SUSPECTS => {
                let file = (row.record, row.id);
                self.strays.push(Stray {
                    org,
                    file,
                    spot,
                    part,
                    key,
                });
                return;
            }
            FileFault::Closed(_) => What::Damaged { part },
        };
        self.of_file(org, (row.record, row.id), What::at(spot, what));
    }

    fn of_file(&mut self, org: OrgId, (record, attachment): (Uuid, Uuid), what: What) {
        let problem = Box::new(what);
        let what = What::Attachment {
            attachment,
            problem,
        };
        self.found(org, Some(record), what);
    }

    /// Every link, as it stands.
    pub(super) async fn links(
        &mut self,
        tx: &mut TenantTx,
        known: Option<&mut Known>,
    ) -> Result<(), DbError> {
        let org = tx.org();
        let mut after = Uuid::nil();
        let Some(known) = known else { return Ok(()) };
        loop {
            let rows = LinkRow::following(tx, after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in rows {
                self.report.links += 1;
                self.compare_link(org, &row, known);
            }
        }
        let mut gone: Vec<(Uuid, Uuid)> = (known.links.drain())
            .filter(|(_, link)| !link.is_over)
            .map(|(id, link)| (id, link.record))
            .collect();
        gone.sort_unstable();
        for (link, record) in gone {
            if !known.named.contains(&record) {
                self.of_link(org, (record, link), What::Gone);
            }
        }
        Ok(())
    }

    fn compare_link(&mut self, org: OrgId, row: &LinkRow, known: &mut Known) {
        let expected = known.links.remove(&row.id);
        if known.named.contains(&row.record) {
            return;
        }
        let place = (row.record, row.id);
        let Some(expected) = expected else {
            if known.may_be_older(&[row.id, row.record]) {
                self.report.older_than_trail.links += 1;
            } else {
                self.of_link(org, place, What::Invented);
            }
            return;
        };
        if !expected.whole {
            self.report.older_than_trail.links += 1;
        }
        let (found, remaining) = (row.remaining, expected.remaining);
        if found != remaining {
            self.of_link(org, place, What::Uses { found, remaining });
        }
        let known_by = row.digest.zip(expected.digest);
        if known_by.is_some_and(|(found, expected)| found != expected) {
            self.of_link(org, place, What::Changed);
        }
    }

    fn of_link(&mut self, org: OrgId, (record, link): (Uuid, Uuid), what: What) {
        let problem = Box::new(what);
        self.found(org, Some(record), What::Link { link, problem });
    }
}
