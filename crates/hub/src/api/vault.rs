//! What the owner brings into the vault before a manifest names it: the code of a challenge, and its artifacts.

use crate::ask::{Named, SignedByOwner};
use crate::hub::Hub;
use crate::problem::Problem;
use agon_port::sandbox::Role;
use agon_port::vault;
use agon_types::manifest::Capabilities;
use agon_types::{Digest, limits};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use serde_json::{Value, json};
use std::sync::Arc;

/// The media type of code.
pub(crate) const CODE: &str = "application/wasm";
/// The media type of an artifact, whatever it is.
pub(crate) const ARTIFACT: &str = "application/octet-stream";

/// What the bytes are for. The signature does not cover the header that says it: whoever changed that on the way could
/// have nothing kept but the owner's own bytes under their own digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A manifest may name it as `code`, so it must be able to run as a challenge.
    Code,
    /// A manifest may name it among `capabilities.artifacts`, and any bytes will do.
    Artifact,
}

impl Kind {
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        match kind.to_ascii_lowercase().as_str() {
            CODE => Ok(Self::Code),
            ARTIFACT => Ok(Self::Artifact),
            _ => {
                let detail = format!(
                    "send `content-type: {CODE}` for the code of a challenge, or `{ARTIFACT}` for an artifact"
                );
                Err(Problem::new("unsupported_media_type", detail))
            }
        }
    }
}

/// Takes what the owner signed, if it is what the address names; code only if it can run as a challenge.
pub(crate) async fn put(
    State(hub): State<Arc<Hub>>,
    Named(expected): Named<Digest>,
    signed: SignedByOwner,
) -> Result<Json<Value>, Problem> {
    let kind = Kind::of(signed.headers())?;
    let full = |_| Problem::new("too_many_uploads", "other uploads run now: try again in a few seconds");
    let _permit = hub.uploads.try_acquire().map_err(full)?;
    let bytes: Arc<[u8]> = signed.read(limits::ARTIFACT_BYTES_MAX as usize).await?.into();
    let got = Digest::of(&bytes);
    if got != expected {
        let detail = format!("the bytes have the digest {got}, and the address names {expected}");
        return Err(Problem::new("wrong_digest", detail));
    }
    if kind == Kind::Code {
        // Which grants it has is the manifest's to say; here it matters only that it could run with them.
        hub.parts.sandbox.inspect(Role::Challenge, bytes.clone(), &Capabilities::all()).await?;
    }
    hub.parts.vault.put(expected, &bytes).await.map_err(|error| match error {
        vault::Error::TooLarge { .. } => Problem::new("too_large", error.to_string()),
        other => Problem::internal(other),
    })?;
    Ok(Json(json!({ "sha256": expected, "size_bytes": bytes.len() })))
}
