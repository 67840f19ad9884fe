//! The table of verdicts, to the second.

use std::time::Duration;

use time::macros::datetime;
use time::{Duration as Span, OffsetDateTime};

use super::{Circumstances, Verdict, weigh};
use crate::state::State;
use crate::vtlic::tests::payload;
use crate::vtlic::{self, Payload};

const END: OffsetDateTime = datetime!(2027-01-01 00:00 UTC);
const SECOND: Span = Span::SECOND;

fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Valid { days_left } => format!("valid {days_left}"),
        Verdict::Grace { days_left } => format!("grace {days_left}"),
        other => other.as_str().to_owned(),
    }
}

fn at(now: OffsetDateTime) -> String {
    words(&weigh(&payload(), &Circumstances::looking(now)).0)
}

fn seen(counter: u64, confirmed: OffsetDateTime) -> State {
    State {
        instance: [7; 16],
        counter,
        license_id: "seen".into(),
        confirmed,
        ahead: None,
    }
}

#[test]
fn boundaries_hold_to_the_second() {
    let begin = payload().not_before;
    let lapse = END + Span::days(14);
    let table = [
        (begin - SECOND, "not-yet-valid"),
        (begin, "valid 365"),
        (begin + SECOND, "valid 364"),
        (END - Span::DAY, "valid 1"),
        (END - SECOND, "valid 0"),
        (END, "grace 14"),
        (END + SECOND, "grace 13"),
        (lapse - SECOND, "grace 0"),
        (lapse, "lapsed"),
        (lapse + SECOND, "lapsed"),
    ];
    for (now, expected) in table {
        assert_eq!(at(now), expected, "{now}");
        // An instant is the same wherever it is written.
        let elsewhere = now.to_offset(time::macros::offset!(+13:45));
        assert_eq!(at(elsewhere), expected, "{elsewhere}");
    }
}

#[test]
fn without_grace_a_term_ends_at_once() {
    let payload = Payload {
        grace_days: 0,
        ..payload()
    };
    let at = |now| words(&weigh(&payload, &Circumstances::looking(now)).0);
    assert_eq!(at(END - SECOND), "valid 0");
    assert_eq!(at(END), "lapsed");
}

#[test]
fn what_is_fatal_and_what_is_honoured() {
    let verdicts = [
        (Verdict::Valid { days_left: 0 }, true, false),
        (Verdict::Grace { days_left: 0 }, true, false),
        (Verdict::Lapsed, false, false),
        (Verdict::NotYetValid { from: END }, false, false),
        (Verdict::WrongHost, false, false),
        (
            Verdict::Superseded {
                counter: 1,
                seen: 2,
            },
            false,
            true,
        ),
        (Verdict::from(vtlic::Error::NoKeys), false, true),
        (Verdict::from(vtlic::Error::Forged), false, true),
    ];
    for (verdict, honoured, fatal) in verdicts {
        assert_eq!(verdict.is_honoured(), honoured, "{verdict:?}");
        assert_eq!(verdict.is_fatal(), fatal, "{verdict:?}");
    }
}

#[test]
fn a_lower_counter_is_superseded_whatever_else_holds() {
    let seen = seen(9, END);
    for host in [None, Some("other")] {
        let circumstances = Circumstances {
            state: Some(&seen),
            host,
            ..Circumstances::looking(END)
        };
        let (verdict, state) = weigh(&payload(), &circumstances);
        assert!(matches!(
            verdict,
            Verdict::Superseded {
                counter: 3,
                seen: 9
            }
        ));
        assert_eq!(state, None);
    }
}

#[test]
fn a_bound_licence_is_honoured_on_its_hosts_only() {
    let bound = Payload {
        hosts: vec!["aa".into(), "bb".into()],
        ..payload()
    };
    let on = |host| {
        let circumstances = Circumstances {
            host,
            ..Circumstances::looking(END - Span::DAY)
        };
        words(&weigh(&bound, &circumstances).0)
    };
    assert_eq!(on(Some("bb")), "valid 1");
    for host in ["cc", "a", "aab", ""] {
        assert_eq!(on(Some(host)), "wrong-host", "{host:?}");
    }
    assert_eq!(on(None), "valid 1", "looked at from elsewhere");
    let free = weigh(
        &payload(),
        &Circumstances {
            host: Some(""),
            ..Circumstances::looking(END - Span::DAY)
        },
    );
    assert_eq!(words(&free.0), "valid 1");
}

#[test]
fn what_is_not_in_force_here_makes_no_other_licence_old() {
    let before = seen(2, datetime!(2025-12-25 00:00 UTC));
    let now = payload().not_before - SECOND;
    let at = |state, host| Circumstances {
        state,
        host,
        ran: Duration::ZERO,
        now,
    };
    let (verdict, state) = weigh(&payload(), &at(Some(&before), None));
    assert_eq!(words(&verdict), "not-yet-valid");
    let state = state.unwrap();
    assert_eq!((state.counter, state.license_id.as_str()), (2, "seen"));
    let bound = Payload {
        hosts: vec!["aa".into()],
        ..payload()
    };
    let (verdict, state) = weigh(&bound, &at(Some(&before), Some("bb")));
    assert_eq!(words(&verdict), "wrong-host");
    assert_eq!(state.unwrap().counter, 2);
    // In force, it is the newest.
    let in_force = Circumstances {
        now: now + SECOND,
        ..at(Some(&before), Some("aa"))
    };
    let (_, state) = weigh(&bound, &in_force);
    let state = state.unwrap();
    assert_eq!((state.counter, state.instance), (3, [7; 16]));
}

#[test]
fn a_clock_set_back_before_the_issue_is_noticed_without_any_state() {
    let (verdict, state) = weigh(&payload(), &Circumstances::looking(END - Span::days(3000)));
    assert_eq!(words(&verdict), "not-yet-valid");
    assert_eq!(state.unwrap().confirmed, payload().issued);
}

#[test]
fn a_newer_licence_puts_right_what_a_wrong_clock_had_confirmed() {
    let burnt = seen(2, datetime!(2099-01-01 00:00 UTC));
    let now = datetime!(2026-03-01 00:00 UTC);
    let circumstances = Circumstances {
        state: Some(&burnt),
        ..Circumstances::looking(now)
    };
    let (verdict, state) = weigh(&payload(), &circumstances);
    assert_eq!(words(&verdict), "valid 306");
    assert_eq!(state.unwrap().confirmed, now);
    // The same licence again does not.
    let same = State {
        counter: 3,
        ..burnt.clone()
    };
    let circumstances = Circumstances {
        state: Some(&same),
        ..circumstances
    };
    assert_eq!(words(&weigh(&payload(), &circumstances).0), "lapsed");
    // Nor does a clock before the day of its issue.
    let early = seen(2, datetime!(2099-01-01 00:00 UTC));
    let circumstances = Circumstances {
        state: Some(&early),
        now: datetime!(2001-01-01 00:00 UTC),
        ..circumstances
    };
    let (_, state) = weigh(
        &Payload {
            not_before: payload().issued,
            ..payload()
        },
        &circumstances,
    );
    assert_eq!(state.unwrap().confirmed, payload().issued);
}
