//! The database that was put aside: what it was, so that going back to it can be proved.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Site;
use crate::error::Error;
use crate::files::place;
use crate::postgres::{Branches, Postgres, Table, differences};

const NAME: &str = "database.json";

/// What was noted of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Aside {
    /// What the server calls the database, whatever its name: renaming changes nothing in it.
    pub(crate) oid: u32,
    /// What each table held at the cut-over, once somebody had the time to look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tables: Option<Vec<Table>>,
}

/// Notes which database it is, as soon as it is put aside.
pub(crate) async fn note(site: &Site<'_>, postgres: &Postgres) -> Result<(), Error> {
    let oid = postgres.oid(&Branches::of(&site.run.id).before).await?;
    match oid {
        Some(oid) => write(site, &Aside { oid, tables: None }),
        None => Ok(()),
    }
}

/// Notes what is in it, while the new release serves already: it is closed, so this is what was there
/// when it was cut off.
pub(super) async fn note_tables(site: &Site<'_>) -> Result<(), Error> {
    let Some(aside) = read(site) else {
        return Ok(());
    };
    let postgres = Postgres::of_project(&site.engine, &site.run.project).await?;
    let before = Branches::of(&site.run.id).before;
    let bar = site
        .console
        .progress("Noting what a way back has to bring", None);
    let tables = postgres.look_into_closed(&before).await?;
    let rows: u64 = tables.iter().map(|table| table.rows).sum();
    let tables = Some(tables);
    write(site, &Aside { tables, ..aside })?;
    bar.done(&format!("The way back leads to {rows} rows"));
    Ok(())
}

/// Before anything is touched: does the database still hold what it held when it was put aside?
///
/// # Errors
/// [`Error::Aside`] with the tables that do not, or when nobody can look.
pub(crate) async fn check(site: &Site<'_>) -> Result<(), Error> {
    let Some(tables) = read(site).and_then(|aside| aside.tables) else {
        return Ok(());
    };
    let postgres = Postgres::of_project(&site.engine, &site.run.project).await?;
    let before = Branches::of(&site.run.id).before;
    let bar = site
        .console
        .progress("Looking into the database that was put aside", None);
    let found = postgres.look_into_closed(&before).await?;
    let differing = differences(&tables, &found);
    if differing.is_empty() {
        bar.done("It holds what it held at the cut-over");
        Ok(())
    } else {
        let lines = differing.iter().map(ToString::to_string);
        Err(Error::Aside(lines.collect()))
    }
}

/// What was noted by the run.
pub(crate) fn read(site: &Site<'_>) -> Option<Aside> {
    serde_json::from_slice(&std::fs::read(path(site)).ok()?).ok()
}

fn write(site: &Site<'_>, aside: &Aside) -> Result<(), Error> {
    site.make_originals()?;
    let text = serde_json::to_vec(aside).unwrap_or_default();
    place(&path(site), &text, 0o600, None)
}

fn path(site: &Site<'_>) -> PathBuf {
    site.originals().join(NAME)
}
