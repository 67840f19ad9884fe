//! Checkpoints: signed statements of how far a trail went, for somebody who keeps them elsewhere.
//!
//! Entries and links are authenticated with keys that the server holds, so they convince whoever holds
//! these keys, too. A checkpoint convinces anybody: it says which entries there are up to a number, by
//! the hash of the chain there, it names the checkpoint before it, and it is signed. Somebody who has
//! one as a file finds out whether the end of the trail was cut since, whether it was written anew with
//! all keys, or an older state was put back. And it is what the rest of a trail stands on whose
//! beginning was pruned.

mod make;
mod prune;
mod signer;
mod statement;
mod store;

pub use make::{Made, MakeError, Maker, make, make_if_due};
pub(super) use prune::PRUNED;
pub use prune::prune_if_due;
#[cfg(test)]
pub(super) use prune::prune_some;
pub use signer::{SignerError, public};
pub use statement::{Checkpoint, FileError};
pub(super) use store::{Stored, by_id, ending_at, following, hash_at, page};

/// Asks the database to prune, as a server that is somebody else's by now would.
#[cfg(test)]
pub(super) async fn pruned_for_tests(
    tx: &mut crate::infra::db::TenantTx,
    through: i64,
) -> Result<i64, crate::infra::db::DbError> {
    store::prune(tx, through).await
}
