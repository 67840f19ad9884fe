//! Redis. One connection, made once, multiplexed, with few retries and short limits, so that a
//! dead server is noticed in a second and a living one is found again without a restart.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, FromRedisValue, Script};

use crate::config::CacheConfig;

/// How long one command may take.
const COMMAND: Duration = Duration::from_millis(800);
/// How long one attempt to connect may take.
const CONNECT: Duration = Duration::from_millis(800);

/// Redis cannot be asked right now.
#[derive(Debug, thiserror::Error)]
#[error("the cache does not answer")]
pub struct CacheDown(#[source] redis::RedisError);

/// The cache.
#[derive(Clone)]
pub struct Cache {
    connection: ConnectionManager,
    /// What stands before the names of counts: nothing, but for tests that share one server.
    space: std::sync::Arc<str>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cache")
    }
}

impl Cache {
    /// Prepares the connection without making it: a cache that is down at boot is no reason not to
    /// start, `/readyz` says so until it is back.
    ///
    /// # Errors
    /// When the address is unusable.
    pub fn prepare(config: &CacheConfig) -> Result<Self, CacheDown> {
        // Requests share the connection: the question of one does not wait for the answer of another.
        let tcp = TcpSettings::default().set_nodelay(true);
        let connection = config.connection().map_err(CacheDown)?;
        let client = Client::open(connection.set_tcp_settings(tcp)).map_err(CacheDown)?;
        let manner = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(20))
            .set_max_delay(Duration::from_millis(200))
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(COMMAND));
        let connection =
            ConnectionManager::new_lazy_with_config(client, manner).map_err(CacheDown)?;
        let space = "".into();
        Ok(Self { connection, space })
    }

    /// The same with counts of its own.
    #[cfg(test)]
    pub(crate) fn apart(mut self, space: &str) -> Self {
        self.space = space.into();
        self
    }

    /// What stands before the names of counts.
    #[must_use]
    pub fn space(&self) -> &str {
        &self.space
    }

    /// Asks whether it lives.
    ///
    /// # Errors
    /// [`CacheDown`].
    pub async fn ping(&self) -> Result<(), CacheDown> {
        let answer: String = self.run(&redis::cmd("PING")).await?;
        tracing::trace!(answer, "cache");
        Ok(())
    }

    /// The server's version.
    ///
    /// # Errors
    /// [`CacheDown`].
    pub async fn version(&self) -> Result<String, CacheDown> {
        let mut command = redis::cmd("INFO");
        command.arg("server");
        let info: String = self.run(&command).await?;
        let version = info
            .lines()
            .find_map(|line| line.strip_prefix("redis_version:"));
        Ok(version.unwrap_or("unknown").trim().to_owned())
    }

    /// Runs one command.
    ///
    /// # Errors
    /// [`CacheDown`].
    pub async fn run<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, CacheDown> {
        command
            .query_async(&mut self.connection.clone())
            .await
            .map_err(CacheDown)
    }

    /// Runs a script, which is atomic.
    ///
    /// # Errors
    /// [`CacheDown`].
    pub async fn script<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[&str],
        arguments: &[&str],
    ) -> Result<T, CacheDown> {
        let mut call = script.prepare_invoke();
        for key in keys {
            call.key(*key);
        }
        for argument in arguments {
            call.arg(*argument);
        }
        call.invoke_async(&mut self.connection.clone())
            .await
            .map_err(CacheDown)
    }
}
