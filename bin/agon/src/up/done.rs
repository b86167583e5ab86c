//! The end of `agon up --until-epoch`: the epoch is sealed, its weights stand on the chain, and both are shown.

use super::network::Network;
use crate::client::Client;
use crate::output::{Failure, Output, table};
use crate::{proof, show};
use agon_embedded::DevelopmentChainClient;
use agon_port::Chain;
use agon_protocol::anchor;
use agon_types::{Block, Epoch, codec, limits};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Between two looks.
const POLL: Duration = Duration::from_millis(300);

/// Waits for an epoch's seal and for every validator's weights on the chain; then tells all.
pub async fn wait(
    network: &Network,
    (hub, chain): (&Client, &DevelopmentChainClient),
    epoch: u64,
    output: Output,
) -> Result<(), Failure> {
    let seal = sealed(hub, epoch, output).await?;
    output.progress(&format!("epoch {epoch} is sealed; waiting for its weights on the chain"));
    let vector: Vec<(u16, u16)> =
        serde_json::from_value(seal["vector"].clone()).map_err(Failure::internal)?;
    let ended = anchor::boundary(&network.genesis, Epoch(epoch).next());
    let mut block = 0;
    for number in 1..=network.validators {
        let hotkey = network.validator(number)?.hotkey();
        block = loop {
            let row = chain.weights(hotkey).await.map_err(|error| Failure::Unreachable(error.to_string()))?;
            match row.filter(|row| row.block >= ended && row.vector == vector) {
                Some(row) => break row.block.0.max(block),
                None => tokio::time::sleep(POLL).await,
            }
        };
    }
    let proofs = network.folder.join("proofs");
    let count = proof::write_all(hub, &proofs).await?;
    output.progress(&format!("{count} proofs of scores are in {}", proofs.display()));
    tell(hub, (epoch, &seal, block), output).await
}

/// Waits for a seal, and says in which epoch the network is meanwhile.
async fn sealed(hub: &Client, epoch: u64, output: Output) -> Result<Value, Failure> {
    let mut last = Value::Null;
    loop {
        match hub.find(&format!("/v1/epochs/{epoch}")).await? {
            Some(seal) if seal["sealed"] == true => return Ok(seal),
            _ => {}
        }
        let now = hub.get("/v1/network").await?["epoch"].take();
        if now != last {
            output.progress(&format!("waiting until epoch {epoch} is sealed; now it is epoch {now}"));
            last = now;
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn tell(hub: &Client, (epoch, seal, block): (u64, &Value, u64), output: Output) -> Result<(), Failure> {
    let list = hub.get("/v1/challenges").await?;
    let ids = list["items"].as_array().into_iter().flatten().filter_map(|item| item["id"].as_str());
    let (mut boards, mut text) = (Map::new(), Vec::new());
    for id in ids {
        let board = hub.get(&format!("/v1/boards/{id}")).await?;
        text.push(format!("{id}\n{}", show::board_text(&board)));
        let rows = board["rows"].as_array().into_iter().flatten().map(|row| {
            json!({
                "rank": row["rank"], "submission": row["submission"], "agent": row["label"],
                "miner": row["hotkey"], "score": row["score"], "status": row["status"], "reason": row["reason"],
            })
        });
        boards.insert(id.to_owned(), rows.collect());
    }
    let weights = seal["weights"].as_array().cloned().unwrap_or_default();
    let total: u64 = weights.iter().filter_map(|weight| weight["units"].as_u64()).sum();
    let field = |weight: &Value, name: &str| weight[name].to_string().trim_matches('"').to_owned();
    let rows: Vec<_> = weights
        .iter()
        .map(|weight| ["hotkey", "uid", "units"].map(|name| field(weight, name)).to_vec())
        .collect();
    text.push(format!("weights of epoch {epoch}, on the chain in block {block}"));
    text.push(table(&["hotkey", "uid", "units"], &rows));
    let done = json!({
        "event": "done", "epoch": epoch, "state_root": state_root(hub).await?,
        "boards": boards, "weights": weights, "weights_total": total,
        "chain": { "block": block, "set": true },
    });
    output.line(&done, &text.join("\n\n"));
    Ok(())
}

/// The root in the last header.
async fn state_root(hub: &Client) -> Result<String, Failure> {
    let height = hub.get("/v1/network").await?["height"].as_u64().unwrap_or(0);
    let blocks = hub.get(&format!("/v1/blocks?from={height}&limit=1")).await?;
    let bytes = blocks["items"][0]["block"].as_str().and_then(|block| hex::decode(block).ok());
    let block: Block =
        codec::decode(&bytes.unwrap_or_default(), limits::BLOCK_BYTES_MAX).map_err(Failure::internal)?;
    Ok(block.header.state_root.to_string())
}
