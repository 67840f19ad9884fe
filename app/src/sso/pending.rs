//! Sign-ins that have begun: who went where, with what, from which browser. Kept in Redis for ten
//! minutes under the digest of the state, and taken out when the browser comes back: once.
//!
//! The state is in addresses, so it may be seen by others. What shows that the browser that comes
//! back is the one that went is a cookie, of which the digest is kept here.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::problem::Refusal;
use crate::config::ServerConfig;
use crate::edge::{Cookie, Problem, SameSite};
use crate::infra::cache::{Cache, CacheDown};
use crate::kernel::{OrgId, Redacted};

/// How long somebody may take at the provider.
const LIFETIME: Duration = Duration::from_mins(10);

/// A random value that can stand in an address: 256 bits.
pub(super) fn random() -> Result<Redacted<String>, Problem> {
    let mut bytes = Redacted::new([0; 32]);
    getrandom::fill(bytes.expose_mut()).map_err(|_| Problem::internal())?;
    Ok(Redacted::new(URL_SAFE_NO_PAD.encode(bytes.expose())))
}

/// A sign-in that has begun.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) org: OrgId,
    pub(super) connection: Uuid,
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) nonce: String,
    /// Proves to the provider that whoever redeems the code is who began (RFC 7636).
    pub(super) verifier: String,
    /// Where the portal goes on afterwards: a path of its own.
    pub(super) next: String,
    /// The digest of the browser's cookie, in hexadecimal.
    pub(super) browser: String,
}

impl Pending {
    /// Keeps it until the browser comes back.
    pub(super) async fn keep(&self, cache: &Cache, state: &str) -> Result<(), CacheDown> {
        let mut command = redis::cmd("SET");
        command
            .arg(key(state))
            .arg(serde_json::to_string(self).unwrap_or_default())
            .arg("EX")
            .arg(LIFETIME.as_secs());
        cache.run(&command).await
    }

    /// Takes it out for a browser that has come back. Whoever comes with a state uses it up.
    pub(super) async fn take(
        cache: &Cache,
        state: &str,
        browser: Option<&Redacted<String>>,
    ) -> Result<Self, Refusal> {
        let mut command = redis::cmd("GETDEL");
        command.arg(key(state));
        let found: Option<String> = cache.run(&command).await?;
        let found: Self = found
            .and_then(|text| serde_json::from_str(&text).ok())
            .ok_or(Refusal::Stranger)?;
        let browser = digest(browser.ok_or(Refusal::Stranger)?.expose());
        if bool::from(browser.as_bytes().ct_eq(found.browser.as_bytes())) {
            Ok(found)
        } else {
            Err(Refusal::Stranger)
        }
    }
}

pub(super) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// By digest: a copy of the cache opens nothing, and no text can make a key of its own.
fn key(state: &str) -> String {
    format!("vt:sso:pending:{}", digest(state))
}

/// The cookie that ties a sign-in to a browser. `Lax`, because the browser comes back by a link from
/// another site.
#[derive(Clone, Debug)]
pub(super) struct BrowserCookie(Cookie);

impl BrowserCookie {
    pub(super) fn for_server(server: &ServerConfig) -> Self {
        Self(Cookie::new("vt_sso", SameSite::Lax, server.is_https()))
    }

    pub(super) fn set(&self, value: &Redacted<String>) -> Option<HeaderValue> {
        self.0.write(value.expose(), LIFETIME)
    }

    pub(super) fn clear(&self) -> Option<HeaderValue> {
        self.0.write("", Duration::ZERO)
    }

    pub(super) fn read(&self, headers: &HeaderMap) -> Option<Redacted<String>> {
        let value = self.0.read(headers).next()?;
        Some(Redacted::new(value.to_owned()))
    }
}
