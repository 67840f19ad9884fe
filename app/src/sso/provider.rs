//! A provider: what it says of itself (OpenID Connect Discovery 1.0), its keys, and the exchange of a
//! code for what it says of a person.
//!
//! Description and keys are kept in Redis for an hour, one of each for a connection, so that all
//! replicas share them and what is kept has a bound. A token that names a key which is not there
//! makes them be fetched again, at most once in half a minute: keys rotate, and a stranger with
//! invented names must not make us ask without end.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::claims::{self, Claims, Expected};
use super::jws::{KeySet, Published, Signed, TokenFault};
use super::model::Connection;
use super::outbound::{Outbound, OutboundError};
use super::pending::digest;
use super::problem::Refusal;
use crate::context::App;
use crate::infra::cache::{Cache, CacheDown};
use crate::kernel::Redacted;

/// How long description and keys are believed, in seconds.
const KEPT_SEC: u64 = 3600;
/// Keys are not fetched anew more often, in seconds.
const PAUSE_SEC: u64 = 30;

/// What a provider says of itself, as far as it matters.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Description {
    issuer: String,
    pub(super) authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    scopes_supported: Option<Vec<String>>,
    /// Whether it names itself when it sends a browser back (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// What came for a code.
#[derive(Deserialize)]
struct Tokens {
    id_token: Option<Redacted<String>>,
    access_token: Option<Redacted<String>>,
    error: Option<String>,
}

/// A provider that can be asked.
pub(super) struct Provider<'a> {
    app: &'a App,
    connection: &'a Connection,
    outbound: Outbound,
    pub(super) description: Description,
}

impl<'a> Provider<'a> {
    /// The provider of a connection, described as it was within the last hour.
    pub(super) async fn of(app: &'a App, connection: &'a Connection) -> Result<Self, Refusal> {
        let outbound = Outbound::new(&app.sso)?;
        let key = kept("description", connection);
        let description = match recall(&app.cache, &key).await? {
            Some(description) => description,
            None => {
                let found = describe(&outbound, &connection.issuer).await?;
                keep(&app.cache, &key, &found).await?;
                found
            }
        };
        Ok(Self {
            app,
            connection,
            outbound,
            description,
        })
    }

    /// Whether it offers a scope.
    pub(super) fn offers(&self, scope: &str) -> bool {
        let scopes = self.description.scopes_supported.as_ref();
        scopes.is_some_and(|scopes| scopes.iter().any(|offered| offered == scope))
    }

    /// Redeems a code, and says what the provider says of the person: only after the ID token was
    /// judged.
    pub(super) async fn redeem(
        &self,
        form: &[(&str, &str)],
        secret: Option<&Redacted<String>>,
        nonce: &str,
    ) -> Result<Claims, Refusal> {
        let tokens = self.exchange(form, secret).await?;
        if let Some(error) = tokens.error {
            return Err(Refusal::Declined(word(&error)));
        }
        let token = tokens.id_token.ok_or(Refusal::Description(
            "leaves out the ID token: the scope openid is not allowed for this client",
        ))?;
        let payload = self.verified(token.expose()).await?;
        let expected = Expected {
            issuer: &self.connection.issuer,
            client: &self.connection.client_id,
            nonce,
            now: self.app.clock.now(),
        };
        let mut claims = claims::judge(&payload, &expected)?;
        let lacking = self.connection.group_claim.as_deref();
        let lacks = !claims.has("email") || lacking.is_some_and(|claim| !claims.has(claim));
        let more = self.description.userinfo_endpoint.as_deref();
        if let (true, Some(endpoint), Some(access)) = (lacks, more, &tokens.access_token) {
            let details: Map<String, Value> = self.outbound.get(endpoint, Some(access)).await?;
            claims.complete(details)?;
        }
        Ok(claims)
    }

    async fn exchange(
        &self,
        form: &[(&str, &str)],
        secret: Option<&Redacted<String>>,
    ) -> Result<Tokens, Refusal> {
        let methods = self
            .description
            .token_endpoint_auth_methods_supported
            .as_ref();
        // RFC 8414: who does not say takes HTTP Basic.
        let basic =
            methods.is_none_or(|methods| methods.iter().any(|m| m == "client_secret_basic"));
        let client = self.connection.client_id.as_str();
        let (mut form, mut login) = (form.to_vec(), None);
        let (name, password);
        match secret {
            Some(secret) if basic => {
                // RFC 6749, 2.3.1: both are encoded like the fields of a form first.
                name = escape(client);
                password = Zeroizing::new(escape(secret.expose()));
                login = Some((name.as_str(), password.as_str()));
            }
            Some(secret) => {
                form.push(("client_id", client));
                form.push(("client_secret", secret.expose()));
            }
            None => form.push(("client_id", client)),
        }
        let body = Zeroizing::new(encode(&form));
        let endpoint = &self.description.token_endpoint;
        Ok(self.outbound.post(endpoint, body, login).await?)
    }

    /// The payload of a token, verified with the keys that are kept or, if it names another, with
    /// those of now.
    async fn verified(&self, token: &str) -> Result<Vec<u8>, Refusal> {
        let signed = Signed::parse(token)?;
        let key = kept("keys", self.connection);
        if let Some(keys) = recall::<Value>(&self.app.cache, &key).await? {
            match signed.verify(&key_set(keys)?) {
                Err(TokenFault::UnknownKey) => {}
                judged => return Ok(judged?),
            }
            if !self.may_ask_again().await? {
                return Err(TokenFault::UnknownKey.into());
            }
        }
        let keys: Value = self.outbound.get(&self.description.jwks_uri, None).await?;
        keep(&self.app.cache, &key, &keys).await?;
        Ok(signed.verify(&key_set(keys)?)?)
    }

    async fn may_ask_again(&self) -> Result<bool, CacheDown> {
        let mut command = redis::cmd("SET");
        let key = kept("asked", self.connection);
        command.arg(key).arg(1).arg("NX").arg("EX").arg(PAUSE_SEC);
        let done: Option<String> = self.app.cache.run(&command).await?;
        Ok(done.is_some())
    }
}

/// Asks a provider what it says of itself. Its name must be the one that it was asked by: otherwise
/// anybody could pass for somebody else's provider.
pub(super) async fn describe(outbound: &Outbound, issuer: &str) -> Result<Description, Refusal> {
    outbound.address(issuer)?;
    let base = issuer.trim_end_matches('/');
    let address = format!("{base}/.well-known/openid-configuration");
    let found: Description = outbound.get(&address, None).await?;
    if found.issuer != issuer {
        return Err(Refusal::Description("names another issuer"));
    }
    let endpoints = [
        Some(&found.authorization_endpoint),
        Some(&found.token_endpoint),
        Some(&found.jwks_uri),
        found.userinfo_endpoint.as_ref(),
    ];
    for endpoint in endpoints.into_iter().flatten() {
        outbound.address(endpoint)?;
    }
    Ok(found)
}

/// Forgets what is kept of a provider.
pub(super) async fn forget(cache: &Cache, connection: &Connection) -> Result<(), CacheDown> {
    let mut command = redis::cmd("DEL");
    for what in ["description", "keys", "asked"] {
        command.arg(kept(what, connection));
    }
    cache.run(&command).await
}

/// The key under which something of a provider is kept: of this connection, and of this issuer.
fn kept(what: &str, connection: &Connection) -> String {
    let issuer = digest(&connection.issuer);
    format!("vt:sso:{what}:{}:{issuer}", connection.id)
}

async fn recall<T: DeserializeOwned>(cache: &Cache, key: &str) -> Result<Option<T>, CacheDown> {
    let mut command = redis::cmd("GET");
    command.arg(key);
    let found: Option<String> = cache.run(&command).await?;
    Ok(found.and_then(|text| serde_json::from_str(&text).ok()))
}

async fn keep(cache: &Cache, key: &str, value: &impl Serialize) -> Result<(), CacheDown> {
    let mut command = redis::cmd("SET");
    let text = serde_json::to_string(value).unwrap_or_default();
    command.arg(key).arg(text).arg("EX").arg(KEPT_SEC);
    cache.run(&command).await
}

fn key_set(keys: Value) -> Result<KeySet, OutboundError> {
    let published: Result<Published, _> = serde_json::from_value(keys);
    let published = published.map_err(|_| OutboundError::Shape("the set of keys".to_owned()))?;
    Ok(published.into())
}

/// The word of an error, without what a log or an address should not carry.
pub(super) fn word(text: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.chars().take(60).filter(plain).collect()
}

/// One value in the manner of forms.
fn escape(text: &str) -> String {
    let encoded = encode(&[("", text)]);
    encoded.strip_prefix('=').unwrap_or_default().to_owned()
}

/// `application/x-www-form-urlencoded`.
pub(super) fn encode(pairs: &[(&str, &str)]) -> String {
    // The URL is only a place to write a query in.
    let Ok(mut url) = reqwest::Url::parse("https://form/") else {
        return String::new();
    };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}
