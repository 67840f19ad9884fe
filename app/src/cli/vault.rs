//! `vault verify`: every record is opened and compared with the trail.

use std::process::ExitCode;

use clap::Subcommand;

use super::host::Host;
use super::output::{complain, print};
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
        "{} records, {} attachments, {} links, {} client secrets and {} entries of {} organisations and \
         {} second factors were read",
        report.records,
        report.attachments,
        report.links,
        report.client_secrets,
        report.events,
        report.organizations,
        report.factors
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
        "{} records, {} earlier versions, {} attachments and {} links are older than a trail reaches \
         whose beginning was pruned. What is sealed of the records, versions and attachments opens \
         where it stands. Whether one of them was put back to an earlier state, moved, or deleted and \
         put back, whether others like them are gone, and anything about the links, cannot be said.",
        older.records, older.versions, older.attachments, older.links
    )
}
