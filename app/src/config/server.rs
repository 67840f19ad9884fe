//! Listeners, addresses and logs.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use http::Uri;

use super::env::Reader;
use super::{HeartbeatUrl, Problem};

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

/// The proxies whose `X-Forwarded-For` is believed.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<(IpAddr, u8)>);

impl TrustedProxies {
    /// Whether an address is one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0
            .iter()
            .any(|(network, bits)| in_network(address, *network, *bits))
    }
}

/// Listeners, addresses and logs.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The public address, without a trailing slash.
    pub base_url: String,
    /// Its scheme, host and port: what an `Origin` header must say.
    pub origin: String,
    /// Its host.
    pub host: String,
    /// The address that both listeners bind to.
    pub listen: IpAddr,
    /// The portal and API.
    pub port: u16,
    /// The admin plane.
    pub admin_port: u16,
    /// Under which address operators open it, without a trailing slash: what their links say.
    pub admin_url: String,
    /// Whose word on the client's address is believed.
    pub trusted_proxies: TrustedProxies,
    /// Who is told how many seats are used; nobody, unless it is set.
    pub heartbeat: Option<HeartbeatUrl>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// A filter such as `info`.
    pub log_level: String,
}

impl ServerConfig {
    /// Whether browsers reach the portal by HTTPS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// Whether the public address is this very host, the one exempt origin.
    #[must_use]
    pub fn is_localhost(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
            || self.host.ends_with(".localhost")
    }

    /// Whether operators reach the admin plane by HTTPS.
    #[must_use]
    pub fn is_admin_https(&self) -> bool {
        self.admin_url.starts_with("https://")
    }

    pub(super) fn read(found: &mut Reader<'_>) -> Self {
        let port = found.number("PORT", 4000, 1..=65535);
        let admin_port = found.number("ADMIN_PORT", 4100, 1..=65535);
        if port == admin_port {
            let cure = "give the two listeners different ports";
            found.refuse(Problem::new("ADMIN_PORT", "is the same as PORT", cure));
        }
        let base_url = found
            .text("APP_BASE_URL")
            .unwrap_or_else(|| format!("http://localhost:{port}"));
        let (origin, host) = parse_base_url(&base_url).unwrap_or_else(|fact| {
            let cure = "give scheme, host and port, such as https://vault.example.com";
            found.refuse(Problem::new("APP_BASE_URL", fact, cure));
            (String::new(), String::new())
        });
        let admin_url = found
            .text("ADMIN_BASE_URL")
            .unwrap_or_else(|| format!("http://localhost:{admin_port}"));
        if let Err(fact) = parse_base_url(&admin_url) {
            let cure = "give scheme, host and port, such as http://localhost:4100";
            found.refuse(Problem::new("ADMIN_BASE_URL", fact, cure));
        }
        let listen = found
            .text("LISTEN_ADDRESS")
            .map_or(Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), |text| text.parse());
        let listen = listen.unwrap_or_else(|_| {
            let cure = "give one, such as 0.0.0.0";
            found.refuse(Problem::new("LISTEN_ADDRESS", "is no IP address", cure));
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        });
        let proxies = found.text("TRUSTED_PROXIES").unwrap_or_default();
        let trusted_proxies = proxies.parse().unwrap_or_else(|fact: String| {
            let cure = "list addresses or networks, such as 127.0.0.1, 10.0.0.0/8";
            found.refuse(Problem::new("TRUSTED_PROXIES", fact, cure));
            TrustedProxies::default()
        });
        Self {
            base_url: base_url.trim_end_matches('/').to_owned(),
            origin,
            host,
            listen,
            port,
            admin_port,
            admin_url: admin_url.trim_end_matches('/').to_owned(),
            trusted_proxies,
            heartbeat: HeartbeatUrl::read(found),
            log_format: found.choice(
                "LOG_FORMAT",
                &[("json", LogFormat::Json), ("text", LogFormat::Text)],
                LogFormat::Json,
            ),
            log_level: found.text("LOG_LEVEL").unwrap_or_else(|| "info".to_owned()),
        }
    }
}

/// The origin (RFC 6454) and the host of a base URL.
fn parse_base_url(text: &str) -> Result<(String, String), String> {
    let uri = Uri::from_str(text).map_err(|_| "is no URL".to_owned())?;
    let scheme = uri
        .scheme_str()
        .filter(|scheme| matches!(*scheme, "http" | "https"));
    let scheme = scheme.ok_or("must begin with https:// or http://")?;
    let authority = uri.authority().ok_or("has no host")?;
    if authority.as_str().contains('@') || !matches!(uri.path(), "" | "/") || uri.query().is_some()
    {
        return Err("must have no user, path or query".to_owned());
    }
    let default_port = if scheme == "https" { 443 } else { 80 };
    let host = authority.host().to_ascii_lowercase();
    let origin = match authority.port_u16().filter(|port| *port != default_port) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    };
    Ok((origin, host))
}

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let networks = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                let wrong = || format!("has {part:?}, which is no address or network");
                let (address, bits) = part
                    .split_once('/')
                    .map_or((part, None), |(a, b)| (a, Some(b)));
                let address: IpAddr = address.parse().map_err(|_| wrong())?;
                let most = if address.is_ipv4() { 32 } else { 128 };
                let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| wrong()))?;
                if bits > most {
                    Err(wrong())
                } else {
                    Ok((address, bits))
                }
            });
        networks.collect::<Result<_, _>>().map(Self)
    }
}

fn in_network(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let mask = |width: u32| u128::MAX.checked_shl(width - u32::from(bits)).unwrap_or(0);
    match (address.to_canonical(), network) {
        (IpAddr::V4(a), IpAddr::V4(n)) => {
            (u128::from(a.to_bits()) ^ u128::from(n.to_bits())) & mask(32) == 0
        }
        (IpAddr::V6(a), IpAddr::V6(n)) => (a.to_bits() ^ n.to_bits()) & mask(128) == 0,
        _ => false,
    }
}
