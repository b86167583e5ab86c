//! The code of a challenge on its way into the vault, before its manifest names it.

use crate::ask::{Named, SignedByOwner};
use crate::hub::Hub;
use crate::problem::Problem;
use agon_port::sandbox::Role;
use agon_types::manifest::Capabilities;
use agon_types::{Digest, limits};
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

/// Takes what the owner signed, if it is what the address names and can run as a challenge.
pub(crate) async fn put(
    State(hub): State<Arc<Hub>>,
    Named(expected): Named<Digest>,
    signed: SignedByOwner,
) -> Result<Json<Value>, Problem> {
    let full = |_| Problem::new("too_many_uploads", "other uploads run now: try again in a few seconds");
    let _permit = hub.uploads.try_acquire().map_err(full)?;
    let bytes: Arc<[u8]> = signed.read(limits::ARTIFACT_BYTES_MAX as usize).await?.into();
    let got = Digest::of(&bytes);
    if got != expected {
        let detail = format!("the bytes have the digest {got}, and the address names {expected}");
        return Err(Problem::new("wrong_digest", detail));
    }
    // Which grants it has is the manifest's to say; here it matters only that it could run with them.
    let inspected = hub.parts.sandbox.inspect(Role::Challenge, bytes.clone(), &Capabilities::all()).await;
    inspected.map_err(|unloadable| Problem::new("unloadable", unloadable.to_string()))?;
    hub.parts.vault.put(expected, &bytes).await.map_err(Problem::internal)?;
    Ok(Json(json!({ "sha256": expected, "size_bytes": bytes.len() })))
}
