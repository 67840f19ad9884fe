//! In which order two entries were written.
//!
//! Entries of several servers are numbered by the clocks of those who wrote them, and clocks differ: two
//! that stand near to each other may have happened the other way around. What follows from either order
//! is no finding.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::audit::Genuine;

/// So much may the clocks of two servers differ.
const APART: Duration = Duration::seconds(5);

/// When an entry was written, and by which server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    number: u64,
    server: Uuid,
    at: OffsetDateTime,
}

impl Moment {
    /// That of an entry, by its number.
    pub(super) const fn of(number: u64, entry: Genuine<'_>) -> Self {
        Self {
            number,
            server: entry.server,
            at: entry.at,
        }
    }

    /// Whether it stands behind another.
    pub(super) const fn is_behind(&self, other: &Self) -> bool {
        self.number > other.number
    }

    /// Whether it may have been the other way around.
    pub(super) fn may_precede(&self, other: &Self) -> bool {
        self.server != other.server && (self.at - other.at).abs() <= APART
    }
}

/// Something that changes, as it was left last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latest<T> {
    is: T,
    /// What it is where the last two changes happened the other way around.
    or: Option<T>,
    since: Option<Moment>,
}

impl<T: Copy + PartialEq> Latest<T> {
    /// As it was made.
    pub(super) const fn at_first(is: T) -> Self {
        Self {
            is,
            or: None,
            since: None,
        }
    }

    /// It changes.
    pub(super) fn set(&mut self, is: T, now: Moment) {
        let either = self.since.is_some_and(|since| since.may_precede(&now));
        self.or = either.then_some(self.is);
        (self.is, self.since) = (is, Some(now));
    }

    /// As the last entry says.
    pub(super) const fn is(&self) -> T {
        self.is
    }

    /// Whether it may be so.
    pub(super) fn may_be(&self, found: T) -> bool {
        self.is == found || self.or == Some(found)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use time::{Duration, OffsetDateTime};
    use uuid::Uuid;

    use crate::audit::{Action, Genuine};
    use crate::custody::verify::known::Known;

    const RECORD: Uuid = Uuid::from_u128(1);
    const FILE: Uuid = Uuid::from_u128(2);
    const LINK: Uuid = Uuid::from_u128(3);
    const VAULTS: [Uuid; 3] = [
        Uuid::from_u128(10),
        Uuid::from_u128(11),
        Uuid::from_u128(12),
    ];
    /// Two servers.
    const A: u128 = 100;
    const B: u128 = 101;

    type Entry = (u128, i64, Action, Uuid, Value);

    /// What is known after entries, each with its server and its second; the first makes the record.
    fn known(entries: &[Entry]) -> Known {
        let mut known = Known::default();
        let made = (
            A,
            -100,
            Action::SecretCreated,
            RECORD,
            json!({"vaultId": VAULTS[0]}),
        );
        for (server, second, action, id, words) in std::iter::once(&made).chain(entries) {
            known.note(Genuine {
                at: OffsetDateTime::UNIX_EPOCH + Duration::seconds(*second),
                actor: None,
                result: "success",
                action: action.as_str(),
                resource: Some(("secret", *id)),
                detail: words,
                circumstances: words,
                server: Uuid::from_u128(*server),
            });
        }
        known.settle(OffsetDateTime::UNIX_EPOCH);
        known
    }

    fn of(server: u128, second: i64, action: Action, words: Value) -> Entry {
        (server, second, action, RECORD, words)
    }

    #[test]
    fn what_two_servers_did_at_nearly_the_same_time_may_have_been_in_either_order() {
        for (other, second, either) in [(B, 3, true), (B, -3, true), (A, 3, false), (B, 9, false)] {
            let thrown = of(A, 0, Action::SecretTrashed, json!({}));
            let back = of(other, second, Action::SecretRestored, json!({}));
            let trashed = known(&[thrown, back]).records[&RECORD].trashed;
            assert!(trashed.may_be(false));
            assert_eq!(trashed.may_be(true), either, "{other} {second}");
            let to = |number: usize| json!({"fromVaultId": VAULTS[0], "vaultId": VAULTS[number]});
            let one = of(A, 0, Action::SecretMoved, to(1));
            let two = of(other, second, Action::SecretMoved, to(2));
            let vault = known(&[one, two]).records[&RECORD].vault;
            assert!(vault.may_be(VAULTS[2]) && !vault.may_be(VAULTS[0]));
            assert_eq!(vault.may_be(VAULTS[1]), either, "{other} {second}");
        }
    }

    #[test]
    fn what_was_deleted_stays_so_whatever_is_said_of_it_behind() {
        let file = json!({"attachment": FILE});
        let link = json!({"link": LINK, "made": LINK, "uses": 2, "remaining": 1});
        let late = known(&[
            of(A, 0, Action::AttachmentRemoved, file.clone()),
            of(B, 0, Action::AttachmentAdded, file),
            of(A, 0, Action::LinkWithdrawn, link.clone()),
            of(B, 0, Action::LinkOpened, link.clone()),
            of(B, 0, Action::LinkMade, link),
        ]);
        assert!(late.files.is_empty() && late.links.is_empty());
        let change = || of(B, 0, Action::SecretUpdated, json!({"version": 2}));
        let deleted = (A, 0, Action::SecretDeleted, RECORD, json!({}));
        let late = known(&[deleted, change()]);
        assert!(late.records.is_empty() && late.versions.is_empty());
        // With its vault, also what came into it at the last moment.
        let emptied = (A, 0, Action::VaultDeleted, VAULTS[0], json!({}));
        let inside = json!({"vaultId": VAULTS[0]});
        let another = (B, 0, Action::SecretCreated, Uuid::from_u128(9), inside);
        let late = known(&[emptied, change(), another]);
        assert!(late.records.is_empty() && late.versions.is_empty());
    }

    #[test]
    fn links_end_where_a_record_may_only_be_used_from_there_on() {
        for closing in [Action::SecretUpdated, Action::SecretVersionRestored] {
            let made = |server, second| {
                of(
                    server,
                    second,
                    Action::LinkMade,
                    json!({"made": LINK, "uses": 1}),
                )
            };
            let closed = of(A, 0, closing, json!({"version": 2, "linksEnded": 1}));
            let is_over =
                |entries: &[Entry]| known(entries).links.get(&LINK).map(|link| link.is_over);
            assert_eq!(is_over(&[made(A, -1), closed.clone()]), None);
            assert_eq!(is_over(&[made(B, -9), closed.clone()]), None);
            // It may be there or not.
            assert_eq!(is_over(&[made(B, -1), closed.clone()]), Some(true));
            assert_eq!(is_over(&[closed.clone(), made(B, 1)]), Some(true));
            assert_eq!(is_over(&[closed.clone(), made(A, 1)]), Some(false));
            assert_eq!(is_over(&[closed, made(B, 9)]), Some(false));
        }
    }
}
