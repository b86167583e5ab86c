//! A whole network in one process: a real node on real adapters, a chain and a sandbox that do as the test says.

use agon_embedded::audit::AuditFile;
use agon_embedded::order::Pace;
use agon_embedded::web::{CheckedWeb, WebPolicy};
use agon_embedded::{FolderVault, RedbLedger, SoloOrder, SqliteRecords, SystemClock};
use agon_hub::Parts;
use agon_hub::signature::{Outgoing, Stamp, sign};
use agon_node::{Identity, Running};
use agon_port::{Audit, Records, Vault};
use agon_protocol::{State, View as _};
use agon_types::key::SigningKey;
use agon_types::manifest::AgentKind;
use agon_types::{
    Action, ActionBody, Announcement, ChainBlock, Digest, Epoch, Height, HotkeyPair, Manifest, SessionPair,
    Signed, SubmissionId, TimeMs, codec,
};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

mod papers;
mod world;

pub use papers::manifest;
use papers::{genesis, neurons};
pub use world::{LANES, TestSandbox};
use world::{TestChain, TestClock};

pub fn key(n: u8) -> HotkeyPair {
    HotkeyPair::from_seed(&[n; 32])
}

fn random(bytes: &mut [u8]) {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let seed = Digest::of(&NEXT.fetch_add(1, Ordering::SeqCst).to_le_bytes());
    for (byte, from) in bytes.iter_mut().zip(seed.0.iter().cycle()) {
        *byte = *from;
    }
}

pub const OWNER: u8 = 100;
pub const VALIDATOR: u8 = 101;
pub const BURN: u8 = 102;
/// A hotkey that the chain does not know.
pub const STRANGER: u8 = 103;
pub const CODE: &[u8] = b"\0asm the challenge";

pub struct Network {
    pub parts: Parts,
    pub chain: Arc<TestChain>,
    /// Of the validator, and of the routes.
    pub jobs: Arc<TestSandbox>,
    pub routes: Arc<TestSandbox>,
    pub clock: Arc<TestClock>,
    pub router: Router,
    pub stop: CancellationToken,
    running: Running,
    _folder: TempDir,
}

impl Network {
    pub async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        let chain = TestChain {
            head: AtomicU64::new(1),
            neurons: neurons(),
            commitments: Mutex::default(),
            rows: Mutex::default(),
        };
        let (chain, stop) = (Arc::new(chain), CancellationToken::new());
        let records: Arc<dyn Records> = Arc::new(SqliteRecords::open(&at("hub.sqlite")).unwrap());
        let vault: Arc<dyn Vault> = Arc::new(FolderVault::open(at("vault"), 1 << 20).unwrap());
        vault.put(Digest::of(CODE), CODE).await.unwrap();
        let audit: Arc<dyn Audit> = Arc::new(AuditFile::open(&at("audit"), Arc::new(SystemClock)).unwrap());
        let voter = SessionPair::from_seed(&[200; 32]);
        let genesis = genesis();
        let (jobs, routes) = (TestSandbox::new(), TestSandbox::new());
        let pace = Pace { busy_ms: 2, idle_ms: 20 };
        let parts = agon_node::Parts {
            ledger: Arc::new(RedbLedger::open(&at("ledger")).unwrap()),
            records: records.clone(),
            vault: vault.clone(),
            sandbox: jobs.clone(),
            web: Arc::new(CheckedWeb::new(WebPolicy::default())),
            audit: audit.clone(),
            order: Arc::new(SoloOrder::new(genesis.network.clone(), voter.clone(), pace)),
            clock: Arc::new(SystemClock),
            chain: chain.clone(),
            identity: Some(Identity { hotkey: key(VALIDATOR), session: SessionPair::from_seed(&[201; 32]) }),
            proposer: voter.session(),
            proposes: true,
            random,
            genesis,
        };
        let running = agon_node::start(parts, stop.clone()).await.unwrap();
        let clock = Arc::new(TestClock(AtomicU64::new(1_000_000)));
        let parts = Parts {
            node: running.handle.clone(),
            vault,
            records,
            sandbox: routes.clone(),
            audit,
            clock: clock.clone(),
            random,
            public_url: "http://hub.test/".to_owned(),
            development: true,
        };
        let router = agon_hub::router(parts.clone());
        let network = Self { parts, chain, jobs, routes, clock, router, stop, running, _folder: folder };
        network.until("the chain is seen", |state| state_anchor(state).is_some()).await;
        network
    }

    /// A network with one open challenge.
    pub async fn with_challenge() -> Self {
        Self::with_challenges([manifest()]).await
    }

    /// A network with these challenges, open.
    pub async fn with_challenges<const N: usize>(manifests: [Manifest; N]) -> Self {
        let network = Self::start().await;
        for manifest in manifests {
            let body = ActionBody::PublishChallenge(Box::new(manifest));
            let sent = network.action(body, &[&key(OWNER)]);
            let (status, answer) =
                network.post("/v1/challenges", &serde_json::json!({ "action": sent })).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
        }
        let validator = key(VALIDATOR).hotkey();
        network.until("the validator registers", |state| state.session(validator).is_some()).await;
        network.epoch(1).await;
        network
    }

    /// Waits until the state is as expected.
    pub async fn until(&self, what: &str, is: impl Fn(&State) -> bool) {
        let mut tip = self.parts.node.tip();
        let wait = async {
            while !self.parts.node.read(&is) {
                tip.changed().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait)
            .await
            .unwrap_or_else(|_| panic!("waited for: {what}"));
    }

    /// Lets the chain come to an epoch's first block, and waits until the ledger has opened it.
    pub async fn epoch(&self, epoch: u64) {
        self.chain.advance_to(epoch * 10);
        self.until("the epoch opens", |state| state.now().unwrap().epoch >= Epoch(epoch)).await;
    }

    pub fn action(&self, body: ActionBody, keys: &[&dyn SigningKey]) -> String {
        let network = self.parts.node.genesis().network.clone();
        let action = Action { expires_at_height: Height(5_000), body };
        hex::encode(codec::encode(&Signed::new(&network, action, keys)))
    }

    pub fn announcement(&self, n: u8, version: u32, bytes: &[u8]) -> Announcement {
        Announcement {
            challenge: "route".parse().unwrap(),
            hotkey: key(n).hotkey(),
            version,
            kind: AgentKind::Component,
            artifact: Digest::of(bytes),
            size_bytes: bytes.len() as u64,
            label: format!("agent <{n}>"),
        }
    }

    pub fn id(&self, stated: &Announcement) -> SubmissionId {
        stated.submission(&self.parts.node.genesis().network)
    }

    /// The body of `POST /v1/submissions`, signed by a key.
    pub fn submission(&self, stated: &Announcement, n: u8) -> Value {
        serde_json::json!({
            "challenge": stated.challenge, "version": stated.version, "kind": stated.kind,
            "sha256": stated.artifact, "size_bytes": stated.size_bytes,
            "announcement": self.action(ActionBody::Announce(stated.clone()), &[&key(n)]),
        })
    }

    /// Writes the commitment on the chain, and waits until the ledger knows it.
    pub async fn commit(&self, stated: &Announcement) {
        let commitment = stated.commitment(&self.parts.node.genesis().network);
        self.chain.commit_now(stated.hotkey, commitment);
        self.until("the commitment is anchored", |state| {
            agon_protocol::submission::open_commitment(state, stated).is_some()
        })
        .await;
    }

    /// Brings an agent all the way onto the ledger.
    pub async fn submit(&self, n: u8, bytes: &[u8]) -> SubmissionId {
        let stated = self.announcement(n, 1, bytes);
        self.commit(&stated).await;
        let (status, answer) = self.announce(&stated, n).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        let (status, answer) = self.put(&answer, bytes).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let id = self.id(&stated);
        let (status, answer) = self.complete(id, n).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        id
    }

    pub async fn ask(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        read(self.ask(Request::get(path).body(Body::empty()).unwrap()).await).await
    }

    pub async fn page(&self, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap();
        let response = self.ask(request).await;
        let status = response.status();
        (status, text(response).await)
    }

    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(path).header("content-type", "application/json");
        read(self.ask(request.body(Body::from(body.to_string())).unwrap()).await).await
    }

    /// A request that a key signs with a nonce of its own, at the time of the hub.
    pub fn signed(&self, path: &str, body: &[u8], n: u8) -> Request<Body> {
        self.signed_as("POST", path, ("application/json", body), n)
    }

    /// The same with any method, and a body of any media type.
    pub fn signed_as(&self, method: &str, path: &str, (kind, body): (&str, &[u8]), n: u8) -> Request<Body> {
        let mut nonce = [0; 16];
        random(&mut nonce);
        let created_at = TimeMs(self.clock.0.load(Ordering::SeqCst));
        let stamp = Stamp { created_at, nonce: hex::encode(nonce) };
        let (path_alone, query) =
            path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let outgoing = Outgoing { method, authority: "hub.test", path: path_alone, query, body };
        let mut request = Request::builder().method(method).uri(path).header("host", "hub.test");
        for (name, value) in sign(&key(n), &self.parts.node.genesis().network, &outgoing, &stamp) {
            request = request.header(name, value);
        }
        request.header("content-type", kind).body(Body::from(body.to_vec())).unwrap()
    }

    /// Posts a document that a key signs.
    pub async fn post_signed(&self, path: &str, body: &Value, n: u8) -> (StatusCode, Value) {
        read(self.ask(self.signed(path, body.to_string().as_bytes(), n)).await).await
    }

    /// Asks for the ticket of an announcement that a key signs, as the request is.
    pub async fn announce(&self, stated: &Announcement, n: u8) -> (StatusCode, Value) {
        self.post_signed("/v1/submissions", &self.submission(stated, n), n).await
    }

    pub async fn complete(&self, id: SubmissionId, n: u8) -> (StatusCode, Value) {
        self.post_signed(&format!("/v1/submissions/{id}/complete"), &serde_json::json!({}), n).await
    }

    /// Uploads to the address of an answer.
    pub async fn put(&self, answer: &Value, bytes: &[u8]) -> (StatusCode, Value) {
        let url = answer["upload"]["url"].as_str().unwrap().strip_prefix("http://hub.test").unwrap();
        read(self.ask(Request::put(url).body(Body::from(bytes.to_vec())).unwrap()).await).await
    }

    pub async fn end(self) {
        self.stop.cancel();
        drop((self.router, self.parts));
        self.running.ended().await.unwrap();
    }
}

fn state_anchor(state: &State) -> Option<ChainBlock> {
    state.now()?.anchor
}

pub async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub async fn read(response: Response<Body>) -> (StatusCode, Value) {
    let status = response.status();
    let text = text(response).await;
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
