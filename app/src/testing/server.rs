//! One server on a database of its own.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use metrics_exporter_prometheus::PrometheusBuilder;
use redis::IntoConnectionInfo as _;
use tokio::net::TcpListener;
use uuid::Uuid;

use super::{Client, Database, Wire, service};
use crate::boot;
use crate::config::{Config, Env, KeySource, KeysConfig, LicenseConfig};
use crate::context::{App, Parts};
use crate::entitlements::{self, Ground, Place};
use crate::infra::argon::Argon;
use crate::infra::breaches::BreachList;
use crate::infra::cache::Cache;
use crate::infra::db::{Db, migrate};
use crate::infra::mail::Mail;
use crate::infra::memory::Memory;
use crate::isolation::Watch;
use crate::kernel::Clock;
use crate::keys::{Keyring, registry};

/// The public address of the server under test.
pub(crate) const ORIGIN: &str = "http://localhost:4000";
/// What opens its admin plane.
pub(crate) const ADMIN_TOKEN: &str = "an-admin-token-of-more-than-32-characters";
pub(crate) const MASTER_KEY: &str =
    "8c1f0e2d3b4a59687706f5e4d3c2b1a09f8e7d6c5b4a392817060504030201ff";

/// A server: its parts, both planes, and the lines to its services.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) license_config: LicenseConfig,
    pub(crate) database: Database,
    /// The line to Redis.
    pub(crate) cache: Arc<Wire>,
    /// The line to PostgreSQL.
    pub(crate) line: Arc<Wire>,
    env: Env,
    tenant: Router,
    admin: Router,
}

impl Server {
    /// An empty server, not set up.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with some variables set.
    pub(crate) async fn start_with(variables: &[(&str, &str)]) -> Self {
        Self::start_at(Clock::system(), variables).await
    }

    /// The same with a clock of its own.
    pub(crate) async fn start_at(clock: Clock, variables: &[(&str, &str)]) -> Self {
        let database = Database::create().await;
        let line = Arc::new(Wire::to(database.address()).await);
        let cache = Arc::new(Wire::to(redis_address()).await);
        let redis = format!("redis://127.0.0.1:{}/", cache.port());
        let mut env = Env::of(&[
            ("APP_ENV", "development"),
            ("APP_BASE_URL", ORIGIN),
            ("REDIS_URL", &redis),
            ("MASTER_KEY", MASTER_KEY),
            ("ADMIN_TOKEN", ADMIN_TOKEN),
            ("METRICS_TOKEN", ADMIN_TOKEN),
            ("DATABASE_MAX_CONNECTIONS", "6"),
        ]);
        for (name, value) in variables {
            env = env.with(name, value);
        }
        Self::assemble(database, line, cache, env, clock).await
    }

    /// Another server on the same database and cache, with a clock or variables of its own.
    pub(crate) async fn replica(&self, clock: Clock, variables: &[(&str, &str)]) -> Self {
        let mut env = self.env.clone();
        for (name, value) in variables {
            env = env.with(name, value);
        }
        Self::assemble(
            self.database.clone(),
            self.line.clone(),
            self.cache.clone(),
            env,
            clock,
        )
        .await
    }

    async fn assemble(
        database: Database,
        line: Arc<Wire>,
        cache: Arc<Wire>,
        env: Env,
        clock: Clock,
    ) -> Self {
        let config = Config::load(&env).unwrap();
        let plain = database.plain().host("127.0.0.1").port(line.port());
        let db = Db::prepare(&plain, config.database.max_connections);
        let keys = keyring(&config.keys);
        // As a boot does; keys that the database does not want are of interest, too.
        let _judged = registry::refresh(&db, &keys).await.unwrap();
        let presented = entitlements::present(&config.license, config.env, clock.now()).unwrap();
        let ground = Ground {
            db: &db,
            keys: &keys,
            clock: &clock,
        };
        let license = entitlements::establish(
            presented,
            &config.license,
            config.env,
            ground,
            Place::default(),
        );
        let license = license.await.unwrap();
        let license_config = config.license;
        let app = App::new(Parts {
            db,
            cache: Cache::prepare(&config.cache)
                .unwrap()
                .apart(database.name()),
            keys,
            license,
            server: config.server,
            security: config.security,
            sso: config.sso,
            clock,
            started: std::time::Instant::now(),
            isolation: Watch::default(),
            schema: migrate::newest(),
            passwords: Argon::cheapest(),
            mail: config.mail.map(|mail| Mail::start(&mail).unwrap()),
            breaches: BreachList::open(&config.breaches).unwrap().map(Arc::new),
            memory: Memory::default(),
        });
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let (tenant, admin) = (boot::tenant_plane(&app), boot::admin_plane(&app, metrics));
        Self {
            app,
            license_config,
            database,
            cache,
            line,
            env,
            tenant,
            admin,
        }
    }

    /// Serves the tenant plane on a port of this host, for programs that are not in this process.
    pub(crate) async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = self
            .tenant
            .clone()
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        address
    }

    /// Somebody who is not signed in, from an address that nobody else has.
    pub(crate) fn visitor(&self) -> Client {
        Client::new(self.tenant.clone(), stranger(), "/api/v1")
    }

    /// A browser that asks for whole paths on the tenant plane.
    pub(crate) fn browser(&self) -> Client {
        Client::new(self.tenant.clone(), stranger(), "")
    }

    /// The operator on the admin plane.
    pub(crate) fn operator(&self) -> Client {
        Client::new(self.admin.clone(), stranger(), "")
            .on_the_admin_port()
            .with_bearer(ADMIN_TOKEN)
    }
}

/// The ring of keys that are given in the clear.
fn keyring(config: &KeysConfig) -> Keyring {
    match &config.source {
        KeySource::Local { key, next } => Keyring::from_masters(key, next.as_ref()),
        KeySource::Transit { .. } => panic!("no Transit engine here"),
    }
}

/// An address that no other test uses: limits are counted in one Redis.
pub(crate) fn stranger() -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(Uuid::new_v4().as_u128()))
}

fn redis_address() -> String {
    let url = service("VAULTTERM_TEST_REDIS_URL");
    url.as_str()
        .into_connection_info()
        .unwrap()
        .addr()
        .to_string()
}

/// A way into the cache behind the server's back.
pub(crate) async fn redis() -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(service("VAULTTERM_TEST_REDIS_URL")).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}
