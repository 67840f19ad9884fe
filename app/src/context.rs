//! What every handler is handed.

use std::sync::Arc;

use crate::config::{SecurityConfig, ServerConfig, SsoConfig};
use crate::entitlements::{Ground, Licensing};
use crate::infra::argon::Argon;
use crate::infra::breaches::BreachList;
use crate::infra::cache::Cache;
use crate::infra::db::Db;
use crate::infra::mail::Mail;
use crate::infra::memory::Memory;
use crate::isolation::Watch;
use crate::kernel::Clock;
use crate::keys::Keyring;

/// The parts of the running app. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// The parts themselves.
#[derive(Debug)]
pub struct Parts {
    /// The database, as the plain role.
    pub db: Db,
    /// Redis.
    pub cache: Cache,
    /// Keys.
    pub keys: Keyring,
    /// The licence in force.
    pub license: Licensing,
    /// Addresses.
    pub server: ServerConfig,
    /// Tokens and limits.
    pub security: SecurityConfig,
    /// Identity providers.
    pub sso: SsoConfig,
    /// Mail, when there is a server that takes it.
    pub mail: Option<Mail>,
    /// Time.
    pub clock: Clock,
    /// When this process began to serve.
    pub started: std::time::Instant,
    /// Whether tenants are apart, as far as was asked.
    pub isolation: Watch,
    /// The migration that this binary needs the database to be at.
    pub schema: i64,
    /// Whoever hashes passwords, a few at once.
    pub passwords: Argon,
    /// Passwords that are known from breaches, when there is a list.
    pub breaches: Option<Arc<BreachList>>,
    /// What slices keep in memory.
    pub memory: Memory,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// What the licence stands on.
    #[must_use]
    pub fn ground(&self) -> Ground<'_> {
        Ground {
            db: &self.db,
            keys: &self.keys,
            clock: &self.clock,
        }
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
