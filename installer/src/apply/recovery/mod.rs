//! What to do next, in a run and with one that broke off: pure questions.

use super::Unfinished;
use crate::steps::{Kind, Step};

/// The direction of a run. Whoever turned back goes all the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Forward,
    Back,
}

/// The step to do, or to undo; none when the end is reached. `begun` is what this run and earlier
/// ones began, `settled` what this run has done or undone, or given up.
pub(crate) fn next(kind: Kind, way: Way, begun: &[Step], settled: &[Step]) -> Option<Step> {
    let mut steps = kind.steps().iter().copied();
    match way {
        Way::Forward => steps.find(|step| !settled.contains(step)),
        Way::Back => steps.rfind(|step| begun.contains(step) && !settled.contains(step)),
    }
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// Nothing is open.
    Nothing,
    /// An installation goes on where it stopped.
    GoOn,
    /// Everything that was begun is undone.
    TurnBack,
    /// The new release is the installed one; only what is of no use any more is left to remove.
    Settle,
}

/// Decides by the journal, and by the run that the record names as the one that led here.
pub(crate) fn decide(open: Option<&Unfinished>, recorded: Option<&str>) -> Recovery {
    let Some(open) = open else {
        return Recovery::Nothing;
    };
    let last = open.run.kind.last();
    let committed = open.begun.contains(&last) && recorded == Some(&open.run.id);
    match open.run.kind {
        _ if open.turned_back => Recovery::TurnBack,
        Kind::Install => Recovery::GoOn,
        Kind::Upgrade | Kind::Restore if committed => Recovery::Settle,
        Kind::Upgrade | Kind::Restore => Recovery::TurnBack,
    }
}

#[cfg(test)]
mod model;

#[cfg(test)]
mod tests {
    use super::{Recovery, decide};
    use crate::apply::{Run, Unfinished};
    use crate::steps::{Kind, Step};

    fn open(kind: Kind, begun: &[Step], turned_back: bool) -> Unfinished {
        Unfinished {
            run: Run {
                kind,
                id: "ours".into(),
                ..Run::default()
            },
            begun: begun.to_vec(),
            cut_over: begun.iter().any(|step| step.cuts_over()),
            turned_back,
        }
    }

    #[test]
    fn an_upgrade_ends_in_the_old_release_or_in_the_new_one() {
        assert_eq!(decide(None, Some("ours")), Recovery::Nothing);
        for kind in [Kind::Upgrade, Kind::Restore] {
            for end in 0..=kind.steps().len() {
                let begun = &kind.steps()[..end];
                let open = open(kind, begun, false);
                for other in [None, Some("another")] {
                    assert_eq!(decide(Some(&open), other), Recovery::TurnBack);
                }
                let expected = if begun.contains(&kind.last()) {
                    Recovery::Settle
                } else {
                    Recovery::TurnBack
                };
                assert_eq!(decide(Some(&open), Some("ours")), expected);
            }
        }
    }

    #[test]
    fn whoever_turned_back_goes_all_the_way() {
        for kind in [Kind::Install, Kind::Upgrade, Kind::Restore] {
            let open = open(kind, kind.steps(), true);
            for recorded in [None, Some("another"), Some("ours")] {
                assert_eq!(decide(Some(&open), recorded), Recovery::TurnBack);
            }
        }
        let open = open(Kind::Install, &[Step::Receive], false);
        assert_eq!(decide(Some(&open), None), Recovery::GoOn);
    }
}
