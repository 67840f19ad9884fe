//! Against a real provider: npm's `oidc-provider`, which the OpenID Foundation has certified. It runs
//! on loopback (`tests/oidc`), and what signs in there is a browser as far as forms and cookies go.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use reqwest::{Client, Response, Url};
use serde_json::{Value, json};

use super::{Traveller, put, refused, session};
use crate::testing::{Answer, ORIGIN, Server};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const SECRET: &str = "a secret of the real provider";

/// The provider. It ends with the value.
struct Real {
    child: Child,
    /// Kept open: it would end with the first line that it cannot say.
    _output: BufReader<ChildStdout>,
    issuer: String,
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The folder that a script of `deploy/host` prints.
fn folder(script: &str) -> PathBuf {
    let found = Command::new(format!("{ROOT}/deploy/host/{script}"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&found.stderr);
    assert!(found.status.success(), "{script}: {said}");
    String::from_utf8(found.stdout).unwrap().trim().into()
}

impl Real {
    fn start() -> Self {
        let mut child = Command::new(folder("node").join("node"))
            .arg(format!("{ROOT}/tests/oidc/provider.mjs"))
            .arg(format!("{ORIGIN}/api/v1/auth/sso/callback"))
            .arg(folder("oidc-provider"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        let mut output = BufReader::new(output);
        output.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let issuer = said["issuer"].as_str().unwrap().to_owned();
        Self {
            child,
            _output: output,
            issuer,
        }
    }

    fn settings(&self, algorithm: &str) -> Value {
        json!({
            "issuer": self.issuer,
            "clientId": format!("vaultterm-{algorithm}"),
            "clientSecret": SECRET,
            "defaultRole": "member",
            "groupClaim": "groups",
            "mappings": [{"group": "it", "role": "admin"}],
            "domains": ["example.com"],
            "enabled": true,
            "required": false,
        })
    }
}

/// A browser at the provider.
struct Browser {
    client: Client,
    cookies: HashMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Self {
            client: client.unwrap(),
            cookies: HashMap::new(),
        }
    }

    async fn send(&mut self, url: &Url, form: Option<&str>) -> Response {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = match form {
            None => self.client.get(url.clone()),
            Some(form) => self
                .client
                .post(url.clone())
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.to_owned()),
        };
        let response = request
            .header("cookie", cookies.join("; "))
            .send()
            .await
            .unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response
    }

    /// Goes where it is sent and fills in what it is asked, until it is sent back to us.
    async fn sign_in(&mut self, start: &Url, name: &str) -> Url {
        let mut url = start.clone();
        for _ in 0..12 {
            if url.as_str().starts_with(ORIGIN) {
                return url;
            }
            let response = self.send(&url, None).await;
            let response = if response.status().is_success() {
                let page = response.text().await.unwrap();
                let form = if page.contains("name=\"login\"") {
                    format!(
                        "prompt=login&login={}&password=any",
                        name.replace('+', "%2B")
                    )
                } else {
                    "prompt=consent".to_owned()
                };
                self.send(&url, Some(&form)).await
            } else {
                response
            };
            let place = response.headers().get("location");
            let place = place.unwrap_or_else(|| panic!("{url}: {}", response.status()));
            url = url.join(place.to_str().unwrap()).unwrap();
        }
        panic!("no end: {url}");
    }
}

async fn arrive(server: &Server, name: &str) -> Answer {
    let email = format!("{name}@example.com");
    let traveller = Traveller::with_email(server, &email.replace('+', "")).await;
    let back = Browser::new().sign_in(&traveller.url, name).await;
    let path = format!("/auth/sso/callback?{}", back.query().unwrap());
    traveller.browser.get(&path).await.expect(303)
}

#[tokio::test]
async fn a_certified_provider_signs_people_in_with_each_algorithm() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "1000")]).await;
    let ada = server.owner().await;
    let real = Real::start();
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        put(&ada, real.settings(algorithm)).await.expect(200);
        let answer = arrive(&server, "grace").await;
        let me = session(&server, &answer)
            .get("/me")
            .await
            .expect(200)
            .json();
        assert_eq!(me["user"]["email"], "grace@example.com", "{algorithm}");
        assert_eq!(me["user"]["name"], "Somebody called grace");
        assert_eq!(me["role"], "member");
    }
    assert_eq!(server.database.count("users").await, 2);
    // Groups come from the userinfo endpoint there, and so does the address.
    let answer = arrive(&server, "hedy+it+staff").await;
    let me = session(&server, &answer)
        .get("/me")
        .await
        .expect(200)
        .json();
    assert_eq!(me["role"], "admin");
    refused(
        &arrive(&server, "unverified-joan").await,
        "sso-not-admitted",
    );
}

#[tokio::test]
async fn a_certified_provider_refuses_a_wrong_secret_and_that_is_said() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "1000")]).await;
    let ada = server.owner().await;
    let real = Real::start();
    let mut settings = real.settings("ES256");
    settings["clientSecret"] = json!("not the secret");
    put(&ada, settings).await.expect(200);
    refused(&arrive(&server, "grace").await, "sso-declined");
}

#[tokio::test]
async fn a_certified_provider_takes_a_code_once_and_from_whoever_began_alone() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "1000")]).await;
    let ada = server.owner().await;
    let real = Real::start();
    put(&ada, real.settings("ES256")).await.expect(200);
    let email = "grace@example.com";
    let victim = Traveller::with_email(&server, email).await;
    let back = Browser::new().sign_in(&victim.url, "grace").await;
    let code = back.query_pairs().find(|(name, _)| name == "code");
    let code = code.unwrap().1.into_owned();
    let issuer = real.issuer.clone();
    let with = async |traveller: &Traveller| {
        let state = traveller.asked("state");
        let query = [("code", code.as_str()), ("state", &state), ("iss", &issuer)];
        traveller.back_with(&query).await
    };
    // Stolen on the way: the verifier of another sign-in is not the one that it was asked for with.
    let thief = Traveller::with_email(&server, email).await;
    refused(&with(&thief).await, "sso-declined");
    let another = Browser::new().sign_in(&victim.url, "grace").await;
    let path = format!("/auth/sso/callback?{}", another.query().unwrap());
    session(&server, &victim.browser.get(&path).await.expect(303));
    refused(
        &with(&Traveller::with_email(&server, email).await).await,
        "sso-declined",
    );
}

#[tokio::test]
async fn a_certified_provider_that_has_gone_away_is_said_clearly() {
    let server = Server::start_with(&[("AUTH_RATE_MAX", "1000")]).await;
    let ada = server.owner().await;
    let real = Real::start();
    put(&ada, real.settings("ES256")).await.expect(200);
    let traveller = Traveller::with_email(&server, "grace@example.com").await;
    let back = Browser::new().sign_in(&traveller.url, "grace").await;
    drop(real);
    let path = format!("/auth/sso/callback?{}", back.query().unwrap());
    refused(
        &traveller.browser.get(&path).await.expect(303),
        "sso-provider",
    );
    // Owners come in by their own means.
    server.sign_in("ada@example.com").await;
}
