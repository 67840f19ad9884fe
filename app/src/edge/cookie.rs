//! Cookies of ours: for this host alone, out of reach of scripts, and out of the log.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

/// What stands before a name where HTTPS makes it possible (RFC 6265bis): no other host, and no other
/// path, can set such a cookie.
const PREFIX: &str = "__Host-";

/// With which requests of other sites a cookie travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// With those that lead here.
    Lax,
    /// With none.
    Strict,
}

impl SameSite {
    const fn word(self) -> &'static str {
        match self {
            Self::Lax => "Lax",
            Self::Strict => "Strict",
        }
    }
}

/// One cookie of one plane.
#[derive(Clone, Debug)]
pub struct Cookie {
    name: String,
    same_site: SameSite,
    secure: bool,
}

impl Cookie {
    /// One of this name; `secure` where the plane is reached by HTTPS.
    #[must_use]
    pub fn new(name: &str, same_site: SameSite, secure: bool) -> Self {
        let prefix = if secure { PREFIX } else { "" };
        Self {
            name: format!("{prefix}{name}"),
            same_site,
            secure,
        }
    }

    /// The `Set-Cookie` that has a browser keep it, or forget it when it may keep it for no time.
    #[must_use]
    pub fn write(&self, value: &str, lifetime: Duration) -> Option<HeaderValue> {
        let (name, same_site) = (&self.name, self.same_site.word());
        let max_age = lifetime.as_secs();
        let secure = if self.secure { "; Secure" } else { "" };
        let line = format!(
            "{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite={same_site}{secure}"
        );
        let mut line = HeaderValue::from_str(&line).ok()?;
        line.set_sensitive(true);
        Some(line)
    }

    /// Every value that a browser sent under the name, in its order.
    pub fn read<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter_map(|(name, value)| (name == self.name).then_some(value))
    }
}
