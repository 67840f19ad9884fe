//! Previewing and importing a file.

use std::num::NonZero;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::json;
use time::OffsetDateTime;

use super::awaited::{Awaited, apart};
use super::plan::{Known, Planned, plan};
use super::request::{Duplicates, ImportFile};
use super::view::{ImportPreview, Imported};
use crate::audit::{Action, Event, WriteTx};
use crate::authz::{self, Permit, Write};
use crate::context::App;
use crate::edge::{Caller, IdempotencyKey};
use crate::infra::db::TenantTx;
use crate::infra::turns::{Turn, Turns};
use crate::kernel::{FieldProblem, SecretId, VaultId};
use crate::keys::registry;
use crate::once::{self, Made, Once};
use crate::vault::access::demand;
use crate::vault::model::Which;
use crate::vault::problem::Error;
use crate::vault::record::{Content, Meta};
use crate::vault::secrets::{self, every};
use crate::vault::store::imports;
use crate::vault::store::secrets::{Listed, New};

/// So many files are on their way at a time: each stands in memory while it comes and while it waits. Of
/// one person one, and of one organisation two, so that who sends slowly keeps nobody else waiting.
static COMING: LazyLock<Turns> = LazyLock::new(|| Turns::new(6));
const OF_A_PERSON: usize = 1;
const OF_AN_ORGANIZATION: usize = 2;
/// One file is read at a time: it may take memory for its derivation and for what is in it.
static READING: LazyLock<Turns> = LazyLock::new(|| Turns::new(1));
/// For how long each of the two is waited for.
const PATIENCE: Duration = Duration::from_secs(6);
/// So many rows are named where one keeps all out.
const NAMED: usize = 50;

/// Lets a file come, once it is known that the caller may import one: until then nothing of a large
/// request is taken in.
pub(super) async fn admit(app: &App, caller: Caller, vault: VaultId) -> Result<Turn, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    demand::<Write>(&mut tx, caller, vault).await?;
    tx.finish();
    let shares = [
        (caller.user.as_uuid(), OF_A_PERSON),
        (caller.org.as_uuid(), OF_AN_ORGANIZATION),
    ];
    let turn = COMING.within(PATIENCE, &shares).await;
    turn.ok_or(Error::Busy)
}

/// What would come of a file. Nothing is stored.
pub(super) async fn preview(
    app: &App,
    caller: Caller,
    vault: VaultId,
    (file, turn): (ImportFile, Turn),
) -> Result<ImportPreview, Error> {
    let read = planned(app, caller, vault, (file, turn)).await?;
    Ok(ImportPreview::of(
        &read.planned,
        read.headings,
        read.uncompared,
    ))
}

/// Stores what is in a file: all that was asked for, or nothing. The trail has an entry for each record.
pub(super) async fn import(
    app: &App,
    caller: Caller,
    vault: VaultId,
    (file, turn): (ImportFile, Turn),
    key: &IdempotencyKey,
) -> Result<Imported, Error> {
    let digest = key.as_str().map(|_| file.digest());
    let once = Once::of(app, &caller, key, ("import", &(vault, digest)))?;
    if let Some(before) = before(app, caller, vault, &once).await? {
        return Ok(before);
    }
    let (duplicates, leave_out) = (file.duplicates, file.leave_out_faulty);
    let read = planned(app, caller, vault, (file, turn)).await?;
    let (planned, _turns) = (read.planned, read.turns);
    if !leave_out {
        refuse_faulty(&planned)?;
    }
    let found = planned.len();
    let faulty = planned.iter().filter(|one| one.content.is_none()).count();
    let wanted = |one: &Planned| duplicates == Duplicates::Keep || one.duplicate.is_none();
    // Lists begin with the newest, and so with what the file begins with.
    let chosen = planned.into_iter().filter(wanted).rev();
    let mut chosen: Vec<Chosen> = chosen.filter_map(Chosen::of).collect();
    chosen.reverse();
    let imported = chosen.len();
    let imported = Imported {
        imported,
        faulty,
        duplicates: found.saturating_sub(imported).saturating_sub(faulty),
    };
    if imported.imported == 0 {
        return Ok(imported);
    }
    store_all(app, caller, vault, (chosen, &once, imported)).await
}

/// What came of the same request before.
async fn before(
    app: &App,
    caller: Caller,
    vault: VaultId,
    once: &Once,
) -> Result<Option<Imported>, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    demand::<Write>(&mut tx, caller, vault).await?;
    let before = once.before(&mut tx).await?;
    tx.finish();
    before.map(answered).transpose()
}

fn answered(made: Made) -> Result<Imported, Error> {
    let answer = once::again(made.answer)?;
    serde_json::from_value(answer).map_err(Error::Content)
}

/// What the rows of a vault are compared with.
async fn known(app: &App, caller: Caller, vault: VaultId) -> Result<Known, Error> {
    let mut tx = TenantTx::begin(&app.db, caller.org).await?;
    demand::<Write>(&mut tx, caller, vault).await?;
    let permit = demand::<authz::Read>(&mut tx, caller, vault).await?;
    let mut known = Known::default();
    let add = |row: &Listed, meta: Option<Meta>| match meta {
        Some(meta) => known.add(row.id, &meta),
        None => known.uncompared = known.uncompared.saturating_add(1),
    };
    every(app, &mut tx, permit, add).await?;
    tx.finish();
    Ok(known)
}

/// A file that was read.
struct Read {
    planned: Vec<Planned>,
    headings: Vec<String>,
    uncompared: usize,
    turns: [Turn; 2],
}

/// Reads and checks, where it blocks nobody. The turns go along: whoever asked may be gone before the
/// work is, and the next file waits all the same.
async fn planned(
    app: &App,
    caller: Caller,
    vault: VaultId,
    (file, coming): (ImportFile, Turn),
) -> Result<Read, Error> {
    let reading = READING.within(PATIENCE, &[]).await;
    let turns = [coming, reading.ok_or(Error::Busy)?];
    let known = known(app, caller, vault).await?;
    let uncompared = known.uncompared;
    let app = app.clone();
    apart(move |awaited| {
        let found = file.read(awaited)?;
        let planned = plan(found.rows, &known, (&app.keys, caller.org), awaited);
        Ok(Read {
            planned: planned.map_err(|refusal| refusal.problem())?,
            headings: found.headings,
            uncompared,
            turns,
        })
    })
    .await
}

fn refuse_faulty(planned: &[Planned]) -> Result<(), Error> {
    let faulty = planned.iter().filter(|one| one.content.is_none());
    let problems: Vec<FieldProblem> = faulty
        .take(NAMED)
        .map(|one| {
            let field = format!("rows.{}", one.row.line);
            FieldProblem::new(&field, &one.row.problems.join("; "))
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.into())
    }
}

/// A record that is to be stored. Lists go by ids, so they are given out before several processors seal the
/// records, in whatever order they get to it.
struct Chosen {
    id: SecretId,
    content: Content,
    favourite: bool,
}

impl Chosen {
    /// Nothing for a row that no record can be made of.
    fn of(planned: Planned) -> Option<Self> {
        Some(Self {
            content: planned.content?,
            favourite: planned.row.favourite,
            id: SecretId::new(),
        })
    }
}

/// Stores records in one transaction, unless the same request has done so meanwhile; what came of it.
async fn store_all(
    app: &App,
    caller: Caller,
    vault: VaultId,
    (chosen, once, imported): (Vec<Chosen>, &Once, Imported),
) -> Result<Imported, Error> {
    let chosen = Arc::new(chosen);
    let answer = serde_json::to_value(&imported).map_err(Error::Content)?;
    let making = Made {
        id: vault.as_uuid(),
        answer: Some(answer),
    };
    let mut tries = 0;
    loop {
        match store_once(app, caller, vault, (chosen.clone(), once, &making)).await {
            Ok(None) => return Ok(imported),
            Ok(Some(before)) => return answered(before),
            // Another key has become the current one since this server looked last.
            Err(Error::Database(error)) if registry::is_outdated(&error) && tries == 0 => {
                registry::refresh(&app.db, &app.keys).await??;
            }
            Err(error) => return Err(error),
        }
        tries += 1;
    }
}

async fn store_once(
    app: &App,
    caller: Caller,
    vault: VaultId,
    (chosen, once, making): (Arc<Vec<Chosen>>, &Once, &Made),
) -> Result<Option<Made>, Error> {
    let now = app.clock.now();
    // Judging passwords is most of the work, so every processor takes its share.
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = chosen.len().div_ceil(processors).max(1);
    let shares = (0..chosen.len()).step_by(share).map(|from| {
        let (app, chosen) = (app.clone(), Arc::clone(&chosen));
        apart(move |awaited| {
            let part = chosen.iter().skip(from).take(share);
            sealed(&app, (caller, vault), (part, awaited), now)
        })
    });
    let parts = try_join_all(shares).await?;
    let mut tx = WriteTx::begin(&app.db, caller.org).await?;
    let permit: Permit<Write> = demand(tx.tenant(), caller, vault).await?;
    if let Some(before) = once.claim(tx.tenant(), making).await? {
        return Ok(Some(before));
    }
    let mut events = Vec::new();
    for part in parts {
        for some in part.new.chunks(imports::AT_ONCE) {
            imports::insert(tx.tenant(), permit, some, now).await?;
        }
        imports::prefer(tx.tenant(), permit, &part.favourites).await?;
        events.extend(part.events);
    }
    tx.commit_all(&app.keys, &events).await?;
    Ok(None)
}

/// Records that are ready to be stored.
#[derive(Default)]
struct Ready {
    new: Vec<New>,
    events: Vec<Event>,
    favourites: Vec<SecretId>,
}

fn sealed<'a>(
    app: &App,
    (caller, vault): (Caller, VaultId),
    (chosen, awaited): (impl Iterator<Item = &'a Chosen>, &Awaited),
    now: OffsetDateTime,
) -> Result<Ready, Error> {
    let mut ready = Ready::default();
    for Chosen {
        id,
        content,
        favourite,
    } in chosen
    {
        awaited.still().map_err(|_| Error::Interrupted)?;
        let id = *id;
        let sealed = secrets::record(app, caller.org, id).seal_new(content, now)?;
        let which = Which { vault, secret: id };
        let event = imported(app, caller, which, content, &sealed);
        ready.events.push(event);
        ready.favourites.extend(favourite.then_some(id));
        ready.new.push(New {
            id,
            kind: content.kind,
            sealed,
            changed: Vec::new(),
        });
    }
    Ok(ready)
}

/// What the trail has of one record.
fn imported(
    app: &App,
    caller: Caller,
    which: Which,
    content: &Content,
    sealed: &crate::vault::seal::Sealed,
) -> Event {
    let mut detail = json!({"type": content.kind});
    secrets::write::extend(&mut detail, secrets::sealing(sealed));
    secrets::event(app, caller, Action::SecretImported, which, detail).named(&content.name)
}
