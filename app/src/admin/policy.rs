//! Who may call which route of the admin plane: the whole table. A route that is missing here answers
//! nobody.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, StatusCode, header};

use crate::edge::{self, Problem};
use crate::operators::Presence;

/// What stands before every path of the table.
pub(super) const PREFIX: &str = "/admin/api";

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Anybody: what one signs in with.
    Public,
    /// Platform admins, and machines with the admin token.
    Machine,
    /// Platform admins, signed in.
    Operator,
}

use Access::{Machine, Operator, Public};

/// The table. What changes an organisation or a platform admin, and what names people, is for people
/// who have names themselves.
pub(super) const TABLE: &[(&str, &str, Access)] = &[
    ("POST", "/link/check", Public),
    ("POST", "/link/enter", Public),
    ("POST", "/sign-in", Public),
    ("POST", "/sign-out", Operator),
    ("GET", "/me", Operator),
    ("POST", "/me/password", Operator),
    ("GET", "/sessions", Operator),
    ("DELETE", "/sessions/{sessionId}", Operator),
    ("GET", "/admins", Operator),
    ("POST", "/admins/{adminId}/deactivate", Operator),
    ("GET", "/overview", Machine),
    ("GET", "/organizations", Machine),
    ("POST", "/organizations", Operator),
    ("GET", "/organizations/{organizationId}", Machine),
    (
        "POST",
        "/organizations/{organizationId}/owner-link",
        Operator,
    ),
    ("POST", "/organizations/{organizationId}/suspend", Operator),
    ("POST", "/organizations/{organizationId}/resume", Operator),
    ("POST", "/organizations/{organizationId}/erasure", Operator),
    (
        "DELETE",
        "/organizations/{organizationId}/erasure",
        Operator,
    ),
    ("GET", "/organizations/{organizationId}/people", Operator),
    (
        "POST",
        "/organizations/{organizationId}/verify-trail",
        Operator,
    ),
    (
        "GET",
        "/organizations/{organizationId}/verify-trail",
        Operator,
    ),
    ("POST", "/verify-trail", Operator),
    ("GET", "/audit-key", Machine),
    ("POST", "/people/search", Operator),
    ("GET", "/migrations", Machine),
    ("GET", "/license", Machine),
    ("POST", "/license", Machine),
    ("GET", "/events", Machine),
];

fn access(method: &Method, path: &str) -> Option<Access> {
    let method = if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let line = TABLE
        .iter()
        .find(|line| line.0 == method.as_str() && line.1 == path);
    line.map(|line| line.2)
}

/// Refuses what the table refuses.
pub(crate) async fn enforce(request: Request, next: Next) -> Response {
    let access = request
        .extensions()
        .get::<MatchedPath>()
        .and_then(|path| path.as_str().strip_prefix(PREFIX))
        .and_then(|path| access(request.method(), path));
    let Some(access) = access else {
        return edge::method_not_allowed().await;
    };
    let presence = request.extensions().get::<Presence>().cloned();
    match admit(access, presence.unwrap_or(Presence::Nobody)) {
        Ok(()) => next.run(request).await,
        Err(problem) => refusal(
            problem,
            request.headers().contains_key(header::AUTHORIZATION),
        ),
    }
}

fn admit(access: Access, presence: Presence) -> Result<(), Problem> {
    match (access, presence) {
        (Public, _) | (Machine, Presence::Machine) => Ok(()),
        (_, presence) => presence.operator().map(drop),
    }
}

/// A machine whose token is wrong is told so in its own words.
fn refusal(problem: Problem, brought_token: bool) -> Response {
    if !brought_token || problem.code() != "not-signed-in" {
        return problem.into_response();
    }
    let detail = "Send the admin token as a bearer token. The installer keeps it in \
                  secrets/admin_token.";
    let status = StatusCode::UNAUTHORIZED;
    let problem = Problem::new(
        status,
        "admin-token-needed",
        "The admin token is needed",
        detail,
    );
    let challenge = (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    ([challenge], problem).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::TABLE;
    use crate::admin::routes;

    #[test]
    fn every_route_has_one_line_and_no_line_is_about_nothing() {
        let document = serde_json::to_value(routes::listed().split_for_parts().1).unwrap();
        let mut routes = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                routes.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
        let listed: BTreeSet<String> = TABLE
            .iter()
            .map(|(method, path, _)| format!("{method} {path}"))
            .collect();
        assert_eq!(listed.len(), TABLE.len(), "a route is listed twice");
        assert_eq!(listed, routes);
    }
}
