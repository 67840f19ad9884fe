//! Nobody finds what they may not read, and memory is bounded.

use time::OffsetDateTime;

use super::{filled, names};
use crate::kernel::{OrgId, SecretId, VaultId};
use crate::testing::Server;
use crate::vault::record::Meta;
use crate::vault::search::entry::Entry;
use crate::vault::search::index::Index;
use crate::vault::search::shelf::Shelf;
use crate::vault::types::SecretType;

fn named(name: &str) -> Meta {
    Meta::bare(SecretType::SecureNote, name)
}

#[tokio::test]
async fn only_what_one_may_read_is_found() {
    let server = Server::start().await;
    let (ada, vault) = filled(&server, &["one"]).await;
    let bob = server.member(ada.org, "bob@example.com", "admin").await;
    let eve = server.tenant("Difference Engines", "eve@example.com").await;
    let own = bob.vault("Bob's").await;
    bob.secret(&own, "two", "x").await;
    assert_eq!(names(&ada, "").await, ["one"]);
    assert_eq!(names(&bob, "").await, ["two"]);
    assert_eq!(names(&eve, "").await, [""; 0]);
    assert_eq!(names(&bob, &format!("vaultId={vault}")).await, [""; 0]);
    server.grant(&vault, &bob, "VIEWER").await;
    assert_eq!(names(&bob, "").await, ["one", "two"]);
}

#[test]
fn indexes_that_were_not_used_for_the_longest_make_room() {
    let orgs: Vec<OrgId> = (0..3)
        .map(|n| OrgId::from_uuid(uuid::Uuid::from_u128(n)))
        .collect();
    let shelf = Shelf::new(250);
    for org in &orgs {
        let slot = shelf.slot(*org);
        shelf.weigh(*org, &slot, 100);
    }
    // The third made the first go.
    assert_eq!(shelf.count(), 2);
    let slot = shelf.slot(orgs[1]);
    shelf.weigh(orgs[1], &slot, 240);
    assert_eq!(shelf.count(), 1);
}

#[test]
fn one_organisation_has_half_of_the_room_and_is_not_tried_again_at_once() {
    let shelf = Shelf::new(250);
    assert!(shelf.holds(125));
    assert!(!shelf.holds(126));
    let (large, other) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
    let (large, other) = (OrgId::from_uuid(large), OrgId::from_uuid(other));
    let now = OffsetDateTime::UNIX_EPOCH;
    shelf.slot(large);
    shelf.refuse(large, now);
    assert_eq!(shelf.count(), 0);
    assert!(shelf.refuses(large, now + time::Duration::minutes(9)));
    assert!(!shelf.refuses(other, now));
    assert!(!shelf.refuses(large, now + time::Duration::minutes(10)));
}

#[test]
fn of_a_large_record_the_name_the_tags_and_a_beginning_are_kept() {
    let mut meta = named("a name");
    meta.fields
        .insert("username".to_owned(), "u\u{fdfa}".repeat(5000).into());
    meta.tags = (0..30)
        .map(|n| format!("{n:02}{}", "t".repeat(58)))
        .collect();
    let vault = VaultId::from_uuid(uuid::Uuid::from_u128(2));
    let entry = Entry::new(vault, OffsetDateTime::UNIX_EPOCH, &meta);
    assert_eq!(entry.name(), "a name");
    for tag in &meta.tags {
        assert!(entry.text().unwrap().contains(&Entry::tag(tag)));
    }
    assert!(entry.text().unwrap().contains("\nu"));
    assert!(entry.bytes() < 5000, "{}", entry.bytes());
}

#[test]
fn an_entry_is_weighed_with_all_that_it_holds() {
    let mut index = Index::default();
    let meta = named("a name of some length");
    let id = SecretId::from_uuid(uuid::Uuid::from_u128(1));
    let vault = VaultId::from_uuid(uuid::Uuid::from_u128(2));
    index.put(
        id,
        Some(Entry::new(vault, OffsetDateTime::UNIX_EPOCH, &meta)),
    );
    let once = index.bytes();
    assert!(once > 100, "{once}");
    index.put(
        id,
        Some(Entry::new(vault, OffsetDateTime::UNIX_EPOCH, &meta)),
    );
    assert_eq!(index.bytes(), once);
    index.put(id, None);
    assert_eq!(index.bytes(), 0);
}
