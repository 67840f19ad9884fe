//! Platform admins through the admin plane, on real services.

mod attacks;
mod entering;

use serde_json::json;

use crate::testing::{Answer, Client, PASSWORD, Server};

/// The admin plane as its own pages see it.
pub(crate) const PLANE: &str = "http://localhost:4100";

impl Server {
    /// A browser on the admin plane that is not signed in.
    pub(crate) fn plane(&self) -> Client {
        self.operator().without_bearer().with_origin(Some(PLANE))
    }

    /// The token of a link for a platform admin.
    pub(crate) async fn admin_token_for(&self, email: &str) -> String {
        let parts = (&self.app.db, &self.app.keys, &self.app.clock);
        let link = super::make_link(parts, PLANE, email).await.unwrap();
        link.url.split_once("#token=").unwrap().1.to_owned()
    }

    /// Uses a link.
    pub(crate) async fn enter(&self, token: &str, name: &str) -> Answer {
        let body = json!({"token": token, "name": name, "password": PASSWORD});
        self.plane().post("/admin/api/link/enter", body).await
    }

    /// A platform admin who is signed in.
    pub(crate) async fn admin(&self, email: &str) -> Client {
        let token = self.admin_token_for(email).await;
        let entered = self.enter(&token, "Grace Hopper").await.expect(201);
        self.plane().with_cookie(entered.cookie())
    }

    /// What stands in the platform's trail, newest first.
    pub(crate) async fn platform_trail(&self) -> Vec<String> {
        let events = self.operator().get("/admin/api/events").await.expect(200);
        let items = events.json()["items"].as_array().unwrap().clone();
        let action = |item: &serde_json::Value| item["action"].as_str().unwrap().to_owned();
        items.iter().map(action).collect()
    }
}

/// Signs in with a password.
async fn sign_in(server: &Server, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    server.plane().post("/admin/api/sign-in", body).await
}
