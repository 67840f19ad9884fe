//! "Rolled back" is said only with evidence: what runs, what lies there, what the database holds.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::error::{Error, in_words};
use crate::kept;
use crate::layout::Layout;
use crate::postgres::{Branches, DATABASE, Difference, Postgres, differences};
use crate::state::{self, State};
use crate::steps::aside::{self, Aside};
use crate::steps::{Site, ready};

/// Proof that an earlier release serves again. Made by looking, and in no other way.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evidence {
    /// The release that serves.
    version: String,
    /// Image ids of its running containers, by service, all as recorded.
    images: Vec<(String, String)>,
    /// How many mounted files are as that release brought them.
    files: usize,
    /// The migrations that the database has.
    migrations: Vec<u32>,
    /// The database that had been put aside, where one had.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<Aside>,
    /// What was written after the cut-over, and where it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_aside: Option<SetAside>,
}

/// A database that was put aside.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SetAside {
    database: String,
    /// Tables that hold other rows than the one that serves.
    tables: Vec<Difference>,
}

impl Evidence {
    /// Looks; what speaks against it is returned in words.
    pub(super) async fn gather(site: &Site<'_>) -> Result<Self, Vec<String>> {
        let state = match state::require(&site.layout) {
            Ok(state) => state,
            Err(error) => return Err(vec![error.to_string()]),
        };
        let mut against = Vec::new();
        if site.run.before.version.as_ref() != Some(&state.version) {
            against.push(format!("state.json names release {}", state.version));
        }
        let images = or_note(images(site, &state).await, &mut against);
        let files = or_note(files(&site.layout, &state.version), &mut against);
        let migrations = or_note(migrations(site, &state).await, &mut against);
        let database = or_note(database(site).await, &mut against).flatten();
        if let Err(error) = ready::prove(site).await {
            against.push(in_words(&error));
        }
        let (Some(images), Some(files), Some(migrations)) = (images, files, migrations) else {
            return Err(against);
        };
        if !against.is_empty() {
            return Err(against);
        }
        Ok(Self {
            version: state.version,
            images,
            files,
            migrations,
            database,
            set_aside: set_aside(site).await,
        })
    }
}

fn or_note<T>(found: Result<T, String>, against: &mut Vec<String>) -> Option<T> {
    found.map_err(|fact| against.push(fact)).ok()
}

async fn images(site: &Site<'_>, state: &State) -> Result<Vec<(String, String)>, String> {
    let containers = site.engine.containers(&site.run.project).await;
    let containers = containers.map_err(|error| error.to_string())?;
    for (service, id) in &state.images {
        let runs = containers
            .iter()
            .find(|found| found.service == *service && found.state == "running");
        match runs {
            Some(found) if found.image_id == *id => {}
            Some(found) => return Err(format!("{service} runs image {}", found.image_id)),
            None => return Err(format!("{service} does not run")),
        }
    }
    Ok(state.images.clone().into_iter().collect())
}

/// Counts the mounted files that are as the release brought them.
fn files(layout: &Layout, version: &str) -> Result<usize, String> {
    let manifest = kept::manifest(layout, version)
        .ok_or_else(|| format!("the manifest of release {version} is not there"))?;
    let mut count = 0;
    for file in manifest.files() {
        let name = file.name.file_path().unwrap_or_default();
        let mounted = Layout::MOUNTED
            .iter()
            .any(|mounted| Path::new(name).starts_with(mounted));
        if mounted {
            let path = layout.dir().join(name);
            let bytes = std::fs::read(&path).map_err(|error| format!("{name}: {error}"))?;
            if offline::Digest::of(&bytes) != file.sha256 {
                return Err(format!("{name} is not the one of release {version}"));
            }
            count += 1;
        }
    }
    Ok(count)
}

/// The database has the migrations of the release, and no other.
async fn migrations(site: &Site<'_>, state: &State) -> Result<Vec<u32>, String> {
    let manifest = kept::manifest(&site.layout, &state.version);
    let manifest = manifest.ok_or("the manifest of the release is not there")?;
    let expected: Vec<u32> = manifest
        .migrations
        .iter()
        .map(|entry| entry.version)
        .collect();
    let look = async {
        let postgres = Postgres::of_project(&site.engine, &site.run.project).await?;
        postgres.migrations(DATABASE).await
    };
    let found = look.await.map_err(|error: Error| in_words(&error))?;
    if found == expected {
        Ok(found)
    } else {
        Err(format!(
            "the database has migrations {found:?}, not {expected:?}"
        ))
    }
}

/// What serves is the very database that was put aside, where one was; what is in it was compared
/// before it was given its name back.
async fn database(site: &Site<'_>) -> Result<Option<Aside>, String> {
    let Some(noted) = aside::read(site) else {
        return Ok(None);
    };
    let look = async {
        let postgres = Postgres::of_project(&site.engine, &site.run.project).await?;
        postgres.oid(DATABASE).await
    };
    let serving = look.await.map_err(|error: Error| in_words(&error))?;
    if serving == Some(noted.oid) {
        Ok(Some(noted))
    } else {
        Err(format!(
            "another database serves than the one that was put aside: {serving:?}, not {}",
            noted.oid
        ))
    }
}

/// What the database that was put aside holds besides. It is told, and not weighed: a look that
/// fails takes nothing from the rollback.
async fn set_aside(site: &Site<'_>) -> Option<SetAside> {
    let postgres = Postgres::of_project(&site.engine, &site.run.project)
        .await
        .ok()?;
    let database = Branches::of(&site.run.id).failed;
    if !postgres.has(&database).await.ok()? {
        return None;
    }
    let aside = postgres.look_into_closed(&database).await.ok()?;
    let serving = postgres.fingerprints(DATABASE).await.ok()?;
    let mut tables = differences(&serving, &aside);
    tables.retain(|table| table.before != table.after);
    Some(SetAside { database, tables })
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  release     {} serves, and opens what it stored",
            self.version
        )?;
        for (service, id) in &self.images {
            writeln!(f, "  {service:10}  runs {id}")?;
        }
        writeln!(
            f,
            "  files       {} as the release brought them",
            self.files
        )?;
        write!(f, "  database    migrations {:?}", self.migrations)?;
        if let Some(database) = &self.database {
            write!(f, ", the very one that was put aside")?;
            if let Some(tables) = &database.tables {
                let rows: u64 = tables.iter().map(|table| table.rows).sum();
                let count = tables.len();
                write!(f, "; {rows} rows in {count} tables as at the cut-over")?;
            }
        }
        if let Some(aside) = &self.set_aside {
            write!(f, "\n  set aside   database {}", aside.database)?;
            for table in &aside.tables {
                write!(f, "\n              {table}")?;
            }
        }
        Ok(())
    }
}
