//! The licence: read, checked, judged.

use std::path::{Path, PathBuf};

use license::state::State;
use license::verdict::{Circumstances, Verdict, judge};
use license::vtlic::Payload;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::Error;
use crate::layout::Layout;

/// A licence whose signature holds.
pub(crate) struct Checked {
    /// Where it was read.
    pub(crate) path: PathBuf,
    /// The file, byte for byte.
    pub(crate) bytes: Vec<u8>,
    /// What it grants.
    pub(crate) payload: Payload,
    /// What it is worth now.
    pub(crate) standing: Verdict,
}

/// Checks a licence file against the keys compiled in, and judges it.
pub(crate) fn check(path: &Path, layout: &Layout, now: OffsetDateTime) -> Result<Checked, Error> {
    let text = console::read_bounded(path).map_err(|source| Error::LicenseFile {
        path: path.to_owned(),
        source,
    })?;
    let keys = license::keys::license_keys().map_err(Error::LicenseKeys)?;
    let seen = last_seen(layout);
    let circumstances = Circumstances {
        state: seen.as_ref(),
        ..Circumstances::looking(now)
    };
    let (license, standing, _) = judge(text.as_bytes(), &keys, &circumstances)
        .accepted()
        .map_err(|source| Error::License {
            path: path.to_owned(),
            source,
        })?;
    let payload = license.payload().clone();
    Ok(Checked {
        path: path.to_owned(),
        bytes: text.into_bytes(),
        payload,
        standing,
    })
}

/// What the server remembers of its licence. A note that cannot be read is none: the server itself
/// judges again.
pub(crate) fn last_seen(layout: &Layout) -> Option<State> {
    let text = console::read_bounded(&layout.license_state()).ok()?;
    State::unsafe_unauthenticated(text.as_bytes())
}

impl Checked {
    /// One line about it.
    pub(crate) fn describe(&self) -> String {
        let payload = &self.payload;
        format!(
            "licence for {}: {}, {} seats, until {}",
            payload.customer.escape_debug(),
            payload.tier.as_str(),
            payload.seats,
            day(payload.expires)
        )
    }

    /// What deserves attention, if anything does.
    pub(crate) fn warning(&self) -> Option<String> {
        Some(match &self.standing {
            Verdict::Valid { days_left } if *days_left > 30 => return None,
            Verdict::Valid { days_left } => {
                format!("the licence ends in {days_left} days; ask the vendor for the next one")
            }
            Verdict::NotYetValid { from } => format!(
                "the licence is not yet in force: its term begins on {}; until then the limits of \
                 the free tier apply",
                day(*from)
            ),
            Verdict::Grace { days_left } => format!(
                "the licence has expired; it is honoured for {days_left} more days, then the \
                 limits of the free tier apply"
            ),
            Verdict::Lapsed => "the licence has expired: the limits of the free tier apply; ask \
                                the vendor for a new one"
                .to_owned(),
            Verdict::WrongHost => "the licence is bound to other hosts: the limits of the free \
                                   tier apply"
                .to_owned(),
            Verdict::Superseded { .. } => "the licence is older than one that was in force here, \
                                           and the server does not start with it"
                .to_owned(),
            Verdict::Malformed(_) | Verdict::Forged(_) => {
                "the licence is none: the server does not start with it".to_owned()
            }
        })
    }
}

/// An instant as a day.
pub(crate) fn day(instant: OffsetDateTime) -> String {
    let text = instant.format(&Rfc3339).unwrap_or_default();
    text.split('T').next().unwrap_or_default().to_owned()
}
