//! Decided blocks for followers, and artifacts by digest.

use crate::ask::{Asked, Asking, Given, Named, Unasked};
use crate::hub::Hub;
use crate::limits;
use crate::problem::Problem;
use agon_port::ledger::Kept;
use agon_protocol::state::View;
use agon_protocol::{State as Ledger, registry};
use agon_types::{Digest, Height};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Query {
    from: Height,
    limit: Option<usize>,
    wait_ms: Option<u64>,
}

impl Asking for Query {
    const KEYS: &'static [&'static str] = &["from", "limit", "wait_ms"];

    fn read(given: &mut Given) -> Self {
        let from = given.within("from", 1..=u64::MAX);
        Self {
            from: Height(given.needed("from", (from, "the height of the first block, from 1 on"))),
            limit: given.within("limit", 1..=limits::BLOCKS_MAX),
            wait_ms: given.value("wait_ms", "a whole number of milliseconds"),
        }
    }
}

/// Blocks from a height on. Where there are none yet, the answer waits for one, if asked to.
pub(crate) async fn list(
    State(hub): State<Arc<Hub>>,
    Asked(query): Asked<Query>,
) -> Result<Json<Value>, Problem> {
    let count = query.limit.unwrap_or(limits::BLOCKS_MAX);
    let from = query.from;
    let wait = Duration::from_millis(query.wait_ms.unwrap_or(0).min(limits::BLOCKS_WAIT_MS_MAX));
    let mut tip = hub.parts.node.tip();
    tokio::select! {
        biased;
        _ = tip.wait_for(|tip| *tip >= from) => {}
        () = hub.stop.cancelled() => {}
        () = tokio::time::sleep(wait) => {}
    }
    let here = *hub.parts.node.tip().borrow() >= from;
    let kept = match here {
        true => hub.parts.node.blocks(from, count).await.map_err(Problem::internal)?,
        false => Vec::new(),
    };
    let items = page(kept);
    let next = items.last().map(|(height, _)| height.next().to_string());
    let items: Vec<Value> = items.into_iter().map(|(_, item)| item).collect();
    Ok(Json(json!({ "items": items, "next": next })))
}

/// As many of the blocks as one answer may hold, at least one.
fn page(kept: Vec<Kept>) -> Vec<(Height, Value)> {
    let mut bytes = 0;
    let fits = |kept: &Kept| {
        let first = bytes == 0;
        bytes += kept.block.len() + kept.certificate.len();
        first || bytes <= limits::BLOCKS_BYTES_MAX
    };
    let hex = |kept: Kept| {
        let (block, certificate) = (hex::encode(&kept.block), hex::encode(&kept.certificate));
        (kept.height, json!({ "height": kept.height, "block": block, "certificate": certificate }))
    };
    kept.into_iter().take_while(fits).map(hex).collect()
}

/// Only what the ledger names is given: an artifact that is uploaded and not announced stays unknown.
fn is_named(state: &Ledger, digest: Digest) -> bool {
    registry::all(state).into_iter().any(|(id, known)| {
        let latest = known.next.map_or(known.version, |next| next.version.max(known.version));
        state.claim(id.clone(), digest).is_some()
            || (1..=latest).rev().any(|version| {
                state.manifest(id.clone(), version).is_some_and(|manifest| {
                    manifest.code == digest || manifest.capabilities.artifacts.contains(&digest)
                })
            })
    })
}

pub(crate) async fn artifact(
    State(hub): State<Arc<Hub>>,
    Named(digest): Named<Digest>,
    _: Unasked,
) -> Result<impl IntoResponse, Problem> {
    let unknown = || Problem::new("unknown_artifact", format!("this hub has no artifact {digest}"));
    if !hub.read(|state| is_named(state, digest)) {
        return Err(unknown());
    }
    let bytes = hub.parts.vault.get(digest).await.map_err(Problem::internal)?.ok_or_else(unknown)?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::ETAG, format!("\"{digest}\"")),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
    ];
    Ok((headers, bytes.to_vec()))
}
