//! Seats are taken at confirmation, and the last one by one person.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::testing::{Licensed, PASSWORD, Person, issue, payload};

/// A server whose licence has so many seats, and its owner, who takes one.
async fn with_seats(seats: u32) -> (Licensed, Person) {
    let mut licence = payload(3);
    licence.seats = seats;
    let one = Licensed::start(&issue(&licence)).await;
    let ada = one.server.owner().await;
    (one, ada)
}

async fn invite(by: &Person, email: &str) -> Value {
    let body = json!({"email": email, "role": "member", "teamIds": []});
    let link = by.post("/invitations", body).await.expect(201);
    let link = link.string("/link");
    let token = link.split_once("#token=").unwrap().1;
    json!({"token": token, "name": "A Guest", "password": PASSWORD})
}

#[tokio::test]
async fn of_two_who_accept_at_once_one_gets_the_last_seat_and_the_other_can_try_again() {
    let (one, ada) = with_seats(2).await;
    let mut answers = Vec::new();
    for n in 0..4 {
        answers.push(invite(&ada, &format!("guest{n}@example.com")).await);
    }
    let attempts = answers.iter().map(|answer| {
        let visitor = one.server.visitor();
        async move {
            visitor
                .post("/auth/invitations/accept", answer.clone())
                .await
        }
    });
    let came = join_all(attempts).await;
    let mut statuses: Vec<u16> = came.iter().map(|a| a.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
    for refused in came.into_iter().filter(|a| a.status.as_u16() == 409) {
        refused.expect_problem(409, "no-seat-left");
    }
    // Nothing is left of those who did not get in, but their invitations.
    assert_eq!(one.server.database.count("users").await, 2);
    assert_eq!(one.server.database.count("memberships").await, 2);
    assert_eq!(one.server.database.count("invitations").await, 3);
}

#[tokio::test]
async fn waiting_takes_no_seat_and_of_two_confirmations_at_once_one_gets_the_last() {
    let (one, ada) = with_seats(2).await;
    let policy = json!({"autoConfirm": false});
    ada.patch("/organization/policy", policy).await.expect(200);
    let mut confirmations = Vec::new();
    for n in 0..3 {
        let email = format!("guest{n}@example.com");
        let answer = invite(&ada, &email).await;
        let visitor = one.server.visitor();
        let accepted = visitor.post("/auth/invitations/accept", answer).await;
        assert_eq!(accepted.expect(200).json()["kind"], "awaiting-confirmation");
        let user = one.server.user_of(&email).await;
        confirmations.push(format!("/members/{user}/confirm"));
    }
    let all = join_all(confirmations.iter().map(|path| ada.post(path, json!({})))).await;
    let mut statuses: Vec<u16> = all.iter().map(|a| a.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409, 409]);
}

#[tokio::test]
async fn a_seat_becomes_free_with_a_deactivation_and_letting_somebody_in_again_needs_one() {
    let (one, ada) = with_seats(2).await;
    let bob = one
        .server
        .member(ada.org, "bob@example.com", "member")
        .await;
    let guest = invite(&ada, "guest@example.com").await;
    let visitor = one.server.visitor();
    let refused = visitor
        .post("/auth/invitations/accept", guest.clone())
        .await;
    refused.expect_problem(409, "no-seat-left");
    let path = format!("/members/{}", bob.user);
    ada.post(&format!("{path}/deactivate"), json!({}))
        .await
        .expect(204);
    visitor
        .post("/auth/invitations/accept", guest)
        .await
        .expect(200);
    let refused = ada.post(&format!("{path}/reactivate"), json!({})).await;
    refused.expect_problem(409, "no-seat-left");
    let guest = one.server.user_of("guest@example.com").await;
    ada.delete_proven(&format!("/members/{guest}"))
        .await
        .expect(204);
    ada.post(&format!("{path}/reactivate"), json!({}))
        .await
        .expect(204);
}
