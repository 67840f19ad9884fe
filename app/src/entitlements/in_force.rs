//! The licence that this process goes by, and what it is worth.

use std::sync::Arc;
use std::time::{Duration, Instant};

use license::state::State;
use license::verdict::{Circumstances, Judgement, Verdict, judge, reconsider};
use license::vtlic::{License, LicensePublicKey, Payload};
use time::OffsetDateTime;

use super::{Entitlements, Place};

/// Whom is believed, and on which host this is: what all judgements here have in common.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    /// The keys that may sign licences.
    pub(super) keys: Vec<LicensePublicKey>,
    /// What it has to fit besides.
    pub(super) place: Place,
}

impl Judge {
    /// Judges a file.
    pub(super) fn file(
        &self,
        file: &[u8],
        state: Option<&State>,
        now: OffsetDateTime,
    ) -> Judgement {
        judge(file, &self.keys, &self.at(state, now, Duration::ZERO))
    }

    /// Judges a licence again, some running time later.
    fn again(&self, held: &Held, now: OffsetDateTime) -> Judgement {
        let at = self.at(Some(&held.state), now, held.judged.elapsed());
        reconsider(held.license.clone(), &at)
    }

    /// Whether the next start would find the vault open with a licence.
    pub(super) fn opens(&self, license: &License) -> bool {
        let opens = self.place.opens.as_ref();
        opens.is_none_or(|opens| opens(&license.digest()))
    }

    fn at<'a>(
        &'a self,
        state: Option<&'a State>,
        now: OffsetDateTime,
        ran: Duration,
    ) -> Circumstances<'a> {
        Circumstances {
            now,
            state,
            host: Some(&self.place.host),
            ran,
        }
    }
}

/// A licence that was taken into use.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// The file, as it came.
    pub(super) file: Arc<[u8]>,
    pub(super) license: License,
    /// What is remembered with it.
    pub(super) state: State,
    /// When that was last brought up to date, by a clock that nobody can set.
    pub(super) judged: Instant,
}

/// What this process goes by.
#[derive(Clone, Debug)]
pub(super) enum InForce {
    /// Entitlements are somebody else's matter.
    Elsewhere,
    /// Development, without a licence that could be used.
    Unlicensed,
    /// A licence.
    Licensed(Box<Held>),
}

impl InForce {
    /// The licence, if there is one.
    pub(super) fn held(&self) -> Option<&Held> {
        match self {
            Self::Licensed(held) => Some(held),
            Self::Elsewhere | Self::Unlicensed => None,
        }
    }

    pub(super) fn payload(&self) -> Option<&Payload> {
        self.held().map(|held| held.license.payload())
    }

    /// How the licence stands; `None` without one.
    pub(super) fn verdict(&self, judge: &Judge, now: OffsetDateTime) -> Option<Verdict> {
        self.held().map(|held| judge.again(held, now).verdict)
    }

    /// What applies.
    pub(super) fn entitlements(&self, judge: &Judge, now: OffsetDateTime) -> Entitlements {
        match self {
            Self::Elsewhere => Entitlements::everything(),
            Self::Unlicensed => Entitlements::free(),
            Self::Licensed(held) => match judge.again(held, now).verdict {
                verdict if verdict.is_honoured() => Entitlements::bought(held.license.payload()),
                _ => Entitlements::free(),
            },
        }
    }

    /// The same, with the time that has passed noted in what is remembered.
    pub(super) fn aged(&self, judge: &Judge, now: OffsetDateTime) -> Option<Held> {
        let held = self.held()?;
        let state = judge.again(held, now).state?;
        Some(Held {
            state,
            judged: Instant::now(),
            ..held.clone()
        })
    }
}

/// Which of two licences is the newer one: by counter, then by when it was issued, then by name, so
/// that every replica comes to the same answer.
pub(super) fn is_newer(one: &License, than: &License) -> bool {
    let rank = |license: &License| {
        let payload = license.payload();
        (payload.counter, payload.issued, license.digest())
    };
    rank(one) > rank(than)
}
