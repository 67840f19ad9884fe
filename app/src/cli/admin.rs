//! `admin link`, `admin list`, `admin deactivate`: platform admins, from the host. Whoever can run
//! this holds the master key and the database anyway; what they do is in the platform's trail.

use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::output::{complain, print};
use super::vault;
use crate::boot;
use crate::config::Env;
use crate::edge::error_chain;
use crate::infra::db::Db;
use crate::kernel::Clock;
use crate::keys::Keyring;
use crate::operators::{self, AdminLink, AdminLinkError, AdminView};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a one-time link that makes a platform admin, or gives one another password. An earlier
    /// link of the address ends.
    Link {
        /// The address that they sign in with.
        #[arg(long)]
        email: String,
        /// Make none when there is a platform admin already.
        #[arg(long)]
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
    let config = match boot::configure(env) {
        Ok(config) => config,
        Err(fatal) => return complain(&error_chain(&fatal)),
    };
    let db = Db::prepare(&config.database.app, 1);
    let keys = match vault::open(&db, config.keys).await {
        Ok(keys) => keys,
        Err(complaint) => return complain(&complaint),
    };
    match verb {
        Verb::Link { email, first, json } => {
            match link((&db, &keys), &config.server.admin_url, &email, first).await {
                Ok(link) => show(&link, json, |link| link.url.clone()),
                Err(complaint) => complain(&complaint),
            }
        }
        Verb::List { json } => match operators::list_on_host(&db).await {
            Ok(admins) => show(&Listed { items: admins }, json, Listed::text),
            Err(error) => complain(&error_chain(&error)),
        },
        Verb::Deactivate { email } => deactivate((&db, &keys), &email).await,
    }
}

async fn link(
    (db, keys): (&Db, &Keyring),
    admin_url: &str,
    email: &str,
    first: bool,
) -> Result<AdminLink, String> {
    let told = |error: &dyn std::error::Error| error_chain(error);
    let known = operators::list_on_host(db).await.map_err(|e| told(&e))?;
    if first && known.iter().any(|admin| admin.deactivated_at.is_none()) {
        return Err("there is a platform admin already".to_owned());
    }
    let parts = (db, keys, &Clock::system());
    let made: Result<AdminLink, AdminLinkError> =
        operators::make_link(parts, admin_url, email).await;
    made.map_err(|error| told(&error))
}

async fn deactivate((db, keys): (&Db, &Keyring), email: &str) -> ExitCode {
    match operators::deactivate_on_host((db, keys, &Clock::system()), email).await {
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
