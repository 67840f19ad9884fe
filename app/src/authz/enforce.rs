//! The one place where the table of routes is looked at.

use axum::extract::{MatchedPath, Request};
use http::{Method, StatusCode};

use super::policy::{self, Access, Rule};
use crate::edge::{Asking, Caller, Problem, Via};

/// Refuses what the table refuses, and every route that it does not list.
///
/// # Errors
/// The problem that answers such a request.
pub fn enforce(request: &mut Request) -> Result<(), Problem> {
    let rule = request
        .extensions()
        .get::<MatchedPath>()
        .and_then(|path| policy::listed(path.as_str()))
        .and_then(|path| policy::rule(as_listed(request.method()), path));
    let Some(rule) = rule else {
        return Err(Problem::method_not_allowed());
    };
    let asking = request.extensions().get::<Asking>().cloned();
    let asking = match asking.unwrap_or(Asking::Anonymous) {
        Asking::Suspended(caller) if rule.leaving => {
            request.extensions_mut().insert(Asking::Known(caller));
            Asking::Known(caller)
        }
        asking => asking,
    };
    admit(rule, asking)
}

/// The method that a request is listed under: HEAD is GET without the body.
pub(crate) fn as_listed(method: &Method) -> &Method {
    if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    }
}

fn admit(rule: &Rule, asking: Asking) -> Result<(), Problem> {
    if rule.access == Access::Public {
        return Ok(());
    }
    let caller = asking.caller()?;
    came_in_well(rule, &caller)?;
    match rule.access {
        Access::Public | Access::Enrolling | Access::SignedIn | Access::Vault => Ok(()),
        Access::Manage if caller.role.manages() => Ok(()),
        Access::Owner if caller.role.owns() => Ok(()),
        Access::Manage | Access::Owner => Err(Problem::forbidden()),
    }
}

/// A token needs the scope; a person whose time to set up a second factor is over does that first.
fn came_in_well(rule: &Rule, caller: &Caller) -> Result<(), Problem> {
    match caller.via {
        Via::Token {
            must_enrol: true, ..
        } => Err(second_factor_required()),
        Via::Token { scopes, .. } => match rule.scope {
            Some(scope) if scopes.contains(scope) => Ok(()),
            Some(scope) => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "scope-needed",
                "The token may not do this",
                &format!("It needs the scope {}.", scope.as_str()),
            )),
            None => Err(Problem::session_needed()),
        },
        Via::Session {
            must_enrol: true, ..
        } if rule.access != Access::Enrolling => Err(second_factor_required()),
        Via::Session { confined: true, .. } if rule.is_personal() => {
            Err(Problem::own_sign_in_needed())
        }
        Via::Session { .. } => Ok(()),
    }
}

fn second_factor_required() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "second-factor-required",
        "A second factor is needed",
        "Your organisation asks for a second factor. Set one up, then go on.",
    )
}
