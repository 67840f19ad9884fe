//! What the table of routes adds to the description of the API: the refusals that a route shares with
//! others like it, and what opens it. Routes describe what is their own.

use utoipa::ToSchema as _;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, ContentBuilder, OpenApi, PathItem, Ref, RefOr, ResponseBuilder};

use super::policy::{self, Access, Rule};
use crate::edge::ProblemBody;

/// The names of what opens a route.
const SESSION: &str = "session";
const TOKEN: &str = "token";

/// Completes the description.
pub fn describe(document: &mut OpenApi) {
    let components = document.components.get_or_insert_with(Components::new);
    let cookie = "The session. Behind HTTPS its name begins with __Host-.";
    components.add_security_scheme(
        SESSION,
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "vt_session",
            cookie,
        ))),
    );
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    components.add_security_scheme(TOKEN, SecurityScheme::Http(token.build()));
    for (path, item) in &mut document.paths.paths {
        let path = path.strip_prefix(policy::PREFIX).unwrap_or(path);
        for (method, operation) in operations(item) {
            if let Some(rule) = policy::rule(&method, path) {
                complete(operation, rule);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (http::Method, &mut Operation)> {
    use http::Method;
    let all = [
        (Method::GET, item.get.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::PUT, item.put.as_mut()),
        (Method::PATCH, item.patch.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation?)))
}

fn complete(operation: &mut Operation, rule: &Rule) {
    for (status, why) in refusals(operation, rule) {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| {
            let content =
                ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name())));
            let response = ResponseBuilder::new()
                .description(why)
                .content("application/problem+json", content.build());
            RefOr::T(response.build())
        });
    }
    operation.security = Some(match (rule.access, rule.scope) {
        (Access::Public, _) => Vec::new(),
        (_, None) => vec![opened_by(SESSION)],
        (_, Some(_)) => vec![opened_by(SESSION), opened_by(TOKEN)],
    });
}

fn opened_by(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new::<_, _, String>(scheme, [])
}

/// The refusals that follow from what a route is, with what they mean.
fn refusals(operation: &Operation, rule: &Rule) -> Vec<(&'static str, &'static str)> {
    let (public, changes) = (rule.access == Access::Public, rule.method != "GET");
    let has = |place: &ParameterIn| {
        let parameters = operation.parameters.iter().flatten();
        parameters
            .filter_map(|parameter| match parameter {
                RefOr::T(parameter) => Some(&parameter.parameter_in),
                RefOr::Ref(_) => None,
            })
            .any(|found| found == place)
    };
    let body = operation.request_body.is_some();
    let query = has(&ParameterIn::Query);
    let all = [
        ("400", "It cannot be read.", body || query),
        ("401", "Nobody is signed in.", !public),
        (
            "403",
            "Not allowed, or asked by another site.",
            !public || changes,
        ),
        ("404", "There is nothing here.", has(&ParameterIn::Path)),
        ("413", "It is too large.", body),
        ("415", "It is not JSON.", body),
        ("422", "What is asked for is out of bounds.", query),
        // A token is counted, whatever it asks for.
        ("429", "Too many attempts.", !public || changes),
        ("503", "A service that this needs does not answer.", true),
    ];
    all.into_iter()
        .filter_map(|(status, why, applies)| applies.then_some((status, why)))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::boot;

    /// A route that forgets one of its own is found by what it answers; these it cannot forget.
    #[test]
    fn refusals_that_routes_share_are_described_once() {
        let document = serde_json::to_value(boot::tenant_api().1).unwrap();
        let statuses = |path: &str, method: &str| {
            let operation = &document["paths"][format!("/api/v1{path}")][method];
            let responses = operation["responses"].as_object().unwrap();
            let bad = responses.keys().filter(|status| status.as_str() >= "400");
            bad.cloned().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(statuses("/meta", "get"), "503");
        assert_eq!(statuses("/me", "get"), "401 403 429 503");
        assert_eq!(statuses("/vaults", "get"), "400 401 403 422 429 503");
        for refusal in ["400", "403", "413", "415", "429", "503"] {
            assert!(statuses("/auth/sign-in", "post").contains(refusal));
        }
        let vault = &document["paths"]["/api/v1/vaults/{vaultId}"]["get"];
        assert_eq!(vault["security"].as_array().unwrap().len(), 2, "{vault}");
        let me = &document["paths"]["/api/v1/me"]["get"];
        assert_eq!(me["security"], serde_json::json!([{"session": []}]));
        for (name, response) in vault["responses"].as_object().unwrap() {
            let problem = &response["content"]["application/problem+json"];
            assert!(
                name.as_str() < "400" || problem["schema"]["$ref"].is_string(),
                "{vault}"
            );
        }
    }
}
