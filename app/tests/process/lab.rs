//! A server as a process of its own, on a database of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

const ROLES: &str = "
DO $$ BEGIN CREATE ROLE vaultterm_owner LOGIN PASSWORD 'test' NOSUPERUSER;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE vaultterm_app LOGIN PASSWORD 'test' NOSUPERUSER NOBYPASSRLS;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;";

/// What is planted: strings that occur nowhere else.
pub(crate) struct Planted {
    pub(crate) master: String,
    pub(crate) next: String,
    pub(crate) owner_password: String,
    pub(crate) app_password: String,
    pub(crate) admin_token: String,
    pub(crate) password: String,
    pub(crate) secret: String,
}

impl Planted {
    fn new() -> Self {
        let word = |kind: &str| format!("planted-{kind}-{}", Uuid::new_v4().simple());
        let key = || format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Self {
            master: key(),
            next: key(),
            owner_password: word("owner"),
            app_password: word("app"),
            admin_token: word("admin"),
            password: word("password"),
            secret: word("secret"),
        }
    }
}

/// A room for one test.
pub(crate) struct Lab {
    room: TempDir,
    superuser: PgConnectOptions,
    pub(crate) planted: Planted,
    /// How much the server logs.
    pub(crate) log_level: &'static str,
    /// More variables.
    pub(crate) variables: Vec<(&'static str, &'static str)>,
    port: u16,
    transit: Option<Transit>,
}

/// The engine that holds the master key.
struct Transit {
    address: String,
    token: String,
    /// The master key as it has sealed it.
    sealed: String,
}

impl Lab {
    pub(crate) async fn new() -> Result<Self> {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let server: PgConnectOptions = service("VAULTTERM_TEST_DATABASE_URL")?.parse()?;
        let name = format!("vt_process_{}", Uuid::now_v7().simple());
        let mut connection = server.connect().await?;
        connection.execute(ROLES).await?;
        let statement = format!("CREATE DATABASE {name} OWNER vaultterm_owner");
        connection.execute(AssertSqlSafe(statement)).await?;
        Ok(Self {
            room: tempfile::tempdir()?,
            superuser: server.database(&name),
            planted: Planted::new(),
            log_level: "trace",
            variables: Vec::new(),
            port: free_port()?,
            transit: None,
        })
    }

    /// From here on an engine holds the master key, and no file does.
    pub(crate) fn give_to_transit(&mut self, address: &str, token: &str) -> Result<()> {
        let mut command = self.command(&["seal-master"])?;
        let sealed = command
            .env("KEY_HCV_ADDR", address)
            .env("KEY_HCV_TOKEN_FILE", self.file("transit", token)?)
            .output()?;
        let line = String::from_utf8(sealed.stdout)?;
        let sealed = line.trim().strip_prefix("MASTER_KEY_CIPHERTEXT=");
        self.transit = Some(Transit {
            address: address.to_owned(),
            token: token.to_owned(),
            sealed: sealed.context("it was not sealed")?.to_owned(),
        });
        Ok(())
    }

    /// A connection that no policy binds.
    pub(crate) async fn behind(&self) -> Result<PgConnection> {
        Ok(self.superuser.connect().await?)
    }

    fn file(&self, name: &str, content: &str) -> Result<PathBuf> {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.room.path().join(name);
        std::fs::write(&path, content)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(path)
    }

    /// The program in production, with every secret in a file.
    pub(crate) fn command(&self, arguments: &[&str]) -> Result<Command> {
        let Planted {
            master,
            next,
            owner_password,
            app_password,
            admin_token,
            ..
        } = &self.planted;
        let (host, port) = (self.superuser.get_host(), self.superuser.get_port());
        let database = self.superuser.get_database().unwrap_or_default();
        let url = |role: &str| format!("postgres://{role}@{host}:{port}/{database}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_vaultterm-app"));
        command
            .env_clear()
            .args(arguments)
            .env("DEPLOYMENT_MODE", "saas")
            .env("APP_BASE_URL", self.origin())
            .env("LISTEN_ADDRESS", "127.0.0.1")
            .env("PORT", self.port.to_string())
            .env("ADMIN_PORT", free_port()?.to_string())
            .env("LOG_LEVEL", self.log_level)
            // All of them are asked from one address, and counted in one cache.
            .env("AUTH_RATE_MAX", "1000000")
            .envs(self.variables.iter().copied())
            .env("DATABASE_URL", url("vaultterm_app"))
            .env("DATABASE_OWNER_URL", url("vaultterm_owner"))
            .env("REDIS_URL", service("VAULTTERM_TEST_REDIS_URL")?)
            .env("MASTER_KEY_FILE", self.file("master", master)?)
            .env("ADMIN_TOKEN_FILE", self.file("admin", admin_token)?)
            .env("DATABASE_PASSWORD_FILE", self.file("app", app_password)?)
            .env(
                "DATABASE_OWNER_PASSWORD_FILE",
                self.file("owner", owner_password)?,
            );
        if let Some(transit) = &self.transit {
            command
                .env_remove("MASTER_KEY_FILE")
                .env("KEY_PROVIDER", "hcv-transit")
                .env("KEY_HCV_ADDR", &transit.address)
                .env("KEY_HCV_TOKEN_FILE", self.file("transit", &transit.token)?)
                .env("MASTER_KEY_CIPHERTEXT", &transit.sealed);
        }
        if arguments.contains(&"rotate-master") || self.has_next() {
            command.env("MASTER_KEY_NEXT_FILE", self.file("next", next)?);
        }
        Ok(command)
    }

    fn has_next(&self) -> bool {
        self.room.path().join("next").exists()
    }

    /// From here on every start is given both keys.
    pub(crate) fn give_next(&self) -> Result<()> {
        self.file("next", &self.planted.next)?;
        Ok(())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Output> {
        Ok(self.command(arguments)?.output()?)
    }

    fn origin(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Starts the server and waits until it is ready.
    pub(crate) async fn serve(&self) -> Result<Served> {
        let log = self.room.path().join("log");
        let child = self
            .command(&["serve"])?
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .spawn()?;
        let mut served = Served {
            child,
            log,
            origin: self.origin(),
            address: format!("http://127.0.0.1:{}", self.port),
        };
        for _ in 0..400 {
            let answer = Client::new().get(format!("{}/readyz", served.address));
            if answer
                .send()
                .await
                .is_ok_and(|answer| answer.status() == StatusCode::OK)
            {
                return Ok(served);
            }
            if let Some(status) = served.child.try_wait()? {
                bail!("it ended with {status}: {}", served.log()?);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("it was not ready in time: {}", served.log()?)
    }

    /// Sets the server up; the session of its owner.
    pub(crate) async fn set_up(&self, served: &Served) -> Result<Session> {
        let link = self.run(&["setup-link", "--json"])?;
        let link: Value = serde_json::from_slice(&link.stdout).context("setup-link")?;
        let url = text(&link, "url")?;
        let token = url.split_once("#token=").context("no token")?.1;
        let body = json!({
            "token": token, "organizationName": "Engines", "name": "Ada",
            "email": "ada@example.com", "password": self.planted.password,
        });
        let client = Client::builder().build()?;
        let answer = client
            .post(format!("{}/api/v1/setup", served.address))
            .header("origin", &served.origin)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await?;
        let cookie = answer.headers().get("set-cookie").context("no cookie")?;
        let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
        Ok(Session {
            cookie: cookie.to_owned(),
            origin: served.origin.clone(),
            api: format!("{}/api/v1", served.address),
            client,
        })
    }
}

/// A server that runs; killed when it goes.
pub(crate) struct Served {
    child: Child,
    log: PathBuf,
    origin: String,
    address: String,
}

impl Served {
    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What browsers have to call it.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.log)?)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Somebody who is signed in.
pub(crate) struct Session {
    cookie: String,
    origin: String,
    api: String,
    client: Client,
}

impl Session {
    /// The cookie's value.
    pub(crate) fn token(&self) -> Result<&str> {
        let value = self.cookie.split_once('=').map(|(_, value)| value);
        value.context("no value")
    }

    fn request(&self, method: Method, path: &str, body: Option<Value>) -> RequestBuilder {
        let request = self
            .client
            .request(method, format!("{}{path}", self.api))
            .header("origin", &self.origin)
            .header("cookie", &self.cookie);
        match body {
            None => request,
            Some(body) => request
                .header("content-type", "application/json")
                .body(body.to_string()),
        }
    }

    /// One request, answered with this status; its body.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        status: u16,
    ) -> Result<Value> {
        let answer = self.request(method, path, body).send().await?;
        let found = answer.status().as_u16();
        let text = answer.text().await?;
        ensure!(found == status, "{path} answered {found}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Sends bytes; what came back from where something was made.
    pub(crate) async fn post_bytes(&self, path: &str, bytes: Vec<u8>) -> Result<Vec<u8>> {
        let request = self.request(Method::POST, path, None).body(bytes);
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.bytes().await?.to_vec();
        ensure!(
            status == StatusCode::CREATED,
            "{path} answered {status}: {}",
            String::from_utf8_lossy(&body)
        );
        Ok(body)
    }

    /// Reads bytes to their end.
    pub(crate) async fn get_bytes(&self, path: &str) -> Result<Vec<u8>> {
        let answer = self.request(Method::GET, path, None).send().await?;
        ensure!(
            answer.status() == StatusCode::OK,
            "{path} answered {}",
            answer.status()
        );
        Ok(answer.bytes().await?.to_vec())
    }

    /// A token for the API with these scopes.
    pub(crate) async fn api_token(&self, scopes: &[&str], password: &str) -> Result<String> {
        let body = json!({"name": "a program", "scopes": scopes});
        let (post, path) = (Method::POST, "/tokens");
        let asked = self
            .send(post.clone(), path, Some(body.clone()), 403)
            .await?;
        let demand = asked.pointer("/stepUp/id").and_then(Value::as_str);
        let demand = demand.context("no demand")?;
        let proof = json!({"password": password});
        let prove = format!("/auth/step-up/{demand}");
        self.send(post.clone(), &prove, Some(proof), 204).await?;
        let made = self
            .request(post, path, Some(body))
            .header("vaultterm-step-up", demand)
            .send()
            .await?;
        let made: Value = serde_json::from_str(&made.text().await?)?;
        Ok(text(&made, "secret")?.to_owned())
    }

    /// A vault; its path.
    pub(crate) async fn vault(&self) -> Result<String> {
        let body = json!({"name": "Engines"});
        let made = self.send(Method::POST, "/vaults", Some(body), 201).await?;
        Ok(format!("/vaults/{}", text(&made, "id")?))
    }

    /// A secret; its path.
    pub(crate) async fn secret(&self, vault: &str, password: &str) -> Result<String> {
        let fields = json!({"password": password});
        let body = json!({"type": "PASSWORD", "name": "mill", "fields": fields});
        let path = format!("{vault}/secrets");
        let made = self.send(Method::POST, &path, Some(body), 201).await?;
        Ok(format!("{path}/{}", text(&made, "id")?))
    }

    /// What a secret is.
    pub(crate) async fn reveal(&self, secret: &str) -> Result<String> {
        let path = format!("{secret}/reveal");
        let asked = json!({"field": "password"});
        let shown = self.send(Method::POST, &path, Some(asked), 200).await?;
        Ok(text(&shown, "value")?.to_owned())
    }

    /// Changes a secret from a version.
    pub(crate) async fn change(&self, secret: &str, version: u32, change: Value) -> Result<()> {
        let request = self.request(Method::PATCH, secret, Some(change));
        let request = request.header("if-match", format!("\"{version}\""));
        let status = request.send().await?.status();
        ensure!(status == StatusCode::OK, "{secret} answered {status}");
        Ok(())
    }
}

fn text<'a>(json: &'a Value, name: &str) -> Result<&'a str> {
    let text = json.get(name).and_then(Value::as_str);
    text.with_context(|| format!("no {name}"))
}

fn service(variable: &str) -> Result<String> {
    #[expect(clippy::disallowed_methods, reason = "the rim of the tests")]
    let value = std::env::var(variable);
    value.with_context(|| format!("{variable}: run this through tests/bin/with-services"))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
