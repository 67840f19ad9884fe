//! Work that may take a second, where it keeps nobody waiting: a key for SSH is opened with its
//! passphrase to be checked.

use tokio::sync::Semaphore;

use crate::infra::db::DbError;
use crate::kernel::FieldProblem;
use crate::vault::problem::Error;
use crate::vault::record::{Content, NewRecord, RecordChange};
use crate::vault::types::SecretType;

/// So many pieces of such work are done at once; the others wait.
static TURNS: Semaphore = Semaphore::const_new(2);

/// A new record, checked and completed.
pub(super) async fn made(new: NewRecord) -> Result<Content, Error> {
    if new.r#type != SecretType::SshKey {
        return Ok(Content::new(new)?);
    }
    apart(move || Content::new(new)).await
}

/// A record once it is changed, checked and completed.
pub(super) async fn changed(before: &Content, change: RecordChange) -> Result<Content, Error> {
    if before.kind != SecretType::SshKey {
        return Ok(before.changed(change)?);
    }
    let before = before.clone();
    apart(move || before.changed(change)).await
}

/// An earlier version, checked and completed as a record is today.
pub(super) async fn restored(version: Content) -> Result<Content, Error> {
    if version.kind != SecretType::SshKey {
        return Ok(version.completed()?);
    }
    apart(move || version.completed()).await
}

async fn apart(
    work: impl FnOnce() -> Result<Content, Vec<FieldProblem>> + Send + 'static,
) -> Result<Content, Error> {
    let cut_off = || DbError::Impossible("work that was cut off");
    let _turn = TURNS.acquire().await.map_err(|_| cut_off())?;
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| cut_off())??)
}
