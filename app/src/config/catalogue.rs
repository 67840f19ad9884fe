//! Every variable the product reads: one list, mirrored by `.env.example` under test.

/// Who reads a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The app.
    App,
    /// Docker Compose, on the host.
    Compose,
}

/// One variable.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is when unset; empty when nothing.
    pub default: &'static str,
    /// Whether its value must not be shown.
    pub secret: bool,
    /// Who reads it.
    pub reader: Reader,
}

const fn app(name: &'static str, default: &'static str) -> Variable {
    Variable {
        name,
        default,
        secret: false,
        reader: Reader::App,
    }
}

const fn secret(name: &'static str) -> Variable {
    Variable {
        name,
        default: "",
        secret: true,
        reader: Reader::App,
    }
}

const fn compose(name: &'static str, default: &'static str) -> Variable {
    Variable {
        name,
        default,
        secret: false,
        reader: Reader::Compose,
    }
}

/// The catalogue, in the order of `.env.example`.
pub const VARIABLES: &[Variable] = &[
    app("APP_BASE_URL", "http://localhost:4000"),
    app("APP_ENV", "production"),
    app("DEPLOYMENT_MODE", "onprem"),
    app("TRUSTED_PROXIES", ""),
    app("RP_ID", ""),
    app("RP_NAME", "VaultTerm"),
    app("RP_ORIGIN", ""),
    compose("COMPOSE_PROJECT_NAME", "vaultterm"),
    compose("APP_BIND", "127.0.0.1"),
    compose("APP_PORT", "4000"),
    compose("ADMIN_BIND", "127.0.0.1"),
    compose("ADMIN_PUBLISHED_PORT", "4100"),
    app("ADMIN_BASE_URL", "http://localhost:4100"),
    compose("APP_IMAGE", "vaultterm/app:latest"),
    compose("DB_IMAGE", "postgres:16"),
    compose("CACHE_IMAGE", "redis:7"),
    compose("IMAGE_PULL_POLICY", "missing"),
    compose("LICENSE_DIR", "./license"),
    compose("HOST_MACHINE_ID", "/dev/null"),
    compose("BREACH_LIST", "/dev/null"),
    secret("MASTER_KEY"),
    app("MASTER_KEY_FILE", ""),
    secret("MASTER_KEY_NEXT"),
    app("MASTER_KEY_NEXT_FILE", ""),
    app("KEY_PROVIDER", "local"),
    app("MASTER_KEY_CIPHERTEXT", ""),
    app("MASTER_KEY_NEXT_CIPHERTEXT", ""),
    app("KEY_HCV_ADDR", ""),
    app("KEY_HCV_CACERT", ""),
    app("KEY_HCV_NAMESPACE", ""),
    app("KEY_HCV_AUTH", "token"),
    secret("KEY_HCV_TOKEN"),
    app("KEY_HCV_TOKEN_FILE", ""),
    app("KEY_HCV_ROLE_ID", ""),
    secret("KEY_HCV_SECRET_ID"),
    app("KEY_HCV_SECRET_ID_FILE", ""),
    app("KEY_HCV_TRANSIT_MOUNT", "transit"),
    app("KEY_HCV_TRANSIT_KEY", "vaultterm-master"),
    secret("ADMIN_TOKEN"),
    app("ADMIN_TOKEN_FILE", ""),
    secret("METRICS_TOKEN"),
    app("METRICS_TOKEN_FILE", ""),
    Variable {
        name: "POSTGRES_PASSWORD",
        default: "",
        secret: true,
        reader: Reader::Compose,
    },
    compose("POSTGRES_PASSWORD_FILE", ""),
    app("DATABASE_URL", ""),
    secret("DATABASE_PASSWORD"),
    app("DATABASE_PASSWORD_FILE", ""),
    app("DATABASE_OWNER_URL", ""),
    secret("DATABASE_OWNER_PASSWORD"),
    app("DATABASE_OWNER_PASSWORD_FILE", ""),
    app("DATABASE_MAX_CONNECTIONS", "10"),
    app("REDIS_URL", ""),
    secret("REDIS_PASSWORD"),
    app("REDIS_PASSWORD_FILE", ""),
    app("LICENSE_PATH", "/data/license.vtlic"),
    app("LICENSE_STATE_PATH", "/data/license.state"),
    app("LICENSE_PUBLIC_KEY", ""),
    app("LICENSE_MLDSA_PUBLIC_KEY", ""),
    app("HEARTBEAT_URL", ""),
    app("LICENSE_BIND_MASTER", "0"),
    app("BOUND_MASTER_CIPHERTEXT", ""),
    app("BOUND_MASTER_CIPHERTEXT_FILE", "/data/master.bound"),
    secret("ROOT_SEED"),
    app("ROOT_SEED_FILE", ""),
    app("HOST_MACHINE_ID_FILE", "/run/host/machine-id"),
    app("SMTP_HOST", ""),
    app("SMTP_PORT", ""),
    app("SMTP_SECURE", "starttls"),
    app("SMTP_CACERT", ""),
    app("SMTP_USER", ""),
    secret("SMTP_PASS"),
    app("SMTP_PASS_FILE", ""),
    app("SMTP_FROM", ""),
    app("AUTH_RATE_MAX", "30"),
    app("AUTH_RATE_WINDOW_MS", "60000"),
    app("TOKEN_RATE_MAX", "1200"),
    app("SESSION_IDLE_SEC", "28800"),
    app("SESSION_ABSOLUTE_SEC", "86400"),
    app("ORGANIZATION_ERASURE_DAYS", "7"),
    app("TENANT_STEPUP_TTL_SEC", "300"),
    app("SSO_CACERT", ""),
    app("ATTACHMENT_MAX_MIB", "25"),
    app("BREACH_FILE", "/run/host/breaches"),
    app("PORT", "4000"),
    app("ADMIN_PORT", "4100"),
    app("LISTEN_ADDRESS", "0.0.0.0"),
    app("LOG_FORMAT", "json"),
    app("LOG_LEVEL", "info"),
];
