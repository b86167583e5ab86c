//! A request that a hotkey signed: who it was, and the body that it signed.

use super::{Bound, Unasked, is_json, parse, read};
use crate::hub::Hub;
use crate::limits;
use crate::problem::Problem;
use crate::signature::{self, Checked, Expected};
use agon_protocol::state::View as _;
use agon_types::{Hotkey, TimeMs};
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
        let now = hub.now();
        let checked = check(hub, (&head, now))?;
        // No signed request has a query, and one that was added on the way is a wrong signature first.
        Unasked::from_request_parts(&mut head, hub).await?;
        let records = &hub.parts.records;
        let first = records.use_nonce(checked.hotkey.to_string(), checked.nonce, now).await;
        if !first.map_err(Problem::internal)? {
            let detail =
                "this nonce was used before: sign the request anew with another, it is safe to repeat";
            return Err(Problem::new("replayed", detail));
        }
        let bound = Bound { bytes_max: limits::DOCUMENT_BYTES_MAX, ms_max: limits::DOCUMENT_MS_MAX };
        let body = read(body, bound, |_| ()).await?;
        signature::covers(&checked.content_digest, &body)?;
        Ok(Self { hotkey: checked.hotkey, headers: head.headers, body })
    }
}

fn check(hub: &Hub, (head, now): (&Parts, TimeMs)) -> Result<Checked, Problem> {
    let network = &hub.parts.node.genesis().network;
    let is_registered = |hotkey| hub.read(|state| state.neuron(hotkey).is_some());
    let authorities = &hub.authorities;
    signature::check(head, &Expected { network, authorities, now, is_registered: &is_registered })
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
