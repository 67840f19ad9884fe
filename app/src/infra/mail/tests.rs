//! Letters over a real socket.

use std::time::Duration;

use crate::config::{Config, Env, MailConfig};
use crate::infra::mail::Mail;
use crate::testing::{Authority, Postbox, Received, Way};

fn config(port: u16, more: &[(&str, &str)]) -> MailConfig {
    let port = port.to_string();
    let mut env = Env::of(&[
        ("APP_ENV", "development"),
        ("SMTP_HOST", "localhost"),
        ("SMTP_PORT", &port),
        ("SMTP_FROM", "VaultTerm <vault@example.com>"),
    ]);
    for (name, value) in more {
        env = env.with(name, value);
    }
    Config::load(&env).unwrap().mail.unwrap()
}

fn start(config: &MailConfig) -> Mail {
    let pauses = vec![Duration::from_millis(50); 3];
    Mail::start_with(config, pauses).unwrap()
}

fn head(received: &Received) -> Vec<String> {
    let head = received.message.split_once("\r\n\r\n").unwrap().0;
    head.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_letter_arrives_as_it_was_written() {
    let postbox = Postbox::start().await;
    let mail = start(&config(postbox.port, &[("SMTP_SECURE", "none")]));
    let text = "Grüße,\n\nhttps://vault.example.com/reset#token=0123456789abcdef\n\n.\nend\n";
    mail.send("ada@example.com", "A new password", text);
    let received = postbox.next().await;
    assert_eq!(received.to, ["ada@example.com"]);
    assert_eq!(
        received.text().replace("\r\n", "\n").trim_end(),
        text.trim_end()
    );
    assert_eq!(received.token(), "0123456789abcdef");
    assert!(!received.encrypted && received.login.is_none());
    let head = head(&received);
    for line in [
        "From: VaultTerm <vault@example.com>",
        "To: ada@example.com",
        "Subject: A new password",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(
            head.iter().any(|found| found == line),
            "{line} in {head:#?}"
        );
    }
}

#[tokio::test]
async fn line_breaks_in_a_subject_or_an_address_add_no_header_and_nobody_who_reads_along() {
    let postbox = Postbox::start().await;
    let mail = start(&config(postbox.port, &[("SMTP_SECURE", "none")]));
    for to in [
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com\nRCPT TO:<eve@example.com>",
        "ada@example.com>\r\nRCPT TO:<eve@example.com",
        "ada@example.com, eve@example.com",
        "Ada <ada@example.com>",
        "",
    ] {
        mail.send(to, "A subject", "text");
    }
    postbox.stays_empty().await;
    for (at, subject) in [
        "Join Acme\r\nBcc: eve@example.com\r\n\r\nClick here",
        "Join Acme\nBcc: eve@example.com",
        "Join \u{85}\u{2028}\0Acme\rBcc: eve@example.com",
        "Join =?utf-8?q?=0D=0ABcc:=20eve@example.com?=",
        &"Gr\u{fc}\u{df}e\r\nBcc: eve@example.com ".repeat(20),
    ]
    .into_iter()
    .enumerate()
    {
        mail.send("ada@example.com", subject, "text");
        let received = postbox.next().await;
        assert_eq!(received.to, ["ada@example.com"], "{at}");
        for line in head(&received) {
            let lower = line.to_lowercase();
            assert!(
                !lower.starts_with("bcc") && !line.contains("Click"),
                "{at} {line}"
            );
        }
        assert_eq!(received.text().trim_end(), "text", "{at}");
    }
}

#[tokio::test]
async fn a_line_of_a_dot_does_not_end_a_letter() {
    let postbox = Postbox::start().await;
    let mail = start(&config(postbox.port, &[("SMTP_SECURE", "none")]));
    mail.send(
        "ada@example.com",
        "dots",
        "one\n.\nMAIL FROM:<eve@example.com>\n..\n",
    );
    let received = postbox.next().await;
    assert_eq!(
        received.text().replace("\r\n", "\n"),
        "one\n.\nMAIL FROM:<eve@example.com>\n..\n"
    );
    postbox.stays_empty().await;
}

#[tokio::test]
async fn with_starttls_and_with_tls_a_letter_and_the_password_travel_encrypted() {
    let authority = Authority::new();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let tls = authority.acceptor(&["localhost"]);
    for (way, word) in [
        (Way::StartTls(tls.clone()), "starttls"),
        (Way::Implicit(tls.clone()), "tls"),
    ] {
        let postbox = Postbox::through(way).await;
        let more = [
            ("SMTP_SECURE", word),
            ("SMTP_CACERT", file.to_str().unwrap()),
            ("SMTP_USER", "vault"),
            ("SMTP_PASS", "s3cret"),
        ];
        start(&config(postbox.port, &more)).send("ada@example.com", "x", "y");
        let received = postbox.next().await;
        assert!(received.encrypted, "{word}");
        assert_eq!(received.login.as_deref(), Some("vault s3cret"), "{word}");
    }
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_nobody_vouches_for_or_that_does_not_encrypt() {
    let authority = Authority::new();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let trusted = [("SMTP_CACERT", file.to_str().unwrap())];
    let login = [("SMTP_USER", "vault"), ("SMTP_PASS", "s3cret")];
    let other = authority.acceptor(&["mail.example.com"]);
    let stranger = Authority::new().acceptor(&["localhost"]);
    for (case, way, secure) in [
        ("another name", Way::Implicit(other), "tls"),
        (
            "another authority",
            Way::StartTls(stranger.clone()),
            "starttls",
        ),
        ("another authority", Way::Implicit(stranger), "tls"),
        ("no STARTTLS", Way::Plain, "starttls"),
    ] {
        let postbox = Postbox::through(way).await;
        let more = [&trusted[..], &login, &[("SMTP_SECURE", secure)]].concat();
        start(&config(postbox.port, &more)).send("ada@example.com", case, "y");
        postbox.stays_empty().await;
    }
    // Without the file, only public authorities are trusted.
    let postbox = Postbox::through(Way::Implicit(authority.acceptor(&["localhost"]))).await;
    start(&config(postbox.port, &[("SMTP_SECURE", "tls")])).send("ada@example.com", "x", "y");
    postbox.stays_empty().await;
}

#[tokio::test]
async fn a_letter_that_is_refused_for_now_is_tried_again() {
    let postbox = Postbox::start().await;
    postbox.be_busy(2).await;
    let mail = start(&config(postbox.port, &[("SMTP_SECURE", "none")]));
    mail.send("ada@example.com", "patience", "text");
    assert_eq!(postbox.next().await.to, ["ada@example.com"]);
    postbox.stays_empty().await;
}

#[tokio::test]
async fn a_server_that_never_answers_holds_nobody_up_and_a_full_queue_drops_letters() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let mail = start(&config(port, &[("SMTP_SECURE", "none")]));
    let begun = std::time::Instant::now();
    for _ in 0..2 * super::WAITING {
        mail.send("ada@example.com", "x", "y");
    }
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
}
