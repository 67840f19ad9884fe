//! What the groups of a provider make of somebody. Pure.

use std::collections::BTreeMap;

use super::model::Mapping;
use crate::kernel::{OrgRole, TeamId, VaultRole};

/// The role in the organisation that somebody's groups give; none where no mapping speaks of roles:
/// then they are given in the portal, and a sign-in changes none.
pub(super) fn role(default: OrgRole, mappings: &[Mapping], groups: &[String]) -> Option<OrgRole> {
    let speaks = mappings.iter().any(|mapping| mapping.role.is_some());
    speaks.then(|| joining(default, mappings, groups))
}

/// The role that somebody new gets: the highest of their groups', or the default.
pub(super) fn joining(default: OrgRole, mappings: &[Mapping], groups: &[String]) -> OrgRole {
    let given = theirs(mappings, groups).filter_map(|mapping| mapping.role);
    let found = given.reduce(|a, b| if a.manages() { a } else { b });
    found.unwrap_or(default)
}

/// The teams that any mapping speaks of, each with the highest role that somebody's groups give in it,
/// or none: then they do not belong there. Other teams are nobody's business here.
pub(super) fn teams(
    mappings: &[Mapping],
    groups: &[String],
) -> BTreeMap<TeamId, Option<VaultRole>> {
    let all = mappings.iter().flat_map(|mapping| &mapping.teams);
    let mut found: BTreeMap<_, _> = all.map(|team| (team.id, None)).collect();
    for team in theirs(mappings, groups).flat_map(|mapping| &mapping.teams) {
        let role = found.entry(team.id).or_default();
        *role = (*role).max(Some(team.role));
    }
    found
}

fn theirs<'a>(mappings: &'a [Mapping], groups: &[String]) -> impl Iterator<Item = &'a Mapping> {
    mappings
        .iter()
        .filter(|mapping| groups.contains(&mapping.group))
}

#[cfg(test)]
mod tests {
    use super::{joining, role, teams};
    use crate::kernel::OrgRole::{Admin, Member};
    use crate::kernel::{TeamId, VaultRole};
    use crate::sso::model::{Mapping, TeamMapping};

    fn mapping(group: &str, role: Option<crate::kernel::OrgRole>) -> Mapping {
        Mapping {
            group: group.to_owned(),
            role,
            teams: Vec::new(),
        }
    }

    fn of(groups: &[&str]) -> Vec<String> {
        groups.iter().map(|group| (*group).to_owned()).collect()
    }

    #[test]
    fn the_highest_group_counts_and_without_one_the_default() {
        let mappings = [mapping("staff", Some(Member)), mapping("it", Some(Admin))];
        for (groups, given) in [
            (of(&["it", "staff"]), Admin),
            (of(&["staff", "it"]), Admin),
            (of(&["staff"]), Member),
            (of(&["IT", "it "]), Member),
            (of(&[]), Member),
        ] {
            assert_eq!(joining(Member, &mappings, &groups), given, "{groups:?}");
            assert_eq!(role(Member, &mappings, &groups), Some(given), "{groups:?}");
        }
        assert_eq!(joining(Admin, &mappings, &of(&["staff"])), Member);
        assert_eq!(joining(Admin, &mappings, &of(&[])), Admin);
    }

    #[test]
    fn without_a_mapping_of_roles_a_sign_in_changes_none() {
        assert_eq!(
            role(Admin, &[mapping("staff", None)], &of(&["staff"])),
            None
        );
        assert_eq!(role(Admin, &[], &[]), None);
    }

    #[test]
    fn of_each_team_that_is_spoken_of_the_highest_role_counts_or_none() {
        let [ours, theirs] = [TeamId::new(), TeamId::new()];
        let within = |group: &str, teams: &[(TeamId, VaultRole)]| Mapping {
            teams: teams
                .iter()
                .map(|&(id, role)| TeamMapping { id, role })
                .collect(),
            ..mapping(group, None)
        };
        let mappings = [
            within("staff", &[(ours, VaultRole::Viewer)]),
            within(
                "it",
                &[(ours, VaultRole::Admin), (theirs, VaultRole::Editor)],
            ),
        ];
        let given = |groups: &[&str]| {
            let found = teams(&mappings, &of(groups));
            assert_eq!(found.len(), 2);
            [found[&ours], found[&theirs]]
        };
        assert_eq!(given(&["staff"]), [Some(VaultRole::Viewer), None]);
        let both = [Some(VaultRole::Admin), Some(VaultRole::Editor)];
        assert_eq!(given(&["it", "staff"]), both);
        assert_eq!(given(&["staff", "it"]), both);
        assert_eq!(given(&[]), [None, None]);
    }
}
