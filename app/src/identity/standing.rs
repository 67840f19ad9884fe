//! What an account is right now: where it belongs, and what is demanded of it there.

use std::time::Duration;

use http::StatusCode;
use time::OffsetDateTime;

use super::factors::Enrolled;
use super::model::{Me, OrganizationView, PlaceView, SecondFactorView, UserView};
use super::session::Lifetime;
use super::store;
use crate::config::SecurityConfig;
use crate::edge::Problem;
use crate::infra::db::{Db, DbError};
use crate::kernel::{Factors, OrgId, OrgRole, UserId};

/// An account with its confirmed memberships.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) user: UserView,
    /// Sessions of an earlier epoch are over.
    pub(super) epoch: i64,
    /// Oldest first.
    pub(super) places: Vec<Place>,
    pub(super) enrolled: Enrolled,
}

/// A confirmed membership, and what the organisation demands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) org: OrgId,
    pub(super) name: String,
    /// Whether the platform lets anybody in.
    pub(super) open: bool,
    pub(super) role: OrgRole,
    pub(super) since: OffsetDateTime,
    pub(super) demands: Demands,
}

/// The part of an organisation's policy that is about sessions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Demands {
    /// Since when a second factor is demanded, if it is.
    pub(super) second_factor: Option<OffsetDateTime>,
    pub(super) grace: time::Duration,
    pub(super) idle: Option<Duration>,
    pub(super) absolute: Option<Duration>,
    /// Whether everybody but owners comes through the organisation's identity provider.
    pub(super) sso: bool,
}

impl Standing {
    /// Looks an account up; none without a confirmed membership.
    pub(super) async fn of(db: &Db, user: UserId) -> Result<Option<Self>, DbError> {
        let found = store::standings(db.pool(), &[user]).await?.pop();
        found.map(|(_, standing)| standing).transpose()
    }

    /// The membership in one organisation.
    pub(super) fn place(&self, org: OrgId) -> Option<&Place> {
        self.places.iter().find(|place| place.org == org)
    }

    /// Where somebody goes who does not say where: to the oldest membership whose door is open and that
    /// takes what they showed. Where there is none, to one that says why not.
    pub(super) fn home(&self, factors: Factors) -> Option<&Place> {
        let places = || self.places.iter();
        let takes = places().find(|place| place.open && place.admits(factors));
        takes
            .or_else(|| places().find(|place| place.open))
            .or_else(|| self.places.first())
    }

    /// Until when somebody may go without a second factor in a place; none when they need not have
    /// one there.
    fn required_from(place: &Place) -> Option<OffsetDateTime> {
        let demanded = place.demands.second_factor?;
        Some(
            demanded
                .max(place.since)
                .saturating_add(place.demands.grace),
        )
    }

    /// Whether any organisation of theirs demands a second factor, in its grace or after.
    pub(super) fn demands_second_factor(&self) -> bool {
        let mut demands = self.places.iter().map(|place| place.demands);
        demands.any(|demands| demands.second_factor.is_some())
    }

    /// Whether the time to set up a second factor is over. Who came with one has one.
    pub(super) fn must_enrol(&self, place: &Place, factors: Factors, now: OffsetDateTime) -> bool {
        let over = Self::required_from(place).is_some_and(|from| from <= now);
        over && !self.enrolled.any() && !factors.has_second()
    }

    /// Whether a session reaches one organisation alone, of several that the person belongs to. The
    /// provider of one organisation says who somebody is there, and nowhere else.
    pub(super) const fn confines(&self, factors: Factors) -> bool {
        factors.contains(Factors::SSO) && self.places.len() > 1
    }

    /// The organisations that a session may know of.
    fn shown(&self, place: &Place, factors: Factors) -> impl Iterator<Item = &Place> {
        let (confined, org) = (self.confines(factors), place.org);
        let places = self.places.iter();
        places.filter(move |place| !confined || place.org == org)
    }

    /// The account as its owner sees it.
    pub(super) fn me(&self, place: &Place, factors: Factors, now: OffsetDateTime) -> Me {
        Me {
            user: self.user.clone(),
            organization: OrganizationView {
                id: place.org,
                name: place.name.clone(),
            },
            role: place.role,
            organizations: self.shown(place, factors).map(PlaceView::from).collect(),
            second_factor: SecondFactorView {
                enrolled: self.enrolled.any(),
                required_from: Self::required_from(place).filter(|_| !self.enrolled.any()),
                must_enrol: self.must_enrol(place, factors, now),
            },
        }
    }
}

impl Place {
    /// Demands that the platform has not suspended the organisation.
    pub(super) fn demand_open(&self) -> Result<(), Problem> {
        if self.open {
            Ok(())
        } else {
            Err(Problem::suspended())
        }
    }

    /// Whether somebody may be here who came in by these means. Owners always may by their own: when
    /// the provider is away, or wrong, somebody has to put it right.
    pub(super) const fn admits(&self, factors: Factors) -> bool {
        !self.demands.sso || self.role.owns() || factors.contains(Factors::SSO)
    }

    /// Demands both: an open door, and means that it takes.
    pub(super) fn demand(&self, factors: Factors) -> Result<(), Problem> {
        self.demand_open()?;
        if self.admits(factors) {
            Ok(())
        } else {
            Err(sso_required())
        }
    }

    /// How long a session lasts here: what the organisation says, else what the operator does.
    pub(super) fn lifetime(&self, security: &SecurityConfig) -> Lifetime {
        Lifetime {
            idle: self.demands.idle.unwrap_or(security.session_idle),
            absolute: self.demands.absolute.unwrap_or(security.session_absolute),
        }
    }
}

impl From<&Place> for PlaceView {
    fn from(place: &Place) -> Self {
        Self {
            id: place.org,
            name: place.name.clone(),
            role: place.role,
        }
    }
}

fn sso_required() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "sso-required",
        "Single sign-on is needed",
        "This organisation is entered through its identity provider. Sign in with single sign-on.",
    )
}
