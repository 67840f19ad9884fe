//! `audit verify` without a file: the platform's own trail and every organisation's, each read from its
//! first entry to its last, and held against the checkpoints that were kept.

use std::process::ExitCode;

use serde::Serialize;

use super::Verify;
use crate::audit::{self, Broken, Checkpoint};
use crate::cli::host::Host;
use crate::cli::output::{complain, counted, print};
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
    /// How many checkpoints that were kept were held against them.
    kept: usize,
}

#[derive(Debug, Serialize)]
struct Fault {
    organization: OrgId,
    what: String,
}

pub(super) async fn run(env: &Env, verify: &Verify) -> ExitCode {
    let kept = match super::kept(verify) {
        Ok(kept) => kept,
        Err(complaint) => return complain(&complaint),
    };
    let host = match Host::open(env, 1).await {
        Ok(host) => host,
        Err(complaint) => return complain(&complaint),
    };
    match all(&host.db, &host.keys, kept).await {
        Ok(report) => show(&report, verify.json),
        Err(error) => complain(&error_chain(&error)),
    }
}

async fn all(db: &Db, keys: &Keyring, mut kept: Vec<Checkpoint>) -> Result<Report, DbError> {
    let mut report = Report {
        kept: kept.len(),
        ..Report::default()
    };
    match platform::verify(db, keys).await? {
        Ok(events) => report.events = events,
        Err(broken) => report.platform = Some(broken.to_string()),
    }
    let mut after = None;
    loop {
        let mut tx = PlatformTx::begin(db).await?;
        let page = orgs::ids(tx.connection(), after, PAGE).await?;
        tx.finish();
        for &org in &page {
            let of_org = |one: &mut Checkpoint| one.organization() == org;
            let own: Vec<Checkpoint> = kept.extract_if(.., of_org).collect();
            let found = audit::verify_against(db, keys, org, &own).await?;
            report.count(org, found);
        }
        after = page.last().copied();
        if after.is_none() {
            // A whole trail is gone, and with it whoever would have been asked about it.
            for gone in kept {
                let what = format!(
                    "checkpoint {} that was kept is about it, and there is no such organisation here",
                    gone.number()
                );
                report.fault(gone.organization(), what);
            }
            return Ok(report);
        }
    }
}

impl Report {
    fn count(&mut self, org: OrgId, found: Result<i64, Broken>) {
        self.organizations += 1;
        match found {
            Ok(events) => self.events = self.events.saturating_add(events),
            Err(broken) => self.fault(org, broken.to_string()),
        }
    }

    /// What is whole; what is not is complained of.
    fn words(&self) -> String {
        let faults = self.broken.len().saturating_add(self.more);
        let entries = counted(self.events, "entry", "entries");
        let of = counted(self.organizations, "organisation", "organisations");
        let kept = match self.kept {
            0 => "",
            1 => "; the checkpoint that was kept is one of this history",
            _ => "; the checkpoints that were kept are of this history",
        };
        if faults == 0 && self.platform.is_none() {
            return format!(
                "whole: {entries} of the platform and of {of}, each in its place, as it was \
                 written{kept}"
            );
        }
        format!("in trails that are whole: {entries}; these are not:")
    }

    fn fault(&mut self, organization: OrgId, what: String) {
        if self.broken.len() >= NAMED {
            self.more += 1;
        } else {
            self.broken.push(Fault { organization, what });
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
        print(&report.words())
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
