//! A development chain in a process of its own, killed again and again in the middle of its work: whatever it
//! acknowledged is there when it comes back, and no block that it showed is another one.

use agon_embedded::chain::{BlockClock, Registration, Rules, Settings};
use agon_embedded::{DevelopmentChain, DevelopmentChainClient, SystemClock};
use agon_port::Chain as _;
use agon_port::chain::Head;
use agon_types::{ChainBlock, Digest, HotkeyPair, NetworkId, Stake};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const ROUNDS: u8 = 6;
/// The first argument of the process that serves.
const SERVE: &str = "serve-and-be-killed";

fn network() -> NetworkId {
    "test".parse().expect("a slug")
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.as_slice() {
        [_, mode, path] if mode == SERVE => serve(Path::new(path)).await,
        _ => {
            nothing_acknowledged_is_lost().await;
            println!("test nothing_acknowledged_is_lost_when_the_chain_is_killed ... ok");
        }
    }
}

async fn serve(path: &Path) {
    let clock = BlockClock::Every { ms: 2 };
    let settings = Settings { rules: Rules::new(network()), clock, seed: None };
    let chain = DevelopmentChain::open(path, settings, Arc::new(SystemClock)).expect("it opens");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("http://{}", listener.local_addr().expect("a bound address"));
    chain.serve(listener, CancellationToken::new()).await.expect("it serves until it is killed");
}

/// A process that is gone, at the latest, when its test is: also when that one fails.
struct Server(Child);

impl Server {
    fn kill(&mut self) {
        self.0.kill().expect("it is killed");
        self.0.wait().expect("it is gone");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(path: &Path) -> (Server, DevelopmentChainClient) {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.args([SERVE.as_ref(), path.as_os_str()]).stdout(Stdio::piped());
    let mut server = Server(command.spawn().expect("this program starts again"));
    let mut base = String::new();
    let output = server.0.stdout.take().expect("its output is piped");
    BufReader::new(output).read_line(&mut base).expect("its first line");
    let client = DevelopmentChainClient::new(network(), base.trim()).expect("its address");
    (server, client)
}

/// What was said to us, to be held against whoever comes back.
#[derive(Default)]
struct Said {
    commitments: Vec<(Digest, ChainBlock)>,
    heads: Vec<Head>,
}

async fn nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chain.redb");
    let miner = HotkeyPair::from_seed(&[1; 32]);
    let mut said = Said::default();
    for round in 1..=ROUNDS {
        let (mut server, client) = start(&path);
        check(&client, &miner, &said).await;
        let (hotkey, coldkey) = (miner.hotkey(), miner.hotkey());
        let registration = Registration { hotkey, coldkey, stake: Stake(1), permit: true };
        client.register(&registration).await.expect("it is registered");
        for number in 0..4 * round {
            let digest = Digest::of(&[round, number]);
            let block = client.commit(&miner, digest).await.expect("it is included");
            said.commitments.push((digest, block));
        }
        said.heads.push(client.head().await.expect("it has a newest block"));
        // One more is on its way when the process ends.
        let last = client.commit(&miner, Digest::of(&[round]));
        let _ = tokio::join!(last, async { server.kill() });
    }
    let (_server, client) = start(&path);
    check(&client, &miner, &said).await;
}

async fn check(client: &DevelopmentChainClient, miner: &HotkeyPair, said: &Said) {
    let newest = said.heads.last().map_or(ChainBlock(0), |head| head.number);
    let mut finalised = client.finalised().await.expect("it serves");
    while finalised.number < newest {
        finalised = client.finalised().await.expect("it serves");
    }
    for head in &said.heads {
        let snapshot = client.snapshot(head.number).await.expect("a block that it showed");
        assert_eq!(snapshot.head, *head, "a block that was shown is another one now");
    }
    let found = client.commitments(ChainBlock(0), finalised.number).await.expect("all commitments");
    for (digest, block) in &said.commitments {
        let times = found.iter().filter(|item| item.commitment == *digest).collect::<Vec<_>>();
        assert_eq!(times.len(), 1, "an acknowledged commitment is there once");
        assert_eq!((times[0].block, times[0].hotkey), (*block, miner.hotkey()));
    }
}
