//! The development chain as a whole: a real server on a free port, its client, and its file after a kill.

use super::*;
use crate::SystemClock;
use agon_port::Chain as _;
use agon_port::chain::contract::{self, World};
use agon_port::chain::{Error as ChainError, Head};
use agon_types::{ChainBlock, Digest, Hotkey, HotkeyPair, Signed, Stake, codec};
use async_trait::async_trait;
use tokio::task::JoinHandle;

/// A served chain that ends when its test tells it to.
struct Served {
    client: DevelopmentChainClient,
    base: String,
    stop: CancellationToken,
    serving: JoinHandle<Result<(), Error>>,
}

impl Served {
    async fn end(self) {
        self.stop.cancel();
        self.serving.await.expect("no panic").expect("no fault");
    }

    /// Ends it as a kill does: nothing is finished, nothing is said.
    async fn kill(self) {
        self.serving.abort();
        let _ = self.serving.await;
    }
}

fn network() -> NetworkId {
    "test".parse().unwrap()
}

fn settings(clock: BlockClock) -> Settings {
    Settings { rules: Rules::new(network()), clock, seed: None }
}

async fn serve(path: &Path, clock: BlockClock) -> Served {
    let chain = DevelopmentChain::open(path, settings(clock), Arc::new(SystemClock)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let serving = tokio::spawn(chain.serve(listener, stop.clone()));
    let client = DevelopmentChainClient::new(network(), &base).unwrap();
    Served { client, base, stop, serving }
}

fn pair(number: u8) -> HotkeyPair {
    HotkeyPair::from_seed(&[number; 32])
}

fn registration(hotkey: Hotkey, stake: Stake, permit: bool) -> Registration {
    Registration { hotkey, coldkey: Hotkey([9; 32]), stake, permit }
}

/// Lets blocks pass until a call is included.
async fn included<T>(client: &DevelopmentChainClient, call: impl Future<Output = T>) -> T {
    let mut call = std::pin::pin!(call);
    loop {
        tokio::select! {
            value = &mut call => return value,
            advanced = client.advance(1) => { advanced.unwrap(); }
        }
    }
}

#[async_trait]
impl World for DevelopmentChainClient {
    async fn register(&self, hotkey: Hotkey, stake: Stake, permit: bool) {
        let registration = registration(hotkey, stake, permit);
        included(self, self.register(&registration)).await.unwrap();
    }

    async fn advance(&self, blocks: u64) {
        self.advance(blocks).await.unwrap();
    }
}

#[tokio::test]
async fn the_development_chain_keeps_the_contract_of_a_chain() {
    let folder = tempfile::tempdir().unwrap();
    let served = serve(&folder.path().join("chain.redb"), BlockClock::Manual).await;
    contract::check(&served.client, &served.client).await;
    served.end().await;
}

#[tokio::test]
async fn a_chain_with_a_clock_makes_its_blocks_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let served = serve(&folder.path().join("chain.redb"), BlockClock::Every { ms: 5 }).await;
    let one = pair(1);
    let registered = served.client.register(&registration(one.hotkey(), Stake(1), true)).await.unwrap();
    let committed = served.client.commit(&one, Digest::of(b"c")).await.unwrap();
    assert!(committed > registered);
    let refused = served.client.advance(1).await;
    assert!(matches!(refused, Err(ChainError::Refused(_))), "{refused:?}");
    served.end().await;
}

#[tokio::test]
async fn many_calls_of_one_hotkey_at_once_are_all_included_and_one_digest_only_once() {
    let folder = tempfile::tempdir().unwrap();
    let served = serve(&folder.path().join("chain.redb"), BlockClock::Every { ms: 5 }).await;
    let (one, client) = (pair(1), served.client.clone());
    client.register(&registration(one.hotkey(), Stake(1), true)).await.unwrap();
    let commit = |text: &'static [u8]| client.commit(&one, Digest::of(text));
    let (a, b, c) = tokio::join!(commit(b"one"), commit(b"two"), commit(b"one"));
    assert!(b.is_ok());
    assert_eq!(a.unwrap(), c.unwrap());
    served.end().await;
}

/// What a chain said before it was killed, and says after it came back.
async fn said(client: &DevelopmentChainClient) -> (Head, Head, Option<agon_port::chain::Row>) {
    let weights = client.weights(pair(1).hotkey()).await.unwrap();
    (client.head().await.unwrap(), client.finalised().await.unwrap(), weights)
}

#[tokio::test]
async fn a_killed_chain_goes_on_with_all_that_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("chain.redb"), folder.path().join("copy.redb"));
    let served = serve(&path, BlockClock::Manual).await;
    World::register(&served.client, pair(1).hotkey(), Stake(1), true).await;
    let committed = included(&served.client, served.client.commit(&pair(1), Digest::of(b"c"))).await.unwrap();
    let plan = agon_port::chain::Plan {
        epoch: agon_types::Epoch(1),
        vector: vec![(0, 65_535)],
        hotkeys: vec![(0, pair(1).hotkey())],
    };
    included(&served.client, served.client.set_weights(&pair(1), plan)).await.unwrap();
    served.client.advance(5).await.unwrap();
    let before = said(&served.client).await;
    // The file as it is while the chain runs: no destructor has touched it.
    std::fs::copy(&path, &copy).unwrap();
    served.kill().await;

    let served = serve(&copy, BlockClock::Manual).await;
    assert_eq!(said(&served.client).await, before, "no block is made differently after it was shown");
    let again = served.client.commit(&pair(1), Digest::of(b"c")).await;
    assert_eq!(again, Ok(committed), "no included call is lost");
    let next = served.client.advance(1).await.unwrap();
    assert_eq!(next, before.0.number.next(), "the numbers go on");
    served.end().await;
}

#[tokio::test]
async fn a_call_counts_once_even_if_it_is_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let served = serve(&folder.path().join("chain.redb"), BlockClock::Every { ms: 5 }).await;
    let one = pair(1);
    served.client.register(&registration(one.hotkey(), Stake(1), true)).await.unwrap();
    let body = CallBody::Commit { commitment: Digest::of(b"c") };
    let signed = Signed::new(&network(), Call { signer: one.hotkey(), nonce: 0, body }, &[&one]);
    let call = serde_json::json!({ "call": hex::encode(codec::encode(&signed)) });
    let send = async || {
        let request = crate::http::client().post(format!("{}/call", served.base)).json(&call);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<serde_json::Value>().await.unwrap())
    };
    let (status, answer) = send().await;
    assert_eq!((status, &answer["development"]), (200, &true.into()));
    let (status, answer) = send().await;
    assert_eq!((status, &answer["code"], &answer["development"]), (409, &"Stale".into(), &true.into()));
    served.end().await;
}

#[tokio::test]
async fn wrong_requests_are_answered_with_a_code_and_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let served = serve(&folder.path().join("chain.redb"), BlockClock::Manual).await;
    let client = crate::http::client();
    let cases = [
        (client.get(format!("{}/nothing", served.base)), 404, "not_found"),
        (client.get(format!("{}/call", served.base)), 405, "method_not_allowed"),
        (client.get(format!("{}/snapshot/x", served.base)), 400, "bad_request"),
        (client.get(format!("{}/snapshot/7", served.base)), 404, "unknown_block"),
        (client.get(format!("{}/commitments?after=x", served.base)), 400, "bad_request"),
        (client.get(format!("{}/weights/x", served.base)), 400, "bad_request"),
        (client.post(format!("{}/call", served.base)).body("{"), 400, "bad_request"),
        (client.post(format!("{}/call", served.base)).body(r#"{"call":"00"}"#), 400, "BadFormat"),
        (client.post(format!("{}/advance", served.base)).body(r#"{"blocks":0}"#), 400, "bad_request"),
    ];
    for (request, expected_status, expected_code) in cases {
        let response = request.send().await.unwrap();
        let (url, status) = (response.url().to_string(), response.status().as_u16());
        let answer: serde_json::Value = response.json().await.unwrap();
        assert_eq!((status, answer["code"].as_str()), (expected_status, Some(expected_code)), "{url}");
        assert!(answer["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{url}");
        assert_eq!(answer["development"], true, "{url}");
    }
    served.end().await;
}

#[tokio::test]
async fn a_call_that_waits_when_the_chain_stops_hears_that_it_is_not_included() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.redb");
    let served = serve(&path, BlockClock::Manual).await;
    let client = served.client.clone();
    let registration = registration(pair(1).hotkey(), Stake(1), true);
    let (registered, ()) = tokio::join!(client.register(&registration), async {
        // Any answer shows that the server runs; the request before it may or may not have arrived.
        client.head().await.unwrap();
        served.end().await;
    });
    assert!(matches!(registered, Err(ChainError::Unreachable(_) | ChainError::Unknown(_))), "{registered:?}");
    let served = serve(&path, BlockClock::Manual).await;
    assert_eq!(served.client.head().await.unwrap().number, ChainBlock(0));
    served.end().await;
}

#[tokio::test]
async fn weights_too_soon_say_when_they_can_be_set() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        rules: Rules { rate_limit_blocks: 100, ..Rules::new(network()) },
        clock: BlockClock::Every { ms: 5 },
        seed: Some([1; 32]),
    };
    let path = folder.path().join("chain.redb");
    let chain = DevelopmentChain::open(&path, settings, Arc::new(SystemClock)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let serving = tokio::spawn(chain.serve(listener, stop.clone()));
    let client = DevelopmentChainClient::new(network(), &base).unwrap();
    let registered = client.register(&registration(pair(1).hotkey(), Stake(1), true)).await.unwrap();
    let hotkeys = vec![(0, pair(1).hotkey())];
    let plan = agon_port::chain::Plan { epoch: agon_types::Epoch(1), vector: vec![(0, 1)], hotkeys };
    let limited = client.set_weights(&pair(1), plan).await;
    assert_eq!(limited, Err(ChainError::RateLimited(registered.plus(100))));
    stop.cancel();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_chain_that_does_not_answer_is_not_reachable() {
    let client = DevelopmentChainClient::new(network(), "http://127.0.0.1:1").unwrap();
    assert!(matches!(client.finalised().await, Err(ChainError::Unreachable(_))));
    assert!(matches!(client.commit(&pair(1), Digest::ZERO).await, Err(ChainError::Unreachable(_))));
}

#[test]
fn a_file_opens_with_its_own_rules_and_once_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain.redb");
    let open = |settings| DevelopmentChain::open(&path, settings, Arc::new(SystemClock));
    let first = open(settings(BlockClock::Manual)).unwrap();
    let second = open(settings(BlockClock::Manual)).unwrap_err().to_string();
    assert!(second.contains("another process"), "{second}");
    drop(first);
    let mut other = settings(BlockClock::Manual);
    other.rules.finality_lag = 9;
    assert!(matches!(open(other), Err(Error::OtherRules(_))));
    let other = Settings { seed: Some([3; 32]), ..settings(BlockClock::Manual) };
    assert!(matches!(open(other), Err(Error::OtherRules(_))));
    assert!(open(settings(BlockClock::Every { ms: 1 })).is_ok(), "the clock is no rule");
}
