//! What every request asks the database: one question, together with others, and never an old answer.

use std::time::Duration;

use futures_util::future::join_all;
use uuid::Uuid;

use crate::identity::lookups::{Known, LookupFailed, Lookups};
use crate::identity::session::{self, Session, SessionKey, SessionToken};
use crate::infra::db::Db;
use crate::kernel::{Factors, OrgId, SessionId, UserId};
use crate::testing::{Person, Server};

/// So many people, each with a session, and in an organisation of their own.
async fn crowd(server: &Server, size: usize) -> Vec<(UserId, SessionKey)> {
    let mut people = Vec::new();
    for number in 0..size {
        let email = format!("p{number}@example.com");
        let org = server.bare_tenant(&email).await;
        let user = server.account(&email).await;
        server.join(org, &email, "owner", "confirmed").await;
        let user = UserId::from_uuid(user);
        people.push((user, session_of(server, user, org).await));
    }
    people
}

async fn session_of(server: &Server, user: UserId, org: Uuid) -> SessionKey {
    let now = server.app.clock.now();
    let token = SessionToken::generate().unwrap();
    let session = Session {
        id: SessionId::new(),
        user,
        org: OrgId::from_uuid(org),
        factors: Factors::empty(),
        began: now.unix_timestamp(),
        epoch: 0,
        address: "127.0.0.1".to_owned(),
        user_agent: String::new(),
    };
    let idle = Duration::from_secs(60);
    session::store(&server.app.cache, &token, &session, idle, (now, None))
        .await
        .unwrap();
    token.key()
}

fn lookups(server: &Server) -> Lookups {
    over(server, server.app.db.clone())
}

fn over(server: &Server, db: Db) -> Lookups {
    Lookups::new(server.app.cache.clone(), db, server.app.clock.clone())
}

/// Whom an answer is about.
fn account(known: &Known) -> Option<UserId> {
    known.standing.as_ref().map(|standing| standing.user.id)
}

#[tokio::test]
async fn who_is_signed_in_costs_one_round_trip_to_each_service() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let mut fewest = usize::MAX;
    // At first connections are made and statements prepared, on a busy machine more than once.
    for _ in 0..5 {
        let before = (server.line.questions(), server.cache.questions());
        for _ in 0..10 {
            ada.get("/me").await.expect(200);
        }
        let after = (server.line.questions(), server.cache.questions());
        assert!(after.1 - before.1 <= 12, "{before:?} {after:?}");
        fewest = fewest.min(after.0 - before.0);
    }
    // The pool sends a second one when it is given the connection back. Nobody waits for that.
    assert!((10..=20).contains(&fewest), "{fewest}");
}

#[tokio::test]
async fn many_at_once_share_statements_and_each_gets_their_own_answer() {
    let server = Server::start().await;
    let people = crowd(&server, 12).await;
    let lookups = lookups(&server);
    lookups.session(people[0].1.clone()).await.unwrap();
    let nobody = SessionToken::generate().unwrap().key();
    let before = (server.line.questions(), server.cache.questions());
    let asked: Vec<_> = (0..300)
        .map(|n| match people.get(n % 13) {
            Some((user, key)) => (Some(*user), key),
            None => (None, &nobody),
        })
        .collect();
    let answers = asked.iter().map(|(_, key)| lookups.session((*key).clone()));
    let answers = join_all(answers).await;
    let after = (server.line.questions(), server.cache.questions());
    assert!(after.0 - before.0 < 30, "{before:?} {after:?}");
    assert!(after.1 - before.1 < 30, "{before:?} {after:?}");
    for ((user, _), answer) in asked.iter().zip(answers) {
        let found = answer.unwrap().as_ref().and_then(account);
        assert_eq!(found, *user);
    }
}

#[tokio::test]
async fn whoever_goes_away_takes_no_answer_from_others() {
    let server = Server::start().await;
    let people = crowd(&server, 4).await;
    let lookups = lookups(&server);
    for round in 0..50_u64 {
        let hasty = join_all(people.iter().map(|(_, key)| {
            let answer = lookups.session(key.clone());
            tokio::time::timeout(Duration::from_micros(round * 20), answer)
        }));
        let patient = join_all(people.iter().map(|(_, key)| lookups.session(key.clone())));
        let (_, answers) = tokio::join!(hasty, patient);
        for ((user, _), answer) in people.iter().zip(answers) {
            let found = account(&answer.unwrap().unwrap());
            assert_eq!(found, Some(*user), "round {round}");
        }
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_an_error_for_all_and_no_answer_for_any() {
    let server = Server::start().await;
    let ada = server.owner().await;
    let lookups = lookups(&server);
    let key = session_of(&server, UserId::from_uuid(ada.user), ada.org).await;
    lookups.session(key.clone()).await.unwrap().unwrap();
    server.line.cut();
    let answers = join_all((0..20).map(|_| lookups.session(key.clone()))).await;
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer, Err(LookupFailed)))
    );
    ada.get("/me").await.expect_problem(503, "unavailable");
    server.line.mend();
    ada.get("/me").await.expect(200);
    lookups.session(key).await.unwrap().unwrap();
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
        "ALTER TABLE memberships DISABLE TRIGGER ALL",
        "ALTER TABLE memberships DROP CONSTRAINT memberships_role_check",
        "UPDATE memberships SET role = 'emperor' WHERE user_id =
            (SELECT id FROM users WHERE email = 'p0@example.com')",
    ] {
        sqlx::query(statement).execute(&mut behind).await.unwrap();
    }
    let lookups = over(&server, Db::prepare(&server.database.plain(), 2));
    let answers = join_all(people.iter().map(|(_, key)| lookups.session(key.clone()))).await;
    assert!(matches!(answers[0], Err(LookupFailed)));
    assert!(matches!(&answers[1], Ok(Some(known)) if account(known) == Some(people[1].0)));
}
