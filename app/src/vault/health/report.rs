//! What is known of the records of a vault, and what follows from it.

use std::collections::HashMap;

use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::kernel::SecretId;
use crate::vault::record::Meta;
use crate::vault::types::SecretType;

/// The most records that are named under each heading. All of them are counted.
const MOST: usize = 1000;
/// Up to here a password is guessed, with patience.
const WEAK: u8 = 2;

/// One record that something is said of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Finding {
    /// Which.
    pub(super) id: SecretId,
    /// What kind it is.
    pub(super) r#type: SecretType,
    /// Its name.
    pub(super) name: String,
    /// From 0, guessed at once, to 4; none where that says nothing.
    pub(super) strength: Option<u8>,
    /// Since when its secret is what it is.
    #[serde(with = "time::serde::rfc3339")]
    pub(super) since: OffsetDateTime,
}

/// How well the secrets of a vault are.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct VaultHealth {
    /// How many records were looked at.
    checked: usize,
    /// How many may only be used, and were left out.
    left_out: usize,
    /// How many do not open, so that nothing is known of them.
    unreadable_count: usize,
    /// How many are weak.
    weak_count: usize,
    /// How many have a secret that another one has, too.
    reused_count: usize,
    /// How many are old.
    old_count: usize,
    /// The weak ones, the weakest first; at most 1000.
    weak: Vec<Finding>,
    /// Those with the same secret, together; at most 1000.
    reused: Vec<Vec<Finding>>,
    /// The old ones, the oldest first; at most 1000.
    old: Vec<Finding>,
    /// Those that do not open; at most 1000.
    unreadable: Vec<SecretId>,
}

/// What was read so far.
#[derive(Default)]
pub(super) struct Records {
    found: Vec<(Finding, Option<String>)>,
    left_out: usize,
    unreadable: Vec<SecretId>,
}

impl Records {
    pub(super) fn add(&mut self, id: SecretId, meta: Meta) {
        if meta.inject_only {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        let finding = Finding {
            id,
            r#type: meta.kind,
            name: meta.name,
            strength: meta.strength,
            since: meta.secret_since,
        };
        self.found.push((finding, meta.fingerprint));
    }

    /// Takes one in that does not open.
    pub(super) fn add_unreadable(&mut self, id: SecretId) {
        self.unreadable.push(id);
    }

    /// What follows, at an instant, with secrets being old after so many days.
    pub(super) fn report(mut self, now: OffsetDateTime, old_after: Duration) -> VaultHealth {
        let mut weak = self.all(|finding| finding.strength.is_some_and(|score| score <= WEAK));
        weak.sort_by_key(|finding| finding.strength);
        let mut old = self.all(|finding| ages(finding.r#type) && now - finding.since > old_after);
        old.sort_by_key(|finding| finding.since);
        let reused = self.reused();
        let report = VaultHealth {
            checked: self.found.len(),
            left_out: self.left_out,
            unreadable_count: self.unreadable.len(),
            weak_count: weak.len(),
            reused_count: reused.iter().map(Vec::len).sum(),
            old_count: old.len(),
            weak: Vec::new(),
            reused: Vec::new(),
            old: Vec::new(),
            unreadable: Vec::new(),
        };
        weak.truncate(MOST);
        old.truncate(MOST);
        self.unreadable.truncate(MOST);
        VaultHealth {
            weak,
            reused: at_most(reused, MOST),
            old,
            unreadable: self.unreadable,
            ..report
        }
    }

    fn all(&self, test: impl Fn(&Finding) -> bool) -> Vec<Finding> {
        let found = self.found.iter().map(|(finding, _)| finding);
        found.filter(|finding| test(finding)).cloned().collect()
    }

    /// Groups of records with the same secret, the largest first.
    fn reused(&self) -> Vec<Vec<Finding>> {
        let mut by_print: HashMap<&str, Vec<&Finding>> = HashMap::new();
        for (finding, print) in &self.found {
            if let Some(print) = print.as_deref().filter(|_| is_own(finding.r#type)) {
                by_print.entry(print).or_default().push(finding);
            }
        }
        let groups = by_print.into_values().filter(|group| group.len() > 1);
        let mut groups: Vec<Vec<Finding>> = groups
            .map(|group| group.into_iter().cloned().collect())
            .collect();
        groups.sort_by_key(|group| {
            (
                std::cmp::Reverse(group.len()),
                group.first().map(|one| one.id),
            )
        });
        groups
    }
}

/// As many records of groups as there is room for. Of a group that is too large some are named, since the
/// largest one is what matters most; one alone would say nothing.
fn at_most(groups: Vec<Vec<Finding>>, mut room: usize) -> Vec<Vec<Finding>> {
    let mut kept = Vec::new();
    for mut group in groups {
        group.truncate(room);
        if group.len() < 2 {
            break;
        }
        room = room.saturating_sub(group.len());
        kept.push(group);
    }
    kept
}

/// Whether a secret of a type should be replaced from time to time.
const fn ages(kind: SecretType) -> bool {
    matches!(
        kind,
        SecretType::Password | SecretType::ApiKey | SecretType::SshKey
    )
}

/// Whether a secret of a type should be in one place alone. Variables are often the same.
const fn is_own(kind: SecretType) -> bool {
    matches!(kind, SecretType::Password | SecretType::ApiKey)
}

#[cfg(test)]
mod tests {
    use time::{Duration, OffsetDateTime};

    use super::{MOST, Records};
    use crate::kernel::SecretId;
    use crate::vault::record::Meta;
    use crate::vault::types::SecretType;

    fn meta(print: usize, since: OffsetDateTime) -> Meta {
        Meta {
            fingerprint: Some(print.to_string()),
            secret_since: since,
            ..Meta::bare(SecretType::Password, "x")
        }
    }

    /// How many records of each group a report names, and how many it counts.
    fn reused(groups: &[usize]) -> (Vec<usize>, usize) {
        let now = OffsetDateTime::UNIX_EPOCH;
        let mut records = Records::default();
        for (print, count) in groups.iter().enumerate() {
            for _ in 0..*count {
                records.add(SecretId::new(), meta(print, now));
            }
        }
        let report = records.report(now, Duration::days(1));
        let named = report.reused.iter().map(Vec::len).collect();
        (named, report.reused_count)
    }

    #[test]
    fn a_group_that_is_too_large_is_named_in_part_and_hides_no_other() {
        assert_eq!(reused(&[3, 1, 2]), (vec![3, 2], 5));
        assert_eq!(reused(&[MOST + 500]), (vec![MOST], MOST + 500));
        assert_eq!(reused(&[MOST + 1, 2]), (vec![MOST], MOST + 3));
        assert_eq!(reused(&[600, 500, 2]), (vec![600, 400], 1102));
        assert_eq!(reused(&[600, 399, 5]), (vec![600, 399], 1004));
    }
}
