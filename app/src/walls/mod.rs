//! What must hold across all slices, tried against the real router, database and cache.
//!
//! | file | the wall |
//! |---|---|
//! | `isolation` | between tenants, in the database |
//! | `connections` | between requests that share a connection |
//! | `strangers` | between tenants, in every route of the OpenAPI document |
//! | `hostile` | against malformed, oversized and misdirected requests, in every route |
//! | `secrecy` | around secret values: logs, errors, audit rows, cache, database |

mod connections;
mod contract;
mod hostile;
mod isolation;
mod secrecy;
mod strangers;
