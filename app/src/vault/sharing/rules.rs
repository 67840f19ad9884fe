//! What somebody may give and take. Pure, and one place for all of it.
//!
//! Nobody gives a role that is above their own, or that lasts longer than the one they give it by:
//! otherwise somebody who has a vault for a week could keep it by giving it to themselves, or to a
//! friend.

use time::OffsetDateTime;

use super::model::Grant;
use crate::authz::GateKind;
use crate::kernel::VaultRole;

/// Whether whoever has these roles in a vault may give another one in it.
pub(super) fn may_give(own: &[Grant], wanted: Grant) -> bool {
    let needed = wanted.role.max(GateKind::ManageMembers.lowest());
    own.iter()
        .any(|grant| grant.role >= needed && outlasts(grant.ends, wanted.ends))
}

/// Whether somebody may change or take away what another has.
pub(super) fn may_touch(own: VaultRole, theirs: Option<Grant>) -> bool {
    theirs.is_none_or(|grant| grant.role <= own)
}

fn outlasts(own: Option<OffsetDateTime>, wanted: Option<OffsetDateTime>) -> bool {
    match (own, wanted) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(own), Some(wanted)) => wanted <= own,
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, OffsetDateTime};

    use super::{may_give, may_touch};
    use crate::kernel::VaultRole::{self, Admin, Editor, Owner, Viewer};
    use crate::testing::NOW;
    use crate::vault::sharing::model::Grant;

    fn grant(role: VaultRole, days: Option<i64>) -> Grant {
        let ends: Option<OffsetDateTime> = days.map(|days| NOW + Duration::days(days));
        Grant { role, ends }
    }

    #[test]
    fn nobody_gives_more_than_they_have_or_for_longer() {
        let for_good = [grant(Admin, None)];
        let a_week = [grant(Admin, Some(7))];
        let both = [grant(Owner, Some(7)), grant(Admin, None)];
        let editor = [grant(Editor, None), grant(Viewer, None)];
        for (own, wanted, allowed) in [
            (&for_good[..], grant(Admin, None), true),
            (&for_good, grant(Viewer, Some(700)), true),
            (&for_good, grant(Owner, Some(1)), false),
            (&a_week, grant(Viewer, Some(7)), true),
            (&a_week, grant(Viewer, Some(8)), false),
            (&a_week, grant(Viewer, None), false),
            (&both, grant(Owner, Some(7)), true),
            (&both, grant(Owner, None), false),
            (&both, grant(Admin, None), true),
            (&editor, grant(Viewer, Some(1)), false),
            (&[], grant(Viewer, Some(1)), false),
        ] {
            assert_eq!(may_give(own, wanted), allowed, "{own:?} gives {wanted:?}");
        }
    }

    #[test]
    fn nobody_touches_what_is_above_them() {
        assert!(may_touch(Admin, None));
        assert!(may_touch(Admin, Some(grant(Admin, None))));
        assert!(!may_touch(Admin, Some(grant(Owner, None))));
        assert!(!may_touch(Admin, Some(grant(Owner, Some(1)))));
    }
}
