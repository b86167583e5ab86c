//! `agon up`: the whole network on this machine, each part in a process of its own.

mod children;
mod demo;
mod done;
mod network;

use crate::cli::{Global, UpOptions};
use crate::client::Client;
use crate::output::{Failure, Output};
use crate::{chain, lock, node};
use children::Children;
use network::Network;
use serde_json::json;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// Where a running `agon up` can be reached, for the other commands.
const ADDRESSES: &str = "up.json";

pub async fn run(global: &Global, options: UpOptions, output: Output) -> Result<(), Failure> {
    let _lock = lock::take(&global.data_dir)?;
    let network = Network::prepare(&global.data_dir, &options)?;
    let stop = CancellationToken::new();
    node::stop_on_signal(&stop, false);
    let mut children = Children::new(stop.clone());
    let outcome = live((global, &options), (&network, &mut children), output, &stop).await;
    stop.cancel();
    children.end().await;
    outcome
}

async fn live(
    (global, options): (&Global, &UpOptions),
    (network, children): (&Network, &mut Children),
    output: Output,
    stop: &CancellationToken,
) -> Result<(), Failure> {
    let chain_url = children.start(network.chain_child(options.port)).await?;
    let chain = chain::client(network.genesis.network.clone(), &chain_url)?;
    network.register_keys(&chain).await?;
    let hub_url = children.start(network.leader_child(&chain_url, options.port)?).await?;
    for number in 2..=network.validators {
        children.start_quietly(network.follower_child(number, (&chain_url, &hub_url))?)?;
    }
    let addresses = json!({ "hub": hub_url, "chain": chain_url });
    std::fs::write(global.data_dir.join(ADDRESSES), addresses.to_string()).map_err(Failure::internal)?;
    let started = json!({
        "event": "started", "hub": hub_url, "chain": chain_url,
        "network": network.genesis.network, "genesis": network.genesis.digest(),
        "validators": network.validators,
    });
    output.line(&started, &format!("the board is at {hub_url}\nthe development chain is at {chain_url}"));
    let hub = Client::new(&hub_url);
    let competing = async {
        if !options.no_demo {
            demo::compete(network, (&hub, &chain), output).await?;
        }
        match options.until_epoch {
            Some(epoch) => done::wait(network, (&hub, &chain), epoch, output).await,
            // Ctrl-C ends it.
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        competed = competing => competed,
        failed = children.failed() => Err(failed),
        () = stop.cancelled() => Ok(()),
    }
}

/// The chain to talk to: the one that was named, or that of `agon up` in the data directory.
pub fn chain_url(global: &Global, named: Option<String>) -> String {
    let of_up = |folder: &Path| {
        let text = std::fs::read_to_string(folder.join(ADDRESSES)).ok()?;
        let addresses: serde_json::Value = serde_json::from_str(&text).ok()?;
        addresses["chain"].as_str().map(str::to_owned)
    };
    named.or_else(|| of_up(&global.data_dir)).unwrap_or_else(|| "http://127.0.0.1:7701".to_owned())
}
