//! A TCP line to a service that can be cut and mended.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A line between the server and a service. Cut, it refuses and drops every connection.
#[derive(Debug)]
pub(crate) struct Wire {
    address: SocketAddr,
    whole: Arc<watch::Sender<bool>>,
}

impl Wire {
    /// Lays a line to `service`, given as `host:port`.
    pub(crate) async fn to(service: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (whole, state) = watch::channel(true);
        tokio::spawn(accept(listener, service, state));
        Self {
            address,
            whole: Arc::new(whole),
        }
    }

    /// Where the server finds the service.
    pub(crate) const fn port(&self) -> u16 {
        self.address.port()
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

async fn accept(listener: TcpListener, service: String, state: watch::Receiver<bool>) {
    while let Ok((near, _)) = listener.accept().await {
        if *state.borrow() {
            tokio::spawn(carry(near, service.clone(), state.clone()));
        }
    }
}

async fn carry(mut near: TcpStream, service: String, mut state: watch::Receiver<bool>) {
    let Ok(mut far) = TcpStream::connect(&service).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = state.wait_for(|whole| !whole) => {}
    }
}
