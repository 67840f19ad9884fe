//! `vault verify`: every record is opened and compared with the trail.

use std::process::ExitCode;

use clap::Subcommand;

use super::host::Host;
use super::output::{complain, counted, print};
use crate::config::Env;
use crate::custody::{self, Finding, Older, Report};
use crate::edge::error_chain;

/// Verification failed: the exit code that all our programs share for that.
const NOT_VERIFIED: u8 = 3;
/// So many findings are written out as text.
const NAMED: usize = 100;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Open every record and compare it with the trail; shows none. Exit 0 when every record is the
    /// one that was stored, where it was stored, and 3 otherwise. Needs no running server.
    Verify {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(env: &Env, verb: Verb) -> ExitCode {
    let Verb::Verify { json } = verb;
    let host = match Host::open(env, 2).await {
        Ok(host) => host,
        Err(complaint) => return complain(&complaint),
    };
    match custody::verify(&host.db, &host.keys).await {
        Ok(report) => show(&report, json),
        Err(error) => complain(&error_chain(&error)),
    }
}

fn show(report: &Report, json: bool) -> ExitCode {
    let ended = if json {
        match serde_json::to_string(report) {
            Ok(text) => print(&text),
            Err(error) => return complain(&error.to_string()),
        }
    } else {
        print(&text(report))
    };
    for finding in report.findings.iter().take(NAMED) {
        complain(&line(finding));
    }
    let more = report.findings.len().saturating_sub(NAMED) + report.more;
    if more > 0 {
        complain(&format!(
            "and {more} more; --json has those that were looked into"
        ));
    }
    if report.findings.is_empty() && report.more == 0 {
        ended
    } else {
        ExitCode::from(NOT_VERIFIED)
    }
}

fn line(finding: &Finding) -> String {
    let what = &finding.what;
    match (finding.organization, finding.account, finding.record) {
        (Some(organization), _, Some(record)) => {
            format!("secret {record} of organisation {organization}: {what}")
        }
        (Some(organization), _, None) => format!("organisation {organization}: {what}"),
        (None, Some(account), Some(record)) => {
            format!("second factor {record} of account {account}: {what}")
        }
        (None, _, _) => what.to_string(),
    }
}

fn text(report: &Report) -> String {
    let read = format!(
        "read: {}, {}, {}, {}, {} of {}, and {}",
        counted(report.records, "record", "records"),
        counted(report.attachments, "attachment", "attachments"),
        counted(report.links, "link", "links"),
        counted(report.client_secrets, "client secret", "client secrets"),
        counted(report.events, "entry", "entries"),
        counted(report.organizations, "organisation", "organisations"),
        counted(report.factors, "second factor", "second factors"),
    );
    let older = report.older_than_trail;
    if older.is_any() {
        format!("{read}\n{}", beyond(&older))
    } else {
        read
    }
}

/// What nobody can vouch for, since the entries are gone that said it.
fn beyond(older: &Older) -> String {
    format!(
        "older than a trail reaches whose beginning was pruned: {}, {}, {} and {}. What is sealed of \
         the records, versions and attachments opens where it stands. Whether one of them was put back \
         to an earlier state, moved, or deleted and put back, whether others like them are gone, and \
         anything about the links, cannot be said.",
        counted(older.records, "record", "records"),
        counted(older.versions, "earlier version", "earlier versions"),
        counted(older.attachments, "attachment", "attachments"),
        counted(older.links, "link", "links"),
    )
}
