//! The licence: read, checked, judged.

use std::path::{Path, PathBuf};

use license::state::State;
use license::verdict::{Circumstances, Verdict, judge};
use license::vtlic::{License, Payload};
use offline::Manifest;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::bound;
use crate::error::Error;
use crate::facts;
use crate::layout::Layout;

/// A licence whose signature holds.
pub(crate) struct Checked {
    /// Where it was read.
    pub(crate) path: PathBuf,
    /// The file, byte for byte.
    pub(crate) bytes: Vec<u8>,
    /// The licence itself.
    pub(crate) license: License,
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
    // Where the host does not say which it is, the server judges alone.
    let env = facts::env_file(layout)?;
    let host = bound::fingerprint(env.as_ref()).ok();
    let host = host.map(|host| host.to_string());
    let circumstances = Circumstances {
        state: seen.as_ref(),
        host: host.as_deref(),
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
        license,
        payload,
        standing,
    })
}

/// A licence file as the vendor signed it, whatever it is worth now.
pub(crate) fn open(path: &Path) -> Result<License, Error> {
    let text = console::read_bounded(path).map_err(|source| Error::LicenseFile {
        path: path.to_owned(),
        source,
    })?;
    parse(text.as_bytes(), path)
}

/// The same from bytes; `path` is for the message only.
pub(crate) fn parse(bytes: &[u8], path: &Path) -> Result<License, Error> {
    let keys = license::keys::license_keys().map_err(Error::LicenseKeys)?;
    License::open(bytes, &keys).map_err(|source| Error::License {
        path: path.to_owned(),
        source,
    })
}

/// Whether a licence covers a release: its maintenance, which the vendor signed, against the release's
/// date, which is signed in its bundle. No clock is asked.
pub(crate) fn covers(license: &License, manifest: &Manifest) -> Result<(), NotCovered> {
    let seconds = i64::try_from(manifest.created).unwrap_or(i64::MAX);
    // A date that is none is later than every other.
    let last = time::macros::datetime!(9999-12-31 23:59:59 UTC);
    let released = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(last);
    license.may_run(released).map_err(|ended| NotCovered {
        version: manifest.version.clone(),
        released: instant(ended.released),
        ends: instant(ended.ends),
    })
}

/// A release that a licence does not cover.
#[derive(Debug, thiserror::Error)]
#[error(
    "release {version} was built at {released}, and the licence covers releases built before {ends}"
)]
pub(crate) struct NotCovered {
    version: String,
    released: String,
    ends: String,
}

fn instant(instant: OffsetDateTime) -> String {
    instant.format(&Rfc3339).unwrap_or_default()
}

/// What the server remembers of its licence. A note that cannot be read is none: the server itself
/// judges again.
pub(crate) fn last_seen(layout: &Layout) -> Option<State> {
    let text = console::read_bounded(&layout.license_state()).ok()?;
    State::unsafe_unauthenticated(text.as_bytes())
}

impl Checked {
    /// Refuses a step back, with which the server would not start.
    pub(crate) fn is_newest(&self) -> Result<(), Error> {
        match &self.standing {
            Verdict::Superseded { counter, seen } => Err(Error::LicenseOlder {
                path: self.path.clone(),
                counter: *counter,
                seen: *seen,
            }),
            _ => Ok(()),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::covers;
    use crate::bound::tests::license;
    use crate::plan::tests::manifest;
    use crate::plan::{Verdict, maintenance};

    /// Two signed dates; no clock is asked, so it is the same for ever.
    #[test]
    fn a_release_from_after_the_end_of_maintenance_is_refused_to_the_second() {
        let (license, mut manifest) = (license(1), manifest());
        let ends = license.payload().maintenance_ends.unix_timestamp();
        for (built, covered) in [
            (ends - 1, true),
            (ends, false),
            (ends + 1, false),
            (0, true),
        ] {
            manifest.created = u64::try_from(built).unwrap();
            let said = covers(&license, &manifest);
            assert_eq!(said.is_ok(), covered, "{built}");
            let check = maintenance(said, &manifest);
            assert_eq!(check.verdict == Verdict::Ok, covered);
        }
        manifest.created = u64::MAX;
        let said = covers(&license, &manifest).unwrap_err().to_string();
        assert!(
            said.contains("9999-12-31") && said.contains("2027-01-01T00:00:00Z"),
            "{said}"
        );
    }
}
