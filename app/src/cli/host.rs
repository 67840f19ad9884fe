//! What a command on the host works with: the configuration, the database, the keys.

use crate::boot;
use crate::config::{Env, KeysConfig, ServerConfig};
use crate::edge::error_chain;
use crate::infra::db::Db;
use crate::keys::{Keyring, provider, registry};

/// Opened as the server opens it.
pub(super) struct Host {
    pub(super) server: ServerConfig,
    pub(super) db: Db,
    pub(super) keys: Keyring,
}

impl Host {
    /// With so many connections at most, which are made when they are used.
    ///
    /// # Errors
    /// What to complain about.
    pub(super) async fn open(env: &Env, connections: u32) -> Result<Self, String> {
        let config = boot::configure(env).map_err(|fatal| error_chain(&fatal))?;
        let db = Db::prepare(&config.database.app, connections);
        let keys = keyring(&db, config.keys).await?;
        Ok(Self {
            server: config.server,
            db,
            keys,
        })
    }
}

/// The ring, once the database has agreed to it.
async fn keyring(db: &Db, config: KeysConfig) -> Result<Keyring, String> {
    let keys = provider::keyring(config).await;
    let keys = keys.map_err(|error| error_chain(&error))?;
    match registry::refresh(db, &keys).await {
        Ok(Ok(())) => Ok(keys),
        Ok(Err(wrong)) => Err(wrong.to_string()),
        Err(error) => Err(error_chain(&error)),
    }
}
