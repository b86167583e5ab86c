//! A request that someone signed: who it was, and the body that it covers.

use super::{Bound, Unasked, is_json, parse, read};
use crate::hub::Hub;
use crate::limits;
use crate::problem::Problem;
use crate::signature::{self, Checked, Expected};
use agon_protocol::Reason;
use agon_protocol::state::View as _;
use agon_types::Hotkey;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Nothing of a body is read before its signature holds, and no nonce counts twice.
#[derive(Debug)]
pub(crate) struct SignedBy {
    hotkey: Hotkey,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl FromRequest<Arc<Hub>> for SignedBy {
    type Rejection = Problem;

    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Problem> {
        let (mut head, body) = request.into_parts();
        let admits = |hotkey| match hub.read(|state| state.neuron(hotkey).is_some()) {
            true => Ok(()),
            false => Err(Reason::NotRegistered { hotkey }),
        };
        let checked = check(hub, &mut head, &admits).await?;
        let bound = Bound { bytes_max: limits::DOCUMENT_BYTES_MAX, ms_max: limits::DOCUMENT_MS_MAX };
        let body = read(body, bound, |_| ()).await?;
        signature::covers(&checked.content_digest, &body)?;
        Ok(Self { hotkey: checked.hotkey, headers: head.headers, body })
    }
}

/// Bytes that one of the owner's keys signed, not read yet: whoever reads them has room for them.
#[derive(Debug)]
pub(crate) struct SignedByOwner {
    headers: HeaderMap,
    content_digest: String,
    body: Body,
}

impl FromRequest<Arc<Hub>> for SignedByOwner {
    type Rejection = Problem;

    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Problem> {
        let (mut head, body) = request.into_parts();
        let owner = &hub.parts.node.genesis().owner;
        let admits = |hotkey: Hotkey| match owner.keys.contains(&hotkey) {
            true => Ok(()),
            false => Err(Reason::NotOwner { threshold: owner.threshold }),
        };
        let checked = check(hub, &mut head, &admits).await?;
        Ok(Self { headers: head.headers, content_digest: checked.content_digest, body })
    }
}

impl SignedByOwner {
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub async fn read(self, bytes_max: usize) -> Result<Vec<u8>, Problem> {
        let bound = Bound { bytes_max, ms_max: limits::UPLOAD_MS_MAX };
        let bytes = read(self.body, bound, |_| ()).await?;
        signature::covers(&self.content_digest, &bytes)?;
        Ok(bytes)
    }
}

/// Checks the signature, and uses its nonce up.
async fn check(
    hub: &Arc<Hub>,
    head: &mut Parts,
    admits: &(dyn Fn(Hotkey) -> Result<(), Reason> + Sync),
) -> Result<Checked, Problem> {
    let (network, authorities, now) = (&hub.parts.node.genesis().network, &hub.authorities, hub.now());
    let checked = signature::check(head, &Expected { network, authorities, now, admits })?;
    // No signed request has a query, and one that was added on the way is a wrong signature first.
    Unasked::from_request_parts(head, hub).await?;
    let first = hub.parts.records.use_nonce(checked.hotkey.to_string(), checked.nonce.clone(), now).await;
    if !first.map_err(Problem::internal)? {
        let detail = "this nonce was used before: sign the request anew with another, it is safe to repeat";
        return Err(Problem::new("replayed", detail));
    }
    Ok(checked)
}

impl SignedBy {
    /// The body as a JSON document.
    pub fn document<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        is_json(&self.headers)?;
        parse(&self.body)
    }

    /// Only whom a thing belongs to brings it on.
    pub fn must_be(&self, owner: Hotkey) -> Result<(), Problem> {
        if self.hotkey == owner {
            return Ok(());
        }
        let detail =
            format!("this belongs to {owner}, and {} signed the request: sign it with that key", self.hotkey);
        Err(Problem::new("not_yours", detail))
    }
}
