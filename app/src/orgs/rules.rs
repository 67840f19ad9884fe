//! Who may change whom. Pure, and one place for all of it.
//!
//! | who | may change | may make |
//! |---|---|---|
//! | owner | everybody | members, admins, owners |
//! | admin | members and admins | members and admins |
//! | member | nobody | nobody |
//!
//! So nobody raises anybody, themselves least of all, above what they are.

use crate::kernel::OrgRole;

/// Whether somebody may change a person who is `theirs`.
pub(super) const fn may_change(own: OrgRole, theirs: OrgRole) -> bool {
    may_give(own, theirs)
}

/// Whether somebody may make another person what `wanted` says.
pub(super) const fn may_give(own: OrgRole, wanted: OrgRole) -> bool {
    match own {
        OrgRole::Owner => true,
        OrgRole::Admin => !wanted.owns(),
        OrgRole::Member => false,
    }
}

/// What somebody may not make another person, so that their invitations to it are void.
pub(super) fn beyond(own: Option<OrgRole>) -> Vec<&'static str> {
    [OrgRole::Member, OrgRole::Admin, OrgRole::Owner]
        .into_iter()
        .filter(|wanted| !own.is_some_and(|own| may_give(own, *wanted)))
        .map(OrgRole::as_str)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{beyond, may_change, may_give};
    use crate::kernel::OrgRole::{Admin, Member, Owner};

    #[test]
    fn nobody_touches_or_makes_what_is_above_them() {
        for (own, reach) in [
            (Owner, [true, true, true]),
            (Admin, [true, true, false]),
            (Member, [false, false, false]),
        ] {
            for (other, allowed) in [Member, Admin, Owner].into_iter().zip(reach) {
                assert_eq!(may_change(own, other), allowed, "{own:?} changes {other:?}");
                assert_eq!(may_give(own, other), allowed, "{own:?} makes {other:?}");
            }
        }
        assert_eq!(beyond(Some(Owner)), [""; 0]);
        assert_eq!(beyond(Some(Admin)), ["owner"]);
        assert_eq!(beyond(Some(Member)), ["member", "admin", "owner"]);
        assert_eq!(beyond(None), ["member", "admin", "owner"]);
    }
}
