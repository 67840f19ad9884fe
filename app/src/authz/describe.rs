//! What the door itself may answer, said in the API's description for every route that it guards.

use http::Method;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref, RefOr, ResponseBuilder};

use super::policy::{self, Access, Rule};

/// The media type of every refusal (RFC 9457).
const PROBLEM: &str = "application/problem+json";

/// Adds to each route what the table of routes makes it answer. What a route says itself stays.
pub fn describe(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let Some(path) = path.strip_prefix(policy::PREFIX) else {
            continue;
        };
        for (method, operation) in operations(item) {
            if let Some(rule) = policy::rule(&method, path) {
                add(operation, rule);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, item.get.as_mut()),
        (Method::POST, item.post.as_mut()),
        (Method::PUT, item.put.as_mut()),
        (Method::PATCH, item.patch.as_mut()),
        (Method::DELETE, item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

fn add(operation: &mut Operation, rule: &Rule) {
    let guarded = rule.access != Access::Public;
    for (status, answers) in [
        ("401", guarded),
        ("403", guarded),
        // A token is counted, whatever it asks for.
        ("429", guarded),
        ("503", true),
    ] {
        if answers {
            let responses = &mut operation.responses.responses;
            responses.entry(status.to_owned()).or_insert_with(problem);
        }
    }
}

fn problem() -> RefOr<utoipa::openapi::Response> {
    let body = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("ProblemBody")))
        .build();
    ResponseBuilder::new().content(PROBLEM, body).build().into()
}
