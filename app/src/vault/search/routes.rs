//! `GET /secrets`.

use axum::Json;
use axum::extract::{FromRequestParts, Query as Parameters, State};
use http::request::Parts;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::order::{Direction, Order, Sort};
use super::query::Query;
use super::service::{self, Asked};
use super::shelf::Shelf;
use crate::context::App;
use crate::edge::{Caller, Problem, ProblemBody};
use crate::kernel::{FieldProblem, Page, PageQuery, VaultId};
use crate::vault::record::Secret;
use crate::vault::types::SecretType;

pub(in crate::vault) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(search))
}

/// What is looked for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", default)]
struct SearchQuery {
    /// Words that stand in the name, the open fields or the tags; all of them, in any order, without
    /// regard to case and accents. At most 10.
    #[param(example = "postgres prod")]
    q: String,
    /// Those of one vault.
    vault_id: Option<Uuid>,
    /// Those of one type.
    #[param(value_type = Option<SecretType>)]
    r#type: Option<String>,
    /// Those with one tag.
    tag: Option<String>,
    /// Those that the caller keeps at hand, or the others.
    favourite: Option<bool>,
    /// What comes first: `best` when left out.
    #[param(inline)]
    sort: Option<Sort>,
    /// From which end: `asc` for `best` and `name`, `desc` for the others, when left out.
    #[param(inline)]
    order: Option<Direction>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
    /// How many items, 1 to 100; 50 when left out.
    limit: Option<i64>,
}

impl SearchQuery {
    fn asked(self) -> Result<Asked, FieldProblem> {
        let kind = self.r#type.as_deref().filter(|word| !word.is_empty());
        let kind = kind.map(|word| {
            let unknown = || FieldProblem::new("type", "must be one of the types of secrets");
            SecretType::from_word(word).ok_or_else(unknown)
        });
        let tag = self.tag.as_deref().filter(|tag| !tag.is_empty());
        let (_, limit) = PageQuery {
            cursor: None,
            limit: self.limit,
        }
        .parse()?;
        let sort = self.sort.unwrap_or(Sort::Best);
        let usual = match sort {
            Sort::Best | Sort::Name => Direction::Asc,
            Sort::Updated | Sort::Created => Direction::Desc,
        };
        let mut query = Query::new(&self.q, tag)?;
        query.kind = kind.transpose()?;
        query.vault = self.vault_id.map(VaultId::from_uuid);
        Ok(Asked {
            query,
            favourite: self.favourite,
            order: Order {
                sort,
                direction: self.order.unwrap_or(usual),
            },
            cursor: self.cursor,
            limit,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Parameters::<SearchQuery>::from_request_parts(parts, state).await;
        let Parameters(query) = query
            .map_err(|_| Problem::bad_request("The query is not what a search understands."))?;
        Ok(query.asked()?)
    }
}

/// Search every record that the caller may read, in all vaults, by what lists show of it.
///
/// What does not open may be what is looked for or not: it comes with the rest, whatever is asked for.
#[utoipa::path(get, path = "/secrets", operation_id = "searchSecrets", tag = "secrets",
    params(SearchQuery), responses(
    (status = 200, body = Page<Secret>),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
    (status = 503, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn search(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
) -> Result<Json<Page<Secret>>, Problem> {
    let shelf = app.memory.of::<Shelf>();
    Ok(Json(service::search(&app, &shelf, caller, asked).await?))
}
