//! The cookie that carries a platform admin's session.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

use super::token::Token;
use crate::config::ServerConfig;

/// The name where operators come by HTTPS (RFC 6265bis): no other host or path can set it.
const SECURE_NAME: &str = "__Host-vt_platform";
/// The name in a tunnel, which has no HTTPS.
const PLAIN_NAME: &str = "vt_platform";

/// How the cookie is written and read. Cookies do not know of ports: a browser that opens both planes
/// under one name sends each the cookie of the other, so the names differ, and what a name is good for
/// is known by one plane only.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlatformCookie {
    secure: bool,
}

impl PlatformCookie {
    pub(super) fn for_server(server: &ServerConfig) -> Self {
        Self {
            secure: server.is_admin_https(),
        }
    }

    const fn name(self) -> &'static str {
        if self.secure { SECURE_NAME } else { PLAIN_NAME }
    }

    /// The `Set-Cookie` that starts a session.
    pub(super) fn set(self, token: &Token, lifetime: Duration) -> Option<HeaderValue> {
        self.write(token.expose(), lifetime.as_secs())
    }

    /// The `Set-Cookie` that ends it.
    pub(super) fn clear(self) -> Option<HeaderValue> {
        self.write("", 0)
    }

    fn write(self, value: &str, max_age: u64) -> Option<HeaderValue> {
        let name = self.name();
        let secure = if self.secure { "; Secure" } else { "" };
        let text =
            format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}");
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// The token that a browser sent.
    pub(super) fn read(self, headers: &HeaderMap) -> Option<Token> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == self.name())
            .and_then(|(_, value)| Token::parse(value))
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
        let cookie = PlatformCookie { secure: true }
            .set(&token, Duration::from_secs(60))
            .unwrap();
        assert!(cookie.is_sensitive());
        let text = cookie.to_str().unwrap().replace(token.expose(), "TOKEN");
        assert_eq!(
            text,
            "__Host-vt_platform=TOKEN; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
        );
        let plain = PlatformCookie { secure: false }.clear().unwrap();
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
        assert!(PlatformCookie { secure: true }.read(&headers).is_none());
        assert!(PlatformCookie { secure: false }.read(&headers).is_some());
    }
}
