//! People in organisations.

use std::sync::{Arc, Mutex};

use http::Method;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::{Answer, Client, PASSWORD, SecurityKey, Server};
use crate::audit::{Action, Event, WriteTx};
use crate::kernel::{OrgId, Redacted};
use crate::{identity, orgs};

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    client: Client,
    pub(crate) user: Uuid,
    pub(crate) org: Uuid,
    /// Recovery codes of theirs that were not shown yet; a factor that was added brings some.
    codes: Arc<Mutex<Vec<String>>>,
}

impl Person {
    fn of(client: Client, me: &Answer) -> Self {
        // A sign-in says what came of it; a setup has but one outcome.
        let inside = if me.json().get("me").is_some() {
            "/me"
        } else {
            ""
        };
        let id = |pointer| me.string(&format!("{inside}{pointer}")).parse().unwrap();
        let client = client.with_cookie(me.cookie());
        Self {
            client,
            user: id("/user/id"),
            org: id("/organization/id"),
            codes: Arc::default(),
        }
    }

    /// Sends a request; where it demands a fresh proof, proves it by a recovery code, or by password, and
    /// sends it again.
    pub(crate) async fn send_proven(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let answer = self.send(method.clone(), path, body.clone()).await;
        // What is granted at once may be something else than JSON.
        if answer.status != 403 || answer.json()["code"] != "step-up-required" {
            return answer;
        }
        let id = answer.string("/stepUp/id");
        // Whoever has a second factor proves nothing by a password.
        let code = self.codes.lock().unwrap().pop();
        let proof = code.map_or_else(
            || json!({"password": PASSWORD}),
            |code| json!({"recoveryCode": code}),
        );
        let demand = format!("/auth/step-up/{id}");
        self.post(&demand, proof).await.expect(204);
        let client = self.client.clone().with_step_up(&id);
        client.send(method, path, body).await
    }

    /// Sends a request; where it demands a fresh proof, shows a passkey and sends it again.
    pub(crate) async fn prove_with(
        &self,
        key: &mut SecurityKey,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let answer = self.send(method.clone(), path, body.clone()).await;
        // What is granted at once may be something else than JSON.
        if answer.status != 403 || answer.json()["code"] != "step-up-required" {
            return answer;
        }
        let id = answer.string("/stepUp/id");
        let demand = format!("/auth/step-up/{id}");
        let asked = self.get(&demand).await.expect(200).json();
        let proof = json!({"credential": key.show(&asked["passkeyOptions"])});
        self.post(&demand, proof).await.expect(204);
        let client = self.client.clone().with_step_up(&id);
        client.send(method, path, body).await
    }

    /// Makes a passkey, as far as it has to be proved that this is the person.
    pub(crate) async fn make_passkey(&self, key: &mut SecurityKey, name: &str) -> Value {
        let begun = self.post("/me/factors/passkeys/options", json!({})).await;
        let begun = begun.expect(200).json();
        let credential = key.make(&begun["options"]);
        json!({"id": begun["id"], "name": name, "credential": credential})
    }

    /// Adds a passkey, proved by the password; with it come recovery codes.
    pub(crate) async fn add_passkey(&self, key: &mut SecurityKey, name: &str) -> (Self, Value) {
        let made = self.make_passkey(key, name).await;
        let path = "/me/factors/passkeys";
        let added = self.send_proven(Method::POST, path, Some(made)).await;
        self.with_factor(&added.expect(200))
    }

    /// Adds another passkey, proved by the first.
    pub(crate) async fn add_another(
        &self,
        first: &mut SecurityKey,
        key: &mut SecurityKey,
        name: &str,
    ) -> (Self, Value) {
        let made = self.make_passkey(key, name).await;
        let path = "/me/factors/passkeys";
        let added = self.prove_with(first, Method::POST, path, Some(made)).await;
        self.with_factor(&added.expect(200))
    }

    fn with_factor(&self, added: &Answer) -> (Self, Value) {
        let codes = added.json()["recoveryCodes"].clone();
        (self.with(added.cookie()).with_codes(&codes), codes)
    }

    /// The same person, with a header more in each request.
    pub(crate) fn with_header(&self, name: &'static str, value: &str) -> Self {
        let client = self.client.clone().with_header(name, value);
        Self {
            client,
            ..self.clone()
        }
    }

    /// DELETE, with a fresh proof where it is demanded.
    pub(crate) async fn delete_proven(&self, path: &str) -> Answer {
        self.send_proven(Method::DELETE, path, None).await
    }

    /// POST, with a fresh proof where it is demanded.
    pub(crate) async fn post_proven(&self, path: &str, body: Value) -> Answer {
        self.send_proven(Method::POST, path, Some(body)).await
    }

    /// Makes a token, and says it.
    pub(crate) async fn token_secret(&self, scopes: &[&str]) -> String {
        let body = json!({"name": "a machine", "scopes": scopes});
        let made = self.post_proven("/tokens", body).await.expect(201);
        made.string("/secret")
    }

    /// Makes a token, and somebody who has nothing but that: no cookie, no origin.
    pub(crate) async fn token(&self, scopes: &[&str]) -> Client {
        let client = self.client.clone().with_cookie(None).with_origin(None);
        client.with_bearer(&self.token_secret(scopes).await)
    }

    /// Makes a vault.
    pub(crate) async fn vault(&self, name: &str) -> String {
        self.post("/vaults", json!({"name": name}))
            .await
            .expect(201)
            .id()
    }

    /// Stores a secret, and says its path.
    pub(crate) async fn secret(&self, vault: &str, name: &str, password: &str) -> String {
        let fields = json!({"password": password});
        let body = json!({"type": "PASSWORD", "name": name, "fields": fields});
        self.store(vault, body).await
    }

    /// Stores a secret as it is described, and says its path.
    pub(crate) async fn store(&self, vault: &str, body: Value) -> String {
        let secrets = format!("/vaults/{vault}/secrets");
        let id = self.post(&secrets, body).await.expect(201).id();
        format!("{secrets}/{id}")
    }

    /// All items of a list, page after page; the path has a query.
    pub(crate) async fn walk(&self, path: &str) -> Vec<Value> {
        let (mut all, mut next) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}&cursor={next}")).await;
            let page = page.expect(200).json();
            all.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["nextCursor"].as_str() {
                Some(cursor) => cursor.clone_into(&mut next),
                None => return all,
            }
        }
    }

    /// Deletes a secret for good, and says where that was.
    pub(crate) async fn delete_for_good(&self, secret: &str) -> String {
        self.delete(secret).await.expect(204);
        let trash = secret.replace("/secrets/", "/trash/");
        self.delete_proven(&trash).await.expect(204);
        trash
    }
}

impl std::ops::Deref for Person {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Person {
    /// The same person at another server of the same database.
    pub(crate) fn at(&self, server: &Server) -> Self {
        let cookie = self.client.cookie().map(str::to_owned);
        Self {
            client: server.visitor().with_cookie(cookie),
            ..self.clone()
        }
    }

    /// The same person with another cookie.
    pub(crate) fn with(&self, cookie: Option<String>) -> Self {
        Self {
            client: self.client.clone().with_cookie(cookie),
            user: self.user,
            org: self.org,
            codes: Arc::clone(&self.codes),
        }
    }

    /// The same person with the recovery codes that they were given.
    pub(crate) fn with_codes(self, codes: &Value) -> Self {
        let given = codes.as_array().into_iter().flatten();
        let given: Vec<String> = given
            .filter_map(|code| Some(code.as_str()?.to_owned()))
            .collect();
        if !given.is_empty() {
            *self.codes.lock().unwrap() = given;
        }
        self
    }
}

impl Server {
    /// The token of a fresh setup link.
    pub(crate) async fn setup_token(&self) -> String {
        let link = orgs::setup_link(&self.app.db, &self.app.clock, super::ORIGIN)
            .await
            .unwrap();
        link.url.split_once("#token=").unwrap().1.to_owned()
    }

    /// Sets the server up; its owner is Ada.
    pub(crate) async fn owner(&self) -> Person {
        let token = self.setup_token().await;
        let body = json!({
            "token": token,
            "organizationName": "Analytical Engines",
            "name": "Ada Lovelace",
            "email": "ada@example.com",
            "password": PASSWORD,
        });
        let client = self.visitor();
        let me = client.post("/setup", body).await.expect(201);
        Person::of(client, &me)
    }

    /// Signs somebody in.
    pub(crate) async fn sign_in(&self, email: &str) -> Person {
        let client = self.visitor();
        let body = json!({"email": email, "password": PASSWORD});
        let me = client.post("/auth/sign-in", body).await.expect(200);
        Person::of(client, &me)
    }

    /// Signs somebody in again, on another server of the same database.
    pub(crate) async fn sign_in_again(&self, person: &Person) -> Person {
        let mut behind = self.database.behind().await;
        let email: String = sqlx::query_scalar("SELECT email FROM users WHERE id = $1")
            .bind(person.user)
            .fetch_one(&mut behind)
            .await
            .unwrap();
        behind.close().await.unwrap();
        self.sign_in(&email).await
    }

    /// The account with an address.
    pub(crate) async fn user_of(&self, email: &str) -> Uuid {
        let mut behind = self.database.behind().await;
        sqlx::query_scalar("SELECT id FROM users WHERE email = $1")
            .bind(email)
            .fetch_one(&mut behind)
            .await
            .unwrap()
    }

    /// Makes another organisation behind the scenes, with an owner who is signed in.
    pub(crate) async fn tenant(&self, name: &str, email: &str) -> Person {
        let org = self.bare_tenant(name).await;
        self.account(email).await;
        self.join(org, email, "owner", "confirmed").await;
        self.sign_in(email).await
    }

    /// Makes another organisation behind the scenes, in which nobody is.
    pub(crate) async fn bare_tenant(&self, name: &str) -> Uuid {
        let org = Uuid::now_v7();
        let mut behind = self.database.behind().await;
        for statement in [
            "INSERT INTO organizations (org_id, id, name, created_at) VALUES ($1, $1, $2, now())",
            "INSERT INTO organization_policies (org_id) SELECT $1 WHERE $2 <> ''",
            "INSERT INTO organization_directory (id, name, created_at) VALUES ($1, $2, now())",
        ] {
            sqlx::query(statement)
                .bind(org)
                .bind(name)
                .execute(&mut behind)
                .await
                .unwrap();
        }
        behind.close().await.unwrap();
        // Without it no trail is whole.
        let now = self.app.clock.now();
        let event = Event::of_system(now, Action::OrganizationCreated, json!({}));
        let tx = WriteTx::begin(&self.app.db, OrgId::from_uuid(org)).await;
        tx.unwrap().commit(&self.app.keys, &event).await.unwrap();
        org
    }

    /// Makes an account behind the scenes, in no organisation.
    pub(crate) async fn account(&self, email: &str) -> Uuid {
        let password = Redacted::new(PASSWORD.to_owned());
        let hash = identity::hash(&self.app, password).await.unwrap();
        let user = Uuid::now_v7();
        let mut behind = self.database.behind().await;
        sqlx::query(
            "INSERT INTO users (id, email, name, password_hash, created_at)
             VALUES ($1, $2, $2, $3, now())",
        )
        .bind(user)
        .bind(email)
        .bind(hash)
        .execute(&mut behind)
        .await
        .unwrap();
        behind.close().await.unwrap();
        user
    }

    /// Makes an account a member behind the scenes, or changes what it is.
    pub(crate) async fn join(&self, org: Uuid, email: &str, role: &str, state: &str) {
        let mut behind = self.database.behind().await;
        sqlx::query(
            "INSERT INTO memberships (org_id, user_id, role, state, created_at)
             SELECT $1, id, $3, $4, now() FROM users WHERE email = $2
             ON CONFLICT (org_id, user_id) DO UPDATE SET role = $3, state = $4, removed_at = NULL",
        )
        .bind(org)
        .bind(email)
        .bind(role)
        .bind(state)
        .execute(&mut behind)
        .await
        .unwrap();
        behind.close().await.unwrap();
    }

    /// Makes an account, a member, and signs them in.
    pub(crate) async fn member(&self, org: Uuid, email: &str, role: &str) -> Person {
        self.account(email).await;
        self.join(org, email, role, "confirmed").await;
        self.sign_in(email).await
    }

    /// Has a directory know somebody and the teams of their organisation, behind the scenes.
    pub(crate) async fn provisioned(&self, person: &Person) {
        let mut behind = self.database.behind().await;
        for statement in [
            "INSERT INTO scim_users
                 (org_id, user_id, user_name, attributes, created_at, updated_at)
             SELECT org_id, user_id, 'x', '{}', now(), now() FROM memberships WHERE org_id = $1",
            "INSERT INTO scim_groups (org_id, team_id, external_id)
             SELECT org_id, id, 'x' FROM teams WHERE org_id = $1",
        ] {
            let made = sqlx::query(statement).bind(person.org);
            made.execute(&mut behind).await.unwrap();
        }
        behind.close().await.unwrap();
    }

    /// Gives somebody a role in a vault behind the scenes.
    pub(crate) async fn grant(&self, vault: &str, person: &Person, role: &str) {
        let mut behind = self.database.behind().await;
        grant(&mut behind, vault, person, role).await;
        behind.close().await.unwrap();
    }
}

async fn grant(behind: &mut PgConnection, vault: &str, person: &Person, role: &str) {
    sqlx::query(
        "INSERT INTO vault_roles (org_id, vault_id, user_id, role) VALUES ($1, $2, $3, $4)
         ON CONFLICT (org_id, vault_id, user_id) DO UPDATE SET role = $4",
    )
    .bind(person.org)
    .bind(vault.parse::<Uuid>().unwrap())
    .bind(person.user)
    .bind(role)
    .execute(behind)
    .await
    .unwrap();
}
