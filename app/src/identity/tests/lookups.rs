//! What every request asks the database: one question, together with others, and never an old answer.

use std::time::Duration;

use futures_util::future::join_all;
use uuid::Uuid;

use crate::identity::lookups::{LookupFailed, Lookups};
use crate::infra::db::Db;
use crate::kernel::UserId;
use crate::testing::{Person, Server};

/// The accounts of so many people, each in an organisation of its own.
async fn crowd(server: &Server, size: usize) -> Vec<UserId> {
    let mut people = Vec::new();
    for number in 0..size {
        let email = format!("p{number}@example.com");
        let org = server.bare_tenant(&email).await;
        let user = server.account(&email).await;
        server.join(org, &email, "owner", "confirmed").await;
        people.push(UserId::from_uuid(user));
    }
    people
}

#[tokio::test]
async fn who_is_signed_in_costs_one_round_trip_to_each_service() {
    let server = Server::start().await;
    let ada = server.owner().await;
    // Connections are made and statements prepared.
    for _ in 0..3 {
        ada.get("/me").await.expect(200);
    }
    let before = (server.line.questions(), server.cache.questions());
    for _ in 0..10 {
        ada.get("/me").await.expect(200);
    }
    let after = (server.line.questions(), server.cache.questions());
    let (database, cache) = (after.0 - before.0, after.1 - before.1);
    assert_eq!(cache, 10);
    // The pool sends a second one when it is given the connection back. Nobody waits for that.
    assert!((10..=20).contains(&database), "{database}");
}

#[tokio::test]
async fn many_at_once_share_statements_and_each_gets_their_own_answer() {
    let server = Server::start().await;
    let people = crowd(&server, 12).await;
    let lookups = Lookups::new(server.app.db.clone());
    lookups.standing(people[0]).await.unwrap();
    let nobody = UserId::from_uuid(Uuid::now_v7());
    let before = server.line.questions();
    let asked: Vec<UserId> = (0..300)
        .map(|n| *people.get(n % 13).unwrap_or(&nobody))
        .collect();
    let answers = join_all(asked.iter().map(|account| lookups.standing(*account))).await;
    let questions = server.line.questions() - before;
    assert!(questions < 30, "{questions} round trips");
    for (account, answer) in asked.iter().zip(answers) {
        let found = answer.unwrap().map(|standing| standing.user.id);
        let expected = (*account != nobody).then_some(*account);
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn whoever_goes_away_takes_no_answer_from_others() {
    let server = Server::start().await;
    let people = crowd(&server, 4).await;
    let lookups = Lookups::new(server.app.db.clone());
    for round in 0..50_u64 {
        let hasty = join_all(people.iter().map(|account| {
            tokio::time::timeout(
                Duration::from_micros(round * 20),
                lookups.standing(*account),
            )
        }));
        let patient = join_all(people.iter().map(|account| lookups.standing(*account)));
        let (_, answers) = tokio::join!(hasty, patient);
        for (account, answer) in people.iter().zip(answers) {
            assert_eq!(answer.unwrap().unwrap().user.id, *account, "round {round}");
        }
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_an_error_for_all_and_no_answer_for_any() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let lookups = Lookups::new(server.app.db.clone());
    let user = UserId::from_uuid(ada.user);
    lookups.standing(user).await.unwrap().unwrap();
    server.line.cut();
    let answers = join_all((0..20).map(|_| lookups.standing(user))).await;
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(LookupFailed)))
    );
    ada.get("/me").await.expect_problem(503, "unavailable");
    server.line.mend();
    ada.get("/me").await.expect(200);
    lookups.standing(user).await.unwrap().unwrap();
}

/// Nobody is answered by a statement that began before they asked.
#[tokio::test]
async fn a_change_is_seen_by_the_next_request_also_under_load() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let bob = server.member(ada.org, "bob@example.com", "admin").await;
    let loaded = {
        let ada = Person::clone(&ada);
        tokio::spawn(async move {
            loop {
                join_all((0..8).map(|_| ada.get("/me"))).await;
            }
        })
    };
    for _ in 0..10 {
        for (role, status) in [("member", 403), ("admin", 200)] {
            let email = "bob@example.com";
            server.join(ada.org, email, role, "confirmed").await;
            bob.get("/audit-events").await.expect(status);
        }
    }
    loaded.abort();
}

/// A row that cannot be read is a failure of its own account.
#[tokio::test]
async fn one_account_that_cannot_be_read_spoils_no_other() {
    let server = Server::start().await;
    let people = crowd(&server, 2).await;
    let mut behind = server.database.behind().await;
    for statement in [
        "ALTER TABLE memberships DROP CONSTRAINT memberships_role_check",
        "UPDATE memberships SET role = 'emperor' WHERE user_id =
            (SELECT id FROM users WHERE email = 'p0@example.com')",
    ] {
        sqlx::query(statement).execute(&mut behind).await.unwrap();
    }
    let lookups = Lookups::new(Db::prepare(&server.database.plain(), 2));
    let answers = join_all(people.iter().map(|account| lookups.standing(*account))).await;
    assert!(matches!(answers[0], Err(LookupFailed)));
    assert!(matches!(&answers[1], Ok(Some(standing)) if standing.user.id == people[1]));
}
