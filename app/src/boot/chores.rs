//! What goes on beside the requests, for as long as the server runs.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::task::JoinSet;

use super::sealing;
use crate::context::App;
use crate::{audit, entitlements, heartbeat, isolation, tenants, vault};

/// So long nothing is done of what came to a bad end, before it begins anew.
const PAUSE: Duration = Duration::from_secs(10);

type Chore = fn(App) -> BoxFuture<'static, Infallible>;

const ALL: [(&str, Chore); 8] = [
    ("the licence", |app| {
        async move { entitlements::keep(&app.license, app.ground()).await }.boxed()
    }),
    ("the heartbeat", |app| {
        async move { heartbeat::keep(&app).await }.boxed()
    }),
    ("places for entries", |app| {
        async move { audit::keep_sealed(&app).await }.boxed()
    }),
    ("the trails", |app| {
        async move { sealing::walk(&app).await }.boxed()
    }),
    ("the walls between tenants", |app| {
        async move { isolation::keep(&app.db, &app.isolation).await }.boxed()
    }),
    ("organisations that end", |app| {
        async move { tenants::keep(&app).await }.boxed()
    }),
    ("the trash", |app| {
        async move { vault::keep_trash_empty(&app).await }.boxed()
    }),
    ("what was erased", |app| {
        async move { vault::keep_erased_forgotten(&app).await }.boxed()
    }),
];

/// Begins all of it. Tasks of their own: whatever happens to one of them, requests are served.
pub(super) fn begin(app: &App) -> JoinSet<Infallible> {
    let mut begun = JoinSet::new();
    for (name, chore) in ALL {
        let app = app.clone();
        begun.spawn(lasting(name, PAUSE, move || chore(app.clone())));
    }
    begun
}

/// Does something for as long as the server runs. Where a fault of ours ends it, it begins anew: what one
/// row of one tenant does to it is not to end it for all.
async fn lasting<F>(name: &'static str, pause: Duration, chore: impl Fn() -> F) -> Infallible
where
    F: Future<Output = Infallible>,
{
    loop {
        // Whatever it was in the middle of stands in the database, and is found there anew.
        match AssertUnwindSafe(chore()).catch_unwind().await {
            Ok(never) => match never {},
            Err(_panic) => {
                tracing::error!(chore = name, "it came to a bad end, and begins anew");
            }
        }
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::sync::Notify;

    use super::lasting;

    #[tokio::test]
    async fn what_comes_to_a_bad_end_begins_anew() {
        let (begun, third) = (AtomicUsize::new(0), Notify::new());
        let chore = || async {
            assert!(begun.fetch_add(1, Ordering::Relaxed) >= 2, "for the test");
            third.notify_one();
            std::future::pending().await
        };
        tokio::select! {
            never = lasting("a chore", Duration::from_millis(1), chore) => match never {},
            () = third.notified() => {}
        }
        assert_eq!(begun.load(Ordering::Relaxed), 3);
    }
}
