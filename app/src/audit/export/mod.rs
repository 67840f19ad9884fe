//! The trail as a file.
//!
//! It is read and written page by page, so that memory stays flat however long it is, and up to the
//! entry that was the last when it began. That somebody exports is recorded before the first byte.

mod csv;
mod ocsf;

use std::io;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;

use super::archive::{ArchiveError, Writer};
use super::chain;
use super::model::{Action, Event, Resource};
use super::search::{self, Filter, Order, Search};
use super::view::EventView;
use super::write::WriteTx;
use crate::context::App;
use crate::edge::{Caller, Problem};
use crate::infra::db::{DbError, TenantTx};
use crate::kernel::{FieldProblem, OrgId, error_chain};

/// So many entries are read at a time.
const PAGE: usize = 500;

/// What a file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[schema(as = AuditExportFormat)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// One entry on each line, as JSON.
    Jsonl,
    /// A table for a spreadsheet.
    Csv,
    /// One event of the Open Cybersecurity Schema Framework on each line.
    Ocsf,
    /// What `vaultterm-app audit verify FILE` verifies without the server.
    Archive,
}

impl Format {
    /// The media type, and under which name a browser keeps it.
    pub(super) const fn headers(self) -> (&'static str, &'static str) {
        match self {
            Self::Jsonl => ("application/jsonl", "attachment; filename=\"audit.jsonl\""),
            Self::Csv => (
                "text/csv; charset=utf-8",
                "attachment; filename=\"audit.csv\"",
            ),
            Self::Ocsf => (
                "application/jsonl",
                "attachment; filename=\"audit-ocsf.jsonl\"",
            ),
            Self::Archive => ("application/jsonl", "attachment; filename=\"audit.vta\""),
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Ocsf => "ocsf",
            Self::Archive => "archive",
        }
    }

    /// What stands before the first entry.
    const fn head(self) -> &'static str {
        match self {
            Self::Csv => csv::HEAD,
            Self::Jsonl | Self::Ocsf | Self::Archive => "",
        }
    }

    fn write(self, event: &EventView, out: &mut String) {
        match self {
            Self::Csv => csv::write(event, out),
            Self::Jsonl => line(serde_json::to_string(event), out),
            Self::Ocsf => line(Ok(ocsf::event(event).to_string()), out),
            // Its lines are not made of what is shown.
            Self::Archive => {}
        }
    }
}

fn line(text: serde_json::Result<String>, out: &mut String) {
    // An entry is made of text and numbers: it can always be written.
    out.push_str(&text.unwrap_or_default());
    out.push('\n');
}

/// Where an export is.
struct Reading {
    app: App,
    org: OrgId,
    format: Format,
    search: Search,
    /// The number of the last entry that belongs to it.
    last: i64,
    begun: bool,
    ended: bool,
}

/// From where the pieces come.
enum Source {
    Shown(Box<Reading>),
    Archive(Box<Writer>),
}

impl Source {
    async fn piece(&mut self) -> Result<Option<Bytes>, ArchiveError> {
        match self {
            Self::Shown(reading) => Ok(reading.piece().await?),
            Self::Archive(writer) => Ok(writer.piece().await?.map(Bytes::from)),
        }
    }
}

/// The file, piece by piece.
pub(super) async fn stream(
    app: &App,
    caller: &Caller,
    format: Format,
    filter: Filter,
) -> Result<impl Stream<Item = io::Result<Bytes>> + use<>, Problem> {
    if format == Format::Archive && filter != Filter::default() {
        let message = "must be left out: an archive holds every entry, or it could not be verified";
        return Err(Problem::invalid(vec![FieldProblem::new("filter", message)]));
    }
    record(app, caller, format, &filter).await?;
    let source = source(app, caller.org, format, filter).await?;
    Ok(stream::try_unfold(source, |mut source| async move {
        match source.piece().await {
            Ok(piece) => Ok(piece.map(|piece| (piece, source))),
            // The file ends in the middle: whoever reads it learns that it is not whole.
            Err(error) => {
                tracing::warn!(
                    error = error_chain(&error),
                    "an export of a trail broke off"
                );
                Err(io::Error::other("the export broke off"))
            }
        }
    }))
}

async fn record(
    app: &App,
    caller: &Caller,
    format: Format,
    filter: &Filter,
) -> Result<(), DbError> {
    let resource = Resource {
        kind: "organization",
        id: caller.org.as_uuid(),
    };
    let detail = json!({"format": format.as_str(), "filter": filter.described()});
    let event = Event::by(app.clock.now(), caller, Action::AuditExported, resource).with(detail);
    let tx = WriteTx::begin(&app.db, caller.org).await?;
    tx.commit(&app.keys, &event).await
}

async fn source(app: &App, org: OrgId, format: Format, filter: Filter) -> Result<Source, Problem> {
    let now = app.clock.now();
    let since = app.license.entitlements(now).audit_shown_since(now);
    let last = end(app, org).await?;
    if format == Format::Archive {
        let through = match since {
            Some(since) => search::last_before(app, org, since).await?,
            None => None,
        };
        let writer = Writer::begin((&app.db, &app.keys), org, through, (now, false)).await;
        return match writer {
            Ok(writer) => Ok(Source::Archive(Box::new(writer))),
            Err(ArchiveError::Database(error)) => Err(error.into()),
            Err(error) => {
                tracing::error!(error = error_chain(&error), "an archive of a trail");
                Err(Problem::internal())
            }
        };
    }
    Ok(Source::Shown(Box::new(Reading {
        app: app.clone(),
        org,
        format,
        search: Search {
            filter: filter.not_before(since),
            order: Order::Oldest,
            from: None,
            most: PAGE,
        },
        last,
        begun: false,
        ended: false,
    })))
}

async fn end(app: &App, org: OrgId) -> Result<i64, DbError> {
    chain::seal(&app.db, &app.keys, org).await?;
    let mut tx = TenantTx::begin(&app.db, org).await?;
    let last = search::last(&mut tx).await?;
    tx.finish();
    Ok(last)
}

impl Reading {
    async fn piece(&mut self) -> Result<Option<Bytes>, DbError> {
        if self.ended {
            return Ok(None);
        }
        let mut tx = TenantTx::begin(&self.app.db, self.org).await?;
        let found = search::look(&mut tx, &self.app, &self.search).await?;
        tx.finish();
        let mut out = String::new();
        if !std::mem::replace(&mut self.begun, true) {
            out.push_str(self.format.head());
        }
        for event in found.items.iter().filter(|event| event.seq <= self.last) {
            self.format.write(event, &mut out);
        }
        self.search.from = found.seen;
        self.ended = !found.more || found.seen.is_some_and(|seen| seen >= self.last);
        Ok(Some(Bytes::from(out)))
    }
}
