//! The port `Chain` over HTTP, for a development chain in another process.

use super::call::{Call, CallBody, Registration};
use super::wire::{
    AdvanceRequest, Answer, CallRequest, CommitmentBody, DeregisterRequest, HeadBody, IncludedBody, Items,
    NonceBody, Problem, SnapshotBody, UidBody, WeightsBody,
};
use crate::http;
use crate::limits::{CHAIN_ANSWER_BYTES_MAX, NONCE_ATTEMPTS_MAX};
use agon_port::Chain;
use agon_port::chain::{Commitment, Error, Head, Plan, Row, Snapshot};
use agon_types::{ChainBlock, Digest, Hotkey, HotkeyPair, NetworkId, Signed, codec};
use async_trait::async_trait;
use reqwest::{Client, RequestBuilder};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

const READ_MS: u64 = 10_000;
/// A call waits for its block, and blocks may be slow.
const CALL_MS: u64 = 120_000;

/// A client of one development chain. Clones share their connections.
#[derive(Clone, Debug)]
pub struct DevelopmentChainClient {
    client: Client,
    network: NetworkId,
    base: String,
}

/// How a request went that reached the chain.
enum Answered<T> {
    Yes(T),
    No(Problem),
}

impl DevelopmentChainClient {
    /// `url` is a base address such as `http://127.0.0.1:7730`.
    pub fn new(network: NetworkId, url: &str) -> Result<Self, Error> {
        let base = http::base(url).map_err(Error::Unreachable)?;
        Ok(Self { client: http::client(), network, base })
    }

    /// The newest block, final or not.
    pub async fn head(&self) -> Result<Head, Error> {
        self.get::<HeadBody>("head").await.map(Head::from)
    }

    /// Registers a hotkey, or changes its numbers; nobody need sign it. Returns the block that has it.
    pub async fn register(&self, registration: &Registration) -> Result<ChainBlock, Error> {
        self.post::<_, IncludedBody>("register", registration).await.map(|included| included.block)
    }

    /// Takes a hotkey off the subnet; its uid becomes free.
    pub async fn deregister(&self, hotkey: Hotkey) -> Result<ChainBlock, Error> {
        let request = DeregisterRequest { hotkey };
        self.post::<_, IncludedBody>("deregister", &request).await.map(|included| included.block)
    }

    /// Makes blocks on a chain with a manual clock. Returns the newest one.
    pub async fn advance(&self, blocks: u64) -> Result<ChainBlock, Error> {
        let request = AdvanceRequest { blocks };
        self.post::<_, IncludedBody>("advance", &request).await.map(|included| included.block)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let request =
            self.client.get(format!("{}/{path}", self.base)).timeout(Duration::from_millis(READ_MS));
        match answered(request, Error::Unreachable).await? {
            Answered::Yes(body) => Ok(body),
            Answered::No(problem) => Err(error(problem)),
        }
    }

    async fn post<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, Error> {
        match self.try_post(path, body).await? {
            Answered::Yes(body) => Ok(body),
            Answered::No(problem) => Err(error(problem)),
        }
    }

    async fn try_post<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<Answered<T>, Error> {
        let request = self.client.post(format!("{}/{path}", self.base)).json(body);
        answered(request.timeout(Duration::from_millis(CALL_MS)), Error::Unknown).await
    }

    /// Signs a call with the next nonce; `None` if somebody else used that nonce first.
    async fn call(&self, signer: &HotkeyPair, body: CallBody) -> Result<Option<ChainBlock>, Error> {
        let hotkey = signer.hotkey();
        let NonceBody { nonce } = self.get(&format!("nonce/{hotkey}")).await?;
        let signed = Signed::new(&self.network, Call { signer: hotkey, nonce, body }, &[signer]);
        let request = CallRequest { call: hex::encode(codec::encode(&signed)) };
        match self.try_post::<_, IncludedBody>("call", &request).await? {
            Answered::Yes(included) => Ok(Some(included.block)),
            Answered::No(problem) if problem.code == "Stale" || problem.code == "Future" => Ok(None),
            Answered::No(problem) => Err(error(problem)),
        }
    }

    /// The block in which a hotkey wrote a digest first.
    async fn committed(&self, hotkey: Hotkey, digest: Digest) -> Result<Option<ChainBlock>, Error> {
        let found: Items<CommitmentBody> = self.get(&format!("commitments/{hotkey}")).await?;
        Ok(found.items.iter().find(|item| item.commitment == digest).map(|item| item.block))
    }

    /// Whether those who are to be paid still have their uids.
    async fn check_uids(&self, plan: &Plan) -> Result<(), Error> {
        let found: Items<UidBody> = self.get("uids").await?;
        let has = |uid: u16, hotkey| found.items.iter().any(|item| item.uid == uid && item.hotkey == hotkey);
        match plan.hotkeys.iter().find(|(uid, hotkey)| !has(*uid, *hotkey)) {
            None => Ok(()),
            Some((uid, hotkey)) => Err(Error::Refused(format!(
                "uid {uid} no longer belongs to {hotkey}: wait for the next seal"
            ))),
        }
    }
}

/// `lost` says what it means that no answer came, although the chain may have heard the request.
async fn answered<T: DeserializeOwned>(
    request: RequestBuilder,
    lost: impl Fn(String) -> Error,
) -> Result<Answered<T>, Error> {
    let response = request.send().await.map_err(|error| {
        let reason = http::reason(&error);
        if error.is_connect() { Error::Unreachable(reason) } else { lost(reason) }
    })?;
    let status = response.status();
    let bytes = http::body(response, CHAIN_ANSWER_BYTES_MAX).await.map_err(&lost)?;
    let unreadable = |error| lost(format!("it answers {status} with what is no answer: {error}"));
    if status.is_success() {
        let answer: Answer<T> = serde_json::from_slice(&bytes).map_err(unreadable)?;
        return Ok(Answered::Yes(answer.body));
    }
    let answer: Answer<Problem> = serde_json::from_slice(&bytes).map_err(unreadable)?;
    Ok(Answered::No(answer.body))
}

fn error(problem: Problem) -> Error {
    let Problem { code, detail, until_block } = problem;
    match (code.as_str(), until_block) {
        ("SettingWeightsTooFast", Some(until)) => Error::RateLimited(until),
        // Both say for certain that nothing was included.
        ("stopping" | "PoolFull", _) => Error::Unreachable(detail),
        _ => Error::Refused(format!("{code}: {detail}")),
    }
}

/// A read that named a block which the chain does not serve.
fn at(block: ChainBlock) -> impl Fn(Error) -> Error {
    move |error| match error {
        Error::Refused(text) if text.starts_with("unknown_block") => Error::UnknownBlock(block),
        error => error,
    }
}

#[async_trait]
impl Chain for DevelopmentChainClient {
    async fn finalised(&self) -> Result<Head, Error> {
        self.get::<HeadBody>("finalised").await.map(Head::from)
    }

    async fn snapshot(&self, block: ChainBlock) -> Result<Snapshot, Error> {
        let body: SnapshotBody = self.get(&format!("snapshot/{block}")).await.map_err(at(block))?;
        let neurons = body.neurons.into_iter().map(|item| (item.hotkey, item.neuron)).collect();
        Ok(Snapshot { head: body.head.into(), neurons })
    }

    async fn commitments(&self, after: ChainBlock, up_to: ChainBlock) -> Result<Vec<Commitment>, Error> {
        let path = format!("commitments?after={after}&up_to={up_to}");
        let body: Items<CommitmentBody> = self.get(&path).await.map_err(at(up_to))?;
        Ok(body.items.into_iter().map(Commitment::from).collect())
    }

    async fn commit(&self, signer: &HotkeyPair, commitment: Digest) -> Result<ChainBlock, Error> {
        for _ in 0..NONCE_ATTEMPTS_MAX {
            // Before each attempt: whoever used the nonce may have written this very digest.
            if let Some(block) = self.committed(signer.hotkey(), commitment).await? {
                return Ok(block);
            }
            if let Some(block) = self.call(signer, CallBody::Commit { commitment }).await? {
                return Ok(block);
            }
        }
        Err(busy(signer))
    }

    async fn set_weights(&self, signer: &HotkeyPair, plan: Plan) -> Result<ChainBlock, Error> {
        self.check_uids(&plan).await?;
        let (uids, values) = plan.vector.into_iter().unzip();
        let set = self.call(signer, CallBody::SetWeights { uids, values }).await?;
        // Another call with this hotkey came first, and it may have been this very one, sent before a fall.
        set.ok_or_else(|| Error::Unknown(format!("another call of {} came first", signer.hotkey())))
    }

    async fn weights(&self, of: Hotkey) -> Result<Option<Row>, Error> {
        let body: WeightsBody = self.get(&format!("weights/{of}")).await?;
        Ok(body.weights.map(|row| Row { vector: row.vector, block: row.block }))
    }
}

fn busy(signer: &HotkeyPair) -> Error {
    Error::Refused(format!("{} signs too many calls at once: try again", signer.hotkey()))
}
