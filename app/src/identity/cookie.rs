//! The cookie that carries a session.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};

use super::session::SessionToken;
use crate::config::ServerConfig;
use crate::edge::{Cookie, SameSite};

/// How the session cookie is written and read for one public address.
#[derive(Clone, Debug)]
pub struct SessionCookie(Cookie);

impl SessionCookie {
    /// For a public address.
    #[must_use]
    pub fn for_server(server: &ServerConfig) -> Self {
        Self::new(server.is_https())
    }

    fn new(secure: bool) -> Self {
        Self(Cookie::new("vt_session", SameSite::Lax, secure))
    }

    /// The `Set-Cookie` that starts a session.
    pub(super) fn set(&self, token: &SessionToken, lifetime: Duration) -> Option<HeaderValue> {
        self.0.write(token.expose(), lifetime)
    }

    /// The `Set-Cookie` that ends it.
    pub(super) fn clear(&self) -> Option<HeaderValue> {
        self.0.write("", Duration::ZERO)
    }

    /// The token that a browser sent: what it names first, and nothing else beside it.
    pub(super) fn read(&self, headers: &HeaderMap) -> Option<SessionToken> {
        let value = self.0.read(headers).next();
        value.and_then(SessionToken::from_cookie)
    }
}

#[cfg(test)]
mod tests {
    use super::SessionCookie;
    use crate::identity::session::SessionToken;
    use http::{HeaderMap, header};
    use std::time::Duration;

    #[test]
    fn attributes_are_those_of_the_design() {
        let token = SessionToken::generate().unwrap();
        let cookie = SessionCookie::new(true)
            .set(&token, Duration::from_secs(60))
            .unwrap();
        let text = cookie.to_str().unwrap().replace(token.expose(), "TOKEN");
        assert_eq!(
            text,
            "__Host-vt_session=TOKEN; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        let plain = SessionCookie::new(false).clear().unwrap();
        assert_eq!(
            plain.to_str().unwrap(),
            "vt_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn only_a_token_of_the_right_shape_is_read() {
        let token = SessionToken::generate().unwrap();
        let cookie = SessionCookie::new(false);
        let read = |line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, line.parse().unwrap());
            cookie.read(&headers).is_some()
        };
        assert!(read(&format!("a=b; vt_session={}; c=d", token.expose())));
        assert!(!read(&format!("__Host-vt_session={}", token.expose())));
        for bad in [
            "vt_session=",
            "vt_session=abc",
            "vt_session",
            &format!("vt_session={}", "z".repeat(64)),
        ] {
            assert!(!read(bad), "{bad}");
        }
    }
}
