//! Defaults, refusals and the template.

use super::{Config, Env, catalogue};

/// A production configuration with nothing to refuse.
fn good() -> Env {
    let key = "4f3c2b1a".repeat(8);
    Env::of(&[
        ("APP_BASE_URL", "https://vault.example.com"),
        ("DATABASE_URL", "postgres://vaultterm_app@db/vaultterm"),
        (
            "DATABASE_OWNER_URL",
            "postgres://vaultterm_owner@db/vaultterm",
        ),
        (
            "MASTER_KEY",
            "8c1f0e2d3b4a59687706f5e4d3c2b1a09f8e7d6c5b4a392817060504030201ff",
        ),
        ("ADMIN_TOKEN", &key),
    ])
}

fn license_key() -> String {
    let bytes: [u8; 32] =
        hex::decode("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
            .unwrap()
            .try_into()
            .unwrap();
    let key = license::ed25519::PublicKey::from_bytes(&bytes).unwrap();
    let text = license::vtlic::LicensePublicKey::new(key).to_file_text("test");
    text.lines().nth(1).unwrap().to_owned()
}

fn production() -> Env {
    good().with("LICENSE_PUBLIC_KEY", &license_key())
}

fn refused(env: &Env) -> Vec<&'static str> {
    Config::load(env)
        .err()
        .unwrap_or_default()
        .iter()
        .map(|problem| problem.variable)
        .collect()
}

#[test]
fn a_complete_production_configuration_is_accepted() {
    let config = Config::load(&production()).unwrap();
    assert_eq!(config.server.origin, "https://vault.example.com");
}

#[test]
fn development_boots_with_almost_nothing() {
    assert!(Config::load(&Env::of(&[("APP_ENV", "development")])).is_ok());
}

#[test]
fn production_refuses_each_insecure_state() {
    let cases = [
        ("APP_BASE_URL", "http://vault.example.com", "APP_BASE_URL"),
        ("APP_BASE_URL", "ftp://vault.example.com", "APP_BASE_URL"),
        (
            "APP_BASE_URL",
            "https://vault.example.com/path",
            "APP_BASE_URL",
        ),
        (
            "APP_BASE_URL",
            "https://u:p@vault.example.com",
            "APP_BASE_URL",
        ),
        ("MASTER_KEY", "", "MASTER_KEY"),
        ("MASTER_KEY", "tooshort", "MASTER_KEY"),
        (
            "MASTER_KEY",
            "0000000000000000000000000000000000000000000000000000000000000001",
            "MASTER_KEY",
        ),
        ("ADMIN_TOKEN", "", "ADMIN_TOKEN"),
        ("ADMIN_TOKEN", "short", "ADMIN_TOKEN"),
        ("METRICS_TOKEN", "short", "METRICS_TOKEN"),
        ("METRICS_TOKEN", &"m".repeat(40), "METRICS_TOKEN"),
        ("ADMIN_TOKEN", &"changeme".repeat(4), "ADMIN_TOKEN"),
        ("DATABASE_PASSWORD", "postgres", "DATABASE_PASSWORD"),
        (
            "DATABASE_URL",
            "postgres://vaultterm_app:vaultterm@db/vaultterm",
            "DATABASE_PASSWORD",
        ),
        (
            "DATABASE_OWNER_PASSWORD",
            "passwordpassword",
            "DATABASE_OWNER_PASSWORD",
        ),
        ("REDIS_PASSWORD", "redis", "REDIS_PASSWORD"),
        ("REDIS_URL", "redis://:short@cache:6379", "REDIS_PASSWORD"),
        ("DATABASE_URL", "", "DATABASE_URL"),
        ("DATABASE_OWNER_URL", "mysql://x", "DATABASE_OWNER_URL"),
        ("REDIS_URL", "hello", "REDIS_URL"),
        ("LICENSE_PUBLIC_KEY", "hello", "LICENSE_PUBLIC_KEY"),
        (
            "LICENSE_MLDSA_PUBLIC_KEY",
            "hello",
            "LICENSE_MLDSA_PUBLIC_KEY",
        ),
        ("HEARTBEAT_URL", "http://example.com", "HEARTBEAT_URL"),
        ("SMTP_HOST", "mail.example.com", "SMTP_FROM"),
        ("PORT", "0", "PORT"),
        ("PORT", "4100", "ADMIN_PORT"),
        ("AUTH_RATE_MAX", "-1", "AUTH_RATE_MAX"),
        ("TRUSTED_PROXIES", "10.0.0.0/33", "TRUSTED_PROXIES"),
        ("APP_ENV", "staging", "APP_ENV"),
        ("KEY_PROVIDER", "magic", "KEY_PROVIDER"),
        ("MASTER_KEY_NEXT", "tooshort", "MASTER_KEY_NEXT"),
        ("MASTER_KEY_NEXT", &"ab".repeat(32), "MASTER_KEY_NEXT"),
        (
            "MASTER_KEY_NEXT_FILE",
            "/nonexistent",
            "MASTER_KEY_NEXT_FILE",
        ),
        ("ADMIN_TOKEN_FILE", "/nonexistent", "ADMIN_TOKEN_FILE"),
    ];
    for (name, value, blamed) in cases {
        let mut env = production().with(name, value);
        if name == "ADMIN_TOKEN_FILE" {
            env = env.with("ADMIN_TOKEN", "");
        }
        // One sentence, about the variable that is wrong.
        let problems = refused(&env);
        assert_eq!(problems, [blamed], "{name}={value}");
    }
}

#[test]
fn a_mail_server_needs_a_sender_and_a_way_that_nobody_reads() {
    use super::MailTls;
    let mail = production()
        .with("SMTP_HOST", "mail.example.com")
        .with("SMTP_FROM", "VaultTerm <vault@example.com>");
    assert!(Config::load(&production()).unwrap().mail.is_none());
    for (word, tls, port) in [
        ("", MailTls::StartTls, 587),
        ("false", MailTls::StartTls, 587),
        ("tls", MailTls::Implicit, 465),
        ("true", MailTls::Implicit, 465),
    ] {
        let config = Config::load(&mail.clone().with("SMTP_SECURE", word)).unwrap();
        let found = config.mail.unwrap();
        assert_eq!((found.tls, found.port), (tls, port), "{word}");
    }
    for (name, value, blamed) in [
        ("SMTP_SECURE", "none", "SMTP_SECURE"),
        ("SMTP_SECURE", "maybe", "SMTP_SECURE"),
        ("SMTP_PORT", "0", "SMTP_PORT"),
        ("SMTP_FROM", "", "SMTP_FROM"),
        ("SMTP_FROM", "nobody", "SMTP_FROM"),
        ("SMTP_USER", "vault", "SMTP_PASS"),
        ("SMTP_PASS", "s3cret", "SMTP_USER"),
        ("SMTP_PASS_FILE", "/nonexistent", "SMTP_PASS_FILE"),
        ("SMTP_CACERT", "/nonexistent", "SMTP_CACERT"),
        ("SMTP_CACERT", "/dev/null", "SMTP_CACERT"),
    ] {
        assert_eq!(
            refused(&mail.clone().with(name, value)),
            [blamed],
            "{name}={value}"
        );
    }
    let local = mail
        .with("SMTP_HOST", "localhost")
        .with("SMTP_SECURE", "none");
    assert_eq!(Config::load(&local).unwrap().mail.unwrap().port, 25);
    let login = local.with("SMTP_USER", "vault").with("SMTP_PASS", "s3cret");
    assert!(!format!("{:?}", Config::load(&login).unwrap()).contains("s3cret"));
}

/// A production configuration whose master key Transit opens.
fn transit() -> Env {
    production()
        .with("MASTER_KEY", "")
        .with("KEY_PROVIDER", "hcv-transit")
        .with("MASTER_KEY_CIPHERTEXT", "vault:v1:AAAA")
        .with("KEY_HCV_ADDR", "https://vault.example.com:8200/")
        .with("KEY_HCV_TOKEN", "hvs.t0k3n")
}

#[test]
fn transit_needs_what_it_needs_and_nothing_in_the_clear() {
    use super::{KeySource, TransitAuth};
    let config = Config::load(&transit()).unwrap();
    let KeySource::Transit { transit: found, .. } = &config.keys.source else {
        panic!("{:?}", config.keys);
    };
    assert_eq!(found.address, "https://vault.example.com:8200");
    assert_eq!(
        (found.mount.as_str(), found.key.as_str()),
        ("transit", "vaultterm-master")
    );
    assert!(matches!(found.auth, TransitAuth::Token(_)));
    assert!(!format!("{config:?}").contains("t0k3n"));
    for (name, value, blamed) in [
        ("MASTER_KEY_CIPHERTEXT", "", "MASTER_KEY_CIPHERTEXT"),
        (
            "MASTER_KEY_CIPHERTEXT",
            "hvs.t0k3n",
            "MASTER_KEY_CIPHERTEXT",
        ),
        (
            "MASTER_KEY_NEXT_CIPHERTEXT",
            "x",
            "MASTER_KEY_NEXT_CIPHERTEXT",
        ),
        ("KEY_HCV_ADDR", "", "KEY_HCV_ADDR"),
        (
            "KEY_HCV_ADDR",
            "http://vault.example.com:8200",
            "KEY_HCV_ADDR",
        ),
        ("KEY_HCV_ADDR", "vault.example.com", "KEY_HCV_ADDR"),
        ("KEY_HCV_ADDR", "https://vault/v1", "KEY_HCV_ADDR"),
        ("KEY_HCV_ADDR", "https://user@vault", "KEY_HCV_ADDR"),
        ("KEY_HCV_TOKEN", "", "KEY_HCV_TOKEN"),
        ("KEY_HCV_AUTH", "ldap", "KEY_HCV_AUTH"),
        ("KEY_HCV_CACERT", "/nonexistent", "KEY_HCV_CACERT"),
        ("KEY_HCV_CACERT", "/dev/null", "KEY_HCV_CACERT"),
        (
            "KEY_HCV_TRANSIT_MOUNT",
            "/transit/",
            "KEY_HCV_TRANSIT_MOUNT",
        ),
        ("KEY_HCV_TRANSIT_KEY", "../sys/seal", "KEY_HCV_TRANSIT_KEY"),
        ("KEY_HCV_TRANSIT_KEY", "a?b", "KEY_HCV_TRANSIT_KEY"),
    ] {
        assert_eq!(
            refused(&transit().with(name, value)),
            [blamed],
            "{name}={value}"
        );
    }
    for loopback in [
        "http://127.0.0.1:8200",
        "http://localhost:8200",
        "http://[::1]:8200",
    ] {
        assert!(
            refused(&transit().with("KEY_HCV_ADDR", loopback)).is_empty(),
            "{loopback}"
        );
    }
    let role = transit().with("KEY_HCV_AUTH", "approle");
    assert_eq!(refused(&role), ["KEY_HCV_ROLE_ID", "KEY_HCV_SECRET_ID"]);
    let role = role
        .with("KEY_HCV_ROLE_ID", "r")
        .with("KEY_HCV_SECRET_ID", "s");
    assert!(refused(&role).is_empty());
    // The key in the clear beside it is said, and no reason not to start.
    let key = "8c1f0e2d3b4a59687706f5e4d3c2b1a09f8e7d6c5b4a392817060504030201ff";
    let both = Config::load(&transit().with("MASTER_KEY", key)).unwrap();
    assert!(both.keys.left_behind);
}

#[test]
fn a_key_that_others_may_read_is_refused_in_production() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("master_key");
    std::fs::write(&path, "8c1f0e2d3b4a5968".repeat(4)).unwrap();
    let file = path.to_str().unwrap();
    for (name, variable) in [
        ("MASTER_KEY", "MASTER_KEY_FILE"),
        ("ROOT_SEED", "ROOT_SEED_FILE"),
    ] {
        let env = production().with(name, "").with(variable, file);
        for (mode, good) in [
            (0o600, true),
            (0o400, true),
            (0o644, false),
            (0o604, false),
            (0o620, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let expected: &[&str] = if good { &[] } else { &[variable] };
            assert_eq!(refused(&env), expected, "{mode:o}");
            let development = env.clone().with("APP_ENV", "development");
            assert!(Config::load(&development).is_ok(), "{mode:o}");
        }
    }
}

#[test]
fn all_problems_are_reported_at_once_and_none_repeats_a_secret() {
    let env = production()
        .with("MASTER_KEY", "sekrit-sekrit")
        .with("DATABASE_URL", "nonsense://u:sekrit@h")
        .with("ADMIN_TOKEN", "sekrit");
    let problems = Config::load(&env).unwrap_err();
    assert!(problems.len() >= 3, "{problems:?}");
    for problem in problems {
        assert!(!problem.to_string().contains("sekrit"), "{problem}");
    }
}

#[test]
fn localhost_is_the_one_origin_without_https() {
    for url in [
        "http://localhost:4000",
        "http://127.0.0.1:9",
        "http://vault.localhost",
    ] {
        assert!(
            refused(&production().with("APP_BASE_URL", url)).is_empty(),
            "{url}"
        );
    }
}

#[test]
fn a_secret_file_is_read_and_an_empty_one_counts_as_unset() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    std::fs::write(&path, format!("{}\n", "t0k3nabc".repeat(5))).unwrap();
    let file = path.to_str().unwrap();
    let env = production()
        .with("ADMIN_TOKEN", "")
        .with("ADMIN_TOKEN_FILE", file);
    let config = Config::load(&env).unwrap();
    assert_eq!(config.security.admin_token.unwrap().expose().len(), 40);
    let both = production().with("ADMIN_TOKEN_FILE", file);
    assert_eq!(refused(&both), ["ADMIN_TOKEN"]);
    assert!(refused(&production().with("ADMIN_TOKEN_FILE", "/dev/null")).is_empty());
}

#[test]
fn proxies_are_matched_by_network() {
    let proxies: super::TrustedProxies = "10.0.0.0/8, ::1, 192.168.1.7".parse().unwrap();
    for (address, trusted) in [
        ("10.200.3.4", true),
        ("11.0.0.1", false),
        ("::1", true),
        ("192.168.1.7", true),
        ("192.168.1.8", false),
        ("::ffff:10.1.1.1", true),
    ] {
        assert_eq!(
            proxies.contains(address.parse().unwrap()),
            trusted,
            "{address}"
        );
    }
}

#[test]
fn the_template_and_the_catalogue_name_the_same_variables() {
    let template = include_str!("../../../.env.example");
    let named: Vec<&str> = template
        .lines()
        .map(|line| line.trim_start_matches("# ").trim_start_matches('#'))
        .filter_map(|line| line.split_once('=').map(|(name, _)| name))
        .filter(|name| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        })
        .collect();
    let known: Vec<&str> = catalogue::VARIABLES
        .iter()
        .map(|variable| variable.name)
        .collect();
    assert_eq!(
        named, known,
        "`.env.example` and config/catalogue.rs differ"
    );
}

#[test]
fn every_secret_can_come_from_a_file() {
    for variable in catalogue::VARIABLES
        .iter()
        .filter(|variable| variable.secret)
    {
        let file = format!("{}_FILE", variable.name);
        assert!(
            catalogue::VARIABLES.iter().any(|other| other.name == file),
            "{file}"
        );
    }
}
