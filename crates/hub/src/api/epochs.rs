//! Epochs with their seals, and the newest weights.

use crate::ask::{Named, Unasked};
use crate::hub::Hub;
use crate::problem::Problem;
use crate::view::epoch;
use agon_types::Epoch;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

/// The chain's block in which this node's weights of an epoch stand.
pub(crate) async fn weights_block(hub: &Hub, epoch: Epoch) -> Result<Option<u64>, Problem> {
    let intent = hub.parts.records.intent(epoch).await.map_err(Problem::internal)?;
    Ok(intent.and_then(|intent| intent.set_at))
}

/// An epoch, whole; none if it has not begun.
pub(crate) async fn whole(hub: &Hub, epoch: Epoch) -> Result<Option<epoch::Whole>, Problem> {
    let block = weights_block(hub, epoch).await?;
    Ok(hub.read(|state| epoch::one(state, epoch, block)))
}

pub(crate) async fn one(
    State(hub): State<Arc<Hub>>,
    Named(number): Named<u64>,
    _: Unasked,
) -> Result<Json<epoch::Whole>, Problem> {
    let unknown = || Problem::new("unknown_epoch", format!("epoch {number} has not begun"));
    whole(&hub, Epoch(number)).await?.map(Json).ok_or_else(unknown)
}

pub(crate) async fn weights(State(hub): State<Arc<Hub>>, _: Unasked) -> Result<Json<Value>, Problem> {
    let none = || Problem::new("no_seal", "no epoch is sealed yet: the first one is, once it is over");
    let epoch = hub.read(epoch::last_sealed).ok_or_else(none)?;
    let whole = whole(&hub, epoch).await?.ok_or_else(none)?;
    let seal = whole.seal.ok_or_else(none)?;
    Ok(Json(json!({
        "epoch": epoch,
        "seal": seal.digest,
        "weights": seal.weights,
        "weights_total": seal.weights_total,
        "vector": seal.vector,
        "chain": { "block": whole.weights_block, "set": whole.weights_block.is_some() },
    })))
}
