//! Who passkeys are made for: the name that browsers bind them to.

use std::net::IpAddr;

use super::env::Reader;
use super::{Problem, server};

/// A site, as WebAuthn knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// The domain. Passkeys are bound to it for ever: with another one they are lost.
    pub id: String,
    /// What people read when they make one.
    pub name: String,
    /// The one origin that they can be shown at.
    pub origin: String,
}

/// Why there can be no passkeys at the public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPasskeys {
    /// It is an IP address.
    #[error("passkeys belong to a name, and this address is a number")]
    Number,
    /// It is without TLS.
    #[error("passkeys need HTTPS")]
    Insecure,
}

impl RelyingParty {
    /// From `RP_ID`, `RP_NAME` and `RP_ORIGIN`; without them, from the public address.
    pub(super) fn read(found: &mut Reader<'_>, public: &str) -> Result<Self, NoPasskeys> {
        let named = found.text("RP_ID");
        let given = found.text("RP_ORIGIN");
        let address = given.as_deref().unwrap_or(public);
        let (origin, host) = server::parse_base_url(address).unwrap_or_else(|fact| {
            if given.is_some() {
                let cure = "give scheme, host and port, or leave it out for APP_BASE_URL";
                found.refuse(Problem::new("RP_ORIGIN", fact, cure));
            }
            (String::new(), String::new())
        });
        let id = named.clone().unwrap_or_else(|| host.clone());
        if named.is_some() && !covers(&id, &host) {
            let fact = format!("is {id}, and {host} is neither that nor below it");
            let cure = "give the portal's host or a domain above it, or leave it out";
            found.refuse(Problem::new("RP_ID", fact, cure));
        }
        let name = found.text("RP_NAME").unwrap_or_else(|| "VaultTerm".into());
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if bare.parse::<IpAddr>().is_ok() {
            return Err(NoPasskeys::Number);
        }
        let local = host == "localhost" || host.ends_with(".localhost");
        if !origin.starts_with("https://") && !local {
            return Err(NoPasskeys::Insecure);
        }
        Ok(Self { id, name, origin })
    }
}

/// Whether a domain is a host or stands above it. A name without a dot is a top-level domain, which
/// would cover strangers; browsers refuse it, too.
fn covers(domain: &str, host: &str) -> bool {
    let below = host
        .strip_suffix(domain)
        .is_some_and(|rest| rest.ends_with('.'));
    domain == host || (below && domain.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_domain_covers_itself_and_what_is_below_it() {
        assert!(covers("vault.example.com", "vault.example.com"));
        assert!(covers("example.com", "vault.example.com"));
        assert!(covers("localhost", "localhost"));
        for domain in ["", "com", "ample.com", "evil.test", "a.vault.example.com"] {
            assert!(!covers(domain, "vault.example.com"), "{domain}");
        }
    }
}
