//! A TCP line to a service that can be cut and mended.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A line between the server and a service. Cut, it refuses and drops every connection.
#[derive(Debug)]
pub(crate) struct Wire {
    address: SocketAddr,
    whole: Arc<watch::Sender<bool>>,
    questions: Arc<AtomicUsize>,
}

impl Wire {
    /// Lays a line to `service`, given as `host:port`.
    pub(crate) async fn to(service: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (whole, state) = watch::channel(true);
        let questions = Arc::default();
        tokio::spawn(accept(listener, service, state, Arc::clone(&questions)));
        Self {
            address,
            whole: Arc::new(whole),
            questions,
        }
    }

    /// Where the server finds the service.
    pub(crate) const fn port(&self) -> u16 {
        self.address.port()
    }

    /// How often the server has sent something: its round trips, since it waits for each answer.
    pub(crate) fn questions(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }

    /// Ends every connection and lets no new one through.
    pub(crate) fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Lets connections through again.
    pub(crate) fn mend(&self) {
        self.whole.send_replace(true);
    }
}

async fn accept(
    listener: TcpListener,
    service: String,
    state: watch::Receiver<bool>,
    questions: Arc<AtomicUsize>,
) {
    while let Ok((near, _)) = listener.accept().await {
        if *state.borrow() {
            let questions = Arc::clone(&questions);
            tokio::spawn(carry(near, service.clone(), state.clone(), questions));
        }
    }
}

async fn carry(
    mut near: TcpStream,
    service: String,
    mut state: watch::Receiver<bool>,
    questions: Arc<AtomicUsize>,
) {
    let Ok(mut far) = TcpStream::connect(&service).await else {
        return;
    };
    let (mut from_near, mut to_near) = near.split();
    let (mut from_far, mut to_far) = far.split();
    tokio::select! {
        _ = ask(&mut from_near, &mut to_far, &questions) => {}
        _ = tokio::io::copy(&mut from_far, &mut to_near) => {}
        _ = state.wait_for(|whole| !whole) => {}
    }
}

async fn ask(
    from: &mut ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    questions: &AtomicUsize,
) -> std::io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        questions.fetch_add(1, Ordering::SeqCst);
        to.write_all(&piece[..length]).await?;
    }
}
