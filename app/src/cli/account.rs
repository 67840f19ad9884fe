//! `account remove-factors`: the way back in for somebody who has lost their second factors, where no
//! owner of an organisation can help. What it does is in both trails.

use std::process::ExitCode;

use clap::Subcommand;

use super::host::Host;
use super::output::{complain, print};
use crate::config::Env;
use crate::edge::error_chain;
use crate::kernel::Clock;
use crate::links::{self, OnHost};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Take every second factor and recovery code from an account. Whoever is signed in with it is
    /// signed out; the password stays as it is. Make sure that it is the person who asks.
    RemoveFactors {
        /// The address that they sign in with.
        #[arg(long)]
        email: String,
    },
}

pub(super) async fn run(env: &Env, verb: Verb) -> ExitCode {
    let Verb::RemoveFactors { email } = verb;
    let host = match Host::open(env, 1).await {
        Ok(host) => host,
        Err(complaint) => return complain(&complaint),
    };
    let parts = (&host.db, &host.keys, &Clock::system());
    match links::remove_factors_on_host(parts, &email).await {
        Ok(OnHost::Removed) => print("they sign in with their password alone now"),
        Ok(OnHost::HadNone) => complain("this account has no second factor"),
        Ok(OnHost::Nobody) => complain("nobody who belongs to an organisation has this address"),
        Err(error) => complain(&error_chain(&error)),
    }
}
