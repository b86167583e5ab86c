//! The hub on a listener: it serves until it is told to stop, then lets open answers end.

use crate::hub::{Hub, Parts};
use crate::limits;
use crate::patience::Patient;
use crate::{router, tickets};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves until the token is cancelled. Streams and held-back answers end at once, others get a few seconds.
pub async fn serve(listener: TcpListener, parts: Parts, stop: CancellationToken) -> io::Result<()> {
    let hub = Hub::new(parts, Some(listener.local_addr()?), stop.child_token());
    let announcer = tokio::spawn(announce(hub.clone()));
    let drain = {
        let stop = hub.stop.clone();
        async move { stop.cancelled().await }
    };
    let serving = axum::serve(Patient(listener), router::routes(hub.clone())).with_graceful_shutdown(drain);
    let overdue = async {
        hub.stop.cancelled().await;
        tokio::time::sleep(Duration::from_millis(limits::DRAIN_MS)).await;
    };
    let served = tokio::select! {
        served = serving => served,
        () = overdue => {
            tracing::warn!("answers that were still open after {} ms are cut", limits::DRAIN_MS);
            Ok(())
        }
    };
    hub.stop.cancel();
    hub.tasks.close();
    hub.tasks.wait().await;
    if announcer.await.is_err() {
        tracing::error!("the announcer of uploads panicked");
    }
    served
}

/// Announces uploads whose miners did not wait, as blocks bring their commitments.
async fn announce(hub: Arc<Hub>) {
    let mut tip = hub.parts.node.tip();
    let work = async {
        loop {
            tickets::round(&hub).await;
            tokio::time::sleep(Duration::from_millis(limits::TICKET_ROUND_MS)).await;
            if tip.changed().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = hub.stop.cancelled() => {}
        () = work => {}
    }
}
