//! Both listeners, until a signal; then a bounded farewell.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::serve::ListenerExt as _;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{Fatal, admin_plane, chores, health, tenant_plane};
use crate::context::App;
use crate::keys::registry;

/// How long requests in flight may take to end.
const FAREWELL: Duration = Duration::from_secs(10);
/// How long the connections to the database may take to close.
const CLOSING: Duration = Duration::from_secs(2);

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(
    app: &App,
    metrics: PrometheusHandle,
    started: Instant,
) -> Result<(), Fatal> {
    // Before the listeners: a signal that comes in the first moment is not missed.
    let signals = Signals::listen()?;
    let portal = bind(app, app.server.port).await?;
    let admin = bind(app, app.server.admin_port).await?;
    let (stop, stopped) = watch::channel(false);
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        port = app.server.port,
        admin_port = app.server.admin_port,
        url = app.server.base_url,
        millis,
        "listening"
    );
    let farewell = stopped.clone();
    let serving = async {
        tokio::try_join!(
            serve(portal, tenant_plane(app), stopped.clone()),
            serve(admin, admin_plane(app, metrics.clone()), stopped.clone()),
        )
    };
    let mut chores = chores::begin(app);
    let outcome = tokio::select! {
        ended = serving => ended.map(drop).map_err(Fatal::Serve),
        () = cut_off(farewell) => {
            tracing::warn!("requests were cut off");
            Ok(())
        }
        never = signals.announce(stop) => match never {},
        never = health::keep_metrics_small(&metrics) => match never {},
        never = registry::watch(&app.db, &app.keys) => match never {},
    };
    chores.shutdown().await;
    // Whoever waits for this server need not wait until it is missed.
    let _missed_soon = tokio::time::timeout(CLOSING, registry::leave(&app.db, &app.keys)).await;
    // A request that was cut off may still hold a connection.
    if tokio::time::timeout(CLOSING, app.db.close()).await.is_err() {
        tracing::warn!("connections to the database were left to it");
    }
    tracing::info!("stopped");
    outcome
}

async fn bind(app: &App, port: u16) -> Result<TcpListener, Fatal> {
    TcpListener::bind(SocketAddr::new(app.server.listen, port))
        .await
        .map_err(|error| Fatal::Bind(port, error))
}

async fn serve(
    listener: TcpListener,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) -> std::io::Result<()> {
    // An answer is whole when it is written: nothing is gained by waiting for more of it.
    let listener = listener.tap_io(|stream| {
        let _not_vital = stream.set_nodelay(true);
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            // A sender that is gone also means: stop.
            let _ended = stopped.wait_for(|stop| *stop).await;
        })
        .await
}

/// Ends some time after the stop was announced.
async fn cut_off(mut stopped: watch::Receiver<bool>) {
    let _announced = stopped.wait_for(|stop| *stop).await;
    tokio::time::sleep(FAREWELL).await;
}

/// Returns at the first signal that means: stop.
pub(super) async fn signalled() -> Result<(), Fatal> {
    let mut signals = Signals::listen()?;
    tokio::select! {
        _ = signals.terminate.recv() => {}
        _ = signals.interrupt.recv() => {}
    }
    tracing::info!("stopped");
    Ok(())
}

/// The two signals that mean: stop.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> Result<Self, Fatal> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(Fatal::Signals)?,
            interrupt: signal(SignalKind::interrupt()).map_err(Fatal::Signals)?,
        })
    }

    /// Announces the stop at the first signal, and then waits for ever: the others decide the end.
    async fn announce(mut self, stop: watch::Sender<bool>) -> Infallible {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.send_replace(true);
        // Holding `stop` keeps the listeners from taking its end for a signal.
        let _held = stop;
        std::future::pending().await
    }
}
