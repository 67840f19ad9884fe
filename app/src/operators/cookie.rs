//! The cookie that carries a platform admin's session.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};

use super::token::Token;
use crate::config::ServerConfig;
use crate::edge::{Cookie, SameSite};

/// How the cookie is written and read. Cookies do not know of ports: a browser that opens both planes
/// under one name sends each the cookie of the other, so the names differ, and what a name is good for
/// is known by one plane only. A tunnel has no HTTPS, and gets the plain name.
#[derive(Clone, Debug)]
pub(super) struct PlatformCookie(Cookie);

impl PlatformCookie {
    pub(super) fn for_server(server: &ServerConfig) -> Self {
        Self::new(server.is_admin_https())
    }

    fn new(secure: bool) -> Self {
        Self(Cookie::new("vt_platform", SameSite::Strict, secure))
    }

    /// The `Set-Cookie` that starts a session.
    pub(super) fn set(&self, token: &Token, lifetime: Duration) -> Option<HeaderValue> {
        self.0.write(token.expose(), lifetime)
    }

    /// The `Set-Cookie` that ends it.
    pub(super) fn clear(&self) -> Option<HeaderValue> {
        self.0.write("", Duration::ZERO)
    }

    /// The token that a browser sent.
    pub(super) fn read(&self, headers: &HeaderMap) -> Option<Token> {
        let value = self.0.read(headers).next();
        value.and_then(Token::parse)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, header};

    use super::{PlatformCookie, Token};

    #[test]
    fn attributes_are_those_of_the_design() {
        let token = Token::generate().unwrap();
        let cookie = PlatformCookie::new(true)
            .set(&token, Duration::from_secs(60))
            .unwrap();
        assert!(cookie.is_sensitive());
        let text = cookie.to_str().unwrap().replace(token.expose(), "TOKEN");
        assert_eq!(
            text,
            "__Host-vt_platform=TOKEN; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
        );
        let plain = PlatformCookie::new(false).clear().unwrap();
        assert_eq!(
            plain.to_str().unwrap(),
            "vt_platform=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
        );
    }

    #[test]
    fn behind_https_a_cookie_that_anybody_can_set_is_not_read() {
        let token = Token::generate().unwrap();
        let mut headers = HeaderMap::new();
        let line = format!("vt_platform={}", token.expose());
        headers.insert(header::COOKIE, line.parse().unwrap());
        assert!(PlatformCookie::new(true).read(&headers).is_none());
        assert!(PlatformCookie::new(false).read(&headers).is_some());
    }
}
