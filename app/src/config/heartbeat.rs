//! The heartbeat's address, if it has one.

use http::Uri;

use super::Problem;
use super::env::Reader;

/// An `https://` address that is told how many seats are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartbeatUrl {
    /// The address as it was given.
    pub text: String,
    /// Its host, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What is asked there: path and query.
    pub target: String,
    /// Host and, where it is another than HTTPS has, port: what the `Host` header says.
    pub authority: String,
}

impl HeartbeatUrl {
    pub(super) fn read(found: &mut Reader<'_>) -> Option<Self> {
        let text = found.text("HEARTBEAT_URL")?;
        match Self::parse(&text) {
            Ok(url) => Some(url),
            Err(fact) => {
                let cure =
                    "give one such as https://licence.example.com/heartbeat, or leave it out";
                found.refuse(Problem::new("HEARTBEAT_URL", fact, cure));
                None
            }
        }
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        let uri: Uri = text.parse().map_err(|_| "is no URL")?;
        if uri.scheme_str() != Some("https") {
            return Err("must begin with https://");
        }
        let authority = uri.authority().ok_or("has no host")?;
        if authority.as_str().contains('@') {
            return Err("must have no user or password");
        }
        let host = authority.host().trim_matches(['[', ']']);
        if host.is_empty() {
            return Err("has no host");
        }
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        Ok(Self {
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or(443),
            target: target.to_owned(),
            authority: authority.as_str().to_owned(),
            text: text.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::HeartbeatUrl;

    #[test]
    fn only_https_with_a_host_and_no_password_is_an_address() {
        let url = HeartbeatUrl::parse("https://licence.example.com:8443/beat?a=1").unwrap();
        assert_eq!((url.host.as_str(), url.port), ("licence.example.com", 8443));
        assert_eq!(url.target, "/beat?a=1");
        assert_eq!(url.authority, "licence.example.com:8443");
        assert_eq!(HeartbeatUrl::parse("https://[::1]").unwrap().host, "::1");
        assert_eq!(
            HeartbeatUrl::parse("https://a.example").unwrap().target,
            "/"
        );
        for bad in [
            "http://licence.example.com",
            "licence.example.com",
            "/beat",
            "https://",
            "https://user:secret@licence.example.com",
            "ftp://licence.example.com",
            "https://a b",
        ] {
            assert!(HeartbeatUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
