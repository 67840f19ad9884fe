//! `issue`: sign a licence.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use console::{
    Console, ExitCode, FileMode, PassphraseSource, passphrase_for_known_key, read_bounded,
    replace_file,
};
use license::vtlic::{Payload, Tier};
use serde::Serialize;
use time::OffsetDateTime;

use crate::dates::{self, Term};
use crate::error::Error;
use crate::keystore::SecretKey;

/// Sign a licence for a customer.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The secret key (vendor.key).
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// To whom it is issued.
    #[arg(long, value_name = "NAME")]
    customer: String,
    /// What was bought.
    #[arg(long)]
    tier: TierName,
    /// How many people may be members.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    seats: u32,
    /// The last day of the term (2027-12-31, in UTC), or an instant (2027-12-31T12:00:00Z).
    #[arg(long, value_name = "DATE", value_parser = dates::end)]
    expires: Term,
    /// The first day of the term; now when left out.
    #[arg(long, value_name = "DATE", value_parser = dates::begin)]
    not_before: Option<Term>,
    /// For how many days after the term it is honoured in full.
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    grace_days: u16,
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
    /// The licence file to write; an existing one is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

/// A tier as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum TierName {
    Free,
    Pro,
    Team,
    Enterprise,
}

#[derive(Serialize)]
struct Report<'a> {
    file: &'a PathBuf,
    license: &'a Payload,
}

pub(crate) fn run(
    options: &Options,
    console: &Console,
    now: OffsetDateTime,
) -> Result<ExitCode, Error> {
    let text = read_bounded(&options.key)?;
    let key = SecretKey::from_file_text(&text, || passphrase_for_known_key(&options.passphrase))?;
    let payload = payload(options, &key, now);
    payload.check().map_err(Error::Payload)?;
    let file = key.sign(&payload)?;
    replace_file(&options.out, &file, FileMode::Public)?;

    console.say(&format!(
        "Issued licence {} for {}: {}, {} seats, until {}, signed with key {}.",
        payload.id,
        payload.customer,
        payload.tier.as_str(),
        payload.seats,
        dates::show(payload.expires),
        payload.key_id,
    ));
    if payload.expires <= now {
        console.warn("its term is already over");
    }
    console.result(&options.out.display().to_string());
    console.result_json(&Report {
        file: &options.out,
        license: &payload,
    });
    Ok(ExitCode::Done)
}

fn payload(options: &Options, key: &SecretKey, now: OffsetDateTime) -> Payload {
    let now = now.replace_nanosecond(0).unwrap_or(now);
    Payload {
        id: uuid::Uuid::now_v7().to_string(),
        customer: options.customer.trim().to_owned(),
        tier: match options.tier {
            TierName::Free => Tier::Free,
            TierName::Pro => Tier::Pro,
            TierName::Team => Tier::Team,
            TierName::Enterprise => Tier::Enterprise,
        },
        seats: options.seats,
        features: options.feature.clone(),
        issued: now,
        not_before: options.not_before.map_or(now, |term| term.0),
        expires: options.expires.0,
        maintenance_ends: options.expires.0,
        grace_days: options.grace_days,
        counter: options
            .counter
            .unwrap_or_else(|| u64::try_from(now.unix_timestamp()).unwrap_or(0)),
        renews: None,
        hosts: options.host.clone(),
        algorithm: key.public().algorithm(),
        key_id: key.public().key_id(),
        mldsa_key_id: key.public().mldsa_key_id(),
    }
}
