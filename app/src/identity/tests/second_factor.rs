//! The second stage of a sign-in, and what is tried against it.

use futures_util::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use time::Duration;

use crate::testing::{Answer, Authenticator, PASSWORD, Person, Server, redis};

const EMAIL: &str = "ada@example.com";

/// A server, and somebody with an authenticator app.
async fn stage() -> (Server, Person, Authenticator) {
    let server = Server::still().await;
    let ada = server.owner().await;
    let (ada, app) = server.enrol(&ada).await;
    (server, ada, app)
}

fn passed(answers: &[Answer]) -> usize {
    let passed = answers.iter().filter(|answer| answer.status == 200);
    passed.count()
}

#[tokio::test]
async fn who_has_a_second_factor_comes_in_with_it_and_not_without() {
    let (server, ada, app) = stage().await;
    let body = json!({"email": EMAIL, "password": PASSWORD});
    let first = server.visitor().post("/auth/sign-in", body).await;
    let first = first.expect(200);
    assert!(first.cookie().is_none());
    let json = first.json();
    assert_eq!(json["kind"], "second-factor");
    assert_eq!(json["methods"], json!(["totp", "recovery-code"]));
    assert_eq!(
        json.get("me"),
        None,
        "nothing is said of whose account it is"
    );
    let ticket = first.string("/ticket");
    // A ticket is no session.
    let thief = server
        .visitor()
        .with_cookie(Some(format!("vt_session={ticket}")));
    thief.get("/me").await.expect_problem(401, "not-signed-in");
    let second = server
        .visitor()
        .prove(&ticket, "totp", &app.shows(&server, 0))
        .await;
    let second = second.expect(200);
    assert_eq!(second.json()["kind"], "signed-in");
    let ada = ada.with(second.cookie());
    let me = ada.get("/me").await.expect(200).json();
    assert_eq!(me, second.json()["me"]);
    let mine = ada.get("/me/factors").await.expect(200).json();
    assert_ne!(mine["totp"][0]["lastUsedAt"], Value::Null);
    let events = ada.get("/audit-events").await.expect(200).json();
    let event = &events["items"][0];
    assert_eq!(event["action"], "session.signed-in");
    assert_eq!(
        event["detail"],
        json!({"method": "password", "secondFactor": "totp"})
    );
    assert_eq!(
        event["circumstances"]["factors"],
        json!(["password", "totp"])
    );
}

#[tokio::test]
async fn a_replayed_totp_is_refused() {
    let (server, _, app) = stage().await;
    let code = app.shows(&server, 0);
    let prove = async |code: &str| {
        let ticket = server.ticket(EMAIL).await;
        server.visitor().prove(&ticket, "totp", code).await
    };
    prove(&code).await.expect(200);
    let refused = prove(&code).await.expect_problem(422, "invalid");
    assert_eq!(refused.wrong_fields(), ["totp"]);
    // The one that confirmed the app counts as used, and so does all that comes before a used one.
    prove(&app.shows(&server, -1)).await.expect(422);
    prove(&app.shows(&server, 1)).await.expect(200);
    prove(&app.shows(&server, 0)).await.expect(422);
    prove(&app.shows(&server, 2)).await.expect(422);
}

#[tokio::test]
async fn a_totp_replayed_in_parallel_and_at_several_replicas_is_taken_once() {
    let (server, _, app) = stage().await;
    let replica = server.later(Duration::ZERO).await;
    let code = app.shows(&server, 0);
    let mut tickets = Vec::new();
    for _ in 0..8 {
        tickets.push(server.ticket(EMAIL).await);
    }
    let attempts = tickets.iter().enumerate().map(|(number, ticket)| {
        let at = if number % 2 == 0 { &server } else { &replica };
        let visitor = at.visitor();
        let code = code.clone();
        async move { visitor.prove(ticket, "totp", &code).await }
    });
    assert_eq!(passed(&join_all(attempts).await), 1);
}

#[tokio::test]
async fn a_clock_that_is_off_by_one_step_is_forgiven() {
    for (late, taken) in [
        (-60, false),
        (-30, true),
        (0, true),
        (30, true),
        (60, false),
    ] {
        let (server, _, app) = stage().await;
        let later = server.later(Duration::minutes(10)).await;
        let ticket = later.ticket(EMAIL).await;
        let code = app.at(later.app.clock.now() + Duration::seconds(late));
        let answer = later.visitor().prove(&ticket, "totp", &code).await;
        assert_eq!(answer.status == 200, taken, "{late}");
    }
}

#[tokio::test]
async fn a_replayed_recovery_code_is_refused() {
    let (server, ada, app) = stage().await;
    let code = app.recovery_codes[3].to_uppercase().replace('-', " ");
    let ticket = server.ticket(EMAIL).await;
    let came = server.visitor().prove(&ticket, "recoveryCode", &code).await;
    let came = ada.with(came.expect(200).cookie());
    let sessions = came.get("/me/sessions").await.expect(200).json();
    let own = sessions["items"].as_array().unwrap();
    let own = own.iter().find(|one| one["current"] == true).unwrap();
    assert_eq!(own["factors"], json!(["password", "recovery-code"]));
    let ticket = server.ticket(EMAIL).await;
    let again = server.visitor().prove(&ticket, "recoveryCode", &code).await;
    assert_eq!(again.expect(422).wrong_fields(), ["recoveryCode"]);
}

#[tokio::test]
async fn of_two_parallel_uses_of_one_recovery_code_exactly_one_wins() {
    let (server, _, app) = stage().await;
    for code in app.recovery_codes.iter().take(3) {
        let (first, second) = (server.ticket(EMAIL).await, server.ticket(EMAIL).await);
        let (a, b) = (server.visitor(), server.visitor());
        let (a, b) = tokio::join!(
            a.prove(&first, "recoveryCode", code),
            b.prove(&second, "recoveryCode", code)
        );
        assert_eq!(passed(&[a, b]), 1);
    }
    assert_eq!(server.database.count("recovery_codes").await, 7);
}

#[tokio::test]
async fn a_ticket_is_used_once_even_by_parallel_requests() {
    let (server, _, app) = stage().await;
    let ticket = server.ticket(EMAIL).await;
    // Each with a proof that would do.
    let attempts = app.recovery_codes.iter().take(4).map(|code| {
        let visitor = server.visitor();
        let ticket = ticket.clone();
        async move { visitor.prove(&ticket, "recoveryCode", code).await }
    });
    assert_eq!(passed(&join_all(attempts).await), 1);
    assert_eq!(
        server.database.count("recovery_codes").await,
        9,
        "the others were not used up"
    );
    server
        .visitor()
        .prove(&ticket, "totp", &app.shows(&server, 0))
        .await
        .expect_problem(401, "ticket-over");
}

#[tokio::test]
async fn a_ticket_is_good_for_a_few_attempts_even_in_parallel() {
    let (server, _, app) = stage().await;
    let ticket = server.ticket(EMAIL).await;
    let wrong = "2222-2222-2222-2222";
    let attempts = (0..12).map(|_| {
        let visitor = server.visitor();
        let ticket = ticket.clone();
        async move { visitor.prove(&ticket, "recoveryCode", wrong).await }
    });
    let answers = join_all(attempts).await;
    let judged = answers.iter().filter(|answer| answer.status == 422);
    assert_eq!(judged.count(), 5);
    let right = &app.recovery_codes[0];
    let late = server.visitor().prove(&ticket, "recoveryCode", right).await;
    late.expect_problem(401, "ticket-over");
}

#[tokio::test]
async fn a_ticket_that_expired_or_never_was_opens_nothing() {
    let (server, _, app) = stage().await;
    let ticket = server.ticket(EMAIL).await;
    let late = server.later(Duration::minutes(10)).await;
    let code = app.at(late.app.clock.now());
    let mut answers = vec![late.visitor().prove(&ticket, "totp", &code).await];
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&ticket));
    for never in ["", "x", "*", "a:b\r\nDEL vt:*", &"0".repeat(64), &digest] {
        answers.push(server.visitor().prove(never, "totp", &code).await);
    }
    for answer in answers {
        answer.expect_problem(401, "ticket-over");
    }
    let mut cache = redis().await;
    let stored: String = redis::cmd("HGET")
        .arg(format!("vt:ticket:{digest}"))
        .arg("data")
        .query_async(&mut cache)
        .await
        .unwrap();
    assert!(!stored.contains(&ticket), "the token is kept nowhere");
}

#[tokio::test]
async fn a_ticket_of_another_account_takes_only_that_accounts_codes() {
    let (server, ada, app) = stage().await;
    let bob = server.member(ada.org, "bob@example.com", "owner").await;
    let (_, bobs) = server.enrol(&bob).await;
    let ticket = server.ticket(EMAIL).await;
    let visitor = server.visitor();
    let code = bobs.shows(&server, 0);
    visitor.prove(&ticket, "totp", &code).await.expect(422);
    let code = &bobs.recovery_codes[0];
    visitor
        .prove(&ticket, "recoveryCode", code)
        .await
        .expect(422);
    let me = visitor
        .prove(&ticket, "totp", &app.shows(&server, 0))
        .await
        .expect(200);
    assert_eq!(me.string("/me/user/email"), EMAIL);
}

#[tokio::test]
async fn a_password_change_voids_open_tickets() {
    let (server, ada, app) = stage().await;
    let ticket = server.ticket(EMAIL).await;
    let new = json!({"currentPassword": PASSWORD, "newPassword": "three dry dogs by the door"});
    ada.post("/me/password", new).await.expect(204);
    server
        .visitor()
        .prove(&ticket, "totp", &app.shows(&server, 0))
        .await
        .expect_problem(401, "ticket-over");
}

#[tokio::test]
async fn a_membership_that_was_revoked_voids_open_tickets() {
    let (server, ada, app) = stage().await;
    let ticket = server.ticket(EMAIL).await;
    // An organisation keeps an owner.
    let other = "grace@example.com";
    server.member(ada.org, other, "owner").await;
    server.join(ada.org, EMAIL, "owner", "revoked").await;
    server
        .visitor()
        .prove(&ticket, "totp", &app.shows(&server, 0))
        .await
        .expect_problem(401, "ticket-over");
}

#[tokio::test]
async fn a_session_planted_before_the_second_stage_is_not_taken_over() {
    let (server, _, app) = stage().await;
    let planted = format!("vt_session={}", "a".repeat(64));
    let victim = server.visitor().with_cookie(Some(planted.clone()));
    let ticket = server.ticket(EMAIL).await;
    let came = victim
        .prove(&ticket, "totp", &app.shows(&server, 0))
        .await
        .expect(200);
    assert_ne!(came.cookie().unwrap(), planted);
    victim.get("/me").await.expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn one_proof_is_sent_and_not_none_or_two() {
    let (server, _, app) = stage().await;
    let ticket = server.ticket(EMAIL).await;
    let visitor = server.visitor();
    let code = &app.recovery_codes[0];
    for body in [
        json!({"ticket": ticket}),
        json!({"ticket": ticket, "totp": app.shows(&server, 0), "recoveryCode": code}),
    ] {
        let answer = visitor.post("/auth/second-factor", body).await;
        answer.expect_problem(422, "invalid");
    }
    visitor
        .prove(&ticket, "totp", &app.shows(&server, 0))
        .await
        .expect(200);
}

/// Guesses from many places and with many tickets: whoever knows the password gets a handful, and the
/// person goes on from where they work.
#[tokio::test]
async fn brute_force_of_codes_is_slowed_and_locks_nobody_out() {
    let server = Server::start_at(
        crate::kernel::Clock::fixed(crate::kernel::Clock::system().now()),
        &[("AUTH_RATE_MAX", "1000")],
    )
    .await;
    let ada = server.owner().await;
    let (_, app) = server.enrol(&ada).await;
    let home = server.visitor();
    let ticket = server.ticket(EMAIL).await;
    let came = home.prove(&ticket, "totp", &app.shows(&server, 0)).await;
    came.expect(200);

    let shown = [-1, 0, 1].map(|step| app.shows(&server, step));
    let wrong: Vec<String> = (0..40)
        .map(|number| format!("{number:06}"))
        .filter(|code| !shown.contains(code))
        .collect();
    let mut tickets = Vec::new();
    for _ in 0..10 {
        tickets.push(server.ticket(EMAIL).await);
    }
    let guesses = wrong.iter().enumerate().map(|(number, code)| {
        let (visitor, ticket) = (server.visitor(), tickets[number % 10].clone());
        async move { visitor.prove(&ticket, "totp", code).await }
    });
    let answers = join_all(guesses).await;
    let judged = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(judged.count(), 10, "the rest was not even looked at");
    let refused = "audit_events WHERE action = 'session.second-factor-refused'";
    assert_eq!(
        server.database.count(refused).await,
        10,
        "and it is on record"
    );
    // From elsewhere the right code does not help now, but a recovery code does.
    let ticket = server.ticket(EMAIL).await;
    let right = app.shows(&server, 1);
    let away = server.visitor();
    let limited = away.prove(&ticket, "totp", &right).await;
    let limited = limited.expect_problem(429, "rate-limited");
    assert_ne!(limited.header("retry-after"), "");
    away.prove(&ticket, "recoveryCode", &app.recovery_codes[0])
        .await
        .expect(200);
    // And from home it does.
    let ticket = server.ticket(EMAIL).await;
    home.prove(&ticket, "totp", &right).await.expect(200);
}

#[tokio::test]
async fn without_the_cache_nobody_comes_in_by_the_second_stage() {
    let (server, _, app) = stage().await;
    let ticket = server.ticket(EMAIL).await;
    server.cache.cut();
    let code = app.shows(&server, 0);
    let visitor = server.visitor();
    let refused = visitor.prove(&ticket, "totp", &code).await;
    let refused = refused.expect_problem(503, "unavailable");
    assert!(refused.cookie().is_none());
}

#[tokio::test]
async fn a_seed_moved_to_another_account_opens_nothing() {
    let (server, ada, _) = stage().await;
    let bob = server.member(ada.org, "bob@example.com", "owner").await;
    let (_, bobs) = server.enrol(&bob).await;
    let mut behind = server.database.behind().await;
    // Somebody with all rights gives Ada's account the seed of a phone that they hold.
    for statement in [
        "UPDATE totp_factors AS own SET sealed_seed = other.sealed_seed FROM totp_factors AS other
         WHERE own.user_id = $1 AND other.user_id = $2",
        "UPDATE account_keys AS own SET wrapped_key = other.wrapped_key FROM account_keys AS other
         WHERE own.user_id = $1 AND other.user_id = $2",
    ] {
        let done = sqlx::query(statement)
            .bind(ada.user)
            .bind(bob.user)
            .execute(&mut behind)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1);
    }
    let ticket = server.ticket(EMAIL).await;
    let code = bobs.shows(&server, 0);
    let refused = server.visitor().prove(&ticket, "totp", &code).await;
    refused.expect_problem(500, "internal");
}
