//! A term, and people who would like it to be longer.

use std::time::Duration;

use license::state::{State, StateError, StateKey};
use license::verdict::{Circumstances, Verdict, judge, reconsider};
use license::vtlic::License;
use proptest::prelude::{Strategy, prop, proptest};
use proptest::{prop_assert, prop_assert_eq, prop_oneof};
use time::macros::datetime;
use time::{Duration as Span, OffsetDateTime};

use crate::support::Vendor;

const DAY: i64 = 24 * 60 * 60;

fn key() -> StateKey {
    StateKey::new([9; 32])
}

fn state() -> State {
    State {
        instance: [7; 16],
        counter: 3,
        license_id: "01a2".into(),
        confirmed: datetime!(2026-03-04 05:06:07.891 UTC),
        ahead: None,
    }
}

#[test]
fn a_state_is_read_only_with_the_key_that_sealed_it() {
    let sealed = state().seal(&key());
    assert_eq!(State::open(&sealed, &key()), Ok(state()));
    let other = StateKey::new([8; 32]);
    assert_eq!(State::open(&sealed, &other), Err(StateError::NotAuthentic));
    assert_eq!(State::unsafe_unauthenticated(&sealed), Some(state()));
    assert_eq!(format!("{:?}", key()), "StateKey");
    assert!(state().belongs_to(&[7; 16]) && !state().belongs_to(&[0; 16]));
}

#[test]
fn a_changed_state_is_refused_byte_for_byte() {
    let sealed = state().seal(&key());
    for position in 0..sealed.len() {
        for bit in 0..8 {
            let mut forged = sealed.clone();
            forged[position] ^= 1 << bit;
            assert!(State::open(&forged, &key()).is_err(), "byte {position}");
        }
        assert!(State::open(&sealed[..position], &key()).is_err());
    }
    let text = String::from_utf8(sealed).unwrap();
    let others = [
        format!("{text}\n"),
        format!("\n{text}"),
        format!("\u{feff}{text}"),
        text.replace('\n', "\r\n"),
        text.to_uppercase(),
        text.repeat(2),
        " ".repeat(1 << 20),
        "vaultterm licence state v1\n".repeat(100),
    ];
    for other in others {
        assert!(State::open(other.as_bytes(), &key()).is_err(), "{other}");
        assert!(State::unsafe_unauthenticated(other.as_bytes()).is_none());
    }
}

#[test]
fn the_format_of_the_state_stands() {
    let sealed = State {
        confirmed: datetime!(2026-03-04 05:06:07 UTC),
        ..state()
    }
    .seal(&key());
    let expected = "vaultterm licence state v1\n\
        {\"instance\":\"07070707070707070707070707070707\",\"counter\":3,\"licenseId\":\"01a2\",\
        \"confirmed\":\"2026-03-04T05:06:07Z\"}\n\
        f661c4a00fe552154d3b943ce7ea86b9043091dc657e9aa91d590ddad9375e43\n";
    assert_eq!(String::from_utf8(sealed).unwrap(), expected);
}

#[test]
fn malformed_and_forged_are_told_apart_and_remember_nothing() {
    let vendor = Vendor::plain(1);
    let now = Circumstances::looking(datetime!(2026-02-01 00:00 UTC));
    let good = vendor.file(&vendor.payload());
    let judged = judge(&good, &[vendor.public()], &now);
    assert_eq!(judged.verdict.as_str(), "valid");
    let forged = judge(&good, &[Vendor::plain(2).public()], &now);
    assert_eq!(forged.verdict.as_str(), "forged");
    assert!(forged.state.is_none() && forged.license.is_none());
    let malformed = judge(b"hello", &[vendor.public()], &now);
    assert_eq!(malformed.verdict.as_str(), "malformed");
    assert!(malformed.state.is_none() && malformed.accepted().is_err());
}

/// What happens to a server.
#[derive(Clone, Debug)]
enum Event {
    /// It runs for so many seconds.
    Run(i64),
    /// It is off for so many seconds, and starts again.
    Off(i64),
    /// Its clock is set, to so many seconds before or after the true time.
    Set(i64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1..20 * DAY).prop_map(Event::Run),
        2 => (0..5 * DAY).prop_map(Event::Off),
        3 => (-2000 * DAY..10 * DAY).prop_map(Event::Set),
    ]
}

/// The licence, the clock and the memory of one server.
struct Server {
    license: License,
    clock: OffsetDateTime,
    state: Option<State>,
}

impl Server {
    fn starting(at: OffsetDateTime) -> Self {
        let vendor = Vendor::plain(1);
        let file = vendor.file(&vendor.payload());
        Self {
            license: License::open(&file, &[vendor.public()]).unwrap(),
            clock: at,
            state: None,
        }
    }

    fn judge(&mut self, ran: i64) -> Verdict {
        let circumstances = Circumstances {
            now: self.clock,
            state: self.state.as_ref(),
            host: None,
            ran: Duration::from_secs(ran.unsigned_abs()),
        };
        let judgement = reconsider(self.license.clone(), &circumstances);
        self.state = judgement.state;
        judgement.verdict
    }

    /// A restart remembers what is on the disk.
    fn restart(&mut self) {
        let sealed = self.state.take().map(|state| state.seal(&key()));
        self.state = sealed.map(|bytes| State::open(&bytes, &key()).unwrap());
    }
}

proptest! {
    /// However the clock is set, a server that has run through the term and its grace has lapsed.
    #[test]
    fn a_term_is_never_extended_while_it_runs(events in prop::collection::vec(event(), 1..200)) {
        let payload = Vendor::plain(1).payload();
        let mut server = Server::starting(payload.not_before);
        server.judge(0);
        let (mut truth, mut ran) = (payload.not_before, 0);
        for event in events {
            let verdict = match event {
                Event::Run(seconds) => {
                    truth += Span::seconds(seconds);
                    server.clock += Span::seconds(seconds);
                    ran += seconds;
                    server.judge(seconds)
                }
                Event::Off(seconds) => {
                    truth += Span::seconds(seconds);
                    server.clock += Span::seconds(seconds);
                    server.restart();
                    server.judge(0)
                }
                Event::Set(offset) => {
                    server.clock = truth + Span::seconds(offset);
                    server.judge(0)
                }
            };
            // From the day of issue on, which is all that is certain at the first start.
            let passed = payload.issued + Span::seconds(ran);
            if passed >= payload.grace_ends() {
                prop_assert_eq!(verdict.as_str(), "lapsed");
            } else if passed >= payload.expires {
                prop_assert!(verdict.as_str() != "valid");
            }
        }
    }

    /// Sealing and opening change nothing.
    #[test]
    fn what_is_sealed_opens_to_the_same(
        counter in 0..(1_u64 << 53),
        nanos in 0..4_000_000_000_000_000_000_i64,
        ahead in prop::option::of((0..4_000_000_000_000_000_000_i64, 0..86_400_000_000_000_u64)),
    ) {
        let at = |nanos: i64| OffsetDateTime::from_unix_timestamp_nanos(nanos.into()).unwrap();
        let state = State {
            counter,
            confirmed: at(nanos),
            ahead: ahead.map(|(from, ran)| license::state::Ahead {
                from: at(from),
                ran: Duration::from_nanos(ran),
            }),
            ..state()
        };
        prop_assert_eq!(State::open(&state.seal(&key()), &key()), Ok(state));
    }
}
