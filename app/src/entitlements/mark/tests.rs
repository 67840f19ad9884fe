//! Every pair of what may be found.

use license::state::{Ahead, State, StateError};
use time::macros::datetime;
use uuid::Uuid;

use super::{Found, MarkRefused, Notice, Witnesses, compare, higher};

const HERE: Uuid = Uuid::from_u128(7);
const ELSEWHERE: Uuid = Uuid::from_u128(8);

fn state(counter: u64) -> State {
    State {
        instance: HERE.into_bytes(),
        counter,
        license_id: format!("licence {counter}"),
        confirmed: datetime!(2026-11-25 12:00 UTC),
        ahead: None,
    }
}

fn elsewhere(counter: u64) -> State {
    State {
        instance: ELSEWHERE.into_bytes(),
        ..state(counter)
    }
}

fn witnesses(row: Found, file: Found) -> Witnesses {
    Witnesses {
        instance: Some(HERE),
        row,
        file,
        populated: true,
    }
}

fn genuine(counter: u64) -> Found {
    Found::Genuine(state(counter))
}

#[test]
fn a_fresh_installation_remembers_nothing_and_that_is_no_news() {
    let fresh = Witnesses {
        instance: None,
        populated: false,
        ..witnesses(Found::Nothing, Found::Nothing)
    };
    let found = compare(&fresh).unwrap();
    assert_eq!(
        (found.instance, found.state, found.notice),
        (None, None, None)
    );
}

#[test]
fn each_place_is_the_others_witness() {
    for (row, file, counter, notice) in [
        (genuine(5), genuine(5), 5, None),
        (genuine(5), Found::Nothing, 5, Some(Notice::FileGone)),
        (Found::Nothing, genuine(5), 5, Some(Notice::RowGone)),
        (genuine(3), genuine(5), 5, Some(Notice::RowBehind)),
        (genuine(5), genuine(3), 5, Some(Notice::FileBehind)),
    ] {
        let found = compare(&witnesses(row, file)).unwrap();
        assert_eq!(found.notice, notice);
        assert_eq!(found.state.unwrap().counter, counter, "{notice:?}");
        assert_eq!(found.instance, Some(HERE));
    }
}

#[test]
fn a_populated_database_that_remembers_nothing_is_noticed() {
    for instance in [None, Some(HERE)] {
        let found = Witnesses {
            instance,
            ..witnesses(Found::Nothing, Found::Nothing)
        };
        assert_eq!(compare(&found).unwrap().notice, Some(Notice::BothGone));
    }
}

#[test]
fn a_database_whose_row_was_removed_keeps_the_id_that_the_file_knows() {
    let found = Witnesses {
        instance: None,
        ..witnesses(Found::Nothing, genuine(5))
    };
    assert_eq!(compare(&found).unwrap().instance, Some(HERE));
}

#[test]
fn what_cannot_be_believed_is_refused_whatever_the_other_says() {
    let bad = || Found::Bad(StateError::NotAuthentic);
    let torn = || Found::Bad(StateError::Malformed);
    for other in [Found::Nothing, genuine(9)] {
        let refused = compare(&witnesses(other.clone(), bad())).unwrap_err();
        assert_eq!(refused, MarkRefused::File(StateError::NotAuthentic));
        let refused = compare(&witnesses(other.clone(), torn())).unwrap_err();
        assert_eq!(refused, MarkRefused::File(StateError::Malformed));
        let refused = compare(&witnesses(bad(), other)).unwrap_err();
        assert_eq!(refused, MarkRefused::Row(StateError::NotAuthentic));
    }
    let copied = compare(&witnesses(genuine(5), Found::Genuine(elsewhere(99))));
    assert_eq!(copied.unwrap_err(), MarkRefused::OtherInstance);
    let copied = compare(&witnesses(Found::Genuine(elsewhere(99)), genuine(5)));
    assert_eq!(copied.unwrap_err(), MarkRefused::RowOfOther);
}

#[test]
fn every_refusal_names_its_cure() {
    for refused in [
        MarkRefused::File(StateError::Malformed),
        MarkRefused::OtherInstance,
        MarkRefused::Row(StateError::NotAuthentic),
        MarkRefused::RowOfOther,
    ] {
        let text = refused.to_string();
        assert!(
            text.contains("; ") && text.contains("backup") || text.contains("remove it"),
            "{text}"
        );
    }
}

#[test]
fn of_one_licence_the_later_time_counts_and_a_newer_licence_counts_whole() {
    let later = State {
        confirmed: datetime!(2027-01-01 00:00 UTC),
        ..state(5)
    };
    assert_eq!(higher(&state(5), &later), &later);
    // A newer licence may have put right what a clock far ahead had confirmed.
    assert_eq!(higher(&later, &state(6)), &state(6));
    let watched = |seconds| State {
        ahead: Some(Ahead {
            from: datetime!(2026-12-01 00:00 UTC),
            ran: std::time::Duration::from_secs(seconds),
        }),
        ..state(5)
    };
    assert_eq!(higher(&watched(10), &watched(60)), &watched(60));
}
