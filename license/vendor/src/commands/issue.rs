//! `issue`: sign a licence.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use console::{Console, ExitCode};
use license::vtlic::{Payload, Tier};
use time::OffsetDateTime;

use crate::dates::{self, Term};
use crate::error::Error;
use crate::issuing::{Desk, counter, whole};
use crate::keystore::SecretKey;
use crate::order::Order;

const EXAMPLES: &str = "\
Examples:
  vaultterm-license issue --key keys/vendor.key --customer 'Example GmbH' --tier team \\
      --seats 25 --expires 2027-12-31 --out example.vtlic
  vaultterm-license issue --key keys/vendor.key --from order.yaml --out example.vtlic

An order is YAML, and every field of it may be given as a flag instead:
  customer: Example GmbH
  tier: team
  seats: 25
  expires: 2027-12-31
  maintenance-ends: 2027-12-31
  grace-days: 30
  features: [sftp]
  hosts: []";

/// Sign a licence for a customer.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(flatten)]
    desk: Desk,
    /// Take what was ordered from a YAML file; flags win over it.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// To whom it is issued.
    #[arg(long, value_name = "NAME", required_unless_present = "from")]
    customer: Option<String>,
    /// What was bought.
    #[arg(long, required_unless_present = "from")]
    tier: Option<TierName>,
    /// How many people may be members.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), required_unless_present = "from")]
    seats: Option<u32>,
    /// The last day of the term (2027-12-31, in UTC), or an instant (2027-12-31T12:00:00Z).
    #[arg(long, value_name = "DATE", value_parser = dates::end, required_unless_present = "from")]
    expires: Option<Term>,
    /// The first day of the term; now when left out.
    #[arg(long, value_name = "DATE", value_parser = dates::begin)]
    not_before: Option<Term>,
    /// The last day whose releases it may run; that of the term when left out.
    #[arg(long, value_name = "DATE", value_parser = dates::end)]
    maintenance_ends: Option<Term>,
    /// For how many days after the term it is honoured in full; 30 when left out.
    #[arg(long, value_name = "DAYS")]
    grace_days: Option<u16>,
    /// A number higher than that of every earlier licence of this customer; the time in seconds
    /// when left out.
    #[arg(long, value_name = "N")]
    counter: Option<u64>,
    /// Bind it to a host (see `fingerprint`); may be repeated.
    #[arg(long, value_name = "FINGERPRINT")]
    host: Vec<String>,
    /// A feature beyond the tier's own; may be repeated.
    #[arg(long, value_name = "NAME")]
    feature: Vec<String>,
}

/// A tier as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TierName {
    Free,
    Pro,
    Team,
    Enterprise,
}

impl From<TierName> for Tier {
    fn from(name: TierName) -> Self {
        match name {
            TierName::Free => Self::Free,
            TierName::Pro => Self::Pro,
            TierName::Team => Self::Team,
            TierName::Enterprise => Self::Enterprise,
        }
    }
}

pub(crate) fn run(
    options: &Options,
    console: &Console,
    now: OffsetDateTime,
) -> Result<ExitCode, Error> {
    let order = options
        .from
        .as_deref()
        .map(Order::read)
        .transpose()?
        .unwrap_or_default();
    let key = options.desk.open_key()?;
    let payload = payload(options, order, &key, now)?;
    options.desk.issue(&key, &payload, console, now)?;
    Ok(ExitCode::Done)
}

fn payload(
    options: &Options,
    order: Order,
    key: &SecretKey,
    now: OffsetDateTime,
) -> Result<Payload, Error> {
    let now = whole(now);
    let expires = date(options.expires, order.expires, dates::end)?;
    let expires = expires.ok_or(Error::Incomplete("expires"))?;
    let not_before = date(options.not_before, order.not_before, dates::begin)?;
    let maintenance = date(options.maintenance_ends, order.maintenance_ends, dates::end)?;
    let customer = options.customer.clone().or(order.customer);
    let list = |flags: &[String], ordered| {
        if flags.is_empty() {
            ordered
        } else {
            flags.to_vec()
        }
    };
    Ok(Payload {
        id: uuid::Uuid::now_v7().to_string(),
        customer: customer
            .ok_or(Error::Incomplete("customer"))?
            .trim()
            .to_owned(),
        tier: options
            .tier
            .map(Tier::from)
            .or(order.tier)
            .ok_or(Error::Incomplete("tier"))?,
        seats: options
            .seats
            .or(order.seats)
            .ok_or(Error::Incomplete("seats"))?,
        features: list(&options.feature, order.features),
        issued: now,
        not_before: not_before.unwrap_or(now),
        expires,
        maintenance_ends: maintenance.unwrap_or(expires),
        grace_days: options.grace_days.or(order.grace_days).unwrap_or(30),
        counter: options
            .counter
            .or(order.counter)
            .unwrap_or_else(|| counter(now)),
        renews: None,
        hosts: list(&options.host, order.hosts),
        algorithm: key.public().algorithm(),
        key_id: key.public().key_id(),
        mldsa_key_id: key.public().mldsa_key_id(),
    })
}

/// A date of a flag, or else of the order.
fn date(
    flag: Option<Term>,
    ordered: Option<String>,
    read: fn(&str) -> Result<Term, String>,
) -> Result<Option<OffsetDateTime>, Error> {
    let term = match (flag, ordered) {
        (Some(term), _) => Some(term),
        (None, Some(text)) => Some(read(&text).map_err(|_| Error::Date(text))?),
        (None, None) => None,
    };
    Ok(term.map(|term| term.0))
}
