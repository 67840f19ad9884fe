//! Lists in pages. A cursor is the id after which a page begins.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many items a page holds when nothing is asked.
const DEFAULT_LIMIT: u16 = 50;
/// How many items a page may hold.
const MAX_LIMIT: u16 = 100;

/// Where a page begins: after this id. Opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub Uuid);

/// The number of items of a page, 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// How many rows to fetch: one more than the page holds tells whether there is another.
    #[must_use]
    pub fn fetch(self) -> i64 {
        i64::from(self.0) + 1
    }
}

/// The query of every list.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PageQuery {
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
    /// How many items, 1 to 100; 50 when left out.
    pub limit: Option<i64>,
}

impl PageQuery {
    /// The cursor and the limit, or which of the two is wrong.
    ///
    /// # Errors
    /// The name of the wrong parameter and what it must be.
    pub fn parse(&self) -> Result<(Option<Cursor>, Limit), super::FieldProblem> {
        let limit = match self.limit {
            None => DEFAULT_LIMIT,
            Some(limit) => u16::try_from(limit)
                .ok()
                .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                .ok_or_else(|| super::FieldProblem::new("limit", "must be 1 to 100"))?,
        };
        let cursor = match self.cursor.as_deref() {
            None | Some("") => None,
            Some(text) => {
                let id = Uuid::try_parse(text).map_err(|_| {
                    super::FieldProblem::new("cursor", "must be the nextCursor of a page")
                })?;
                Some(Cursor(id))
            }
        };
        Ok((cursor, Limit(limit)))
    }
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// Where the next page begins; null on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cuts a page out of what [`Limit::fetch`] rows gave.
    #[must_use]
    pub fn cut<C: ToString>(mut items: Vec<T>, limit: Limit, id: impl Fn(&T) -> C) -> Self {
        let full = items.len() > usize::from(limit.0);
        items.truncate(usize::from(limit.0));
        let next_cursor = full
            .then(|| items.last().map(|item| id(item).to_string()))
            .flatten();
        Self { items, next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, PageQuery};
    use uuid::Uuid;

    fn query(cursor: Option<&str>, limit: Option<i64>) -> PageQuery {
        PageQuery {
            cursor: cursor.map(str::to_owned),
            limit,
        }
    }

    #[test]
    fn limits_and_cursors_are_bounded() {
        for limit in [0, -1, 101, i64::MAX, i64::MIN] {
            assert!(query(None, Some(limit)).parse().is_err(), "{limit}");
        }
        assert!(query(Some("'; DROP TABLE"), None).parse().is_err());
        assert_eq!(query(None, None).parse().unwrap().1.fetch(), 51);
    }

    #[test]
    fn a_page_knows_whether_there_is_another() {
        let (_, limit) = query(None, Some(2)).parse().unwrap();
        let ids: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
        let page = Page::cut(ids.clone(), limit, |id| *id);
        assert_eq!(page.items.len(), 2);
        assert_eq!(page.next_cursor, Some(ids[1].to_string()));
        assert_eq!(
            Page::cut(ids[..2].to_vec(), limit, |id| *id).next_cursor,
            None
        );
    }
}
