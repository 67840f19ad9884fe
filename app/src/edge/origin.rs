//! Requests that change something must come from our own pages.
//!
//! Cookies travel with requests that other sites start; the `Origin` header (RFC 6454), and
//! `Sec-Fetch-Site` where a browser sends no origin, tell them apart.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, StatusCode, header};

use super::Problem;

/// The one origin that may change something.
#[derive(Clone, Debug)]
pub struct OriginPolicy(pub String);

impl OriginPolicy {
    fn allows(&self, headers: &HeaderMap) -> bool {
        let own = |value: &http::HeaderValue| value.as_bytes() == self.0.as_bytes();
        let mut origins = headers.get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (Some(origin), None) => own(origin),
            (None, _) => headers
                .get("sec-fetch-site")
                .is_some_and(|site| site.as_bytes() == b"same-origin"),
            (Some(_), Some(_)) => false,
        }
    }
}

/// Refuses unsafe methods from elsewhere.
pub async fn check_origin(
    State(policy): State<OriginPolicy>,
    request: Request,
    next: Next,
) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if safe || policy.allows(request.headers()) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::FORBIDDEN,
        "origin-refused",
        "The request came from another site",
        "Open the portal at its own address and try again there.",
    )
    .into_response()
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
        let policy = OriginPolicy("https://vault.example.com".into());
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
}
