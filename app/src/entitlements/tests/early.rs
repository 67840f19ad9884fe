//! A licence that is not in force yet waits in its place.

use super::super::keep::Seen;
use crate::kernel::Clock;
use crate::testing::{Licensed, NOW, issue, licence, payload};

#[tokio::test]
async fn a_renewal_that_came_early_waits_through_a_restart_and_takes_over_by_itself() {
    let one = Licensed::start(&licence(3)).await;
    let begins = NOW + time::Duration::days(1);
    let mut renewal = payload(4);
    renewal.not_before = begins;
    one.put(&issue(&renewal));
    // The one before is in the database: it stays in force.
    let waiting = one.restarted(NOW).await;
    assert_eq!(waiting.app.license.detail().unwrap().counter, 3);
    assert_eq!(waiting.app.license.refused().unwrap().kind, "not-yet-valid");
    let second = time::Duration::seconds(1);
    for (at, counter) in [(begins - second, 3), (begins, 4)] {
        let later = waiting.replica(Clock::fixed(at), &[]).await;
        let mut seen = Seen::default();
        later.app.license.turn(later.app.ground(), &mut seen).await;
        assert_eq!(later.app.license.detail().unwrap().counter, counter, "{at}");
    }
}
