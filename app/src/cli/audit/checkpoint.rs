//! `audit checkpoint` and `audit public-key`.

use std::process::ExitCode;

use uuid::Uuid;

use crate::audit::{self, Made, Maker};
use crate::cli::host::Host;
use crate::cli::output::{complain, print};
use crate::config::Env;
use crate::edge::error_chain;
use crate::kernel::{Clock, OrgId};

pub(super) async fn run(env: &Env, organization: Uuid) -> ExitCode {
    let host = match Host::open(env, 2).await {
        Ok(host) => host,
        Err(complaint) => return complain(&complaint),
    };
    let with = Maker {
        db: &host.db,
        keys: &host.keys,
        now: Clock::system().now(),
    };
    match audit::make(with, OrgId::from_uuid(organization), None).await {
        Ok(Made::New(_, one) | Made::Already(_, one)) => print(&one.to_file().to_string()),
        Ok(Made::Nothing) => complain("there is no entry that a checkpoint could cover"),
        Err(error) => complain(&error_chain(&error)),
    }
}

pub(super) async fn public_key(env: &Env) -> ExitCode {
    let host = match Host::open(env, 1).await {
        Ok(host) => host,
        Err(complaint) => return complain(&complaint),
    };
    match audit::public(&host.db, &host.keys).await {
        Ok(Some(key)) => print(&hex::encode(key.as_bytes())),
        Ok(None) => complain("no checkpoint was made yet, so there is no key"),
        Err(error) => complain(&error_chain(&error)),
    }
}
