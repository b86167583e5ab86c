//! `agon replay`: every block once more, from this machine's own ledgers, trusting none of their states.

use crate::cli::Global;
use crate::output::{Failure, Output};
use crate::{lock, node};
use agon_embedded::RedbLedger;
use agon_node::start::all_blocks;
use agon_port::Ledger;
use serde_json::json;
use std::path::{Path, PathBuf};

pub async fn run(global: &Global, output: Output) -> Result<(), Failure> {
    let folders = ledgers(&global.data_dir);
    if folders.is_empty() {
        let folder = global.data_dir.display();
        return Err(Failure::Refused(format!(
            "there is no ledger in {folder}: name the folder with --data-dir"
        )));
    }
    let mut found = Vec::new();
    for folder in &folders {
        let document = replay(folder).await?;
        let text = format!(
            "{}: {} blocks, {} actions, root {}, {} epochs sealed, all weights as computed",
            folder.display(),
            document["height"],
            document["actions"],
            document["state_root"].as_str().unwrap_or_default(),
            document["seals"].as_array().map_or(0, Vec::len),
        );
        output.line(&document, &text);
        found.push(document);
    }
    agree(&found)
}

/// The data directory of a node, or those of all nodes of `agon up`.
fn ledgers(folder: &Path) -> Vec<PathBuf> {
    let has_ledger = |folder: &PathBuf| folder.join("ledger").join("ledger.redb").exists();
    let nodes =
        std::fs::read_dir(folder.join("nodes")).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut all: Vec<PathBuf> = std::iter::once(folder.to_owned()).chain(nodes).filter(has_ledger).collect();
    all.sort();
    all
}

async fn replay(folder: &Path) -> Result<serde_json::Value, Failure> {
    let _lock = lock::take(folder)?;
    let genesis = [folder.join("genesis.toml"), folder.join("../../genesis.toml")];
    let genesis = genesis.iter().find(|path| path.exists()).ok_or_else(|| {
        Failure::Refused(format!("there is no genesis.toml beside the ledger in {}", folder.display()))
    })?;
    let genesis = node::genesis(genesis)?;
    let ledger = RedbLedger::open(&folder.join("ledger").join("ledger.redb")).map_err(Failure::refused)?;
    let blocks = all_blocks(&ledger).await.map_err(Failure::refused)?;
    let tip = ledger.tip().await.map_err(Failure::refused)?;
    let replayed = agon_node::replay(&genesis, blocks, |_, _| {}).map_err(Failure::refused)?;
    if replayed.height != tip {
        return Err(Failure::Refused(format!(
            "the ledger says height {tip}, and {} replays",
            replayed.height
        )));
    }
    Ok(json!({
        "ledger": folder,
        "height": replayed.height,
        "actions": replayed.actions,
        "state_root": replayed.state_root,
        "seals": replayed.seals,
    }))
}

/// Ledgers of one network tell the same story as far as both have come.
fn agree(found: &[serde_json::Value]) -> Result<(), Failure> {
    let longest = found.iter().filter_map(|one| one["seals"].as_array()).max_by_key(|seals| seals.len());
    for one in found {
        let seals = one["seals"].as_array().map(Vec::as_slice).unwrap_or_default();
        if longest.is_some_and(|longest| !longest.starts_with(seals)) {
            return Err(Failure::Refused(format!("the ledger in {} tells another story", one["ledger"])));
        }
    }
    Ok(())
}
