//! `admin link`, `admin list`, `admin deactivate`: platform admins, from the host. Whoever can run
//! this holds the master key and the database anyway; what they do is in the platform's trail.

use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::host::Host;
use super::output::{complain, print};
use crate::config::Env;
use crate::edge::error_chain;
use crate::kernel::Clock;
use crate::operators::{self, AdminView, LinkFor};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a one-time link that makes a platform admin, or gives one another password. An earlier
    /// link of the address ends.
    Link {
        /// The address that they sign in with.
        #[arg(long, required_unless_present = "first")]
        email: Option<String>,
        /// For the first platform admin, who says their address when they open it. None is made when
        /// there is one already.
        #[arg(long, conflicts_with = "email")]
        first: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show who the platform admins are.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// End a platform admin: every session, every link, and the way in.
    Deactivate {
        /// The address that they sign in with.
        #[arg(long)]
        email: String,
    },
}

pub(super) async fn run(env: &Env, verb: Verb) -> ExitCode {
    let host = match Host::open(env, 1).await {
        Ok(host) => host,
        Err(complaint) => return complain(&complaint),
    };
    match verb {
        Verb::Link { email, json, .. } => {
            let wanted = email.as_deref().map_or(LinkFor::TheFirst, LinkFor::Address);
            let parts = (&host.db, &host.keys, &Clock::system());
            match operators::make_link(parts, &host.server.admin_url, wanted).await {
                Ok(link) => show(&link, json, |link| link.url.clone()),
                Err(error) => complain(&error_chain(&error)),
            }
        }
        Verb::List { json } => match operators::list_on_host(&host.db).await {
            Ok(admins) => show(&Listed { items: admins }, json, Listed::text),
            Err(error) => complain(&error_chain(&error)),
        },
        Verb::Deactivate { email } => deactivate(&host, &email).await,
    }
}

async fn deactivate(host: &Host, email: &str) -> ExitCode {
    let parts = (&host.db, &host.keys, &Clock::system());
    match operators::deactivate_on_host(parts, email).await {
        Ok(true) => print("they are no platform admin any more"),
        Ok(false) => complain("there is no platform admin with this address"),
        Err(error) => complain(&error_chain(&error)),
    }
}

/// The platform admins.
#[derive(Debug, Serialize)]
struct Listed {
    items: Vec<AdminView>,
}

impl Listed {
    fn text(&self) -> String {
        let line = |admin: &AdminView| {
            let state = if admin.deactivated_at.is_some() {
                "  (no more)"
            } else {
                ""
            };
            format!("{}  {}{state}", admin.who.email, admin.who.name)
        };
        if self.items.is_empty() {
            return "none yet".to_owned();
        }
        self.items.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn show<T: Serialize>(value: &T, json: bool, text: impl FnOnce(&T) -> String) -> ExitCode {
    if !json {
        return print(&text(value));
    }
    match serde_json::to_string(value) {
        Ok(text) => print(&text),
        Err(error) => complain(&error.to_string()),
    }
}
