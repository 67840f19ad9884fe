//! A stand-in for the HTTP API of HashiCorp Vault and OpenBao, as far as their documentation
//! describes AppRole logins and the Transit engine's `encrypt` and `decrypt`.
//!
//! What it is faithful in: paths with mount and key, `X-Vault-Token` and `X-Vault-Namespace`, the
//! shape of good answers and of `{"errors": […]}`, the statuses 400, 403, 404, 429 with
//! `Retry-After`, 503 while sealed, tokens that differ from login to login, ciphertexts
//! `vault:v1:…` that are different each time and authenticated.
//!
//! What it is not: a vault. No policies but "this token may", no leases, no namespaces within
//! namespaces, no key versions but 1, and nobody has compared it with a real one in this repository:
//! none can be had without the internet.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Nonce};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

/// What the stand-in is, and what it has seen.
#[derive(Default)]
struct Inner {
    namespace: Option<String>,
    tokens: Vec<String>,
    /// Answers to give before any other: a status, and seconds to wait.
    trouble: VecDeque<(u16, Option<u64>)>,
    requests: usize,
}

/// A stand-in that listens.
#[derive(Clone)]
pub(crate) struct StandIn {
    inner: Arc<Mutex<Inner>>,
    address: SocketAddr,
}

pub(crate) const TOKEN: &str = "hvs.a-token-that-nobody-may-see";
pub(crate) const ROLE: &str = "role-0001";
pub(crate) const SECRET_ID: &str = "a-secret-id-that-nobody-may-see";
pub(crate) const KEY: &str = "vaultterm-master";

impl StandIn {
    /// One without namespaces, on loopback without TLS.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let this = Self::at(listener.local_addr().unwrap());
        let router = this.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        this
    }

    pub(super) fn at(address: SocketAddr) -> Self {
        let inner = Inner {
            tokens: vec![TOKEN.to_owned()],
            ..Inner::default()
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            address,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Only this namespace has the engine and the logins.
    pub(super) fn in_namespace(self, name: &str) -> Self {
        self.inner.lock().unwrap().namespace = Some(name.to_owned());
        self
    }

    /// The next answers, whatever is asked.
    pub(super) fn trouble(&self, answers: &[(u16, Option<u64>)]) {
        self.inner.lock().unwrap().trouble.extend(answers);
    }

    pub(super) fn requests(&self) -> usize {
        self.inner.lock().unwrap().requests
    }

    pub(super) fn router(&self) -> Router {
        Router::new()
            .route("/v1/auth/approle/login", post(login))
            .route("/v1/{mount}/{verb}/{key}", post(transit))
            .fallback(|| async { refuse(404, &["no handler for route"]) })
            .with_state(self.clone())
    }

    /// What stands against a request before anything is looked at.
    fn refusal(&self, headers: &HeaderMap) -> Option<Response> {
        let mut inner = self.inner.lock().unwrap();
        inner.requests += 1;
        if let Some((status, wait)) = inner.trouble.pop_front() {
            let words = match status {
                503 => "Vault is sealed",
                429 => "request path \"transit/decrypt\": rate limit quota exceeded",
                _ => "internal error",
            };
            let mut answer = refuse(status, &[words]);
            if let Some(wait) = wait {
                answer.headers_mut().insert("retry-after", wait.into());
            }
            return Some(answer);
        }
        let namespace = headers.get("x-vault-namespace");
        let namespace = namespace.map(|value| value.to_str().unwrap().to_owned());
        if inner.namespace != namespace {
            return Some(refuse(
                404,
                &["no handler for route \"transit\". route entry not found."],
            ));
        }
        None
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let token = headers.get("x-vault-token");
        let token = token.map(|value| value.to_str().unwrap().to_owned());
        token.is_some_and(|token| self.inner.lock().unwrap().tokens.contains(&token))
    }
}

fn refuse(status: u16, errors: &[&str]) -> Response {
    let body = axum::Json(json!({ "errors": errors }));
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

/// The envelope that every good answer has.
fn answer(part: &str, value: Value) -> Response {
    let mut body = json!({
        "request_id": Uuid::new_v4(), "lease_id": "", "renewable": false, "lease_duration": 0,
        "data": null, "wrap_info": null, "warnings": null, "auth": null,
    });
    body[part] = value;
    axum::Json(body).into_response()
}

async fn login(State(vault): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refusal) = vault.refusal(&headers) {
        return refusal;
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return refuse(400, &["failed to parse JSON input"]);
    };
    if body["role_id"] != ROLE || body["secret_id"] != SECRET_ID {
        return refuse(400, &["invalid role or secret ID"]);
    }
    let token = format!("hvs.{}", Uuid::new_v4().simple());
    vault.inner.lock().unwrap().tokens.push(token.clone());
    answer(
        "auth",
        json!({
            "client_token": token, "accessor": Uuid::new_v4(), "policies": ["default"],
            "token_policies": ["default"], "metadata": {"role_name": "vaultterm"},
            "lease_duration": 1200, "renewable": true, "entity_id": "", "token_type": "service",
            "orphan": true, "num_uses": 0,
        }),
    )
}

async fn transit(
    State(vault): State<StandIn>,
    Path((mount, verb, key)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(refusal) = vault.refusal(&headers) {
        return refusal;
    }
    if mount != "transit" {
        let path = format!("no handler for route \"{mount}/{verb}/{key}\". route entry not found.");
        return refuse(404, &[&path]);
    }
    if !vault.knows(&headers) {
        return refuse(
            403,
            &["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"],
        );
    }
    if key != KEY {
        return refuse(400, &["encryption key not found"]);
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    let cipher = Aes256Gcm::new_from_slice(&[3; 32]).unwrap();
    if verb == "encrypt" {
        let plain = STANDARD
            .decode(body["plaintext"].as_str().unwrap())
            .unwrap();
        let nonce = Uuid::new_v4().into_bytes();
        let nonce: [u8; 12] = nonce[..12].try_into().unwrap();
        let sealed = cipher
            .encrypt(&Nonce::from(nonce), plain.as_slice())
            .unwrap();
        let bytes = [nonce.as_slice(), &sealed].concat();
        let text = format!("vault:v1:{}", STANDARD.encode(bytes));
        return answer("data", json!({ "ciphertext": text, "key_version": 1 }));
    }
    let Some(text) = body["ciphertext"]
        .as_str()
        .unwrap()
        .strip_prefix("vault:v1:")
    else {
        return refuse(400, &["invalid ciphertext: no prefix"]);
    };
    let Some((nonce, sealed)) = STANDARD.decode(text).ok().and_then(|bytes| {
        bytes
            .split_at_checked(12)
            .map(|(a, b)| (a.to_vec(), b.to_vec()))
    }) else {
        return refuse(400, &["invalid ciphertext: could not decode base64"]);
    };
    let nonce: [u8; 12] = nonce.try_into().unwrap();
    match cipher.decrypt(&Nonce::from(nonce), sealed.as_slice()) {
        Ok(plain) => answer("data", json!({ "plaintext": STANDARD.encode(plain) })),
        Err(_) => refuse(400, &["cipher: message authentication failed"]),
    }
}
