//! What is sent, to whom, and that nothing is without an address.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::{Message, beat, keep, message, send, store};
use crate::config::HeartbeatUrl;
use crate::testing::{Authority, Licensed, NOW, Server, licence};

/// Somebody who listens, answers everything the same, and counts.
struct Listener {
    port: u16,
    heard: tokio::sync::mpsc::Receiver<Vec<u8>>,
    connections: Arc<AtomicUsize>,
}

impl Listener {
    async fn answering(answer: &'static str) -> Self {
        Self::through(None, answer).await
    }

    async fn through(tls: Option<TlsAcceptor>, answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, heard) = tokio::sync::mpsc::channel(8);
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let bytes = match &tls {
                    None => converse(stream, answer).await,
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => converse(stream, answer).await,
                        Err(_) => Vec::new(),
                    },
                };
                let _gone = tell.send(bytes).await;
            }
        });
        Self {
            port,
            heard,
            connections,
        }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Hears one request and answers it.
async fn converse<T: AsyncRead + AsyncWrite + Unpin>(mut stream: T, answer: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    while !is_whole(&bytes) {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(length) => bytes.extend_from_slice(&piece[..length]),
        }
    }
    let _gone = stream.write_all(answer.as_bytes()).await;
    let _gone = stream.shutdown().await;
    bytes
}

/// Whether a request is complete: its head, and as much body as that promises. Who begins with TLS
/// says no more before there is an answer.
fn is_whole(bytes: &[u8]) -> bool {
    if bytes.starts_with(&[22]) {
        return true;
    }
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() >= length.parse().unwrap())
}

fn url(port: u16) -> HeartbeatUrl {
    HeartbeatUrl {
        text: format!("https://127.0.0.1:{port}/beat?v=1"),
        host: "127.0.0.1".into(),
        port,
        target: "/beat?v=1".into(),
        authority: format!("127.0.0.1:{port}"),
    }
}

#[tokio::test]
async fn without_an_address_nothing_is_ever_sent() {
    // Days go by in a moment, and the keeper has not even asked the database whose turn it is.
    let server = Server::start().await;
    tokio::time::pause();
    let days = tokio::time::timeout(Duration::from_secs(30 * 86_400), keep(&server.app));
    assert!(days.await.is_err());
    tokio::time::resume();
    let told = "installation WHERE heartbeat_at IS NOT NULL";
    assert_eq!(server.database.count(told).await, 0);
}

#[tokio::test]
async fn the_request_is_these_bytes_and_no_others() {
    let one = Licensed::start(&licence(3)).await;
    one.server.owner().await;
    let mut listener = Listener::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let message = message::current(&one.server.app).await.unwrap();
    let stream = TcpStream::connect(("127.0.0.1", listener.port))
        .await
        .unwrap();
    send::exchange(stream, &url(listener.port), message.body())
        .await
        .unwrap();
    let mut connection = one.server.database.behind().await;
    let instance: uuid::Uuid = sqlx::query_scalar("SELECT instance FROM installation")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    use sha2::Digest as _;
    let mut digest = sha2::Sha256::new();
    digest.update(b"vaultterm heartbeat instance v1\0");
    digest.update(instance.as_bytes());
    let body = format!(
        "{{\"format\":1,\"instance\":\"{}\",\"licenseId\":\"licence-3\",\"tier\":\"team\",\
         \"seatsBought\":25,\"seatsUsed\":1,\"version\":\"{}\"}}",
        hex::encode(digest.finalize()),
        env!("CARGO_PKG_VERSION"),
    );
    let expected = format!(
        "POST /beat?v=1 HTTP/1.1\r\nhost: 127.0.0.1:{}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        listener.port,
        body.len(),
    );
    let heard = listener.heard.recv().await.unwrap();
    assert_eq!(String::from_utf8(heard).unwrap(), expected);
    for name in ["Example", "Analytical", "Ada", "example.com", "localhost"] {
        assert!(!body.contains(name), "{name}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Listener::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let answer = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:{}/\r\n\r\n",
        elsewhere.port
    );
    let listener = Listener::answering(answer.leak()).await;
    let stream = TcpStream::connect(("127.0.0.1", listener.port))
        .await
        .unwrap();
    let refused = send::exchange(stream, &url(listener.port), "{}".into()).await;
    assert!(matches!(refused, Err(send::SendError::Answer(status)) if status == 307));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((listener.connections(), elsewhere.connections()), (1, 0));
}

#[tokio::test]
async fn who_speaks_no_tls_is_told_nothing() {
    let mut listener = Listener::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let body = "{\"seatsUsed\":1}".into();
    let failed = send::post(&url(listener.port), body, send::public_roots()).await;
    assert!(failed.is_err());
    let heard = listener.heard.recv().await.unwrap();
    assert!(!String::from_utf8_lossy(&heard).contains("seatsUsed"));
}

#[tokio::test]
async fn over_tls_it_arrives_at_whom_a_trusted_authority_vouches_for_and_nobody_else() {
    let one = Licensed::start(&licence(3)).await;
    let app = &one.server.app;
    let good = Authority::new();
    let acceptor = good.acceptor(&["127.0.0.1"]);
    let mut listener = Listener::through(Some(acceptor), "HTTP/1.1 204 No Content\r\n\r\n").await;
    let address = url(listener.port);
    assert!(beat(app, &address, good.roots()).await.unwrap());
    let heard = String::from_utf8(listener.heard.recv().await.unwrap()).unwrap();
    let body = message::current(app).await.unwrap().body();
    assert!(heard.ends_with(&body), "{heard}");

    // Of another authority, or another's certificate: nothing is said.
    for (trusted, name) in [
        (Authority::new().roots(), "127.0.0.1"),
        (send::public_roots(), "127.0.0.1"),
        (good.roots(), "licence.example.com"),
    ] {
        let acceptor = good.acceptor(&[name]);
        let mut listener = Listener::through(Some(acceptor), "").await;
        let refused = send::post(&url(listener.port), body.clone(), trusted).await;
        assert!(matches!(refused, Err(send::SendError::Connection(_))));
        assert_eq!(listener.heard.recv().await.unwrap(), b"");
    }
}

#[tokio::test]
async fn a_day_has_one_turn_whoever_takes_it_and_however_it_ends() {
    let one = Licensed::start(&licence(3)).await;
    let listener = Listener::answering("").await;
    let app = &one.server.app;
    // Nobody speaks TLS there, so it comes to nothing; and that was the day's turn.
    let address = url(listener.port);
    assert!(beat(app, &address, send::public_roots()).await.is_err());
    assert!(!beat(app, &address, send::public_roots()).await.unwrap());
    assert_eq!(listener.connections(), 1);
    let (db, day) = (&app.db, time::Duration::hours(24));
    let all = (0..4).map(|_| store::claim(db, NOW + day));
    let turns = futures_util::future::join_all(all).await;
    assert_eq!(
        turns
            .into_iter()
            .filter(|turn| *turn.as_ref().unwrap())
            .count(),
        1
    );
    let early = NOW + day + day - time::Duration::seconds(1);
    assert!(!store::claim(db, early).await.unwrap());
    assert!(store::claim(db, NOW + day + day).await.unwrap());
}

#[test]
fn the_operators_guide_explains_every_field() {
    let guide = include_str!("../../../deploy/docs/licence.md");
    let message = serde_json::to_value(Message::sample()).unwrap();
    for field in message.as_object().unwrap().keys() {
        let row = format!("| `{field}` |");
        assert!(
            guide.contains(&row),
            "deploy/docs/licence.md says nothing of {field}"
        );
    }
}
