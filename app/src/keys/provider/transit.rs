//! `hcv-transit`: the Transit engine of HashiCorp Vault or OpenBao opens the master key at boot.
//!
//! The key in the engine never leaves it. What stands in the configuration is the master key as
//! that key has sealed it; it is opened once, into memory. Nothing is asked afterwards, so a vault
//! that is away later stops nobody who is serving.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Response, StatusCode};
use serde_json::json;
use zeroize::Zeroizing;

use super::answer::{Answer, Call, MOST, Refusal, explain, is_passing};
use super::{KeyProvider, MasterKeys};
use crate::config::{TransitAuth, TransitConfig};
use crate::kernel::Redacted;

/// One exchange.
const LIMIT: Duration = Duration::from_secs(10);
/// How often a call is tried, and how long the first pause is; each further one is twice as long.
const TRIES: u32 = 8;
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Why the master key could not be had. None of these repeats a token or what was answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransitError {
    /// The trusted certificates are none.
    #[error("KEY_HCV_CACERT: the file holds no usable certificate; give that of the authority")]
    Trust,
    /// The client could not be made, or what identifies this server is not what a header may hold.
    #[error("KEY_HCV_TOKEN or KEY_HCV_NAMESPACE cannot be sent in a header; check them")]
    Header,
    /// Nobody answered.
    #[error(
        "KEY_HCV_ADDR: {0} did not answer; check the address, the network, and with \
         KEY_HCV_CACERT whether its certificate is trusted"
    )]
    Unreachable(String, #[source] reqwest::Error),
    /// It is sealed.
    #[error("KEY_HCV_ADDR: Vault is sealed; unseal it, the server then starts by itself")]
    Sealed,
    /// It limits the rate.
    #[error("KEY_HCV_ADDR: Vault limits the rate of requests; raise the quota or wait")]
    Limited,
    /// The login was refused.
    #[error(
        "KEY_HCV_ROLE_ID, KEY_HCV_SECRET_ID: Vault refused the login; make a new secret id, and \
         look whether the role allows this address and has uses left"
    )]
    Login,
    /// There are no AppRole logins.
    #[error(
        "KEY_HCV_AUTH: Vault knows no AppRole login at auth/approle; enable it, in the namespace \
         of KEY_HCV_NAMESPACE"
    )]
    NoAppRole,
    /// The token may not do it.
    #[error(
        "KEY_HCV_TOKEN: Vault denies it; look whether the token has expired, and whether its \
         policy allows update on the path {0} of the key"
    )]
    Denied(&'static str),
    /// There is no engine.
    #[error(
        "KEY_HCV_TRANSIT_MOUNT: no Transit engine is mounted there; check the mount and \
         KEY_HCV_NAMESPACE"
    )]
    NoMount,
    /// There is no key.
    #[error("KEY_HCV_TRANSIT_KEY: the engine has no key of that name; check the name")]
    NoKey,
    /// The ciphertext is not this key's.
    #[error(
        "MASTER_KEY_CIPHERTEXT: the key in Vault did not seal this; check that the text is whole \
         and that KEY_HCV_TRANSIT_KEY is the key it was made with"
    )]
    Foreign,
    /// What was sealed is not a master key.
    #[error("MASTER_KEY_CIPHERTEXT: what it holds is not a master key of 32 bytes; seal it again")]
    NotAKey,
    /// There is nothing to open.
    #[error("MASTER_KEY_CIPHERTEXT is not set; make it with `vaultterm-app seal-master`")]
    NothingSealed,
    /// An answer that makes no sense.
    #[error("KEY_HCV_ADDR: the answer is not one of Vault; check the address")]
    Nonsense,
    /// Another status.
    #[error("KEY_HCV_ADDR: Vault answered {0}; look at its log")]
    Status(u16),
}

/// A Transit engine.
#[derive(Debug)]
pub struct Transit {
    config: TransitConfig,
    sealed: Option<(String, Option<String>)>,
    client: Client,
    pause: Duration,
}

impl Transit {
    /// Prepares for an engine; nothing is sent yet. `sealed` is what it opens.
    ///
    /// # Errors
    /// [`TransitError::Trust`].
    pub fn new(
        config: TransitConfig,
        sealed: Option<(String, Option<String>)>,
    ) -> Result<Self, TransitError> {
        // One back end for the whole process; a second call changes nothing.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(LIMIT)
            .timeout(LIMIT)
            // What was received is not kept for a next time.
            .pool_max_idle_per_host(0);
        if let Some(pem) = &config.trust {
            let trusted = reqwest::Certificate::from_pem_bundle(pem);
            let trusted = trusted.map_err(|_| TransitError::Trust)?;
            if trusted.is_empty() {
                return Err(TransitError::Trust);
            }
            builder = builder.tls_certs_only(trusted);
        }
        Ok(Self {
            client: builder.build().map_err(|_| TransitError::Trust)?,
            config,
            sealed,
            pause: PAUSE,
        })
    }

    /// The same with shorter pauses.
    #[cfg(test)]
    pub(super) const fn hurried(mut self) -> Self {
        self.pause = Duration::from_millis(5);
        self
    }

    /// Seals a master key.
    ///
    /// # Errors
    /// [`TransitError`] when the engine does not.
    pub async fn seal(&self, key: &Redacted<[u8; 32]>) -> Result<String, TransitError> {
        let token = self.token().await?;
        let plain = Zeroizing::new(STANDARD.encode(key.expose()));
        let body = Zeroizing::new(json!({ "plaintext": *plain }).to_string());
        let answer = self.engine(Call::Encrypt, &token, &body).await?;
        let sealed = answer.data.and_then(|data| data.ciphertext);
        sealed.ok_or(TransitError::Nonsense)
    }

    /// Opens a sealed master key.
    ///
    /// # Errors
    /// [`TransitError`] when the engine does not, or it is none.
    pub async fn open(&self, sealed: &str) -> Result<Redacted<[u8; 32]>, TransitError> {
        let token = self.token().await?;
        self.open_with(&token, sealed).await
    }

    async fn open_with(
        &self,
        token: &Redacted<String>,
        sealed: &str,
    ) -> Result<Redacted<[u8; 32]>, TransitError> {
        let body = json!({ "ciphertext": sealed }).to_string();
        let answer = self.engine(Call::Decrypt, token, &body).await?;
        let plain = answer.data.and_then(|data| data.plaintext);
        let plain = plain.ok_or(TransitError::Nonsense)?;
        let bytes = STANDARD
            .decode(plain.expose().as_bytes())
            .map(Zeroizing::new);
        let bytes = bytes.map_err(|_| TransitError::NotAKey)?;
        let mut key = Redacted::new([0; 32]);
        if bytes.len() != 32 {
            return Err(TransitError::NotAKey);
        }
        key.expose_mut().copy_from_slice(&bytes);
        Ok(key)
    }

    async fn token(&self) -> Result<Redacted<String>, TransitError> {
        match &self.config.auth {
            TransitAuth::Token(token) => Ok(token.clone()),
            TransitAuth::AppRole { role, secret } => {
                let body = json!({ "role_id": role, "secret_id": secret.expose() });
                let body = Zeroizing::new(body.to_string());
                let answer = self
                    .call(Call::Login, "auth/approle/login", None, &body)
                    .await?;
                let auth = answer.auth.ok_or(TransitError::Nonsense)?;
                Ok(auth.client_token)
            }
        }
    }

    async fn engine(
        &self,
        call: Call,
        token: &Redacted<String>,
        body: &str,
    ) -> Result<Answer, TransitError> {
        let verb = if call == Call::Encrypt {
            "encrypt"
        } else {
            "decrypt"
        };
        let path = format!("{}/{verb}/{}", self.config.mount, self.config.key);
        self.call(call, &path, Some(token), body).await
    }

    /// One call, tried again while what stands against it may pass by itself.
    async fn call(
        &self,
        call: Call,
        path: &str,
        token: Option<&Redacted<String>>,
        body: &str,
    ) -> Result<Answer, TransitError> {
        let mut pause = self.pause;
        let mut tries = 1;
        loop {
            let (error, wait) = match self.exchange(path, token, body).await? {
                Exchange::Good(body) => {
                    return serde_json::from_slice(&body).map_err(|_| TransitError::Nonsense);
                }
                Exchange::Refused(status, refusal, wait) => {
                    let error = explain(call, status, &refusal);
                    if !is_passing(status) || matches!(error, TransitError::Foreign) {
                        return Err(error);
                    }
                    (error, wait)
                }
                Exchange::Away(error) => (
                    TransitError::Unreachable(self.config.address.clone(), error),
                    None,
                ),
            };
            if tries >= TRIES {
                return Err(error);
            }
            tracing::info!(%error, tries, "waiting for the key provider");
            let wait = wait.unwrap_or(pause).min(LONGEST_PAUSE);
            tokio::time::sleep(wait).await;
            tries += 1;
            pause = pause.saturating_mul(2);
        }
    }

    async fn exchange(
        &self,
        path: &str,
        token: Option<&Redacted<String>>,
        body: &str,
    ) -> Result<Exchange, TransitError> {
        let mut request = self
            .client
            .post(format!("{}/v1/{path}", self.config.address))
            .header("content-type", "application/json")
            // Without it Vault's agents refuse; a browser cannot be made to send it.
            .header("x-vault-request", "true")
            .body(body.to_owned());
        if let Some(namespace) = &self.config.namespace {
            request = request.header("x-vault-namespace", header(namespace)?);
        }
        if let Some(token) = token {
            request = request.header("x-vault-token", header(token.expose())?);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Ok(Exchange::Away(error.without_url())),
        };
        let status = answer.status();
        let wait = retry_after(&answer);
        let body = match read(answer).await {
            Ok(Some(body)) => body,
            Ok(None) => return Err(TransitError::Nonsense),
            Err(error) => return Ok(Exchange::Away(error.without_url())),
        };
        Ok(if status == StatusCode::OK {
            Exchange::Good(body)
        } else {
            Exchange::Refused(status.as_u16(), Refusal::parse(&body), wait)
        })
    }
}

impl KeyProvider for Transit {
    fn name(&self) -> &'static str {
        "hcv-transit"
    }

    async fn master_keys(self) -> Result<MasterKeys, TransitError> {
        let (key, next) = self.sealed.as_ref().ok_or(TransitError::NothingSealed)?;
        let token = self.token().await?;
        Ok(MasterKeys {
            key: self.open_with(&token, key).await?,
            next: match next {
                Some(next) => Some(self.open_with(&token, next).await?),
                None => None,
            },
        })
    }
}

/// What came of one exchange.
enum Exchange {
    Good(Zeroizing<Vec<u8>>),
    Refused(u16, Refusal, Option<Duration>),
    Away(reqwest::Error),
}

/// A header whose value is not logged by anything below.
fn header(text: &str) -> Result<http::HeaderValue, TransitError> {
    let mut value = http::HeaderValue::from_str(text).map_err(|_| TransitError::Header)?;
    value.set_sensitive(true);
    Ok(value)
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let header = answer.headers().get(http::header::RETRY_AFTER)?;
    Some(Duration::from_secs(header.to_str().ok()?.parse().ok()?))
}

/// The whole answer; nothing when it is too long.
async fn read(mut answer: Response) -> Result<Option<Zeroizing<Vec<u8>>>, reqwest::Error> {
    let mut body = Zeroizing::new(Vec::with_capacity(MOST));
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > MOST {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}
