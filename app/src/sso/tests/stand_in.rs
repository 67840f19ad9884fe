//! A provider that does what a test wants, right or wrong. Like a real one it hands out codes that
//! work once, demands the secret, the address to come back to and the PKCE verifier, and signs.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, StatusCode};
use reqwest::Url;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair as RsaKeyPair, PublicKeyComponents};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaEncoding,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::kernel::Clock;

pub(super) const CLIENT: &str = "vaultterm at:example";
pub(super) const SECRET: &str = "a client secret: with &, % and ü that nobody may see";

/// How a token is signed.
#[derive(Clone, Debug)]
pub(super) enum Sign {
    Es256,
    EdDsa,
    Rs256,
    Ps256,
    /// A header of its own, signed with the key that ES256 uses.
    Header(Value),
    /// A header of its own and no signature at all.
    Unsigned(Value),
    /// HMAC with the bytes of the RSA key that everybody knows, under a name for it.
    PublicKeyAsSecret,
    /// Another key of the same name.
    ForeignKey,
    /// The whole token as it is given.
    Raw(String),
}

/// What the provider says for a code.
#[derive(Clone, Debug)]
pub(super) struct Says {
    pub(super) claims: Value,
    pub(super) sign: Sign,
    pub(super) userinfo: Value,
}

impl Says {
    /// A person with a verified address, signed well.
    pub(super) fn person(subject: &str, email: &str) -> Self {
        let claims = json!({"sub": subject, "email": email, "email_verified": true});
        Self {
            claims,
            sign: Sign::Es256,
            userinfo: Value::Null,
        }
    }

    /// The same with a claim put, or with null taken away.
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }

    /// The same, signed otherwise.
    pub(super) fn signed(mut self, sign: Sign) -> Self {
        self.sign = sign;
        self
    }

    /// The same, with more at the userinfo endpoint.
    pub(super) fn details(mut self, details: Value) -> Self {
        self.userinfo = details;
        self
    }
}

struct Grant {
    says: Says,
    challenge: String,
    redirect_uri: String,
    nonce: String,
}

struct Inner {
    grants: HashMap<String, Grant>,
    details: HashMap<String, Value>,
    es256: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
    rsa: RsaKeyPair,
    generation: u32,
    description: Value,
    basic: bool,
    down: bool,
    /// Whether the description is said to be elsewhere.
    stray: bool,
    slowness: Option<Slowness>,
    /// How often the description was asked for.
    described: usize,
    /// How often the keys were asked for.
    keys_asked: usize,
    wanderings: usize,
}

/// How a description is kept from arriving.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slowness {
    /// Nothing comes.
    Silent,
    /// A byte now and then, for ever.
    Dripping,
}

impl Slowness {
    async fn answer(self) -> Response {
        if matches!(self, Self::Silent) {
            return std::future::pending().await;
        }
        let drops = futures_util::stream::unfold((), |()| async {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            Some((Ok::<_, std::convert::Infallible>(" "), ()))
        });
        Body::from_stream(drops).into_response()
    }
}

/// A provider that listens.
#[derive(Clone)]
pub(super) struct StandIn {
    inner: Arc<Mutex<Inner>>,
    address: SocketAddr,
}

fn es256() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).unwrap()
}

/// `ring` makes no RSA keys.
fn rsa() -> RsaKeyPair {
    let made = Command::new("openssl")
        .args(["genpkey", "-quiet", "-algorithm", "RSA"])
        .args(["-pkeyopt", "rsa_keygen_bits:2048"])
        .output()
        .unwrap();
    let pem = String::from_utf8(made.stdout).unwrap();
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    let der = STANDARD.decode(lines.collect::<String>()).unwrap();
    RsaKeyPair::from_pkcs8(&der).unwrap()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl StandIn {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let ed25519 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let inner = Inner {
            grants: HashMap::new(),
            details: HashMap::new(),
            es256: es256(),
            ed25519: Ed25519KeyPair::from_pkcs8(ed25519.as_ref()).unwrap(),
            rsa: rsa(),
            generation: 1,
            description: json!({}),
            basic: true,
            down: false,
            stray: false,
            slowness: None,
            described: 0,
            keys_asked: 0,
            wanderings: 0,
        };
        let this = Self {
            inner: Arc::new(Mutex::new(inner)),
            address,
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/elsewhere", get(wander))
            .with_state(this.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        this
    }

    pub(super) fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on the description is said to be elsewhere, or is where it belongs.
    pub(super) fn strays(&self, stray: bool) {
        self.with(|inner| inner.stray = stray);
    }

    /// From now on the description does not arrive.
    pub(super) fn slows(&self, slowness: Slowness) {
        self.with(|inner| inner.slowness = Some(slowness));
    }

    /// How often the description was asked for.
    pub(super) fn described(&self) -> usize {
        self.with(|inner| inner.described)
    }

    fn with<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        change(&mut self.inner.lock().unwrap())
    }

    /// What the description says instead.
    pub(super) fn describes(&self, description: Value) {
        self.with(|inner| inner.description = description);
    }

    /// Answers 503 to everything from now on.
    pub(super) fn go_down(&self, down: bool) {
        self.with(|inner| inner.down = down);
    }

    /// Takes the secret in the form from now on, and no HTTP Basic.
    pub(super) fn wants_the_secret_in_the_form(&self) {
        self.with(|inner| inner.basic = false);
    }

    /// Signs with another key of another name from now on.
    pub(super) fn rotate(&self) {
        self.with(|inner| {
            inner.es256 = es256();
            inner.generation += 1;
        });
    }

    pub(super) fn keys_asked(&self) -> usize {
        self.with(|inner| inner.keys_asked)
    }

    pub(super) fn wanderings(&self) -> usize {
        self.with(|inner| inner.wanderings)
    }

    /// Lets somebody sign in who was sent here, and gives the code for what is said of them.
    pub(super) fn code(&self, url: &Url, says: Says) -> String {
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT);
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].starts_with("openid email profile"));
        let code = Uuid::new_v4().to_string();
        let grant = Grant {
            says,
            challenge: asked["code_challenge"].clone(),
            redirect_uri: asked["redirect_uri"].clone(),
            nonce: asked["nonce"].clone(),
        };
        self.with(|inner| inner.grants.insert(code.clone(), grant));
        code
    }

    fn claims(&self, grant: &Grant) -> Value {
        let now = Clock::system().now().unix_timestamp();
        let mut claims = json!({
            "iss": self.issuer(), "aud": CLIENT, "nonce": grant.nonce, "iat": now, "exp": now + 300,
        });
        for (name, value) in grant.says.claims.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }
}

impl Inner {
    fn kid(&self) -> String {
        format!("es256-{}", self.generation)
    }

    fn jwks(&self) -> Value {
        let point = self.es256.public_key().as_ref();
        let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        json!({"keys": [
            {"kty": "EC", "crv": "P-256", "kid": self.kid(), "use": "sig",
             "x": encode(&point[1..33]), "y": encode(&point[33..65])},
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed25519", "alg": "EdDSA",
             "x": encode(self.ed25519.public_key())},
            {"kty": "RSA", "kid": "rsa", "n": encode(&n), "e": encode(&e)},
            {"kty": "RSA", "kid": "for-encryption", "use": "enc", "n": encode(n), "e": encode(e)},
            {"kty": "quantum", "kid": "of-tomorrow"},
        ]})
    }

    fn token(&self, claims: &Value, sign: &Sign) -> String {
        let kid = self.kid();
        let header = match sign {
            Sign::Es256 | Sign::ForeignKey => json!({"alg": "ES256", "kid": kid, "typ": "JWT"}),
            Sign::EdDsa => json!({"alg": "EdDSA", "kid": "ed25519"}),
            Sign::Rs256 => json!({"alg": "RS256", "kid": "rsa"}),
            Sign::Ps256 => json!({"alg": "PS256", "kid": "rsa"}),
            Sign::PublicKeyAsSecret => json!({"alg": "HS256", "kid": "rsa"}),
            Sign::Header(header) | Sign::Unsigned(header) => header.clone(),
            Sign::Raw(token) => return token.clone(),
        };
        let message = format!(
            "{}.{}",
            encode(header.to_string()),
            encode(claims.to_string())
        );
        let signature = self.sign(message.as_bytes(), sign);
        format!("{message}.{}", encode(signature))
    }

    fn sign(&self, message: &[u8], sign: &Sign) -> Vec<u8> {
        let random = SystemRandom::new();
        let ecdsa = |key: &EcdsaKeyPair| key.sign(&random, message).unwrap().as_ref().to_vec();
        let rsa = |padding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; self.rsa.public().modulus_len()];
            let done = self.rsa.sign(padding, &random, message, &mut signature);
            done.map(|()| signature).unwrap()
        };
        match sign {
            Sign::Es256 | Sign::Header(_) => ecdsa(&self.es256),
            Sign::ForeignKey => ecdsa(&es256()),
            Sign::EdDsa => self.ed25519.sign(message).as_ref().to_vec(),
            Sign::Rs256 => rsa(&RSA_PKCS1_SHA256),
            Sign::Ps256 => rsa(&RSA_PSS_SHA256),
            Sign::PublicKeyAsSecret => {
                let secret = self.rsa.public().as_ref();
                let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
                mac.update(message);
                mac.finalize().into_bytes().to_vec()
            }
            Sign::Unsigned(_) | Sign::Raw(_) => Vec::new(),
        }
    }
}

fn down() -> Response {
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

async fn describe(State(provider): State<StandIn>) -> Response {
    let issuer = provider.issuer();
    let (slowness, stray) = provider.with(|inner| {
        inner.described += 1;
        (inner.slowness, inner.stray)
    });
    if let Some(slowness) = slowness {
        return slowness.answer().await;
    }
    if stray {
        return Redirect::temporary(&format!("{issuer}/elsewhere")).into_response();
    }
    let mut description = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize?tenant=one"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
    });
    provider.with(|inner| {
        if inner.down {
            return down();
        }
        if !inner.basic {
            description["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
        }
        for (name, value) in inner.description.as_object().unwrap() {
            description[name] = value.clone();
        }
        Json(description).into_response()
    })
}

async fn keys(State(provider): State<StandIn>) -> Response {
    provider.with(|inner| {
        inner.keys_asked += 1;
        if inner.down {
            return down();
        }
        Json(inner.jwks()).into_response()
    })
}

async fn token(State(provider): State<StandIn>, headers: HeaderMap, body: String) -> Response {
    let form = format!("http://form/?{body}").parse::<Url>().unwrap();
    let form: HashMap<String, String> = form.query_pairs().into_owned().collect();
    let refuse =
        |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    let down_now = provider.with(|inner| inner.down);
    if down_now {
        return down();
    }
    if !knows(&provider, &headers, &form) {
        return refuse("invalid_client");
    }
    let grant = provider.with(|inner| inner.grants.remove(&form["code"]));
    let Some(grant) = grant else {
        return refuse("invalid_grant");
    };
    let proof = encode(Sha256::digest(&form["code_verifier"]));
    if proof != grant.challenge || form["redirect_uri"] != grant.redirect_uri {
        return refuse("invalid_grant");
    }
    let claims = provider.claims(&grant);
    let access = Uuid::new_v4().to_string();
    provider.with(|inner| {
        let token = inner.token(&claims, &grant.says.sign);
        // Whoever has nothing more to say says at least who it is about.
        let more = match &grant.says.userinfo {
            Value::Null => json!({"sub": claims["sub"]}),
            said => said.clone(),
        };
        inner.details.insert(access.clone(), more);
        Json(json!({"access_token": access, "token_type": "Bearer", "id_token": token}))
            .into_response()
    })
}

/// Whether the client shows its secret in the one way that is taken.
fn knows(provider: &StandIn, headers: &HeaderMap, form: &HashMap<String, String>) -> bool {
    if !provider.with(|inner| inner.basic) {
        let given = |name: &str| form.get(name).map(String::as_str);
        return given("client_id") == Some(CLIENT) && given("client_secret") == Some(SECRET);
    }
    let header = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let login = header.and_then(|text| STANDARD.decode(text.strip_prefix("Basic ")?).ok());
    let Some(login) = login.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return false;
    };
    let (client, secret) = login.split_once(':').unwrap();
    let plain = |text: &str| {
        let url = format!("http://form/?x={text}").parse::<Url>().unwrap();
        url.query_pairs().next().unwrap().1.into_owned()
    };
    plain(client) == CLIENT && plain(secret) == SECRET && !form.contains_key("client_secret")
}

async fn userinfo(State(provider): State<StandIn>, headers: HeaderMap) -> Response {
    let token = headers["authorization"].to_str().unwrap();
    let token = token.strip_prefix("Bearer ").unwrap();
    match provider.with(|inner| inner.details.get(token).cloned()) {
        Some(details) if !details.is_null() => Json(details).into_response(),
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn wander(State(provider): State<StandIn>) -> Redirect {
    provider.with(|inner| inner.wanderings += 1);
    Redirect::temporary(&format!("{}/keys", provider.issuer()))
}
