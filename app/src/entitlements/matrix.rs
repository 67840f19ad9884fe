//! The plan matrix: what each tier grants. One table, read everywhere through [`Entitlements`].
//!
//! A limit or a feature that is not in this table does not exist. What applies follows from the
//! verdict on the licence: as long as it is honoured, the tier that was bought, and features that
//! were bought besides; otherwise the free tier. Nothing here ever deletes anything: what lies
//! beyond a limit is kept, and shows again with the next licence.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use license::vtlic::{Payload, Tier};
use time::{Duration, OffsetDateTime};

/// Something that a tier has or has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// Requests for access, their approval, grants that end by themselves.
    JustInTime,
    /// One command on many hosts.
    FleetCommands,
    /// Events that are pushed to other systems.
    PushIntegrations,
}

impl Feature {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 3] = [
        Self::JustInTime,
        Self::FleetCommands,
        Self::PushIntegrations,
    ];

    /// The word in licences and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JustInTime => "just-in-time",
            Self::FleetCommands => "fleet-commands",
            Self::PushIntegrations => "push-integrations",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// How many people may be members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seats {
    /// As many as this.
    AtMost(u32),
    /// As many as the licence says.
    AsBought,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
struct Row {
    seats: Seats,
    /// How far back the audit trail is shown; `None` for ever.
    audit_days: Option<u16>,
    just_in_time: bool,
    fleet_commands: bool,
    push_integrations: bool,
}

/// The table.
#[rustfmt::skip]
const fn row(tier: Tier) -> Row {
    match tier {
        Tier::Free       => Row { seats: Seats::AtMost(5), audit_days: Some(7),   just_in_time: false, fleet_commands: false, push_integrations: false },
        Tier::Pro        => Row { seats: Seats::AsBought,  audit_days: Some(90),  just_in_time: false, fleet_commands: false, push_integrations: false },
        Tier::Team       => Row { seats: Seats::AsBought,  audit_days: Some(365), just_in_time: true,  fleet_commands: true,  push_integrations: true },
        Tier::Enterprise => Row { seats: Seats::AsBought,  audit_days: None,      just_in_time: true,  fleet_commands: true,  push_integrations: true },
    }
}

/// The tiers in their order.
const TIERS: [Tier; 4] = [Tier::Free, Tier::Pro, Tier::Team, Tier::Enterprise];

impl Row {
    const fn has(&self, feature: Feature) -> bool {
        match feature {
            Feature::JustInTime => self.just_in_time,
            Feature::FleetCommands => self.fleet_commands,
            Feature::PushIntegrations => self.push_integrations,
        }
    }
}

/// What applies right now. The one type by which the rest of the app asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlements {
    tier: Tier,
    seats: Option<u32>,
    audit_days: Option<u16>,
    features: BTreeSet<Feature>,
}

impl Entitlements {
    /// The free tier: without a licence, and after one has lapsed.
    #[must_use]
    pub fn free() -> Self {
        Self::of_tier(Tier::Free, None)
    }

    /// Everything: where entitlements are somebody else's matter.
    #[must_use]
    pub fn everything() -> Self {
        Self::of_tier(Tier::Enterprise, None)
    }

    /// What a licence that is honoured grants.
    #[must_use]
    pub fn bought(payload: &Payload) -> Self {
        let mut granted = Self::of_tier(payload.tier, Some(payload.seats));
        let besides = payload.features.iter();
        // A feature that this release does not know is a later one's.
        granted
            .features
            .extend(besides.filter_map(|word| Feature::parse(word)));
        granted
    }

    fn of_tier(tier: Tier, bought: Option<u32>) -> Self {
        let row = row(tier);
        let features = Feature::ALL.into_iter();
        Self {
            tier,
            // The vendor may sell the free tier with more seats than it has by itself.
            seats: match (row.seats, bought) {
                (Seats::AtMost(most), bought) => Some(bought.unwrap_or(most)),
                (Seats::AsBought, bought) => bought,
            },
            audit_days: row.audit_days,
            features: features.filter(|feature| row.has(*feature)).collect(),
        }
    }

    /// The tier that applies.
    #[must_use]
    pub const fn tier(&self) -> Tier {
        self.tier
    }

    /// How many people may be members; `None` for any number.
    #[must_use]
    pub const fn seats(&self) -> Option<u32> {
        self.seats
    }

    /// For how many days back the audit trail is shown; `None` for ever.
    #[must_use]
    pub const fn audit_days(&self) -> Option<u16> {
        self.audit_days
    }

    /// The earliest entry of an audit trail that is shown. Earlier ones are kept.
    #[must_use]
    pub fn audit_shown_since(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let days = Duration::days(i64::from(self.audit_days?));
        now.checked_sub(days)
    }

    /// Whether a feature is granted.
    #[must_use]
    pub fn allows(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// The features that are granted, in words.
    #[must_use]
    pub fn features(&self) -> Vec<&'static str> {
        self.features.iter().map(|one| one.as_str()).collect()
    }
}

/// The table for people: what an auditor reads, and what stands in the operator's guide.
#[must_use]
pub fn table() -> String {
    let mut text = String::from("| |");
    let mut line = |label: &str, cell: &dyn Fn(Row) -> String| {
        let cells: Vec<String> = TIERS.into_iter().map(|tier| cell(row(tier))).collect();
        // Writing into a string does not fail.
        let _written = write!(text, "\n| {label} | {} |", cells.join(" | "));
    };
    line("seats", &|row| match row.seats {
        Seats::AtMost(most) => most.to_string(),
        Seats::AsBought => "as bought".to_owned(),
    });
    line("audit trail shown", &|row| match row.audit_days {
        Some(days) => format!("{days} days"),
        None => "unlimited".to_owned(),
    });
    for feature in Feature::ALL {
        line(feature.as_str(), &|row| {
            if row.has(feature) { "yes" } else { "no" }.to_owned()
        });
    }
    let names: Vec<&str> = TIERS.into_iter().map(Tier::as_str).collect();
    let head = format!("| | {} |\n|---|---|---|---|---|", names.join(" | "));
    text.replacen("| |", &head, 1)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{Entitlements, Feature, TIERS, row, table};

    #[test]
    fn the_matrix_is_the_one_that_was_agreed() {
        insta::assert_snapshot!(table());
    }

    #[test]
    fn the_operators_guide_shows_the_same_matrix() {
        let guide = include_str!("../../../deploy/docs/licence.md");
        assert!(
            guide.contains(&table()),
            "deploy/docs/licence.md needs:\n{}",
            table()
        );
    }

    #[test]
    fn a_later_tier_never_grants_less() {
        for pair in TIERS.windows(2) {
            let (less, more) = (row(pair[0]), row(pair[1]));
            assert!(pair[0] < pair[1]);
            let days = |days: Option<u16>| days.map_or(u32::MAX, u32::from);
            assert!(days(more.audit_days) >= days(less.audit_days));
            for feature in Feature::ALL {
                assert!(more.has(feature) || !less.has(feature), "{feature:?}");
            }
        }
    }

    #[test]
    fn free_and_everything_are_the_ends() {
        let now = datetime!(2026-11-25 12:00 UTC);
        let (free, all) = (Entitlements::free(), Entitlements::everything());
        assert_eq!(free.seats(), Some(5));
        assert_eq!(
            free.audit_shown_since(now),
            Some(datetime!(2026-11-18 12:00 UTC))
        );
        assert!(free.features().is_empty());
        assert_eq!((all.seats(), all.audit_shown_since(now)), (None, None));
        assert_eq!(all.features().len(), Feature::ALL.len());
    }

    #[test]
    fn the_words_of_features_lead_back_to_them() {
        for feature in Feature::ALL {
            assert_eq!(Feature::parse(feature.as_str()), Some(feature));
        }
        assert_eq!(Feature::parse("teleportation"), None);
    }
}
