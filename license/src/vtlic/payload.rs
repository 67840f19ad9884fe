//! What a licence says.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Error, LicenseKeyId};
use crate::json;

/// How deep a payload is nested at most; ours is two.
const MAX_DEPTH: usize = 8;
/// How many features or hosts a licence names at most.
const MAX_LIST: usize = 64;
/// The highest counter: what every JSON reader can hold exactly.
const MAX_COUNTER: u64 = (1 << 53) - 1;

/// What a customer has bought. Ordered: a later tier includes the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// What everybody has, also after a licence has lapsed.
    Free,
    /// For individuals.
    Pro,
    /// Adds just-in-time access and integrations.
    Team,
    /// Adds unlimited audit retention.
    Enterprise,
}

impl Tier {
    /// The word used in files and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
            Self::Team => "team",
            Self::Enterprise => "enterprise",
        }
    }
}

/// How a licence is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// One Ed25519 signature.
    #[serde(rename = "ed25519")]
    Ed25519,
    /// Two signatures, valid only together.
    #[serde(rename = "ed25519+ml-dsa-65")]
    Composite,
}

impl Algorithm {
    /// The word used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Composite => "ed25519+ml-dsa-65",
        }
    }

    /// How many signatures it demands, no more and no fewer.
    #[must_use]
    pub const fn signatures(self) -> usize {
        match self {
            Self::Ed25519 => 1,
            Self::Composite => 2,
        }
    }
}

/// What the vendor signed. Unknown fields of a later minor version are ignored; they stay in the
/// signed bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// The licence's own id.
    pub id: String,
    /// To whom it was issued.
    pub customer: String,
    /// What was bought.
    pub tier: Tier,
    /// How many people may be members.
    pub seats: u32,
    /// Features beyond the tier's own.
    #[serde(default)]
    pub features: Vec<String>,
    /// When it was issued.
    #[serde(with = "crate::instant")]
    pub issued: OffsetDateTime,
    /// From when on it is in force.
    #[serde(with = "crate::instant")]
    pub not_before: OffsetDateTime,
    /// The first instant at which its term is over.
    #[serde(with = "crate::instant")]
    pub expires: OffsetDateTime,
    /// The first instant whose releases may not be run any more. A file that does not say means
    /// `expires`.
    #[serde(with = "crate::instant")]
    pub maintenance_ends: OffsetDateTime,
    /// For how many days after the term it is still honoured in full.
    pub grace_days: u16,
    /// Rises with every licence issued to a customer; a lower one is a step back.
    pub counter: u64,
    /// The id of the licence that this one renews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renews: Option<String>,
    /// Hosts it is bound to; empty means any.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// How it is signed.
    pub algorithm: Algorithm,
    /// The key that signed it.
    pub key_id: LicenseKeyId,
    /// The post-quantum half of that key, in a composite licence only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mldsa_key_id: Option<LicenseKeyId>,
}

impl Payload {
    /// Reads a payload whose signature somebody has checked, or means not to believe.
    ///
    /// # Errors
    /// [`Error::Payload`] when it is no licence payload, [`Error::Inconsistent`] when it
    /// contradicts itself.
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        let mut fields = json::object(body, MAX_DEPTH).map_err(Error::Payload)?;
        if !fields.contains_key("maintenanceEnds")
            && let Some(expires) = fields.get("expires").cloned()
        {
            fields.insert("maintenanceEnds".to_owned(), expires);
        }
        let payload: Self =
            serde_json::from_value(Value::Object(fields)).map_err(Error::Payload)?;
        payload.check()?;
        Ok(payload)
    }

    /// The instant at which the grace window ends.
    #[must_use]
    pub fn grace_ends(&self) -> OffsetDateTime {
        self.expires
            .saturating_add(time::Duration::days(i64::from(self.grace_days)))
    }

    /// Rules that a payload must keep to be issued or believed.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] names the broken rule.
    pub fn check(&self) -> Result<(), Error> {
        let instants = [
            self.issued,
            self.not_before,
            self.expires,
            self.maintenance_ends,
        ];
        let keys = self.algorithm == Algorithm::Composite;
        let rule = if !is_word(&self.id) || !self.renews.as_deref().is_none_or(is_word) {
            "a licence's id has 1 to 64 letters, digits, `-`, `_`, `.` or `:`"
        } else if self.customer.trim().is_empty() || self.customer.chars().count() > 200 {
            "the customer's name must have 1 to 200 characters"
        } else if self.customer.chars().any(char::is_control) {
            "the customer's name has no control characters"
        } else if self.seats == 0 {
            "a licence has at least one seat"
        } else if self.counter > MAX_COUNTER {
            "a counter is below 2^53"
        } else if instants.iter().any(|instant| instant.nanosecond() != 0) {
            "instants are whole seconds"
        } else if self.expires <= self.not_before {
            "it ends before it begins"
        } else if self.features.len() > MAX_LIST || self.hosts.len() > MAX_LIST {
            "at most 64 features and 64 hosts"
        } else if !self.features.iter().chain(&self.hosts).all(|w| is_word(w)) {
            "a feature or host has 1 to 64 letters, digits, `-`, `_`, `.` or `:`"
        } else if keys != self.mldsa_key_id.is_some() {
            "a composite licence, and no other, names two keys"
        } else {
            return Ok(());
        };
        Err(Error::Inconsistent(rule))
    }
}

fn is_word(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(letter)
}
