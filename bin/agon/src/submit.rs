//! `agon submit`: signs, commits on the chain, uploads, announces, and follows an agent to its score.

use crate::cli::{Global, SubmitOptions};
use crate::client::{Client, Signer};
use crate::limits::{COMMITMENT_POLLS_MAX, TICKETS_MAX};
use crate::output::{Failure, Output};
use crate::{chain, key, trial, up};
use agon_port::Chain;
use agon_types::manifest::AgentKind;
use agon_types::{
    Action, ActionBody, Announcement, Digest, Height, HotkeyPair, NetworkId, Signed, SubmissionId, codec,
    limits,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Heights for which an announcement is valid: some minutes, so that a slow upload does not outlive it.
const EXPIRY_HEIGHTS: u64 = 2_000;
/// Between two questions to the hub.
const POLL: Duration = Duration::from_millis(500);

/// An agent to enter.
pub struct Entry {
    pub challenge: String,
    pub version: u32,
    pub label: String,
    pub bytes: Vec<u8>,
}

/// Where to enter it, and as whom.
pub struct Door<'a> {
    pub hub: &'a Client,
    pub chain: &'a dyn Chain,
    pub hotkey: &'a HotkeyPair,
}

pub async fn run(global: &Global, options: SubmitOptions, output: Output) -> Result<(), Failure> {
    if options.dry_run {
        return trial::run(global, &options, output).await;
    }
    let bytes = std::fs::read(&options.path)
        .map_err(|error| Failure::refused(format!("cannot read {}: {error}", options.path.display())))?;
    let hotkey = key::read(&key::locate(global, &global.key))?;
    let hub = Client::of(global)?;
    let chain = chain::client(hub.network().await?, &up::chain_url(global, options.chain))?;
    let stem = || options.path.file_stem().map(|stem| short(&stem.to_string_lossy()));
    let label = options.label.or_else(stem).unwrap_or_default();
    let version = match options.version {
        Some(version) => version,
        None => next_version(&hub, (&options.challenge, &hotkey), Digest::of(&bytes)).await?,
    };
    let entry = Entry { challenge: options.challenge, version, label, bytes };
    let door = Door { hub: &hub, chain: &chain, hotkey: &hotkey };
    let entered = enter(&door, entry, |step| output.progress(step)).await;
    let id = entered.map_err(|failure| with_remedy(failure, &global.key))?;
    if options.wait {
        output.progress(&id.to_string());
        return follow(&hub, id, output).await;
    }
    output.result(&json!({ "id": id, "version": version }), || {
        format!("{id}\nfollow it with `agon submission show {id}`")
    });
    Ok(())
}

/// A hotkey that the chain does not know can be made known to it.
pub fn with_remedy(failure: Failure, key: &str) -> Failure {
    match failure {
        Failure::Refused(problem) if problem.ends_with("[not_registered]") => Failure::Refused(format!(
            "{problem}: on a development chain, `agon chain register --key {key}` registers it"
        )),
        other => other,
    }
}

/// The version after the last one; the same artifact keeps its version, so that trying again is safe.
async fn next_version(
    hub: &Client,
    (challenge, hotkey): (&str, &HotkeyPair),
    artifact: Digest,
) -> Result<u32, Failure> {
    let path = format!("/v1/submissions?challenge={challenge}&hotkey={}&limit=200", hotkey.hotkey());
    let list = hub.get(&path).await?;
    let items = list["items"].as_array().cloned().unwrap_or_default();
    let version = |item: &Value| item["version"].as_u64().and_then(|version| u32::try_from(version).ok());
    let same = items.iter().find(|item| item["artifact"] == json!(artifact));
    if let Some(version) = same.and_then(version) {
        return Ok(version);
    }
    Ok(items.iter().filter_map(version).max().unwrap_or(0).saturating_add(1))
}

/// Brings an agent all the way to its announcement. Each step may be repeated.
pub async fn enter(door: &Door<'_>, entry: Entry, tell: impl Fn(&str)) -> Result<SubmissionId, Failure> {
    let network = door.hub.get("/v1/network").await?;
    let id: NetworkId = serde_json::from_value(network["network"].clone()).map_err(Failure::internal)?;
    let height = network["height"].as_u64().unwrap_or(0);
    let artifact = Digest::of(&entry.bytes);
    let announcement = Announcement {
        challenge: entry.challenge.parse().map_err(Failure::refused)?,
        hotkey: door.hotkey.hotkey(),
        version: entry.version,
        kind: AgentKind::Component,
        artifact,
        size_bytes: entry.bytes.len() as u64,
        label: entry.label,
    };
    let body = ActionBody::Announce(announcement.clone());
    let action = Action { expires_at_height: Height(height).plus(EXPIRY_HEIGHTS), body };
    let signed = Signed::new(&id, action, &[door.hotkey]);
    let request = json!({
        "challenge": announcement.challenge,
        "version": announcement.version,
        "kind": announcement.kind,
        "sha256": artifact,
        "size_bytes": announcement.size_bytes,
        "announcement": hex::encode(codec::encode(&signed)),
    });
    let submission = announcement.submission(&id);
    let by = Signer { hotkey: door.hotkey, network: &id };
    if let Uploaded::AndAnnounced = upload(door.hub, (&request, by), &entry.bytes, &tell).await? {
        tell("announced already");
        return Ok(submission);
    }
    tell("committing on the chain");
    let commitment = announcement.commitment(&id);
    door.chain.commit(door.hotkey, commitment).await.map_err(up::of_chain)?;
    tell("announcing, once the commitment is final");
    announce(door.hub, submission, by).await?;
    Ok(submission)
}

enum Uploaded {
    Alone,
    AndAnnounced,
}

/// Uploads an artifact that is not there yet. The hub looks first: what it refuses needs no commitment.
///
/// It announces by itself what was uploaded once, and a ticket ends with that: then the next question says so.
async fn upload(
    hub: &Client,
    (request, by): (&Value, Signer<'_>),
    bytes: &[u8],
    tell: &impl Fn(&str),
) -> Result<Uploaded, Failure> {
    let mut gone = None;
    for _ in 0..TICKETS_MAX {
        tell("asking for a ticket");
        let ticket = hub.post_signed("/v1/submissions", request, by).await?.accepted()?;
        if ticket["upload"].is_null() && ticket["height"].is_u64() {
            return Ok(Uploaded::AndAnnounced);
        }
        let Some(url) = ticket["upload"]["url"].as_str() else { return Ok(Uploaded::Alone) };
        tell("uploading");
        match hub.put(url, bytes.to_vec()).await?.accepted() {
            Err(Failure::Refused(problem)) if problem.ends_with("[unknown_ticket]") => gone = Some(problem),
            other => return other.map(|_| Uploaded::Alone),
        }
    }
    Err(Failure::refused(gone.unwrap_or_default()))
}

async fn announce(hub: &Client, submission: SubmissionId, by: Signer<'_>) -> Result<(), Failure> {
    let path = format!("/v1/submissions/{submission}/complete");
    for _ in 0..COMMITMENT_POLLS_MAX {
        let answer = hub.post_signed(&path, &json!({}), by).await?;
        if answer.status != 202 {
            return answer.accepted().map(drop);
        }
        tokio::time::sleep(POLL).await;
    }
    Err(Failure::refused("the chain did not make the commitment final in time: try the same command again"))
}

/// Tells each new status until there is a score, or none will come. Who is undecided is tried again.
async fn follow(hub: &Client, id: SubmissionId, output: Output) -> Result<(), Failure> {
    let mut last = Value::Null;
    loop {
        let shown = hub.get(&format!("/v1/submissions/{id}")).await?;
        let status = shown["status"].as_str().unwrap_or_default().to_owned();
        if shown["status"] != last {
            last = shown["status"].clone();
            let more = ["score", "detail", "duplicate_of"].map(|field| shown[field].as_str());
            let more = more.into_iter().flatten().map(|text| format!("  {text}")).collect::<String>();
            output.line(&shown, &format!("{status}{more}"));
        }
        if ["scored", "failed", "champion", "candidate", "duplicate"].contains(&status.as_str()) {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// As many whole characters as a label may have bytes.
fn short(name: &str) -> String {
    let end = (0..=limits::LABEL_BYTES_MAX).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    name[..end.min(name.len())].to_owned()
}
