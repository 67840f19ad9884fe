//! What must hold across all slices, tried against the real router, database and cache. Which attack
//! is tried by which test, here and in the slices, is listed for auditors in `ATTACKS.md`.
//!
//! | file | the wall |
//! |---|---|
//! | `access` | around every route: who gets past the door, as one table (`access.golden.txt`) |
//! | `coverage` | around every act: each route that changes or opens something leaves one entry in the trail |
//! | `isolation` | between tenants, in the database |
//! | `lookups` | around the questions that are asked before a tenant is known |
//! | `connections` | between requests that share a connection |
//! | `states` | around whoever is no confirmed member: every state and role, in every route |
//! | `strangers` | between tenants, in every route of the OpenAPI document |
//! | `hostile` | against malformed, oversized and misdirected requests, in every route |
//! | `suspended` | around an organisation that the platform has suspended, in every route |
//! | `step_up` | around every sensitive route: what must be proved afresh, and for what the proof is good |
//! | `forgery` | against other sites, and against headers that lie |
//! | `naming` | against names that want to be more: tenants, fields, keys of the cache |
//! | `inject_only` | around what may be used and never be seen, in every route |
//! | `outage` | around a cache that restarts, forgets, freezes or is full |
//! | `secrecy` | around secret values: logs, errors, audit rows, cache, database |

mod access;
mod connections;
mod contract;
mod coverage;
mod forgery;
mod hostile;
mod inject_only;
mod isolation;
mod lookups;
mod naming;
mod outage;
mod secrecy;
mod states;
mod step_up;
mod strangers;
mod suspended;
