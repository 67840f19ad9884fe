//! Looking for passwords in the list of breached ones.

use serde::Serialize;
use sha1::{Digest as _, Sha1};

use crate::context::App;
use crate::infra::breaches::BreachList;
use crate::kernel::{OrgId, SecretId};
use crate::vault::problem::Error;
use crate::vault::secrets;
use crate::vault::store::sealed::Whole;

/// What a look at the list came to.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BreachReport {
    /// How many passwords were looked for.
    pub(super) checked: usize,
    /// How many may only be used, and were left out.
    left_out: usize,
    /// Those that were found.
    breached: Vec<Breached>,
}

/// A record whose password is known from breaches.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Breached {
    /// Which.
    id: SecretId,
    /// Its name.
    name: String,
    /// How often its password was seen in breaches.
    count: u64,
}

impl BreachReport {
    /// Adds what a part of the records came to.
    pub(super) fn add(&mut self, part: Self) {
        self.checked = self.checked.saturating_add(part.checked);
        self.left_out = self.left_out.saturating_add(part.left_out);
        self.breached.extend(part.breached);
    }
}

/// Opens records one after the other and looks for their passwords.
pub(super) fn look(
    app: &App,
    org: OrgId,
    list: &BreachList,
    rows: &[Whole],
) -> Result<BreachReport, Error> {
    let mut report = BreachReport::default();
    for row in rows {
        let record = secrets::record(app, org, row.id);
        if !record
            .open_meta(&row.sealed.head)?
            .shows(row.sealed.head.version)
        {
            report.left_out = report.left_out.saturating_add(1);
            continue;
        }
        let (_, content) = record.open(&row.sealed)?;
        let Some(password) = content.fields.get("password") else {
            continue;
        };
        report.checked = report.checked.saturating_add(1);
        let digest = Sha1::digest(password.as_bytes()).into();
        if let Some(count) = list.count(&digest)? {
            report.breached.push(Breached {
                id: row.id,
                name: content.name,
                count,
            });
        }
    }
    Ok(report)
}
