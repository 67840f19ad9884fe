//! Browsers that somebody has signed in with before.
//!
//! Whoever knows the address of an account can try passwords until it has to wait. So that the
//! account's owner need not wait with them, a browser that has shown the right password gets a cookie,
//! and its attempts are counted apart from those of strangers. The cookie opens nothing and proves
//! nothing else. It names the account's epoch: after a new password every browser is a stranger again.
//!
//! The cookie holds `id.until.code`: 128 random bits and the end of its validity in seconds since
//! 1970, both in hexadecimal, and an HMAC-SHA-256 over these, the account and its epoch.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};

use crate::config::ServerConfig;
use crate::context::App;
use crate::edge::{Cookie, SameSite};
use crate::kernel::UserId;

/// How long a browser is remembered after the last sign-in: half a year.
const LIFETIME: Duration = Duration::from_secs(180 * 24 * 3600);

/// A browser that has signed in to an account before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Device {
    id: String,
}

impl Device {
    /// The browser that a request comes from, if it is known to this account.
    pub(super) fn known(app: &App, headers: &HeaderMap, user: UserId, epoch: i64) -> Option<Self> {
        let now = app.clock.now().unix_timestamp();
        cookie(&app.server, user).read(headers).find_map(|value| {
            let (stated, code) = value.rsplit_once('.')?;
            let (id, until) = stated.split_once('.')?;
            let code = hex::decode(code).ok()?;
            let genuine = app.keys.is_device_code(&bytes(stated, user, epoch), &code);
            let until = i64::from_str_radix(until, 16).ok()?;
            (genuine && now < until).then(|| Self { id: id.to_owned() })
        })
    }

    /// What its attempts are counted by.
    pub(super) fn who(&self) -> &str {
        &self.id
    }

    /// The `Set-Cookie` that makes it known for another while.
    pub(super) fn cookie(self, app: &App, user: UserId, epoch: i64) -> Option<HeaderValue> {
        let until = app.clock.now() + LIFETIME;
        let stated = format!("{}.{:x}", self.id, until.unix_timestamp());
        let code = app.keys.device_code(&bytes(&stated, user, epoch));
        let value = format!("{stated}.{}", hex::encode(code));
        cookie(&app.server, user).write(&value, LIFETIME)
    }

    /// One that was not here before.
    pub(super) fn new() -> Option<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self {
            id: hex::encode(bytes),
        })
    }
}

/// One cookie for each account: people share browsers.
fn cookie(server: &ServerConfig, user: UserId) -> Cookie {
    let name = format!("vt_device_{}", user.as_uuid().simple());
    Cookie::new(&name, SameSite::Lax, server.is_https())
}

/// What the code is made of; the parts before the account have no length of their own choice.
fn bytes(stated: &str, user: UserId, epoch: i64) -> Vec<u8> {
    let mut bytes = b"vaultterm known device v1\0".to_vec();
    bytes.extend_from_slice(user.as_uuid().as_bytes());
    bytes.extend_from_slice(&epoch.to_be_bytes());
    bytes.extend_from_slice(stated.as_bytes());
    bytes
}
