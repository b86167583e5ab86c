//! The example competition: the owner publishes challenges, and miners enter agents, as people would.

use super::network::Network;
use crate::client::Client;
use crate::examples::{self, Agent};
use crate::output::{Failure, Output};
use crate::submit::{Door, Entry, enter};
use agon_embedded::DevelopmentChainClient;
use agon_types::action::Post;
use agon_types::{Action, ActionBody, Digest, Height, HotkeyPair, Manifest, Signed, codec};
use futures_util::future::try_join_all;
use serde_json::json;
use std::time::Duration;

/// The challenge whose players post a name for themselves.
const NAMED: &str = "duel";
/// Heights for which a signed action is valid.
const EXPIRY_HEIGHTS: u64 = 1_000;
/// Between two looks at a challenge that is not open yet.
const POLL: Duration = Duration::from_millis(300);

/// Publishes what is not published and enters whoever is not entered.
pub async fn compete(
    network: &Network,
    (hub, chain): (&Client, &DevelopmentChainClient),
    output: Output,
) -> Result<(), Failure> {
    network.keep_code().await?;
    for challenge in examples::CHALLENGES {
        publish(network, hub, challenge).await?;
    }
    let register = examples::AGENTS
        .iter()
        .map(async |agent| network.register(chain, (&network.key(&miner(agent))?, 0, false)).await);
    try_join_all(register).await?;
    for challenge in examples::CHALLENGES {
        until_open(hub, challenge.id).await?;
    }
    let enter = examples::AGENTS.iter().map(|agent| enter_example(network, (hub, chain), agent, output));
    try_join_all(enter).await.map(drop)
}

async fn enter_example(
    network: &Network,
    (hub, chain): (&Client, &DevelopmentChainClient),
    agent: &Agent,
    output: Output,
) -> Result<(), Failure> {
    let pair = network.key(&miner(agent))?;
    let door = Door { hub, chain, hotkey: &pair };
    let entry = Entry {
        challenge: agent.challenge.to_owned(),
        version: 1,
        label: agent.name.to_owned(),
        bytes: agent.code.to_vec(),
    };
    let submission = enter(&door, entry, |_| {}).await?;
    if agent.challenge == NAMED {
        post_name(network, hub, (&pair, agent)).await?;
    }
    let line = json!({ "event": "entered", "agent": agent.name, "submission": submission });
    output.event(&line, &format!("{} entered {}", agent.name, agent.challenge));
    Ok(())
}

fn miner(agent: &Agent) -> String {
    format!("miner-{}", agent.name)
}

async fn publish(network: &Network, hub: &Client, challenge: &examples::Challenge) -> Result<(), Failure> {
    if hub.find(&format!("/v1/challenges/{}", challenge.id)).await?.is_some() {
        return Ok(());
    }
    let manifest: Manifest = toml::from_str(challenge.manifest).map_err(Failure::internal)?;
    if manifest.code != Digest::of(challenge.code) {
        let problem =
            format!("the manifest of {} names other code than the one in this program", challenge.id);
        return Err(Failure::Internal(problem));
    }
    let body = ActionBody::PublishChallenge(Box::new(manifest));
    decide(network, (hub, "/v1/challenges"), (&network.owner, body)).await
}

/// Says who plays. The same post again is no fault.
async fn post_name(
    network: &Network,
    hub: &Client,
    (pair, agent): (&HotkeyPair, &Agent),
) -> Result<(), Failure> {
    let challenge = agent.challenge.parse().map_err(Failure::internal)?;
    let message = agent.name.as_bytes().to_vec();
    let post = Post { challenge, hotkey: pair.hotkey(), sequence: 1, message };
    decide(network, (hub, "/v1/actions"), (pair, ActionBody::Post(post))).await
}

/// Signs an action, and brings it to its decision.
async fn decide(
    network: &Network,
    (hub, path): (&Client, &str),
    (signer, body): (&HotkeyPair, ActionBody),
) -> Result<(), Failure> {
    let height = hub.get("/v1/network").await?["height"].as_u64().unwrap_or(0);
    let expires_at_height = Height(height).plus(EXPIRY_HEIGHTS);
    let signed = Signed::new(&network.genesis.network, Action { expires_at_height, body }, &[signer]);
    let document = json!({ "action": hex::encode(codec::encode(&signed)) });
    hub.post(path, &document).await?.accepted().map(drop)
}

/// A published challenge opens with the next epoch.
async fn until_open(hub: &Client, challenge: &str) -> Result<(), Failure> {
    loop {
        let shown = hub.get(&format!("/v1/challenges/{challenge}")).await?;
        if shown["status"] != "proposed" {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}
