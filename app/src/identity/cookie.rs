//! The cookie that carries a session.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

use super::session::SessionToken;
use crate::config::ServerConfig;

/// The name where HTTPS makes the `__Host-` prefix possible (RFC 6265bis): no other host or path
/// can set such a cookie.
const SECURE_NAME: &str = "__Host-vt_session";
/// The name on localhost without HTTPS.
const PLAIN_NAME: &str = "vt_session";

/// How the session cookie is written and read for one public address.
#[derive(Clone, Copy, Debug)]
pub struct SessionCookie {
    secure: bool,
}

impl SessionCookie {
    /// For a public address.
    #[must_use]
    pub fn for_server(server: &ServerConfig) -> Self {
        Self {
            secure: server.is_https(),
        }
    }

    const fn name(self) -> &'static str {
        if self.secure { SECURE_NAME } else { PLAIN_NAME }
    }

    /// The `Set-Cookie` that starts a session.
    pub(super) fn set(self, token: &SessionToken, lifetime: Duration) -> Option<HeaderValue> {
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
            format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// The token that a browser sent.
    pub(super) fn read(self, headers: &HeaderMap) -> Option<SessionToken> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == self.name())
            .and_then(|(_, value)| SessionToken::from_cookie(value))
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
        let cookie = SessionCookie { secure: true }
            .set(&token, Duration::from_secs(60))
            .unwrap();
        let text = cookie.to_str().unwrap().replace(token.expose(), "TOKEN");
        assert_eq!(
            text,
            "__Host-vt_session=TOKEN; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        let plain = SessionCookie { secure: false }.clear().unwrap();
        assert_eq!(
            plain.to_str().unwrap(),
            "vt_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn only_a_token_of_the_right_shape_is_read() {
        let token = SessionToken::generate().unwrap();
        let cookie = SessionCookie { secure: false };
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
