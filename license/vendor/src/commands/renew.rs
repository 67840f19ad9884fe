//! `renew`: the next licence of a customer.

use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode, read_bounded};
use license::vtlic::{License, LicensePublicKey, Payload};
use time::OffsetDateTime;

use super::issue::TierName;
use crate::dates::{self, Term};
use crate::error::Error;
use crate::issuing::{Desk, counter, whole};

const EXAMPLES: &str = "\
Examples:
  vaultterm-license renew example.vtlic --key keys/vendor.key --expires 2028-12-31 \\
      --out example-2028.vtlic
  vaultterm-license renew example.vtlic --key new/vendor.key --trust old/vendor.pub \\
      --expires 2028-12-31 --seats 40 --out example-2028.vtlic";

/// Sign the next licence for the customer of an earlier one; what no flag changes stays as it was.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The licence that it renews.
    old: PathBuf,
    #[command(flatten)]
    desk: Desk,
    /// The public key of the earlier licence, when another key signed it (vendor.pub).
    #[arg(long, value_name = "PUB")]
    trust: Option<PathBuf>,
    /// The last day of the term (2028-12-31, in UTC), or an instant (2028-12-31T12:00:00Z).
    #[arg(long, value_name = "DATE", value_parser = dates::end)]
    expires: Term,
    /// The first day of the term; now when left out, so that it is in force at once.
    #[arg(long, value_name = "DATE", value_parser = dates::begin)]
    not_before: Option<Term>,
    /// The last day whose releases it may run; that of the term when left out.
    #[arg(long, value_name = "DATE", value_parser = dates::end)]
    maintenance_ends: Option<Term>,
    /// Another tier.
    #[arg(long)]
    tier: Option<TierName>,
    /// Another number of seats.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    seats: Option<u32>,
    /// Another number of days for which it is honoured in full after the term.
    #[arg(long, value_name = "DAYS")]
    grace_days: Option<u16>,
    /// A number higher than that of the earlier licence; the time in seconds when left out, or the
    /// next number where that is no higher.
    #[arg(long, value_name = "N")]
    counter: Option<u64>,
    /// Other hosts to bind it to; may be repeated.
    #[arg(long, value_name = "FINGERPRINT")]
    host: Vec<String>,
}

pub(crate) fn run(
    options: &Options,
    console: &Console,
    now: OffsetDateTime,
) -> Result<ExitCode, Error> {
    let key = options.desk.open_key()?;
    let mut trusted = vec![key.public().clone()];
    if let Some(path) = &options.trust {
        let more = LicensePublicKey::all_from_text(&read_bounded(path)?).map_err(|source| {
            Error::PublicKey {
                path: path.clone(),
                source,
            }
        })?;
        trusted.extend(more);
    }
    let refused = |source| Error::Refused {
        path: options.old.clone(),
        source,
    };
    let old = License::open(read_bounded(&options.old)?.as_bytes(), &trusted).map_err(refused)?;
    let payload = next(options, old.payload(), key.public(), now)?;
    options.desk.issue(&key, &payload, console, now)?;
    Ok(ExitCode::Done)
}

fn next(
    options: &Options,
    old: &Payload,
    key: &LicensePublicKey,
    now: OffsetDateTime,
) -> Result<Payload, Error> {
    let now = whole(now);
    let before = old.counter;
    let given = options
        .counter
        .unwrap_or_else(|| counter(now).max(before.saturating_add(1)));
    if given <= before {
        return Err(Error::Counter { given, before });
    }
    let expires = options.expires.0;
    let hosts = if options.host.is_empty() {
        old.hosts.clone()
    } else {
        options.host.clone()
    };
    Ok(Payload {
        id: uuid::Uuid::now_v7().to_string(),
        renews: Some(old.id.clone()),
        tier: options.tier.map_or(old.tier, Into::into),
        seats: options.seats.unwrap_or(old.seats),
        issued: now,
        not_before: options.not_before.map_or(now, |term| term.0),
        expires,
        maintenance_ends: options.maintenance_ends.map_or(expires, |term| term.0),
        grace_days: options.grace_days.unwrap_or(old.grace_days),
        counter: given,
        hosts,
        algorithm: key.algorithm(),
        key_id: key.key_id(),
        mldsa_key_id: key.mldsa_key_id(),
        ..old.clone()
    })
}
