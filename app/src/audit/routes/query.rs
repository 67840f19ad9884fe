//! What a request for entries says in its query.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::Deserialize;

use crate::audit::search::{Filter, FilterQuery};
use crate::edge::Problem;
use crate::kernel::FieldProblem;

/// How many entries a page holds when nothing is asked, and at most.
const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 1000;

/// Where a page begins and how long it is.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct PageQuery {
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
    /// How many entries, 1 to 1000; 50 when left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// The whole query, understood.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) filter: Filter,
    pub(super) from: Option<i64>,
    pub(super) most: usize,
}

/// All members of a query that mean something here; others are none of our business.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    cursor: Option<String>,
    limit: Option<i64>,
    actor: Option<String>,
    actor_kind: Option<String>,
    action: Option<String>,
    resource_type: Option<String>,
    resource_id: Option<String>,
    result: Option<String>,
    since: Option<String>,
    until: Option<String>,
    address: Option<String>,
    q: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<Members>::from_request_parts(parts, state).await;
        let Query(members) = query
            .map_err(|_| Problem::bad_request("The query is not what the trail understands."))?;
        let page = PageQuery {
            cursor: members.cursor,
            limit: members.limit,
        };
        let filter = FilterQuery {
            actor: members.actor,
            actor_kind: members.actor_kind,
            action: members.action,
            resource_type: members.resource_type,
            resource_id: members.resource_id,
            result: members.result,
            since: members.since,
            until: members.until,
            address: members.address,
            q: members.q,
        };
        let (from, most) = page.parse()?;
        let filter = filter.parse().map_err(Problem::invalid)?;
        Ok(Self { filter, from, most })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PageQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<Self>::from_request_parts(parts, state).await;
        let wrong = |_| Problem::bad_request("The query is not what a list understands.");
        query.map(|Query(query)| query).map_err(wrong)
    }
}

impl PageQuery {
    /// A cursor is the number of an entry, which says the same for ever: numbers are given once, in
    /// order, and whatever is written later has a higher one.
    pub(super) fn parse(&self) -> Result<(Option<i64>, usize), FieldProblem> {
        let most = match self.limit {
            None => DEFAULT_LIMIT,
            Some(limit) => usize::try_from(limit)
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                .ok_or_else(|| FieldProblem::new("limit", "must be 1 to 1000"))?,
        };
        let from = match self.cursor.as_deref() {
            None | Some("") => None,
            Some(text) => {
                let seq = text.parse::<i64>().ok().filter(|seq| *seq >= 0);
                let wrong = || FieldProblem::new("cursor", "must be the nextCursor of a page");
                Some(seq.ok_or_else(wrong)?)
            }
        };
        Ok((from, most))
    }
}
