//! `agon up`: the whole network on this machine, each part in a process of its own.

mod children;
mod demo;
mod done;
mod network;

use crate::cli::{Global, UpOptions};
use crate::client::Client;
use crate::limits::FREE_TRIES_MAX;
use crate::output::{Failure, Output};
use crate::{chain, lock, node};
use children::Children;
use network::Network;
pub use network::of_chain;
use serde_json::json;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two attempts to reach a part that is coming back.
const AGAIN: Duration = Duration::from_secs(1);

/// Where a running `agon up` can be reached, for the other commands.
const ADDRESSES: &str = "up.json";

pub async fn run(global: &Global, options: UpOptions, output: Output) -> Result<(), Failure> {
    let _lock = lock::take(&global.data_dir)?;
    for port in [options.port, options.port + 1].into_iter().filter(|_| options.port != 0) {
        must_be_free(port).await?;
    }
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
    // Ports are chosen once: a process that falls and comes back is where the others look for it.
    let (hub_port, chain_port) = match options.port {
        0 => (free_port()?, free_port()?),
        port => (port, port + 1),
    };
    let chain_url = children.start(network.chain_child(chain_port)).await?;
    let chain = chain::client(network.genesis.network.clone(), &chain_url)?;
    network.register_keys(&chain).await?;
    let hub_url = children.start(network.leader_child(&chain_url, hub_port)?).await?;
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
    let hub = Client::new(&hub_url)?;
    let competing = async {
        if !options.no_demo {
            patiently(|| demo::compete(network, (&hub, &chain), output)).await?;
        }
        match options.until_epoch {
            Some(epoch) => patiently(|| done::wait(network, (&hub, &chain), epoch, output)).await,
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

/// Says at once what a process of the network would say late, and in its log.
/// A network that was killed here lets go of it after a moment.
async fn must_be_free(port: u16) -> Result<(), Failure> {
    let bind = || std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).map(drop);
    for _ in 0..FREE_TRIES_MAX {
        if bind().is_ok() {
            return Ok(());
        }
        tokio::time::sleep(AGAIN / FREE_TRIES_MAX).await;
    }
    let remedy = "choose another with --port, or any free ones with --port 0";
    bind().map_err(|_| Failure::Refused(format!("port {port} is in use by another program: {remedy}")))
}

/// A port that is free now.
fn free_port() -> Result<u16, Failure> {
    let listener =
        std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).map_err(Failure::refused)?;
    listener.local_addr().map(|address| address.port()).map_err(Failure::internal)
}

/// Does something that can be begun again, while a process that fell is coming back.
async fn patiently<F: Future<Output = Result<(), Failure>>>(begin: impl Fn() -> F) -> Result<(), Failure> {
    loop {
        match begin().await {
            Err(Failure::Unreachable(problem)) => tracing::warn!("waiting: {problem}"),
            ended => return ended,
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// The chain to talk to: the one that was named, or that of `agon up` in the data directory.
pub fn chain_url(global: &Global, named: Option<String>) -> String {
    address_of(global, ("chain", named), "http://127.0.0.1:7701")
}

/// An address: the one that was named, or the one that `agon up` noted in the data directory, or the usual one.
pub fn address_of(global: &Global, (what, named): (&str, Option<String>), usual: &str) -> String {
    let noted = || {
        let text = std::fs::read_to_string(global.data_dir.join(ADDRESSES)).ok()?;
        let addresses: serde_json::Value = serde_json::from_str(&text).ok()?;
        addresses[what].as_str().map(str::to_owned)
    };
    named.or_else(noted).unwrap_or_else(|| usual.to_owned())
}
