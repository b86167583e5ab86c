//! The state of a challenge, as the hub tells it page by page.

use crate::client::Client;
use crate::limits::STATE_TRIES_MAX;
use crate::output::Failure;
use agon_types::{Manifest, growth, limits};
use serde_json::Value;
use std::collections::BTreeMap;

pub type State = BTreeMap<String, Vec<u8>>;

/// What whoever scores now reads. Pages of two epochs are not of one state, so it is read again then.
pub async fn of(hub: &Client, manifest: &Manifest) -> Result<State, Failure> {
    if manifest.capabilities.state_bytes_max == 0 {
        return Ok(State::new());
    }
    for _ in 0..STATE_TRIES_MAX {
        if let Some(state) = whole(hub, manifest).await? {
            return Ok(state);
        }
    }
    Err(Failure::refused(format!("the state of {} changes all the time: try again", manifest.id)))
}

/// Every page; nothing if an epoch opened in between.
async fn whole(hub: &Client, manifest: &Manifest) -> Result<Option<State>, Failure> {
    let (mut state, mut bytes, mut cursor) = (State::new(), 0, None);
    let mut epoch = None;
    loop {
        let from = cursor.map(|cursor: String| format!("&cursor={cursor}")).unwrap_or_default();
        let path = format!("/v1/challenges/{}/state?limit=200{from}", manifest.id);
        let page = hub.get(&path).await?;
        if *epoch.get_or_insert_with(|| page["epoch"].clone()) != page["epoch"] {
            return Ok(None);
        }
        for item in page["items"].as_array().into_iter().flatten() {
            let (key, value) = entry(item).ok_or_else(|| nonsense(manifest))?;
            bytes += growth::bytes(&key, &value);
            state.insert(key, value);
        }
        // A hub may say anything, and for ever.
        if bytes > limits::STATE_BYTES_MAX {
            return Err(nonsense(manifest));
        }
        match page["next"].as_str() {
            None => return Ok(Some(state)),
            Some(next) => cursor = Some(next.to_owned()),
        }
    }
}

fn entry(item: &Value) -> Option<(String, Vec<u8>)> {
    let value = hex::decode(item["value"].as_str()?).ok()?;
    item["key"].as_str().filter(|key| !key.is_empty()).map(|key| (key.to_owned(), value))
}

fn nonsense(manifest: &Manifest) -> Failure {
    Failure::refused(format!(
        "what the hub tells of the state of {} is none: name another with --hub",
        manifest.id
    ))
}
