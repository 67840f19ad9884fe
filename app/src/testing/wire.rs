//! A TCP line to a service that can be cut and mended.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A line between the server and a service. Cut, it refuses and drops every connection.
#[derive(Debug)]
pub(crate) struct Wire {
    address: SocketAddr,
    whole: Arc<watch::Sender<bool>>,
    meter: Arc<Meter>,
}

/// What the server has sent, and when that is enough.
#[derive(Debug)]
struct Meter {
    questions: AtomicUsize,
    /// The question at which the line is cut.
    last: AtomicUsize,
    /// Whether the service still gets that one; the server gets no answer in any case.
    heard: AtomicBool,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            questions: AtomicUsize::new(0),
            last: AtomicUsize::new(usize::MAX),
            heard: AtomicBool::new(false),
        }
    }
}

impl Wire {
    /// Lays a line to `service`, given as `host:port`.
    pub(crate) async fn to(service: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (whole, state) = watch::channel(true);
        let (whole, meter) = (Arc::new(whole), Arc::default());
        let cut = (Arc::clone(&whole), Arc::clone(&meter));
        tokio::spawn(accept(listener, service, state, cut));
        Self {
            address,
            whole,
            meter,
        }
    }

    /// Where the server finds the service.
    pub(crate) const fn port(&self) -> u16 {
        self.address.port()
    }

    /// How often the server has sent something: its round trips, since it waits for each answer.
    pub(crate) fn questions(&self) -> usize {
        self.meter.questions.load(Ordering::SeqCst)
    }

    /// Ends every connection and lets no new one through.
    pub(crate) fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Cuts it at one of the next questions, the first being 1: before the service gets it, or after.
    pub(crate) fn cut_at(&self, question: usize, heard: bool) {
        self.meter.heard.store(heard, Ordering::SeqCst);
        let last = self.questions() + question;
        self.meter.last.store(last, Ordering::SeqCst);
    }

    /// Lets connections through again, and cuts them no more by itself. Whether it was cut.
    pub(crate) fn mend(&self) -> bool {
        self.meter.last.store(usize::MAX, Ordering::SeqCst);
        !self.whole.send_replace(true)
    }
}

type Cut = (Arc<watch::Sender<bool>>, Arc<Meter>);

async fn accept(listener: TcpListener, service: String, state: watch::Receiver<bool>, cut: Cut) {
    while let Ok((near, _)) = listener.accept().await {
        if *state.borrow() {
            tokio::spawn(carry(near, service.clone(), state.clone(), cut.clone()));
        }
    }
}

async fn carry(mut near: TcpStream, service: String, mut state: watch::Receiver<bool>, cut: Cut) {
    let Ok(mut far) = TcpStream::connect(&service).await else {
        return;
    };
    let (mut from_near, mut to_near) = near.split();
    let (mut from_far, mut to_far) = far.split();
    tokio::select! {
        _ = ask(&mut from_near, &mut to_far, &cut) => {}
        _ = tokio::io::copy(&mut from_far, &mut to_near) => {}
        _ = state.wait_for(|whole| !whole) => {}
    }
}

async fn ask(
    from: &mut ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    (whole, meter): &Cut,
) -> std::io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        let asked = meter.questions.fetch_add(1, Ordering::SeqCst) + 1;
        let last = asked >= meter.last.load(Ordering::SeqCst);
        if last && !meter.heard.load(Ordering::SeqCst) {
            whole.send_replace(false);
            return Ok(());
        }
        to.write_all(&piece[..length]).await?;
        if last {
            whole.send_replace(false);
            return Ok(());
        }
    }
}
