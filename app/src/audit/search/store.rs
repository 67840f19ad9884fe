//! SQL of a search.

use sqlx::{Postgres, QueryBuilder};
use time::OffsetDateTime;

use super::Order;
use super::filter::Filter;
use crate::audit::store::{COLUMNS, Placed};
use crate::audit::view::ActorKind;
use crate::infra::db::{DbError, TenantTx};

/// Entries that fit, as far as the database can see, behind a number or before it.
pub(super) async fn some(
    tx: &mut TenantTx,
    (filter, order): (&Filter, Order),
    from: Option<i64>,
    most: i64,
) -> Result<Vec<Placed>, DbError> {
    let mut query = QueryBuilder::<Postgres>::new("SELECT l.seq, u.name AS actor_name, ");
    query.push(COLUMNS);
    query.push(
        " FROM audit_links l
          JOIN audit_events e ON e.org_id = l.org_id AND e.id = l.event_id
          LEFT JOIN users u ON u.id = e.actor_id
          WHERE l.org_id = ",
    );
    query.push_bind(tx.org());
    conditions(&mut query, filter);
    if let Some(from) = from {
        query.push(match order {
            Order::Newest => " AND l.seq < ",
            Order::Oldest => " AND l.seq > ",
        });
        query.push_bind(from);
    }
    query.push(match order {
        Order::Newest => " ORDER BY l.seq DESC LIMIT ",
        Order::Oldest => " ORDER BY l.seq LIMIT ",
    });
    query.push_bind(most);
    Ok(query.build_query_as().fetch_all(tx.connection()).await?)
}

fn conditions(query: &mut QueryBuilder<Postgres>, filter: &Filter) {
    if let Some(actor) = filter.actor {
        query.push(" AND e.actor_id = ").push_bind(actor);
    }
    if let Some(id) = filter.resource_id {
        query.push(" AND e.resource_id = ").push_bind(id);
    }
    if let Some(kind) = &filter.resource_type {
        query
            .push(" AND e.resource_type = ")
            .push_bind(kind.clone());
    }
    match &filter.action {
        None => {}
        Some(action) if action.ends_with('.') => {
            query
                .push(" AND starts_with(e.action, ")
                .push_bind(action.clone())
                .push(")");
        }
        Some(action) => {
            query.push(" AND e.action = ").push_bind(action.clone());
        }
    }
    if let Some(result) = filter.result {
        query.push(" AND e.result = ").push_bind(result);
    }
    if let Some(since) = filter.since {
        query.push(" AND e.at >= ").push_bind(since);
    }
    if let Some(until) = filter.until {
        query.push(" AND e.at < ").push_bind(until);
    }
    if let Some(network) = &filter.network {
        query.push(" AND (e.circumstances ->> 'address')::inet <<= ");
        query.push_bind(network.clone()).push("::text::inet");
    }
    if let Some(kind) = filter.actor_kind {
        query.push(match kind {
            ActorKind::Platform => " AND e.circumstances ? 'platform'",
            ActorKind::Token => {
                " AND e.circumstances ? 'token' AND NOT e.circumstances ? 'platform'"
            }
            ActorKind::User => {
                " AND e.actor_id IS NOT NULL
                  AND NOT (e.circumstances ? 'token' OR e.circumstances ? 'platform')"
            }
            ActorKind::System => {
                " AND e.actor_id IS NULL AND NOT e.circumstances ?| '{token,platform,factors}'"
            }
            ActorKind::Guest => {
                " AND e.actor_id IS NULL AND e.circumstances ? 'factors'
                  AND NOT e.circumstances ?| '{token,platform}'"
            }
        });
    }
}

/// The number of the last entry that has one.
pub(super) async fn last(tx: &mut TenantTx) -> Result<i64, DbError> {
    let org = tx.org();
    Ok(
        sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM audit_links WHERE org_id = $1")
            .bind(org)
            .fetch_one(tx.connection())
            .await?,
    )
}

/// The number of the last entry before a time.
pub(super) async fn last_before(
    tx: &mut TenantTx,
    time: OffsetDateTime,
) -> Result<Option<i64>, DbError> {
    let org = tx.org();
    let query = sqlx::query_scalar(
        "SELECT max(l.seq) FROM audit_links l
         JOIN audit_events e ON e.org_id = l.org_id AND e.id = l.event_id
         WHERE l.org_id = $1 AND e.at < $2",
    );
    Ok(query
        .bind(org)
        .bind(time)
        .fetch_one(tx.connection())
        .await?)
}
