//! The one way in which a licence leaves this tool: signed, read again, entered in the log, written.

use std::path::PathBuf;

use clap::Args;
use console::{
    Console, FileMode, PassphraseSource, passphrase_for_known_key, read_bounded, replace_file,
};
use license::vtlic::{License, Payload};
use serde::Serialize;
use time::OffsetDateTime;

use crate::dates;
use crate::error::Error;
use crate::keystore::SecretKey;
use crate::log::{self, Kind, Log};

/// Where the key, the log and the result are.
#[derive(Debug, Args)]
pub(crate) struct Desk {
    /// The secret key (vendor.key).
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The issuance log; issued.jsonl beside the key when left out.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// The licence file to write; an existing one is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

#[derive(Serialize)]
struct Report<'a> {
    file: &'a PathBuf,
    license: &'a Payload,
    log: &'a PathBuf,
    number: u64,
}

impl Desk {
    /// Opens the key.
    pub(crate) fn open_key(&self) -> Result<SecretKey, Error> {
        let text = read_bounded(&self.key)?;
        SecretKey::from_file_text(&text, || passphrase_for_known_key(&self.passphrase))
    }

    /// Issues a licence. Without a line in the log there is none.
    pub(crate) fn issue(
        &self,
        key: &SecretKey,
        payload: &Payload,
        console: &Console,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        payload.check().map_err(Error::Payload)?;
        let file = key.sign(payload)?;
        // What customers will be refused must not go out.
        License::open(&file, std::slice::from_ref(key.public())).map_err(Error::Payload)?;
        let log = self.log.clone().unwrap_or_else(|| log::beside(&self.key));
        let said = serde_json::to_value(payload).map_err(Error::Encode)?;
        let number = Log::open(&log)?.append(Kind::Licence, &file, said, now)?;
        replace_file(&self.out, &file, FileMode::Public)?;

        console.say(&words(payload));
        if payload.expires <= now {
            console.warn("its term is already over");
        }
        for host in payload.hosts.iter().filter(|host| !is_fingerprint(host)) {
            console.warn(&format!(
                "{host} is not what `fingerprint` prints: no host has it"
            ));
        }
        console.result(&self.out.display().to_string());
        console.result_json(&Report {
            file: &self.out,
            license: payload,
            log: &log,
            number,
        });
        Ok(())
    }
}

fn is_fingerprint(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 64 && text.bytes().all(digit)
}

fn words(payload: &Payload) -> String {
    format!(
        "Issued licence {} for {}: {}, {} seats, until {}, signed with key {} ({}).",
        payload.id,
        payload.customer.escape_debug(),
        payload.tier.as_str(),
        payload.seats,
        dates::show(payload.expires),
        payload.key_id,
        payload.algorithm.as_str(),
    )
}

/// A counter that is higher than every earlier one of the customer, as long as the clock goes
/// forward: the time in seconds.
pub(crate) fn counter(now: OffsetDateTime) -> u64 {
    u64::try_from(now.unix_timestamp()).unwrap_or(0)
}

/// An instant as it is signed: whole seconds.
pub(crate) fn whole(instant: OffsetDateTime) -> OffsetDateTime {
    instant.replace_nanosecond(0).unwrap_or(instant)
}
