//! `audit verify`: the platform's own trail and every organisation's, each read from its first entry
//! to its last.

use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::approval;
use super::host::Host;
use super::output::{complain, print};
use crate::audit::{self, Broken};
use crate::config::Env;
use crate::edge::error_chain;
use crate::infra::db::{Db, DbError, PlatformTx};
use crate::kernel::OrgId;
use crate::keys::Keyring;
use crate::{orgs, platform};

/// So many organisations are asked for at a time.
const PAGE: i64 = 500;
/// So many broken trails are named; the rest is counted.
const NAMED: usize = 20;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Read every trail again: exit 0 when each entry is the one that was written and none is
    /// missing.
    Verify {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check one approved entry without a server, a database or a master key: exit 0 when the passkey
    /// whose public key is given signed this very act.
    VerifyApproval(approval::Request),
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
struct Report {
    organizations: usize,
    events: i64,
    /// What is wrong with the platform's own trail, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    broken: Vec<Fault>,
    /// Broken trails beyond those that are named.
    more: usize,
}

#[derive(Debug, Serialize)]
struct Fault {
    organization: OrgId,
    what: String,
}

pub(super) async fn run(env: &Env, verb: Verb) -> ExitCode {
    let json = match verb {
        Verb::Verify { json } => json,
        Verb::VerifyApproval(request) => return approval::run(&request),
    };
    let host = match Host::open(env, 1).await {
        Ok(host) => host,
        Err(complaint) => return complain(&complaint),
    };
    match verify(&host.db, &host.keys).await {
        Ok(report) => show(&report, json),
        Err(error) => complain(&error_chain(&error)),
    }
}

async fn verify(db: &Db, keys: &Keyring) -> Result<Report, DbError> {
    let mut report = Report::default();
    match platform::verify(db, keys).await? {
        Ok(events) => report.events = events,
        Err(broken) => report.platform = Some(broken.to_string()),
    }
    let mut after = None;
    loop {
        let mut tx = PlatformTx::begin(db).await?;
        let page = orgs::ids(tx.connection(), after, PAGE).await?;
        tx.finish().await?;
        for &org in &page {
            let found = audit::verify(db, keys, org).await?;
            report.count(org, found);
        }
        after = page.last().copied();
        if after.is_none() {
            return Ok(report);
        }
    }
}

impl Report {
    fn count(&mut self, org: OrgId, found: Result<i64, Broken>) {
        self.organizations += 1;
        match found {
            Ok(events) => self.events = self.events.saturating_add(events),
            Err(_) if self.broken.len() >= NAMED => self.more += 1,
            Err(broken) => self.broken.push(Fault {
                organization: org,
                what: broken.to_string(),
            }),
        }
    }
}

fn show(report: &Report, json: bool) -> ExitCode {
    let ended = if json {
        match serde_json::to_string(report) {
            Ok(text) => print(&text),
            Err(error) => return complain(&error.to_string()),
        }
    } else {
        print(&format!(
            "{} entries of {} organisations were read",
            report.events, report.organizations
        ))
    };
    for Fault { organization, what } in &report.broken {
        complain(&format!(
            "the trail of organisation {organization} is broken: {what}"
        ));
    }
    if let Some(what) = &report.platform {
        complain(&format!("the platform's own trail is broken: {what}"));
    }
    if report.more > 0 {
        complain(&format!("and {} more", report.more));
    }
    if report.broken.is_empty() && report.platform.is_none() {
        ended
    } else {
        ExitCode::FAILURE
    }
}
