//! `agon chain`: the development chain, a simulator in a process of its own.

use crate::cli::{ChainCommand, Global};
use crate::client::Client;
use crate::output::{Failure, Output};
use crate::{key, lock, node, up};
use agon_embedded::chain::{BlockClock, DevelopmentChain, Registration, Rules, Settings};
use agon_embedded::{DevelopmentChainClient, SystemClock};
use agon_types::{ChainBlock, NetworkId, Stake};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two looks at the hub.
const POLL: Duration = Duration::from_millis(300);

pub async fn run(global: &Global, command: ChainCommand, output: Output) -> Result<(), Failure> {
    match command {
        ChainCommand::Serve { listen, block_ms, network, stop_with_stdin } => {
            let stop = CancellationToken::new();
            node::stop_on_signal(&stop, stop_with_stdin);
            let clock = BlockClock::Every { ms: block_ms };
            let settings = Settings { rules: Rules::new(network), clock, seed: None };
            serve(global, (listen, settings), stop).await
        }
        ChainCommand::Register { chain, stake, permit } => {
            let hotkey = key::read(&key::locate(global, &global.key))?.hotkey();
            let network = Client::of(global)?.network().await?;
            let client = client(network, &up::chain_url(global, chain))?;
            let registration = Registration { hotkey, coldkey: hotkey, stake: Stake(stake), permit };
            let block = client.register(&registration).await.map_err(up::of_chain)?;
            until_anchored(&Client::of(global)?, block).await?;
            output.result(&serde_json::json!({ "hotkey": hotkey, "block": block }), || {
                format!("{hotkey} is registered on the development chain, in block {block}")
            });
            Ok(())
        }
    }
}

/// Waits until the ledger has heard of a block: only then does it know who was registered there.
async fn until_anchored(hub: &Client, block: ChainBlock) -> Result<(), Failure> {
    while hub.get("/v1/network").await?["chain_block"].as_u64().is_none_or(|anchored| anchored < block.0) {
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// A client of the chain at an address.
pub fn client(network: NetworkId, url: &str) -> Result<DevelopmentChainClient, Failure> {
    DevelopmentChainClient::new(network, url).map_err(|error| Failure::Unreachable(error.to_string()))
}

async fn serve(
    global: &Global,
    (listen, settings): (SocketAddr, Settings),
    stop: CancellationToken,
) -> Result<(), Failure> {
    let _lock = lock::take(&global.data_dir)?;
    let path = global.data_dir.join("chain.redb");
    let chain = DevelopmentChain::open(&path, settings, Arc::new(SystemClock)).map_err(Failure::refused)?;
    let listener = tokio::net::TcpListener::bind(listen).await.map_err(|error| {
        Failure::refused(format!("cannot listen on {listen}: {error}; is another agon running?"))
    })?;
    let address = listener.local_addr().map_err(Failure::internal)?;
    println!("{}", serde_json::json!({ "listening": format!("http://{address}") }));
    chain.serve(listener, stop).await.map_err(Failure::internal)
}
