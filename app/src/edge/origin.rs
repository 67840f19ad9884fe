//! Requests that change something must come from our own pages.
//!
//! Cookies travel with requests that other sites start; the `Origin` header (RFC 6454), and
//! `Sec-Fetch-Site` where a browser sends no origin, tell them apart. A bearer token travels with no
//! request by itself; where one is shown, no cookie is looked at, and nothing is to be told apart.

use axum::extract::Request;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::{Bearer, Problem};

/// Whose pages may change something.
#[derive(Clone, Debug)]
pub enum OriginPolicy {
    /// Those of one origin.
    Only(String),
    /// Those of this very listener, whatever it is called: the admin plane is reached by tunnels,
    /// under any name. What is no browser sends neither header; it brings a token instead, which no
    /// page of another site can add to a request.
    OwnHost,
}

impl OriginPolicy {
    /// Refuses unsafe methods from elsewhere.
    ///
    /// # Errors
    /// 403 for such a request.
    pub fn judge(&self, request: &Request) -> Result<(), Problem> {
        let safe = matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::OPTIONS
        );
        if safe || self.allows(request.headers()) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            "origin-refused",
            "The request came from another site",
            "Open the portal at its own address and try again there.",
        ))
    }

    fn allows(&self, headers: &HeaderMap) -> bool {
        if matches!(self, Self::Only(_)) && Bearer::of(headers) != Bearer::Absent {
            return true;
        }
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        match (self, origins.next(), origins.next()) {
            (_, Some(_), Some(_)) => false,
            (Self::Only(own), Some(origin), None) => origin.as_bytes() == own.as_bytes(),
            (Self::Only(_), None, _) => site == Some(b"same-origin"),
            (Self::OwnHost, Some(origin), None) => is_host(headers, origin),
            (Self::OwnHost, None, _) => match site {
                Some(site) => site == b"same-origin",
                None => headers.contains_key(header::AUTHORIZATION),
            },
        }
    }
}

/// Whether an origin is the host that was asked.
fn is_host(headers: &HeaderMap, origin: &HeaderValue) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok();
    let origin = origin.and_then(|origin| Some(origin.split_once("://")?.1));
    host.is_some() && host == origin
}

#[cfg(test)]
mod tests {
    use super::OriginPolicy;
    use http::HeaderMap;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_the_own_origin_passes() {
        let policy = OriginPolicy::Only("https://vault.example.com".into());
        let allowed = |pairs: &[(&'static str, &'static str)]| policy.allows(&headers(pairs));
        assert!(allowed(&[("origin", "https://vault.example.com")]));
        assert!(allowed(&[("sec-fetch-site", "same-origin")]));
        for bad in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "https://vault.example.com.evil.test")],
            &[("origin", "http://vault.example.com")],
            &[("origin", "https://vault.example.com:8443")],
            &[("sec-fetch-site", "same-site")],
            &[
                ("origin", "https://evil.test"),
                ("sec-fetch-site", "same-origin"),
            ],
            &[
                ("origin", "https://vault.example.com"),
                ("origin", "https://evil.test"),
            ],
        ] {
            assert!(!allowed(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_bearer_token_needs_no_origin_and_other_credentials_do() {
        let policy = OriginPolicy::Only("https://vault.example.com".into());
        let allowed = |value| policy.allows(&headers(&[("authorization", value)]));
        assert!(allowed("Bearer vt_x"));
        // What browsers keep and send by themselves.
        assert!(!allowed("Basic YTpi"));
    }

    #[test]
    fn the_admin_plane_takes_its_own_pages_and_what_is_no_browser() {
        let allowed =
            |pairs: &[(&'static str, &'static str)]| OriginPolicy::OwnHost.allows(&headers(pairs));
        for good in [
            &[("authorization", "Bearer token")][..],
            &[("sec-fetch-site", "same-origin")],
            &[
                ("origin", "http://localhost:4100"),
                ("host", "localhost:4100"),
            ],
        ] {
            assert!(allowed(good), "{good:?}");
        }
        for bad in [
            &[][..],
            &[("cookie", "vt_platform=token")],
            &[
                ("authorization", "Bearer token"),
                ("sec-fetch-site", "cross-site"),
            ],
            &[("origin", "null"), ("host", "localhost:4100")],
            &[("origin", "http://evil.test"), ("host", "localhost:4100")],
            &[
                ("origin", "http://localhost:4000"),
                ("host", "localhost:4100"),
            ],
            &[("origin", "http://localhost:4100")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[
                ("origin", "http://localhost:4100"),
                ("origin", "http://evil.test"),
                ("host", "localhost:4100"),
            ],
        ] {
            assert!(!allowed(bad), "{bad:?}");
        }
    }
}
