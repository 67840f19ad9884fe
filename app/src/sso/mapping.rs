//! What the groups of a provider make of somebody. Pure.

use super::model::Mapping;
use crate::kernel::OrgRole;

/// The role that somebody has after a sign-in.
///
/// Where no mapping speaks of a role, roles are given in the portal and a sign-in changes none. An
/// owner stays one whatever a provider says: an organisation cannot lose its last owner by a group
/// that somebody has renamed.
pub(super) fn role(
    now: OrgRole,
    default: OrgRole,
    mappings: &[Mapping],
    groups: &[String],
) -> OrgRole {
    if now.owns() || mappings.iter().all(|mapping| mapping.role.is_none()) {
        return now;
    }
    joining(default, mappings, groups)
}

/// The role that somebody new gets: the highest of their groups', or the default.
pub(super) fn joining(default: OrgRole, mappings: &[Mapping], groups: &[String]) -> OrgRole {
    let given = mappings
        .iter()
        .filter(|mapping| groups.contains(&mapping.group))
        .filter_map(|mapping| mapping.role);
    let found = given.reduce(|a, b| if a.manages() { a } else { b });
    found.unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::{joining, role};
    use crate::kernel::OrgRole::{Admin, Member, Owner};
    use crate::sso::model::Mapping;

    fn mapping(group: &str, role: Option<crate::kernel::OrgRole>) -> Mapping {
        Mapping {
            group: group.to_owned(),
            role,
        }
    }

    #[test]
    fn an_owner_is_never_demoted_by_a_mapping() {
        let mappings = [mapping("staff", Some(Member))];
        assert_eq!(role(Owner, Member, &mappings, &["staff".to_owned()]), Owner);
        assert_eq!(role(Owner, Member, &mappings, &[]), Owner);
    }

    #[test]
    fn the_highest_group_counts_and_without_one_the_default() {
        let mappings = [mapping("staff", Some(Member)), mapping("it", Some(Admin))];
        let both = ["it".to_owned(), "staff".to_owned()];
        assert_eq!(joining(Member, &mappings, &both), Admin);
        assert_eq!(role(Member, Member, &mappings, &both), Admin);
        assert_eq!(role(Admin, Member, &mappings, &both[1..]), Member);
        assert_eq!(role(Admin, Member, &mappings, &[]), Member);
    }

    #[test]
    fn without_a_mapping_of_roles_a_sign_in_changes_none() {
        let mappings = [mapping("staff", None)];
        assert_eq!(role(Admin, Member, &mappings, &[]), Admin);
        assert_eq!(role(Admin, Member, &[], &[]), Admin);
    }
}
