//! Reading a trail while others write to it, sign it and prune it.

use time::Duration;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::super::archive::{ArchiveError, Writer};
use super::super::checkpoint::{Made, Maker, make, prune_if_due};
use super::super::verify::whole;
use super::super::{Broken, WriteTx, seal};
use super::event;
use super::pruning::signed_long_ago;
use crate::kernel::{Clock, OrgId};
use crate::testing::{Person, Server};

/// A trail of 1000 entries, twice as many as are read at a time, of which 505 are signed; all of it old.
async fn long() -> (Server, OrgId) {
    let old = Clock::fixed(Clock::system().now() - Duration::days(60));
    let server = Server::start_at(old, &[]).await;
    let ada = server.owner().await;
    let org = OrgId::from_uuid(ada.org);
    write(&server, &ada, 504).await;
    sign(&server, org).await;
    write(&server, &ada, 495).await;
    seal(&server.app.db, &server.app.keys, org).await.unwrap();
    (server, org)
}

async fn write(server: &Server, person: &Person, entries: usize) {
    let app = &server.app;
    let mut one = event(person);
    one.at = app.clock.now();
    let tx = WriteTx::begin(&app.db, OrgId::from_uuid(person.org)).await;
    let all = vec![one; entries];
    tx.unwrap().commit_all(&app.keys, &all).await.unwrap();
}

async fn sign(server: &Server, org: OrgId) {
    let with = Maker {
        db: &server.app.db,
        keys: &server.app.keys,
        now: server.app.clock.now(),
    };
    let made = make(with, org, None).await.unwrap();
    assert!(matches!(made, Made::New(..)), "{made:?}");
}

/// Verifies, and does something else when the first entry was read.
async fn verified(
    server: &Server,
    org: OrgId,
    meanwhile: impl Future<Output = ()>,
) -> Result<i64, Broken> {
    let app = &server.app;
    let mut meanwhile = Some(meanwhile);
    let visit = |_: super::super::Genuine<'_>| {
        if let Some(meanwhile) = meanwhile.take() {
            block_in_place(|| Handle::current().block_on(meanwhile));
        }
    };
    let found = whole((&app.db, &app.keys), org, &[], visit).await;
    found.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_is_made_meanwhile_raises_no_alarm() {
    let (server, org) = long().await;
    let ada = server.sign_in("ada@example.com").await;
    let before = server.database.count("audit_events").await;
    let meanwhile = async {
        write(&server, &ada, 1).await;
        sign(&server, org).await;
    };
    assert_eq!(verified(&server, org, meanwhile).await, Ok(before));
    assert_eq!(server.database.count("audit_checkpoints").await, 2);
    let later = verified(&server, org, async {}).await;
    assert_eq!(later, Ok(before + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pruned_meanwhile_is_not_missed() {
    let (server, org) = long().await;
    signed_long_ago(&server).await;
    let today = server.replica(Clock::system(), &[]).await;
    let meanwhile = async {
        assert_eq!(prune_if_due(&today.app, org).await.unwrap(), 505);
    };
    assert_eq!(verified(&server, org, meanwhile).await, Ok(1000));
    // Those that were not signed, and the one that says what was pruned.
    assert_eq!(verified(&server, org, async {}).await, Ok(496));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_which_the_next_is_pruned_meanwhile_says_so_and_has_no_gap() {
    let (server, org) = long().await;
    let mut behind = signed_long_ago(&server).await;
    let today = server.replica(Clock::system(), &[]).await;
    let app = &server.app;
    let now = app.clock.now();
    let begin = Writer::begin((&app.db, &app.keys), org, None, (now, false)).await;
    let mut writer = begin.unwrap();
    writer.piece().await.unwrap().unwrap();
    assert_eq!(prune_if_due(&today.app, org).await.unwrap(), 505);
    let next = writer.piece().await;
    assert!(matches!(next, Err(ArchiveError::Pruned(501))), "{next:?}");
    // What somebody cut out of the middle is left out, for whoever verifies the file.
    sqlx::raw_sql("DELETE FROM audit_links WHERE seq = 600")
        .execute(&mut behind)
        .await
        .unwrap();
    let begin = Writer::begin((&app.db, &app.keys), org, None, (now, false)).await;
    let mut writer = begin.unwrap();
    let mut entries = 0;
    while let Some(piece) = writer.piece().await.unwrap() {
        entries += piece
            .lines()
            .filter(|line| line.contains("\"seq\":"))
            .count();
    }
    assert_eq!(entries, 495);
}
