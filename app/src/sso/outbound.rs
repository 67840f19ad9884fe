//! What is asked of a provider over the network.
//!
//! An organisation's owner names the provider, and its description names further addresses, so that
//! whoever owns an organisation decides what this server connects to. Held against that:
//!
//! - HTTPS only. (In development a provider on this host may speak HTTP.)
//! - Not this host, no link-local address (where clouds keep their metadata), no multicast. What a
//!   name resolves to is looked at, and exactly that is connected to. Private networks are allowed
//!   on-premises, since an air-gapped installation has its provider there, and refused where tenants
//!   are strangers (`DEPLOYMENT_MODE=saas`).
//! - No redirects, no proxy, few seconds, few bytes.
//! - What was answered is shown to nobody. What went wrong is one of a handful of words.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::config::SsoConfig;
use crate::kernel::Redacted;

/// One exchange, from the connection to the last byte.
const LIMIT: Duration = Duration::from_secs(4);
/// The most bytes of an answer. A set of keys with certificates has some ten thousand.
const MOST: usize = 256 * 1024;
/// The longest address.
const LONGEST: usize = 500;

/// Why a provider could not be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum OutboundError {
    /// Not an address that is asked.
    #[error("the address is refused: {0}")]
    Address(&'static str),
    /// The certificates to trust are none, or the client could not be made.
    #[error("SSO_CACERT holds no usable certificate")]
    Trust,
    /// Nobody answered.
    #[error("{host} did not answer")]
    Unreachable {
        /// Who was asked.
        host: String,
        /// Why not.
        source: reqwest::Error,
    },
    /// It answered with an error.
    #[error("{host} answered {status}")]
    Status {
        /// Who was asked.
        host: String,
        /// What it said.
        status: StatusCode,
    },
    /// It answered more than is read.
    #[error("{0} answered with more than 256 KiB")]
    TooLong(String),
    /// It answered what cannot be understood.
    #[error("{0} did not answer in JSON of the shape that is expected")]
    Shape(String),
}

/// Who asks providers.
#[derive(Debug)]
pub(super) struct Outbound {
    client: Client,
    reach: Reach,
}

impl Outbound {
    /// Prepares for a few questions; nothing is sent yet.
    pub(super) fn new(config: &SsoConfig) -> Result<Self, OutboundError> {
        // One back end for the whole process; a second call changes nothing.
        let _already = rustls::crypto::ring::default_provider().install_default();
        let reach = Reach {
            loopback: config.loopback,
            private: config.private,
        };
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(Resolver(reach)))
            .connect_timeout(LIMIT)
            .timeout(LIMIT)
            // What was received is not kept for a next time.
            .pool_max_idle_per_host(0);
        if let Some(pem) = &config.trust {
            let trusted = reqwest::Certificate::from_pem_bundle(pem);
            let trusted = trusted.map_err(|_| OutboundError::Trust)?;
            builder = builder.tls_certs_merge(trusted);
        }
        Ok(Self {
            client: builder.build().map_err(|_| OutboundError::Trust)?,
            reach,
        })
    }

    /// An address that may be asked, or that a browser may be sent to.
    pub(super) fn address(&self, text: &str) -> Result<Url, OutboundError> {
        let refuse = |why| Err(OutboundError::Address(why));
        if text.len() > LONGEST {
            return refuse("it is too long");
        }
        let Ok(url) = Url::parse(text) else {
            return refuse("it is no URL");
        };
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return refuse("it has a user or a fragment");
        }
        let Some(host) = url.host_str() else {
            return refuse("it has no host");
        };
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        if address.is_some_and(|address| !self.reach.permits(address)) {
            return refuse("it is in a network that is not asked");
        }
        let here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        match url.scheme() {
            "https" => Ok(url),
            "http" if self.reach.loopback && here => Ok(url),
            _ => refuse("it does not begin with https://"),
        }
    }

    /// Asks for JSON, as nobody in particular or with an access token.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        address: &str,
        token: Option<&Redacted<String>>,
    ) -> Result<T, OutboundError> {
        let url = self.address(address)?;
        let mut request = self.client.get(url.clone());
        if let Some(token) = token {
            request = request.bearer_auth(token.expose());
        }
        let response = send(request, &url).await?;
        if !response.status().is_success() {
            let (host, status) = (host_of(&url), response.status());
            return Err(OutboundError::Status { host, status });
        }
        json(response, &url).await
    }

    /// Sends a form and reads JSON, whatever the status: errors of OAuth come with a body.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        address: &str,
        form: Zeroizing<String>,
        login: Option<(&str, &str)>,
    ) -> Result<T, OutboundError> {
        let url = self.address(address)?;
        let mut request = self
            .client
            .post(url.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(form.as_bytes().to_vec());
        if let Some((name, password)) = login {
            request = request.basic_auth(name, Some(password));
        }
        let response = send(request, &url).await?;
        if response.status().is_server_error() || response.status().is_redirection() {
            let (host, status) = (host_of(&url), response.status());
            return Err(OutboundError::Status { host, status });
        }
        json(response, &url).await
    }
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

async fn send(request: RequestBuilder, url: &Url) -> Result<Response, OutboundError> {
    request
        .send()
        .await
        .map_err(|error| unreachable(url, error))
}

/// The error without the address, which could carry what is nobody's business.
fn unreachable(url: &Url, error: reqwest::Error) -> OutboundError {
    OutboundError::Unreachable {
        host: host_of(url),
        source: error.without_url(),
    }
}

async fn json<T: DeserializeOwned>(mut response: Response, url: &Url) -> Result<T, OutboundError> {
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| unreachable(url, error))?
    {
        if body.len() + chunk.len() > MOST {
            return Err(OutboundError::TooLong(host_of(url)));
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| OutboundError::Shape(host_of(url)))
}

/// Which networks are connected to, besides the public one.
#[derive(Clone, Copy, Debug)]
struct Reach {
    loopback: bool,
    private: bool,
}

impl Reach {
    /// Whether an address may be connected to.
    fn permits(self, address: IpAddr) -> bool {
        match plain(address) {
            IpAddr::V4(address) => self.permits_v4(address),
            IpAddr::V6(address) => {
                let nowhere = address.is_unspecified()
                    || address.is_multicast()
                    || address.is_unicast_link_local();
                !nowhere
                    && (self.loopback || !address.is_loopback())
                    && (self.private || !address.is_unique_local())
            }
        }
    }

    fn permits_v4(self, address: Ipv4Addr) -> bool {
        let [first, second, ..] = address.octets();
        let nowhere = first == 0
            || address.is_multicast()
            || address.is_link_local()
            || address.is_broadcast();
        // RFC 6598: what a carrier shares among its customers.
        let shared = first == 100 && (64..128).contains(&second);
        !nowhere
            && (self.loopback || !address.is_loopback())
            && (self.private || !(address.is_private() || shared))
    }
}

/// An address as the one that is meant: IPv4 inside of IPv6 (RFC 4291, 2.5.5; RFC 6052, 2.1) is IPv4.
fn plain(address: IpAddr) -> IpAddr {
    let address = address.to_canonical();
    if let IpAddr::V6(inside) = address
        && let [0x64, 0xff9b, 0, 0, 0, 0, ..] = inside.segments()
    {
        let [.., a, b, c, d] = inside.octets();
        return Ipv4Addr::new(a, b, c, d).into();
    }
    address
}

/// Resolves names and leaves out what may not be connected to.
#[derive(Clone, Copy, Debug)]
struct Resolver(Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found
                .filter(|address| reach.permits(address.ip()))
                .collect();
            if found.is_empty() {
                return Err("the name has no address that may be connected to".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Outbound, Reach};
    use crate::config::SsoConfig;

    fn judge(loopback: bool, text: &str) -> bool {
        let config = SsoConfig {
            loopback,
            private: true,
            ..SsoConfig::default()
        };
        Outbound::new(&config).unwrap().address(text).is_ok()
    }

    #[test]
    fn only_https_and_nothing_of_this_host_is_asked_in_production() {
        for good in [
            "https://login.example.com/tenant/v2.0",
            "https://10.1.2.3:8443/realms/people",
            "https://[fd00::1]/",
        ] {
            assert!(judge(false, good), "{good}");
        }
        for bad in [
            "http://login.example.com",
            "http://127.0.0.1:9000",
            "https://127.0.0.1:4100/admin",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0.0.0.0/",
            "https://169.254.169.254/latest/meta-data",
            "https://[fe80::1]/",
            "https://224.0.0.1/",
            "https://user:password@login.example.com/",
            "https://login.example.com/#fragment",
            "file:///etc/passwd",
            "ftp://login.example.com",
            "javascript:alert(1)",
            "login.example.com",
            "",
            &format!("https://login.example.com/{}", "a".repeat(500)),
        ] {
            assert!(!judge(false, bad), "{bad}");
        }
    }

    #[test]
    fn in_development_a_provider_on_this_host_may_speak_http() {
        assert!(judge(true, "http://127.0.0.1:9000"));
        assert!(judge(true, "http://localhost:9000/a"));
        assert!(!judge(true, "http://login.example.com"));
        assert!(!judge(true, "http://10.0.0.1"));
    }

    #[tokio::test]
    async fn a_name_of_this_host_is_resolved_to_nothing() {
        let outbound = Outbound::new(&SsoConfig::default()).unwrap();
        let asked: Result<serde_json::Value, _> = outbound.get("https://localhost:1/", None).await;
        let text = crate::edge::error_chain(&asked.unwrap_err());
        assert!(
            text.contains("no address that may be connected to"),
            "{text}"
        );
    }

    #[test]
    fn addresses_are_judged_as_what_they_are() {
        // The address, on-premises, among strangers.
        for (address, inside, among_strangers) in [
            ("192.0.2.1", true, true),
            ("2001:db8::1", true, true),
            ("192.168.1.1", true, false),
            ("172.31.0.1", true, false),
            ("10.0.0.1", true, false),
            ("100.64.0.1", true, false),
            ("100.128.0.1", true, true),
            ("fd00::1", true, false),
            ("::ffff:10.0.0.1", true, false),
            ("64:ff9b::10.0.0.1", true, false),
            ("::ffff:169.254.1.1", false, false),
            ("64:ff9b::169.254.169.254", false, false),
            ("64:ff9b::127.0.0.1", false, false),
            ("127.0.0.2", false, false),
            ("0.1.2.3", false, false),
            ("ff02::1", false, false),
            ("fe80::1", false, false),
            ("255.255.255.255", false, false),
        ] {
            let judged = [true, false].map(|private| {
                let reach = Reach {
                    loopback: false,
                    private,
                };
                reach.permits(address.parse().unwrap())
            });
            assert_eq!(judged, [inside, among_strangers], "{address}");
        }
    }

    #[test]
    fn tenants_who_are_strangers_name_nothing_in_the_operators_network() {
        let outbound = Outbound::new(&SsoConfig::default()).unwrap();
        assert!(outbound.address("https://login.example.com").is_ok());
        assert!(outbound.address("https://10.1.2.3/").is_err());
    }
}
