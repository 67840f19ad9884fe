//! Looking for passwords in the list of breached ones.

use serde::Serialize;
use sha1::{Digest as _, Sha1};

use crate::context::App;
use crate::infra::breaches::BreachList;
use crate::kernel::{OrgId, SecretId};
use crate::vault::problem::Error;
use crate::vault::record::Content;
use crate::vault::seal::Record;
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
    /// Those that do not open, so that nothing is known of them.
    unreadable: Vec<SecretId>,
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

    /// Takes one in that does not open.
    pub(super) fn add_unreadable(&mut self, id: SecretId) {
        self.unreadable.push(id);
    }
}

/// Records that do not open, each with why.
pub(super) type Closed = Vec<(SecretId, Error)>;

/// Opens records one after the other and looks for their passwords.
pub(super) fn look(
    app: &App,
    org: OrgId,
    list: &BreachList,
    rows: &[Whole],
) -> Result<(BreachReport, Closed), Error> {
    let (mut report, mut closed) = (BreachReport::default(), Closed::new());
    for row in rows {
        let content = match seen(&secrets::record(app, org, row.id), row) {
            Ok(Some(content)) => content,
            Ok(None) => {
                report.left_out = report.left_out.saturating_add(1);
                continue;
            }
            Err(error) => {
                closed.push((row.id, error));
                continue;
            }
        };
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
    Ok((report, closed))
}

/// What is in a record; none when it may only be used.
fn seen(record: &Record<'_>, row: &Whole) -> Result<Option<Content>, Error> {
    let meta = record.open_meta(&row.sealed.head)?;
    if !meta.shows(row.sealed.head.version) {
        return Ok(None);
    }
    let (_, content) = record.open(&row.sealed)?;
    Ok(Some(content))
}
