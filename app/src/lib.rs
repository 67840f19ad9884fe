//! The VaultTerm server: a modular monolith, cut by feature.
//!
//! Modules in order: each may use only the faces of those above it.
//!
//! | module | what |
//! |---|---|
//! | [`kernel`] | words that every slice uses |
//! | [`config`] | what the operator decided; the only reader of the environment |
//! | [`infra`] | the outside: database, cache, logs, files |
//! | [`isolation`] | asks, as one tenant, for what belongs to the others |
//! | [`edge`] | HTTP manners |
//! | [`keys`] | envelope encryption |
//! | [`platform`] | the installation's own trail |
//! | [`entitlements`] | the licence in force, the plan matrix, seats |
//! | [`context`] | what every handler is handed |
//! | [`audit`] | the append-only trail, and the only commit |
//! | [`authz`] | who may call what, gates and permits |
//! | [`once`] | the same request again makes no second thing |
//! | [`policies`] | what an organisation demands of its people |
//! | [`identity`] | accounts, passwords, sessions, tokens |
//! | [`orgs`] | organisations and the setup link |
//! | [`teams`] | groups of members |
//! | [`links`] | one-time links of accounts |
//! | [`scim`] | SCIM 2.0: an identity provider makes people and groups |
//! | [`sso`] | sign-in through an organisation's own identity provider |
//! | [`vault`] | vaults and secrets |
//! | [`custody`] | replacing the master key, and looking whether records are where they belong |
//! | [`heartbeat`] | one message a day, if it has an address |
//! | [`operators`] | platform admins: accounts, links, sessions |
//! | [`tenants`] | organisations as the platform handles them: suspended, erased |
//! | [`admin`] | the platform plane |
//! | [`boot`] | start-up, listeners, shutdown |
//! | [`cli`] | the commands |

pub mod kernel;

pub mod config;

pub mod infra;

pub mod isolation;

pub mod edge;

pub mod keys;

pub mod platform;

pub mod entitlements;

pub mod context;

pub mod audit;

pub mod authz;

pub mod once;

pub mod policies;

pub mod identity;

pub mod orgs;

pub mod teams;

pub mod links;

pub mod scim;

pub mod sso;

pub mod vault;

pub mod custody;

pub mod heartbeat;

pub mod operators;

pub mod tenants;

pub mod admin;

pub mod boot;

pub mod cli;

#[cfg(test)]
mod testing;

#[cfg(test)]
mod walls;
