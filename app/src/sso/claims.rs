//! What an ID token must say (OpenID Connect Core 1.0, 3.1.3.7), and what it says of a person.

use serde::Deserialize;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;

/// Clocks of two hosts differ by so many seconds without harm.
const SKEW_SEC: i64 = 60;
/// A token of the code flow is made when it is asked for; an older one was kept by somebody.
const OLDEST_SEC: i64 = 600;
/// The most groups that are looked at.
const MOST_GROUPS: usize = 1000;

/// What is wrong with a token's claims.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum ClaimFault {
    /// No JSON, a claim twice, one that must be there is not.
    #[error("its claims cannot be read")]
    Form,
    /// Another issuer's.
    #[error("it was issued by somebody else")]
    Issuer,
    /// For another client.
    #[error("it is for another client")]
    Audience,
    /// Of another sign-in.
    #[error("its nonce is that of another sign-in")]
    Nonce,
    /// Over.
    #[error("it has expired")]
    Expired,
    /// Not yet, or from long ago.
    #[error("it was issued at another time than now")]
    Time,
    /// Nobody, or a name without bounds.
    #[error("its subject is none")]
    Subject,
    /// The person's details are somebody else's.
    #[error("the details that were fetched are about another subject")]
    OtherSubject,
}

/// What is expected of a token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: OffsetDateTime,
}

#[derive(Deserialize)]
struct Registered {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// What a provider says of a person.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    pub(super) subject: String,
    all: Map<String, Value>,
}

/// Judges the payload of a token whose signature holds.
pub(super) fn judge(payload: &[u8], expected: &Expected<'_>) -> Result<Claims, ClaimFault> {
    let claims: Registered = serde_json::from_slice(payload).map_err(|_| ClaimFault::Form)?;
    if claims.iss != expected.issuer {
        return Err(ClaimFault::Issuer);
    }
    let ours = |client: &str| client == expected.client;
    let audience = match &claims.aud {
        Audience::One(one) => ours(one),
        // Where others are meant, too, it says that it was made for us.
        Audience::Many(many) => {
            many.iter().any(|one| ours(one)) && (many.len() == 1 || claims.azp.is_some())
        }
    };
    if !audience || !claims.azp.as_deref().is_none_or(ours) {
        return Err(ClaimFault::Audience);
    }
    if !bool::from(claims.nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
        return Err(ClaimFault::Nonce);
    }
    in_time(&claims, expected.now)?;
    let bounded = !claims.sub.is_empty()
        && claims.sub.len() <= 255
        && !claims.sub.chars().any(char::is_control);
    if !bounded {
        return Err(ClaimFault::Subject);
    }
    let all = serde_json::from_slice(payload).map_err(|_| ClaimFault::Form)?;
    Ok(Claims {
        subject: claims.sub,
        all,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds since 1970 fit into a double for a very long time"
)]
fn in_time(claims: &Registered, now: OffsetDateTime) -> Result<(), ClaimFault> {
    let (now, skew) = (now.unix_timestamp() as f64, SKEW_SEC as f64);
    if claims.exp <= now - skew {
        return Err(ClaimFault::Expired);
    }
    let early = claims.iat > now + skew || claims.nbf.is_some_and(|nbf| nbf > now + skew);
    if early || claims.iat < now - OLDEST_SEC as f64 {
        return Err(ClaimFault::Time);
    }
    Ok(())
}

impl Claims {
    /// Whether a claim is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.all.contains_key(name)
    }

    /// Adds what was fetched about the same person. What the signed token says stands.
    pub(super) fn complete(&mut self, fetched: Map<String, Value>) -> Result<(), ClaimFault> {
        if fetched.get("sub").and_then(Value::as_str) != Some(&self.subject) {
            return Err(ClaimFault::OtherSubject);
        }
        // An address and the word that it was verified come from one place or not at all.
        let own_address = self.has("email");
        for (name, value) in fetched {
            let about_address = matches!(name.as_str(), "email_verified" | "xms_edov");
            if !(own_address && about_address) {
                self.all.entry(name).or_insert(value);
            }
        }
        Ok(())
    }

    /// An address, if the provider says that it was verified. A word that could mean anything, or
    /// its absence, means no.
    pub(super) fn verified_email(&self) -> Option<&str> {
        let says = |name: &str| self.all.get(name) == Some(&Value::Bool(true));
        // Entra ID says so about the domain of the address, in a claim of its own.
        let verified = says("email_verified") || says("xms_edov");
        let address = self.all.get("email").and_then(Value::as_str);
        address.filter(|_| verified)
    }

    /// What the person is called.
    pub(super) fn name(&self) -> Option<&str> {
        let text = |name: &str| self.all.get(name).and_then(Value::as_str);
        text("name").or_else(|| text("preferred_username"))
    }

    /// The groups that a claim lists. A claim that is absent lists none: whoever is in no group has
    /// no role of one.
    pub(super) fn groups(&self, claim: &str) -> Vec<String> {
        match self.all.get(claim) {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many
                .iter()
                .take(MOST_GROUPS)
                .filter_map(|group| group.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        }
    }
}
