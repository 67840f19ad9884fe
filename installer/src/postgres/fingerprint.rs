//! What is in a database, in a line for each table: how many rows, and a sum over all of them that
//! does not depend on their order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Postgres;
use crate::error::Error;

/// Writes one line `schema.table|rows|sum` for each table: the sum of the hashes of its rows. Columns of
/// these types PostgreSQL hashes six times as fast as the text of a row; a table with another one is
/// hashed by its text. Settings first: that must not depend on who asks.
pub(super) const SCRIPT: &str = r"
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET IntervalStyle = 'postgres';
SET bytea_output = 'hex';
SET extra_float_digits = 3;
SET row_security = off;
SELECT format(
    'SELECT %L, count(*), coalesce(sum(%s::numeric), 0) FROM %I.%I r',
    n.nspname || '.' || c.relname,
    CASE WHEN EXISTS (
        SELECT FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid <> ALL (
            '{boolean,smallint,integer,bigint,text,varchar,bytea,uuid,timestamptz,date,jsonb}'::regtype[])
    ) THEN '(''x'' || substr(md5(r::text), 1, 16))::bit(64)::bigint'
      ELSE 'hash_record_extended(r, 0)' END,
    n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname NOT LIKE 'pg\_%'
ORDER BY n.nspname, c.relname
\gexec
";

/// A table's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Table {
    /// Schema and name.
    pub(crate) name: String,
    pub(crate) rows: u64,
    /// The sum over the rows.
    pub(crate) fingerprint: String,
}

/// How a table differs between two databases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Difference {
    pub(crate) table: String,
    /// Rows in the first; `None` when the table is not there.
    pub(crate) before: Option<u64>,
    /// Rows in the second.
    pub(crate) after: Option<u64>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rows = |count: Option<u64>| count.map_or("none".to_owned(), |count| count.to_string());
        let (before, after) = (rows(self.before), rows(self.after));
        write!(f, "{}: {before} rows before, {after} after", self.table)
    }
}

impl Postgres {
    /// The content of every table of a database.
    pub(crate) async fn fingerprints(&self, database: &str) -> Result<Vec<Table>, Error> {
        parse(&self.sql(database, SCRIPT).await?)
    }
}

/// Reads the lines; anything else among them is a fault.
pub(super) fn parse(text: &str) -> Result<Vec<Table>, Error> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let mut fields = line.rsplitn(3, '|');
            let (sum, rows, name) = (fields.next(), fields.next(), fields.next());
            let table = sum.zip(rows).zip(name).and_then(|((sum, rows), name)| {
                Some(Table {
                    name: name.to_owned(),
                    rows: rows.parse().ok()?,
                    fingerprint: sum.to_owned(),
                })
            });
            table.ok_or_else(|| Error::Database {
                what: "counting rows".to_owned(),
                said: format!("an unexpected line: {line}"),
            })
        })
        .collect()
}

/// The tables that are not the same.
pub(crate) fn differences(before: &[Table], after: &[Table]) -> Vec<Difference> {
    let by_name = |tables: &[Table]| -> BTreeMap<String, Table> {
        let pairs = tables
            .iter()
            .map(|table| (table.name.clone(), table.clone()));
        pairs.collect()
    };
    let (before, after) = (by_name(before), by_name(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| Difference {
            table: name.clone(),
            before: before.get(name).map(|table| table.rows),
            after: after.get(name).map(|table| table.rows),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Difference, Table, differences, parse};

    fn table(name: &str, rows: u64, fingerprint: &str) -> Table {
        Table {
            name: name.into(),
            rows,
            fingerprint: fingerprint.into(),
        }
    }

    #[test]
    fn lines_are_tables_and_anything_else_is_a_fault() {
        let found = parse("public.a|3|-17\n\npublic.odd|name|0|0\n").unwrap();
        assert_eq!(
            found,
            [
                table("public.a", 3, "-17"),
                table("public.odd|name", 0, "0")
            ]
        );
        for bad in ["hello", "a|b", "public.a|x|3"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_differs_is_named_with_its_rows() {
        let before = [table("a", 1, "x"), table("b", 2, "y"), table("c", 3, "z")];
        let after = [
            table("b", 2, "other"),
            table("c", 3, "z"),
            table("d", 4, "w"),
        ];
        let expected = [
            ("a", Some(1), None),
            ("b", Some(2), Some(2)),
            ("d", None, Some(4)),
        ];
        let expected = expected.map(|(table, before, after)| Difference {
            table: table.into(),
            before,
            after,
        });
        assert_eq!(differences(&before, &after), expected);
        assert_eq!(differences(&before, &before), []);
    }
}
