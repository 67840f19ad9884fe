//! Whose request is it? The address that limits are counted by.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;

use crate::config::TrustedProxies;

/// The client's address, behind proxies that are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// That of a request. Walks `X-Forwarded-For` from its end, the part that our own proxy wrote, as
    /// long as the one who speaks is trusted.
    #[must_use]
    pub fn of(proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap) -> Self {
        let mut speaker = peer.to_canonical();
        let forwarded = headers.get_all("x-forwarded-for").iter().rev();
        let words = forwarded
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.rsplit(','));
        for word in words {
            if !proxies.contains(speaker) {
                break;
            }
            match word.trim().parse::<IpAddr>() {
                Ok(address) => speaker = address.to_canonical(),
                Err(_) => break,
            }
        }
        Self(speaker)
    }
}

/// What a browser calls itself: what a person recognises a device by. Nothing else is to be made of
/// it, everybody can write there what they like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// The longest that is kept, in characters.
    const LONGEST: usize = 300;

    /// As a request says it.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let text = headers
            .get(http::header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Self(text.chars().take(Self::LONGEST).collect())
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for UserAgent {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &S,
    ) -> Result<Self, std::convert::Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::ClientAddress;
    use http::HeaderMap;

    fn seen(proxies: &str, peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let proxies = proxies.parse().unwrap();
        ClientAddress::of(&proxies, peer.parse().unwrap(), &headers)
            .0
            .to_string()
    }

    #[test]
    fn strangers_cannot_choose_their_address() {
        assert_eq!(seen("", "203.0.113.9", &["1.1.1.1"]), "203.0.113.9");
        assert_eq!(
            seen("10.0.0.0/8", "203.0.113.9", &["1.1.1.1"]),
            "203.0.113.9"
        );
    }

    #[test]
    fn a_trusted_proxy_is_believed_for_what_it_wrote() {
        assert_eq!(
            seen("10.0.0.1", "10.0.0.1", &["6.6.6.6, 198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(
            seen(
                "10.0.0.0/8",
                "10.0.0.1",
                &["6.6.6.6", "198.51.100.7, 10.0.0.2"]
            ),
            "198.51.100.7"
        );
        assert_eq!(seen("10.0.0.1", "10.0.0.1", &["rubbish"]), "10.0.0.1");
        assert_eq!(
            seen("10.0.0.1", "::ffff:10.0.0.1", &["198.51.100.7"]),
            "198.51.100.7"
        );
    }
}
