//! Clocks that are set by people who mean well and by people who do not.

use std::time::Duration;

use proptest::prelude::{Strategy, prop, proptest};
use proptest::{prop_assert, prop_oneof};
use time::macros::datetime;
use time::{Duration as Span, OffsetDateTime};

use super::{Known, TRIAL};

const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
const DAY: i64 = 24 * 60 * 60;

fn at(seconds: i64) -> OffsetDateTime {
    START + Span::seconds(seconds)
}

fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3600)
}

#[test]
fn a_clock_that_runs_true_is_never_provisional() {
    let mut known = Known::since(START);
    for minute in 1..=3000 {
        known = known.after(Duration::from_secs(60), at(minute * 60));
        assert_eq!(known, Known::since(at(minute * 60)));
    }
}

#[test]
fn a_clock_ahead_is_believed_at_once_and_confirmed_after_a_day() {
    let year = 365 * DAY;
    let mut known = Known::since(START).after(Duration::ZERO, at(year));
    assert_eq!(known.at(at(year)), at(year));
    for hour in 1..24 {
        known = known.after(hours(1), at(year + hour * 3600));
        assert_eq!(known.confirmed, at(hour * 3600), "hour {hour}");
    }
    // One second before the day is over it can still be set right.
    let almost = known.after(Duration::from_secs(3599), at(year + DAY - 1));
    let right = almost.after(Duration::from_secs(1), at(DAY));
    assert_eq!(right, Known::since(at(DAY)));
    // Then it counts.
    known = known.after(hours(1), at(year + DAY));
    assert_eq!(known, Known::since(at(year + DAY)));
}

#[test]
fn a_second_jump_does_not_take_the_trial_of_the_first() {
    let mut known = Known::since(START).after(Duration::ZERO, at(3 * DAY));
    known = known.after(hours(23), at(3 * DAY + 23 * 3600));
    // Ten years more, an hour before the three days are confirmed.
    let far = 3650 * DAY;
    known = known.after(hours(1), at(far));
    assert_eq!(
        known.confirmed,
        at(4 * DAY),
        "the three days, and the one that ran"
    );
    assert_eq!(known.ahead.unwrap().ran, Duration::ZERO);
    known = known.after(hours(5), at(4 * DAY + 5 * 3600));
    assert_eq!(known, Known::since(at(4 * DAY + 5 * 3600)));
}

#[test]
fn a_small_correction_is_no_new_clock() {
    let mut known = Known::since(START).after(Duration::ZERO, at(3 * DAY));
    known = known.after(hours(12), at(3 * DAY + 12 * 3600 - 5));
    known = known.after(hours(12), at(4 * DAY - 5));
    assert_eq!(known, Known::since(at(4 * DAY - 5)));
}

#[test]
fn a_process_that_never_runs_for_a_day_confirms_in_the_end() {
    // An hour each morning: 24 mornings confirm the first of them.
    let mut known = Known::since(START);
    for day in 1..=25 {
        known = known.after(Duration::ZERO, at(day * DAY));
        known = known.after(hours(1), at(day * DAY + 3600));
    }
    assert!(known.confirmed >= at(2 * DAY), "{known:?}");
    assert!(known.confirmed <= at(25 * DAY + 3600));
}

/// What happens to a server.
#[derive(Clone, Debug)]
enum Event {
    /// It runs for so many seconds.
    Run(i64),
    /// It is off for so many seconds.
    Off(i64),
    /// Its clock is set, to so many seconds before or after the true time.
    Set(i64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..2 * DAY).prop_map(Event::Run),
        2 => (0..60 * DAY).prop_map(Event::Off),
        3 => prop_oneof![-9000 * DAY..9000 * DAY, -120..120_i64].prop_map(Event::Set),
    ]
}

proptest! {
    /// Whatever is done to the clock: what has run has passed.
    #[test]
    fn running_time_is_never_won_back(events in prop::collection::vec(event(), 1..60)) {
        let (mut truth, mut error, mut ran) = (0, 0, 0);
        let mut known = Known::since(START);
        for event in events {
            let step = match event {
                Event::Run(seconds) => seconds,
                Event::Off(seconds) => {
                    truth += seconds;
                    0
                }
                Event::Set(offset) => {
                    error = offset;
                    0
                }
            };
            truth += step;
            ran += step;
            let before = known.confirmed;
            let now = at(truth + error);
            known = known.after(Duration::from_secs(step.unsigned_abs()), now);
            prop_assert!(known.confirmed >= at(ran));
            prop_assert!(known.confirmed >= before + Span::seconds(step));
            prop_assert!(known.at(now) >= at(ran) && known.at(now) >= now);
            prop_assert!(known.ahead.is_none_or(|ahead| ahead.ran < TRIAL));
        }
    }

    /// A clock that is set right within a day, as often as it is wrong, burns nothing.
    #[test]
    fn a_wrong_clock_that_is_set_right_leaves_no_trace(
        excursions in prop::collection::vec(
            (0..9000 * DAY, 0..DAY, 0..3 * DAY, 0..90 * DAY), 1..30
        )
    ) {
        let mut truth = 0;
        let mut known = Known::since(START);
        let seconds = |count: i64| Duration::from_secs(count.unsigned_abs());
        for (ahead, wrong, right, off) in excursions {
            known = known.after(Duration::ZERO, at(truth + ahead));
            truth += wrong;
            known = known.after(seconds(wrong), at(truth + ahead));
            prop_assert!(known.confirmed <= at(truth));
            known = known.after(Duration::ZERO, at(truth));
            truth += right;
            known = known.after(seconds(right), at(truth));
            prop_assert!(known.confirmed <= at(truth));
            prop_assert!(known.at(at(truth)) == at(truth));
            truth += off;
            known = known.after(Duration::ZERO, at(truth));
            prop_assert!(known.confirmed <= at(truth));
        }
    }
}
