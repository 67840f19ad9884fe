//! A bound master key opens here and nowhere else, and the server says why it does not.

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::extract::ConnectInfo;
use ed25519_dalek::{Signer as _, SigningKey};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use license::binding::{Bound, Lock, NotOpened};
use license::dsse::pre_authentication_encoding;
use license::ed25519;
use license::vtlic::{License, LicensePublicKey, PAYLOAD_TYPE, envelope_for};
use tower::ServiceExt as _;

use super::{Sealed, covers, fingerprint, open};
use crate::boot::{self, Fatal};
use crate::config::{Config, Env, KeySource};

const MASTER: [u8; 32] = [0x3c; 32];

fn public() -> LicensePublicKey {
    let key = SigningKey::from_bytes(&[4; 32]);
    LicensePublicKey::new(ed25519::PublicKey::from_bytes(key.verifying_key().as_bytes()).unwrap())
}

fn license(counter: u64) -> Vec<u8> {
    let body = serde_json::json!({
        "id": "one", "customer": "Somebody", "tier": "team", "seats": 5, "counter": counter,
        "issued": "2026-01-01T00:00:00Z", "notBefore": "2026-01-01T00:00:00Z",
        "expires": "2999-01-01T00:00:00Z", "graceDays": 14, "algorithm": "ed25519",
        "keyId": public().key_id(),
    });
    let body = serde_json::to_vec(&body).unwrap();
    let key = SigningKey::from_bytes(&[4; 32]);
    let signature = key.sign(&pre_authentication_encoding(PAYLOAD_TYPE, &body));
    let signatures = [(public().key_id(), signature.to_bytes().to_vec())];
    serde_json::to_vec(&envelope_for(&body, &signatures)).unwrap()
}

/// A folder as the container sees it, with a master key that is bound to it.
struct Host {
    room: tempfile::TempDir,
}

impl Host {
    fn new() -> Self {
        let room = tempfile::tempdir().unwrap();
        let host = Self { room };
        host.write("machine-id", &"a1".repeat(16));
        std::fs::write(host.path("license.vtlic"), license(1)).unwrap();
        host.bind(Bound::default(), 1);
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn bind(&self, bound: Bound, counter: u64) {
        let license = License::open(&license(counter), &[public()]).unwrap();
        let host = fingerprint(&self.path("machine-id")).unwrap();
        let lock = Lock {
            seed: &[1; 32],
            license: license.digest(),
            signature: license.signature(),
            host: &host,
        };
        let bound = bound.with(&lock, [9; 12], &MASTER).unwrap();
        self.write("master.bound", &bound.to_text());
    }

    fn env(&self) -> Env {
        let path = |name: &str| self.path(name).display().to_string();
        let key = public().to_file_text("");
        Env::of(&[
            ("APP_ENV", "development"),
            ("LICENSE_BIND_MASTER", "1"),
            ("ROOT_SEED", &"01".repeat(32)),
            ("LICENSE_PATH", &path("license.vtlic")),
            ("LICENSE_PUBLIC_KEY", key.lines().nth(1).unwrap()),
            ("BOUND_MASTER_CIPHERTEXT_FILE", &path("master.bound")),
            ("HOST_MACHINE_ID_FILE", &path("machine-id")),
        ])
    }

    fn config(&self) -> Config {
        Config::load(&self.env()).unwrap()
    }

    fn sealed(&self) -> Sealed {
        let config = self.config();
        open(config.binding.as_ref().unwrap(), &config.license).unwrap_err()
    }
}

#[test]
fn at_home_it_opens_and_is_the_key_that_everything_uses() {
    let host = Host::new();
    let config = host.config();
    let binding = config.binding.as_ref().unwrap();
    assert_eq!(*open(binding, &config.license).unwrap().expose(), MASTER);
    let ready = boot::configure(&host.env()).unwrap();
    let KeySource::Local { key, next } = ready.keys.source else {
        panic!("it is another provider's");
    };
    assert!(*key.expose() == MASTER && next.is_none());
    // By value it is the same.
    let text = std::fs::read_to_string(host.path("master.bound")).unwrap();
    std::fs::remove_file(host.path("master.bound")).unwrap();
    let env = host.env().with("BOUND_MASTER_CIPHERTEXT", text.trim());
    assert!(boot::configure(&env).is_ok());
}

#[test]
fn another_host_licence_or_seed_starts_sealed_and_says_which() {
    let host = Host::new();
    host.write("machine-id", &"b2".repeat(16));
    assert!(matches!(
        host.sealed(),
        Sealed::NotOpened(NotOpened::OtherHost)
    ));
    assert!(matches!(
        boot::configure(&host.env()),
        Err(Fatal::Sealed(_))
    ));
    host.write("machine-id", "");
    assert!(matches!(host.sealed(), Sealed::NoHost(_)));

    let host = Host::new();
    std::fs::write(host.path("license.vtlic"), license(2)).unwrap();
    assert!(matches!(
        host.sealed(),
        Sealed::NotOpened(NotOpened::OtherLicense)
    ));
    let said = host.sealed();
    assert!(
        said.is_another() && said.to_string().contains("rebind"),
        "{said}"
    );

    let host = Host::new();
    let env = host.env().with("ROOT_SEED", &"02".repeat(32));
    assert!(matches!(boot::configure(&env), Err(Fatal::Sealed(_))));
    host.write("master.bound", "nothing of the kind");
    assert!(matches!(host.sealed(), Sealed::NotBound(_)));
}

#[test]
fn a_missing_or_forged_licence_is_no_matter_of_binding() {
    let host = Host::new();
    let whole = std::fs::read_to_string(host.path("license.vtlic")).unwrap();
    host.write(
        "license.vtlic",
        &whole.replace("\"sig\":\"", "\"sig\":\"AAAA"),
    );
    assert!(!host.sealed().is_another());
    std::fs::remove_file(host.path("license.vtlic")).unwrap();
    assert!(!host.sealed().is_another());
}

#[test]
fn without_the_switch_nothing_is_bound_and_without_a_seed_it_is_refused() {
    let host = Host::new();
    let off = Config::load(&host.env().with("LICENSE_BIND_MASTER", "0")).unwrap();
    assert!(off.binding.is_none());
    let problems = Config::load(&host.env().with("ROOT_SEED", "")).unwrap_err();
    assert!(problems[0].to_string().contains("ROOT_SEED"));
}

#[test]
fn a_licence_that_would_shut_the_vault_is_known_before() {
    let host = Host::new();
    let digest = |counter| {
        License::open(&license(counter), &[public()])
            .unwrap()
            .digest()
    };
    let sealed = host.config().binding.unwrap().sealed;
    assert!(covers(&sealed, &digest(1)) && !covers(&sealed, &digest(2)));
    let text = std::fs::read_to_string(host.path("master.bound")).unwrap();
    host.bind(Bound::parse(&text).unwrap(), 2);
    assert!(covers(&sealed, &digest(1)) && covers(&sealed, &digest(2)));
    // Whichever of the two lies there then opens it.
    for counter in [1, 2] {
        std::fs::write(host.path("license.vtlic"), license(counter)).unwrap();
        assert!(boot::configure(&host.env()).is_ok());
    }
}

#[test]
fn the_issuing_tool_and_the_server_agree_on_the_host() {
    let host = Host::new();
    let board = Path::new(license::fingerprint::BOARD_DIR);
    let id = std::fs::read(host.path("machine-id")).unwrap();
    let fact = |name: &'static str| std::fs::read(board.join(name)).ok();
    let theirs = license::fingerprint::Fingerprint::of(&id, fact).unwrap();
    let ours = fingerprint(&host.path("machine-id")).unwrap();
    assert_eq!(ours.to_string(), theirs.to_string());
}

#[tokio::test]
async fn sealed_it_lives_and_serves_nothing() {
    let host = Host::new();
    let config = host.config();
    for (why, detail) in [
        (None, "finds the reason in its log"),
        (Some("the reason"), "the reason"),
    ] {
        let plane = boot::sealed_plane(&config.server, why.map(str::to_owned));
        for (path, status, words) in [
            ("/health", StatusCode::OK, "ok"),
            (
                "/readyz",
                StatusCode::SERVICE_UNAVAILABLE,
                "\"reason\":\"sealed\"",
            ),
            ("/api/v1/vaults", StatusCode::SERVICE_UNAVAILABLE, detail),
            ("/", StatusCode::SERVICE_UNAVAILABLE, "sealed"),
        ] {
            let mut request = Request::get(path).body(Body::empty()).unwrap();
            let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
            request.extensions_mut().insert(ConnectInfo(peer));
            let answer = plane.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), status, "{path}");
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            let body = String::from_utf8_lossy(&body);
            assert!(body.contains(words), "{path}: {body}");
        }
    }
}
