//! A mail server over a real socket (RFC 5321) that keeps what it is given.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio_rustls::TlsAcceptor;

/// How a postbox is spoken to.
#[derive(Clone)]
pub(crate) enum Way {
    /// In the clear.
    Plain,
    /// TLS after `STARTTLS`; nothing is taken before.
    StartTls(TlsAcceptor),
    /// TLS from the first byte.
    Implicit(TlsAcceptor),
}

/// A letter as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Whom the envelope names.
    pub(crate) to: Vec<String>,
    /// The message, head and body.
    pub(crate) message: String,
    /// Who sent it, as they signed in.
    pub(crate) login: Option<String>,
    /// Whether the way was encrypted.
    pub(crate) encrypted: bool,
}

impl Received {
    /// The body, with quoted-printable undone.
    pub(crate) fn text(&self) -> String {
        let body = self.message.split_once("\r\n\r\n").unwrap().1;
        if !self.message.contains("quoted-printable") {
            return body.to_owned();
        }
        let joined = body.replace("=\r\n", "");
        let mut bytes = Vec::new();
        let mut rest = joined.as_bytes();
        while let Some((first, after)) = rest.split_first() {
            let hex = after.get(..2).and_then(|two| hex::decode(two).ok());
            match (first, hex) {
                (b'=', Some(byte)) => {
                    bytes.extend(byte);
                    rest = &after[2..];
                }
                (byte, _) => {
                    bytes.push(*byte);
                    rest = after;
                }
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    /// The link in it.
    pub(crate) fn link(&self) -> String {
        let text = self.text();
        let line = text.lines().find(|line| line.trim().starts_with("http"));
        line.unwrap_or_else(|| panic!("no link in {text}"))
            .trim()
            .to_owned()
    }

    /// The token in the fragment of its link.
    pub(crate) fn token(&self) -> String {
        self.link().split_once("#token=").unwrap().1.to_owned()
    }
}

/// The server.
pub(crate) struct Postbox {
    pub(crate) port: u16,
    arrived: Mutex<mpsc::UnboundedReceiver<Received>>,
    /// How many letters are still refused for now.
    busy: Arc<Mutex<usize>>,
}

impl Postbox {
    /// One in the clear.
    pub(crate) async fn start() -> Self {
        Self::through(Way::Plain).await
    }

    pub(crate) async fn through(way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (keep, arrived) = mpsc::unbounded_channel();
        let busy = Arc::new(Mutex::new(0));
        let refusals = busy.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let talk = Talk {
                    way: way.clone(),
                    keep: keep.clone(),
                    busy: refusals.clone(),
                };
                tokio::spawn(talk.take(stream));
            }
        });
        Self {
            port,
            arrived: Mutex::new(arrived),
            busy,
        }
    }

    /// What a server's environment says of it.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("SMTP_HOST", "127.0.0.1".to_owned()),
            ("SMTP_PORT", self.port.to_string()),
            ("SMTP_SECURE", "none".to_owned()),
            ("SMTP_FROM", "VaultTerm <vault@example.com>".to_owned()),
        ]
    }

    /// Refuses the next letters for now.
    pub(crate) async fn be_busy(&self, letters: usize) {
        *self.busy.lock().await = letters;
    }

    /// The next letter.
    pub(crate) async fn next(&self) -> Received {
        let mut arrived = self.arrived.lock().await;
        let next = tokio::time::timeout(Duration::from_secs(20), arrived.recv());
        next.await.expect("a letter").unwrap()
    }

    /// That no letter comes.
    pub(crate) async fn stays_empty(&self) {
        tokio::time::sleep(Duration::from_millis(600)).await;
        let letter = self.arrived.lock().await.try_recv();
        assert!(letter.is_err(), "{letter:?}");
    }
}

struct Talk {
    way: Way,
    keep: mpsc::UnboundedSender<Received>,
    busy: Arc<Mutex<usize>>,
}

impl Talk {
    async fn take(self, stream: TcpStream) {
        match self.way.clone() {
            Way::Plain => drop(self.converse(stream, false, true).await),
            Way::Implicit(tls) => {
                if let Ok(stream) = tls.accept(stream).await {
                    drop(self.converse(stream, true, true).await);
                }
            }
            Way::StartTls(tls) => {
                if let Ok(Some(stream)) = self.converse(stream, false, true).await
                    && let Ok(stream) = tls.accept(stream).await
                {
                    drop(self.converse(stream, true, false).await);
                }
            }
        }
    }

    /// Talks until it ends; gives the stream back when it is to be encrypted.
    async fn converse<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: T,
        encrypted: bool,
        greet: bool,
    ) -> std::io::Result<Option<T>> {
        let mut stream = BufReader::new(stream);
        let must_encrypt = matches!(self.way, Way::StartTls(_)) && !encrypted;
        let (mut to, mut login) = (Vec::new(), None);
        if greet {
            stream.write_all(b"220 postbox\r\n").await?;
        }
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            let word = line.split([' ', ':', '\r']).next().unwrap().to_uppercase();
            let answer = match word.as_str() {
                "EHLO" if must_encrypt => "250-postbox\r\n250 STARTTLS\r\n",
                "EHLO" => "250-postbox\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n",
                "STARTTLS" => {
                    stream.write_all(b"220 go on\r\n").await?;
                    return Ok(Some(stream.into_inner()));
                }
                _ if must_encrypt => "530 STARTTLS first\r\n",
                "AUTH" => {
                    let given = line.trim().rsplit(' ').next().unwrap();
                    let given = base64::prelude::BASE64_STANDARD.decode(given).unwrap();
                    let given = String::from_utf8(given).unwrap().replace('\0', " ");
                    login = Some(given.trim().to_owned());
                    "235 welcome\r\n"
                }
                "MAIL" if self.refuse().await => "451 busy, later\r\n",
                "RCPT" => {
                    let address = line.split(['<', '>']).nth(1).unwrap();
                    to.push(address.to_owned());
                    "250 yes\r\n"
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let message = read_message(&mut stream).await?;
                    let _gone = self.keep.send(Received {
                        to: std::mem::take(&mut to),
                        message,
                        login: login.clone(),
                        encrypted,
                    });
                    "250 taken\r\n"
                }
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(None);
                }
                _ => "250 yes\r\n",
            };
            stream.write_all(answer.as_bytes()).await?;
        }
    }

    async fn refuse(&self) -> bool {
        let mut busy = self.busy.lock().await;
        let refused = *busy > 0;
        *busy = busy.saturating_sub(1);
        refused
    }
}

/// Everything up to the line that is a dot.
async fn read_message<T: AsyncRead + Unpin>(stream: &mut BufReader<T>) -> std::io::Result<String> {
    let mut message = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(message);
        }
        message.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
