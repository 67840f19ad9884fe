//! Guessing at passwords: slow for strangers, and no way to lock somebody out.

use std::net::{IpAddr, Ipv6Addr};

use futures_util::future::join_all;
use http::Request;
use uuid::Uuid;

use super::{credentials, hours_from_now, visible};
use crate::kernel::Clock;
use crate::testing::{Answer, Client, ORIGIN, PASSWORD, Server};

const ADA: &str = "ada@example.com";
const WRONG: &str = "not the password";
/// Of one account, from one network.
const OF_ONE: usize = 10;
/// Of one account, from all of them.
const OF_ALL: usize = 50;

async fn guess(client: &Client, email: &str) -> Answer {
    client
        .post("/auth/sign-in", credentials(email, WRONG))
        .await
}

async fn arrive(client: &Client) -> Answer {
    client
        .post("/auth/sign-in", credentials(ADA, PASSWORD))
        .await
}

/// Guesses from networks of their own until all strangers have to wait.
async fn storm(server: &Server, email: &str) {
    for _ in 0..OF_ALL / OF_ONE {
        let visitor = server.visitor();
        for _ in 0..OF_ONE {
            guess(&visitor, email).await.expect(401);
        }
    }
}

/// A browser that has signed in before, and is signed out: it holds what makes it known.
async fn known_browser(server: &Server) -> Client {
    let client = server.visitor();
    let cookies = arrive(&client).await.expect(200).cookies();
    let device = cookies.split("; ").find(|pair| pair.contains("vt_device_"));
    client.with_cookie(device.map(str::to_owned))
}

#[tokio::test]
async fn a_network_that_guesses_waits_and_nobody_else_does() {
    let server = Server::start().await;
    server.owner().await;
    let guesser = server.visitor();
    for _ in 0..OF_ONE {
        guess(&guesser, ADA).await.expect(401);
    }
    let refused = arrive(&guesser).await.expect_problem(429, "rate-limited");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    arrive(&server.visitor()).await.expect(200);
    guess(&guesser, "bob@example.com").await.expect(401);
}

#[tokio::test]
async fn a_stranger_with_many_networks_slows_strangers_and_does_not_lock_the_owner_out() {
    let server = Server::start().await;
    server.owner().await;
    let known = known_browser(&server).await;
    storm(&server, ADA).await;
    arrive(&server.visitor())
        .await
        .expect_problem(429, "rate-limited");
    let again = arrive(&known).await.expect(200);
    assert!(again.cookies().contains("vt_device_"), "it stays known");
}

#[tokio::test]
async fn an_address_without_an_account_has_to_wait_like_one_with() {
    let server = Server::start().await;
    server.owner().await;
    let mut seen = Vec::new();
    for email in [ADA, "nobody@example.com", "no address"] {
        let guesser = server.visitor();
        for _ in 0..OF_ONE {
            guess(&guesser, email).await.expect(401);
        }
        let answer = guess(&guesser, email)
            .await
            .expect_problem(429, "rate-limited");
        seen.push(visible(&answer));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
}

#[tokio::test]
async fn parallel_guesses_at_one_account_do_not_slip_past_the_limit() {
    let server = Server::start().await;
    server.owner().await;
    let guesser = server.visitor();
    let answers = join_all((0..3 * OF_ONE).map(|_| guess(&guesser, ADA))).await;
    let judged = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(judged, OF_ONE);
}

#[tokio::test]
async fn parallel_guesses_from_many_networks_do_not_slip_past_the_limit_of_the_account() {
    let server = Server::start().await;
    server.owner().await;
    let guesses = (0..OF_ALL + 10).map(|_| {
        let visitor = server.visitor();
        async move { guess(&visitor, ADA).await }
    });
    let answers = join_all(guesses).await;
    let judged = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(judged, OF_ALL);
}

#[tokio::test]
async fn case_full_width_digits_trailing_dots_and_what_has_no_width_do_not_evade_the_limit() {
    let server = Server::start().await;
    server.owner().await;
    let guesser = server.visitor();
    let spellings = [
        "bob7@example.com",
        "BOB7@example.com",
        "bob\u{ff17}@example.com",
        "bob7@example.com.",
        "bob7@EXAMPLE.com..",
        "  bob7@example.com",
        "bo\u{200b}b7@example.com",
        "\u{ff22}\u{ff2f}\u{ff22}7@example.com",
        "bob7\u{ff20}example.com",
        "bob7@example\u{3002}com",
    ];
    for spelling in spellings {
        guess(&guesser, spelling).await.expect(401);
    }
    for spelling in spellings {
        guess(&guesser, spelling).await.expect(429);
    }
}

#[tokio::test]
async fn hosts_of_one_ipv6_network_share_their_guesses() {
    let server = Server::start().await;
    server.owner().await;
    let network = Uuid::new_v4().as_u128() >> 64 << 64;
    for host in 0..=OF_ONE as u128 {
        let address = IpAddr::V6(Ipv6Addr::from_bits(network | host << 40 | 1));
        let answer = guess(&server.visitor().with_address(address), ADA).await;
        answer.expect(if host < OF_ONE as u128 { 401 } else { 429 });
    }
}

#[tokio::test]
async fn headers_of_a_proxy_that_is_not_trusted_do_not_evade_the_limit() {
    let server = Server::start().await;
    server.owner().await;
    let guesser = server.visitor();
    let mut statuses = Vec::new();
    for n in 0..=OF_ONE {
        let mut request = Request::post("/api/v1/auth/sign-in")
            .header("content-type", "application/json")
            .header("origin", ORIGIN);
        for name in [
            "x-forwarded-for",
            "x-real-ip",
            "forwarded",
            "cf-connecting-ip",
            "true-client-ip",
        ] {
            request = request.header(name, format!("198.51.100.{n}"));
        }
        let body = credentials(ADA, WRONG).to_string();
        let request = request.body(axum::body::Body::from(body)).unwrap();
        statuses.push(guesser.send_request(request).await.status.as_u16());
    }
    assert_eq!(statuses.pop(), Some(429));
    assert!(statuses.iter().all(|status| *status == 401), "{statuses:?}");
}

#[tokio::test]
async fn right_passwords_are_not_counted() {
    let server = Server::start().await;
    server.owner().await;
    let visitor = server.visitor();
    for _ in 0..OF_ONE + 2 {
        arrive(&visitor).await.expect(200);
    }
    guess(&visitor, ADA).await.expect(401);
}

#[tokio::test]
async fn a_known_browser_has_its_own_count_and_no_more_than_a_stranger() {
    let server = Server::start().await;
    server.owner().await;
    let known = known_browser(&server).await;
    for _ in 0..OF_ONE {
        guess(&known, ADA).await.expect(401);
    }
    // From another network, too: it is the browser that is counted.
    let moved = server
        .visitor()
        .with_cookie(known.cookie().map(str::to_owned));
    arrive(&moved).await.expect_problem(429, "rate-limited");
    arrive(&server.visitor()).await.expect(200);
}

#[tokio::test]
async fn a_browser_is_known_to_one_account_for_half_a_year_and_until_the_password_changes() {
    let server = Server::start().await;
    let ada = server.owner().await;
    server.member(ada.org, "bob@example.com", "member").await;
    let known = known_browser(&server).await;
    let pair = known.cookie().unwrap().to_owned();
    let (name, value) = pair.split_once('=').unwrap();
    let bob = server.user_of("bob@example.com").await.simple().to_string();
    let (stated, code) = value.rsplit_once('.').unwrap();
    let later = format!("{stated}f");
    storm(&server, ADA).await;
    storm(&server, "bob@example.com").await;
    let as_bob = server
        .visitor()
        .with_cookie(Some(format!("vt_device_{bob}={value}")));
    guess(&as_bob, "bob@example.com").await.expect(429);
    for forged in [
        format!("{name}={later}.{code}"),
        format!("{name}={stated}.{}", "0".repeat(64)),
        format!("{name}={stated}."),
        format!("{name}={stated}"),
        format!("{name}=.."),
        format!("{name}="),
    ] {
        let forger = server.visitor().with_cookie(Some(forged.clone()));
        let answer = arrive(&forger).await;
        assert_eq!(answer.status, 429, "{forged}");
    }
    let at = async |hours| {
        let later = server.replica(hours_from_now(hours), &[]).await;
        arrive(&later.visitor().with_cookie(Some(pair.clone()))).await
    };
    at(179 * 24).await.expect(200);
    at(181 * 24).await.expect(429);
    arrive(&known).await.expect(200);
    let change = serde_json::json!({"currentPassword": PASSWORD, "newPassword": "another wet cat on the mat"});
    ada.post("/me/password", change).await.expect(204);
    guess(&known, ADA).await.expect(429);
}

#[tokio::test]
async fn the_cookie_of_a_known_browser_opens_nothing_and_is_kept_from_scripts() {
    let server = Server::start().await;
    server.owner().await;
    let known = known_browser(&server).await;
    known.get("/me").await.expect_problem(401, "not-signed-in");
    let secure = server
        .replica(
            Clock::system(),
            &[("APP_BASE_URL", "https://vault.example.com")],
        )
        .await;
    let visitor = secure
        .visitor()
        .with_origin(Some("https://vault.example.com"));
    let answer = arrive(&visitor).await.expect(200);
    let lines: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    let line = lines[1].to_str().unwrap();
    assert!(line.starts_with("__Host-vt_device_"), "{line}");
    assert!(line.ends_with("; HttpOnly; SameSite=Lax; Secure"), "{line}");
}

#[tokio::test]
async fn without_the_cache_no_password_is_judged() {
    let server = Server::start().await;
    server.owner().await;
    let known = known_browser(&server).await;
    server.cache.cut();
    arrive(&known).await.expect_problem(503, "unavailable");
}
