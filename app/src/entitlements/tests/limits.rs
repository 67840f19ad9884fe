//! What follows from the licence, through the router, to the second.

use serde_json::json;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::super::{SeatRefused, take_seat};
use crate::infra::db::PlatformTx;
use crate::testing::{Licensed, NOW, Person, Server, issue, licence, payload};

const BEGIN: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
const END: OffsetDateTime = datetime!(2027-01-01 00:00 UTC);

#[tokio::test]
async fn each_standing_begins_to_the_second_and_none_is_an_outage() {
    let second = Duration::seconds(1);
    let grace_ends = END + Duration::days(14);
    let one = Licensed::start(&licence(3)).await;
    for (at, word, days, tier) in [
        (BEGIN - second, "not-yet-valid", None, "free"),
        (BEGIN, "valid", Some(365), "team"),
        (END - Duration::days(30) - second, "valid", Some(30), "team"),
        (END - second, "valid", Some(0), "team"),
        (END, "grace", Some(14), "team"),
        (grace_ends - second, "grace", Some(0), "team"),
        (grace_ends, "lapsed", None, "free"),
        (grace_ends + Duration::days(3650), "lapsed", None, "free"),
    ] {
        let server = one.restarted(at).await;
        let ready = server.browser().get("/readyz").await.expect(200).json();
        assert_eq!(
            ready["checks"]["license"],
            json!({"ok": true, "standing": word}),
            "{at}"
        );
        let shown = super::panel(&server).await;
        assert_eq!(shown["standing"], word, "{at}");
        assert_eq!(shown["daysLeft"], json!(days), "{at}");
        assert_eq!(shown["effectiveTier"], tier, "{at}");
        assert_eq!(shown["tier"], "team", "what was bought stays bought");
    }
}

/// Everything that a person does, with a licence of any standing.
async fn works(server: &Server, person: &Person) {
    let person = server.sign_in_again(person).await;
    let vault = person.vault("Engines").await;
    let secret = person.secret(&vault, "mill", "hunter2").await;
    person.reveal(&secret, "password").await.expect(200);
    person.delete_for_good(&secret).await;
    person.get("/audit-events").await.expect(200);
}

#[tokio::test]
async fn a_lapsed_licence_leaves_everybody_at_work_with_the_free_tiers_limits() {
    let one = Licensed::start(&licence(3)).await;
    let ada = one.server.owner().await;
    works(&one.server, &ada).await;
    let before = one.server.database.count("audit_events").await;
    let lapsed = one.restarted(END + Duration::days(14)).await;
    works(&lapsed, &ada).await;
    let owner = lapsed.sign_in_again(&ada).await;
    let page = owner
        .get("/audit-events?limit=100")
        .await
        .expect(200)
        .json();
    let shown = page["items"].as_array().unwrap();
    let since = (END + Duration::days(7)).unix_timestamp();
    assert!(!shown.is_empty());
    for event in shown {
        let at = event["at"].as_str().unwrap();
        let at = OffsetDateTime::parse(at, &time::format_description::well_known::Rfc3339).unwrap();
        assert!(at.unix_timestamp() >= since, "{event}");
    }
    // Nothing was deleted, and with the next licence all of it shows again.
    assert!(lapsed.database.count("audit_events").await > before);
    let mut renewed = payload(4);
    renewed.expires = END + Duration::days(365);
    one.put(&issue(&renewed));
    let again = one.restarted(END + Duration::days(15)).await;
    let owner = again.sign_in_again(&ada).await;
    let page = owner
        .get("/audit-events?limit=100")
        .await
        .expect(200)
        .json();
    let all = again.database.count("audit_events").await;
    assert_eq!(
        page["items"].as_array().unwrap().len(),
        usize::try_from(all).unwrap()
    );
}

async fn take(server: &Server) -> Result<(), SeatRefused> {
    let app = &server.app;
    let mut tx = PlatformTx::begin(&app.db).await.unwrap();
    let granted = app.license.entitlements(app.clock.now());
    let seat = take_seat(tx.connection(), &granted).await.map(drop);
    tx.finish();
    seat
}

#[tokio::test]
async fn seats_are_confirmed_memberships_over_all_organisations() {
    let mut three = payload(3);
    three.seats = 3;
    let one = Licensed::start(&issue(&three)).await;
    let server = &one.server;
    let ada = server.owner().await;
    let bob = server.tenant("Difference Engines", "bob@example.com").await;
    let used = async || super::panel(server).await["seatsUsed"].clone();
    assert_eq!(used().await, 2);
    // Who is invited or gone takes no seat; who is in two organisations takes two.
    server.account("carol@example.com").await;
    server
        .join(ada.org, "carol@example.com", "member", "invited")
        .await;
    server
        .join(ada.org, "carol@example.com", "member", "accepted")
        .await;
    assert_eq!(used().await, 2);
    take(server).await.unwrap();
    server
        .join(ada.org, "carol@example.com", "member", "confirmed")
        .await;
    server
        .join(ada.org, "carol@example.com", "admin", "confirmed")
        .await;
    assert_eq!(used().await, 3);
    let refused = take(server).await.unwrap_err();
    assert!(
        matches!(refused, SeatRefused::Full { used: 3, seats: 3 }),
        "{refused}"
    );
    // More than were bought: shown, and nobody is locked out.
    server
        .join(bob.org, "carol@example.com", "member", "confirmed")
        .await;
    assert_eq!(used().await, 4);
    assert!(matches!(
        take(server).await,
        Err(SeatRefused::Full { used: 4, seats: 3 })
    ));
    for person in [&ada, &bob] {
        works(server, person).await;
    }
    server
        .join(bob.org, "carol@example.com", "member", "revoked")
        .await;
    server
        .join(ada.org, "carol@example.com", "member", "revoked")
        .await;
    assert_eq!(used().await, 2);
    take(server).await.unwrap();
}

#[tokio::test]
async fn of_two_who_want_the_last_seat_one_gets_it() {
    let mut two = payload(3);
    two.seats = 2;
    let one = Licensed::start(&issue(&two)).await;
    let ada = one.server.owner().await;
    for email in ["b@example.com", "c@example.com", "d@example.com"] {
        one.server.account(email).await;
    }
    let app = &one.server.app;
    let granted = app.license.entitlements(NOW);
    let join = async |email: &'static str| {
        let mut tx =
            crate::infra::db::TenantTx::begin(&app.db, crate::kernel::OrgId::from_uuid(ada.org))
                .await
                .unwrap();
        let Ok(_seat) = take_seat(tx.connection(), &granted).await else {
            return false;
        };
        sqlx::query(
            "INSERT INTO memberships (org_id, user_id, role, state, created_at)
             VALUES ($1, $2, 'member', 'confirmed', now())",
        )
        .bind(ada.org)
        .bind(one.server.user_of(email).await)
        .execute(tx.connection())
        .await
        .unwrap();
        tx.commit_recorded().await.unwrap();
        true
    };
    let all = tokio::join!(
        join("b@example.com"),
        join("c@example.com"),
        join("d@example.com")
    );
    assert_eq!(
        [all.0, all.1, all.2].into_iter().filter(|got| *got).count(),
        1
    );
}

#[tokio::test]
async fn a_full_house_is_a_problem_with_a_cure() {
    let problem = crate::edge::Problem::from(SeatRefused::Full { used: 5, seats: 5 });
    assert_eq!(problem.code(), "no-seat-left");
}

#[tokio::test]
async fn owners_and_admins_see_the_licence_and_members_do_not() {
    let one = Licensed::start(&licence(3)).await;
    let ada = one.server.owner().await;
    let shown = ada.get("/license").await.expect(200).json();
    for (field, value) in [
        ("standing", json!("valid")),
        ("tier", json!("team")),
        ("customer", json!("Example & Söhne")),
        ("seats", json!(25)),
        ("seatsBought", json!(25)),
        ("seatsUsed", json!(1)),
        ("auditDays", json!(365)),
        ("expires", json!("2027-01-01T00:00:00Z")),
        ("graceEnds", json!("2027-01-15T00:00:00Z")),
        (
            "features",
            json!(["just-in-time", "fleet-commands", "push-integrations"]),
        ),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
    assert!(
        shown.get("detail").is_none(),
        "keys and counters are the operator's"
    );
    let admin = one
        .server
        .member(ada.org, "carol@example.com", "admin")
        .await;
    admin.get("/license").await.expect(200);
    let member = one
        .server
        .member(ada.org, "dan@example.com", "member")
        .await;
    member
        .get("/license")
        .await
        .expect_problem(403, "forbidden");
    one.server
        .visitor()
        .get("/license")
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn what_was_bought_besides_the_tier_is_granted_as_long_as_the_licence_is_honoured() {
    let mut pro = payload(3);
    pro.tier = license::vtlic::Tier::Pro;
    pro.features = vec!["just-in-time".into(), "of-a-later-release".into()];
    let one = Licensed::start(&issue(&pro)).await;
    assert_eq!(
        super::panel(&one.server).await["features"],
        json!(["just-in-time"])
    );
    let lapsed = one.restarted(END + Duration::days(14)).await;
    assert_eq!(super::panel(&lapsed).await["features"], json!([]));
}
