//! `show`: what a licence file says, whoever signed it.

use std::path::PathBuf;

use clap::Args;
use console::{Console, ExitCode, read_bounded, table};
use license::dsse::Envelope;
use license::vtlic::Payload;
use serde::Serialize;

use crate::dates;
use crate::error::Error;

const EXAMPLES: &str = "\
Examples:
  vaultterm-license show example.vtlic
  vaultterm-license show example.vtlic --json";

/// Print what a licence says. Its signature is not checked: see `verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The licence file.
    file: PathBuf,
}

#[derive(Serialize)]
struct Report<'a> {
    verified: bool,
    license: &'a Payload,
}

pub(crate) fn run(options: &Options, console: &Console) -> Result<ExitCode, Error> {
    let text = read_bounded(&options.file)?;
    let refused = |source| Error::Refused {
        path: options.file.clone(),
        source,
    };
    let envelope = Envelope::parse(text.as_bytes()).map_err(|error| refused(error.into()))?;
    let body = envelope
        .payload_bytes()
        .map_err(|error| refused(error.into()))?;
    let payload = Payload::parse(&body).map_err(refused)?;

    console.result(page(&payload).trim_end());
    console.say("The signature was not checked: use `verify` with the vendor's public key.");
    console.result_json(&Report {
        verified: false,
        license: &payload,
    });
    Ok(ExitCode::Done)
}

/// The licence as a page of label and value.
pub(super) fn page(payload: &Payload) -> String {
    let list = |items: &[String], none: &str| {
        if items.is_empty() {
            none.to_owned()
        } else {
            items.join(", ")
        }
    };
    let key = payload.mldsa_key_id.as_ref().map_or_else(
        || payload.key_id.to_string(),
        |half| format!("{} and {half}", payload.key_id),
    );
    let rows = [
        ("Licence", payload.id.clone()),
        (
            "Renews",
            payload.renews.clone().unwrap_or_else(|| "none".to_owned()),
        ),
        ("Customer", payload.customer.escape_debug().to_string()),
        ("Tier", payload.tier.as_str().to_owned()),
        ("Seats", payload.seats.to_string()),
        ("Features", list(&payload.features, "those of the tier")),
        ("Issued", dates::show(payload.issued)),
        ("In force from", dates::show(payload.not_before)),
        ("Term ends", dates::show(payload.expires)),
        ("Grace until", dates::show(payload.grace_ends())),
        (
            "Runs releases before",
            dates::show(payload.maintenance_ends),
        ),
        ("Counter", payload.counter.to_string()),
        ("Hosts", list(&payload.hosts, "any")),
        ("Signature", payload.algorithm.as_str().to_owned()),
        ("Signed with key", key),
    ];
    table(&rows.map(|(label, value)| vec![label.to_owned(), value]))
}
