//! Redis: sessions and rate limits.

use redis::{ConnectionInfo, IntoConnectionInfo as _, RedisError};

use super::env::Reader;
use super::{Problem, strength};
use crate::kernel::Redacted;

/// Where Redis is. The URL may carry a credential.
#[derive(Clone, Debug)]
pub struct CacheConfig {
    url: Redacted<String>,
    password: Option<Redacted<String>>,
}

impl CacheConfig {
    /// Address and credential in the client's own terms.
    ///
    /// # Errors
    /// Never after loading, which has tried it.
    pub fn connection(&self) -> Result<ConnectionInfo, RedisError> {
        let connection = self.url.expose().as_str().into_connection_info()?;
        Ok(match &self.password {
            None => connection,
            Some(secret) => {
                let settings = connection
                    .redis_settings()
                    .clone()
                    .set_password(secret.expose());
                connection.set_redis_settings(settings)
            }
        })
    }

    /// The credential, wherever it was given.
    pub(super) fn password(&self) -> Option<Redacted<String>> {
        let given = self.password.clone();
        given.or_else(|| strength::password_in(self.url.expose()))
    }

    pub(super) fn read(found: &mut Reader<'_>) -> Self {
        let url = found
            .text("REDIS_URL")
            .unwrap_or_else(|| "redis://127.0.0.1:6379".to_owned());
        let config = Self {
            url: Redacted::new(url),
            password: found.secret("REDIS_PASSWORD", "REDIS_PASSWORD_FILE"),
        };
        if config.connection().is_err() {
            let cure = "give it as redis://host:6379";
            found.refuse(Problem::new("REDIS_URL", "is no Redis URL", cure));
        }
        config
    }
}
