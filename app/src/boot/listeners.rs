//! Both listeners, until a signal; then a bounded farewell.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{Fatal, admin_plane, tenant_plane};
use crate::context::App;

/// How long requests in flight may take to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(
    app: &App,
    metrics: PrometheusHandle,
    started: Instant,
) -> Result<(), Fatal> {
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
            serve(admin, admin_plane(app, metrics), stopped.clone()),
        )
    };
    let outcome = tokio::select! {
        ended = serving => ended.map(drop).map_err(Fatal::Serve),
        () = cut_off(farewell) => {
            tracing::warn!("requests were cut off");
            Ok(())
        }
        never = wait_for_signal(stop) => match never {},
    };
    app.db.close().await;
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

/// Announces the stop at the first signal, and then waits for ever: the others decide the end.
async fn wait_for_signal(stop: watch::Sender<bool>) -> std::convert::Infallible {
    match (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::info!("stopping");
            stop.send_replace(true);
        }
        _ => tracing::error!("signals cannot be received"),
    }
    // Holding `stop` keeps the listeners from taking its end for a signal.
    let _held = stop;
    std::future::pending().await
}
