//! `agon challenge publish`: code and artifacts into the vault, and the manifest, signed by the owner, onto the ledger.

use super::project::Project;
use crate::cli::Global;
use crate::client::{Client, Signer};
use crate::key;
use crate::limits::OPEN_POLLS_MAX;
use crate::output::{Failure, Output};
use agon_types::action::Shift;
use agon_types::{Action, ActionBody, ChallengeId, Digest, Height, HotkeyPair, Manifest, Signed, codec};
use serde_json::{Value, json};
use std::time::Duration;

/// Heights for which a signed action is valid.
const EXPIRY_HEIGHTS: u64 = 1_000;
/// How the hub tells the code of a challenge from an artifact.
const CODE: &str = "application/wasm";
const ARTIFACT: &str = "application/octet-stream";
/// Between two looks at a challenge that is not open yet.
const POLL: Duration = Duration::from_millis(300);

pub async fn run(global: &Global, (project, wait): (&Project, bool), output: Output) -> Result<(), Failure> {
    let (code, artifacts) = (project.code()?, project.artifacts()?);
    let owner = key::read(&key::locate(global, &global.key))?;
    let hub = Client::of(global)?;
    let manifest = &project.manifest;
    let known = hub.find(&format!("/v1/challenges/{}", manifest.id)).await?;
    let body = match &known {
        Some(known) if known["manifest"] == json!(manifest) => None,
        Some(known) => Some(ActionBody::UpdateChallenge(Box::new(next(known, manifest)?))),
        None => Some(ActionBody::PublishChallenge(Box::new(manifest.clone()))),
    };
    if let Some(body) = body {
        // What it names goes first, so that no validator waits for it.
        keep(&hub, &owner, (CODE, code)).await?;
        for artifact in artifacts {
            keep(&hub, &owner, (ARTIFACT, artifact)).await?;
        }
        send(&hub, &owner, body).await?;
    }
    if wait {
        until_open(&hub, manifest).await?;
    }
    let document = json!({ "id": manifest.id, "version": manifest.version, "code": manifest.code });
    output.result(&document, || {
        let opens = if wait { "is open" } else { "opens with the next epoch" };
        format!("version {} of {} {opens}", manifest.version, manifest.id)
    });
    Ok(())
}

/// The manifest, if it is the version after the last one.
fn next(known: &Value, manifest: &Manifest) -> Result<Manifest, Failure> {
    let last = known["coming"]["version"].as_u64().or_else(|| known["version"].as_u64()).unwrap_or(0);
    match u64::from(manifest.version) == last + 1 {
        true => Ok(manifest.clone()),
        false => Err(Failure::refused(format!(
            "version {last} of {} is published, and yours differs: write `version = {}` into manifest.toml",
            manifest.id,
            last + 1
        ))),
    }
}

/// Brings bytes of a media type into the vault, in the owner's name. The same bytes again are no fault.
async fn keep(hub: &Client, owner: &HotkeyPair, (kind, bytes): (&str, Vec<u8>)) -> Result<(), Failure> {
    let network = hub.network().await?;
    let path = format!("/v1/vault/{}", Digest::of(&bytes));
    let by = Signer { hotkey: owner, network: &network };
    hub.put_signed(&path, (kind, bytes), by).await?.accepted().map(drop)
}

/// Signs an action, and brings it to its decision.
pub(super) async fn send(hub: &Client, signer: &HotkeyPair, body: ActionBody) -> Result<Value, Failure> {
    let network = hub.get("/v1/network").await?;
    let id = serde_json::from_value(network["network"].clone()).map_err(Failure::internal)?;
    let height = network["height"].as_u64().unwrap_or(0);
    let action = Action { expires_at_height: Height(height).plus(EXPIRY_HEIGHTS), body };
    let signed = Signed::new(&id, action, &[signer]);
    let document = json!({ "action": hex::encode(codec::encode(&signed)) });
    hub.post("/v1/actions", &document).await?.accepted()
}

/// A published challenge opens with an epoch, once the validators have voted for it.
async fn until_open(hub: &Client, manifest: &Manifest) -> Result<(), Failure> {
    let id = &manifest.id;
    for _ in 0..OPEN_POLLS_MAX {
        let shown = hub.get(&format!("/v1/challenges/{id}")).await?;
        if shown["version"] == json!(manifest.version) && shown["status"] != "proposed" {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
    let problem = format!("version {} of {id} is published, and not open yet", manifest.version);
    Err(Failure::refused(format!("{problem}: `agon challenge show {id}` says how it stands")))
}

/// Pauses, resumes or retires a challenge.
pub async fn shift(global: &Global, (id, shift): (&str, Shift), output: Output) -> Result<(), Failure> {
    let challenge: ChallengeId = id.parse().map_err(|error| Failure::Usage(format!("{error}")))?;
    let owner = key::read(&key::locate(global, &global.key))?;
    let hub = Client::of(global)?;
    let known = hub.get(&format!("/v1/challenges/{challenge}")).await?;
    let version = serde_json::from_value(known["version"].clone()).map_err(Failure::internal)?;
    send(&hub, &owner, ActionBody::ShiftChallenge { challenge, version, shift }).await?;
    output.result(&json!({ "id": id, "version": version, "shift": shift }), || {
        format!("signed for version {version} of {id}; it counts from the next epoch on")
    });
    Ok(())
}
