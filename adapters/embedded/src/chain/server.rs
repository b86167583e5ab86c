//! The HTTP side of the development chain. It binds nothing: the listener is its caller's, and should be on loopback.

use super::call::{Extrinsic, Refusal, Registration};
use super::history::History;
use super::producer::Request;
use super::wire::{
    AdvanceRequest, Answer, CallRequest, CommitmentBody, DeregisterRequest, HeadBody, IncludedBody, Items,
    NeuronBody, NonceBody, Problem, RowBody, SnapshotBody, UidBody, WeightsBody,
};
use crate::limits::{ADVANCE_BLOCKS_MAX, CALL_BODY_BYTES_MAX};
use agon_types::{ChainBlock, Hotkey, NetworkId};
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use tokio::sync::{mpsc, oneshot};

/// What every request sees.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub history: Arc<RwLock<History>>,
    pub requests: mpsc::Sender<Request>,
    pub network: NetworkId,
    pub is_manual: bool,
}

impl Shared {
    fn history(&self) -> RwLockReadGuard<'_, History> {
        self.history.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the producer and waits for the block that has the answer.
    async fn ask(&self, request: impl FnOnce(super::producer::Answer) -> Request) -> Reply<IncludedBody> {
        let (answer, answered) = oneshot::channel();
        let stopping = || {
            Failure::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "the chain stops: nothing was included")
        };
        self.requests.send(request(answer)).await.map_err(|_| stopping())?;
        let block = answered.await.map_err(|_| stopping())?.map_err(Failure::from)?;
        reply(IncludedBody { block })
    }
}

/// A failure on its way to whoever asked.
struct Failure {
    status: StatusCode,
    problem: Problem,
}

impl Failure {
    fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        let problem = Problem { code: code.to_owned(), detail: detail.into(), until_block: None };
        Self { status, problem }
    }

    fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    fn unknown_block(block: ChainBlock) -> Self {
        let detail = format!("block {block} is not finalised yet, or no longer remembered");
        Self::new(StatusCode::NOT_FOUND, "unknown_block", detail)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let (status, until_block) = match &refusal {
            Refusal::BadFormat(_) => (StatusCode::BAD_REQUEST, None),
            Refusal::BadProof(_) => (StatusCode::FORBIDDEN, None),
            Refusal::SettingWeightsTooFast { until } => (StatusCode::TOO_MANY_REQUESTS, Some(*until)),
            Refusal::PoolFull => (StatusCode::SERVICE_UNAVAILABLE, None),
            _ => (StatusCode::CONFLICT, None),
        };
        let problem = Problem { code: refusal.code().to_owned(), detail: refusal.to_string(), until_block };
        Self { status, problem }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(Answer { development: true, body: self.problem })).into_response()
    }
}

type Reply<T> = Result<Json<Answer<T>>, Failure>;

fn reply<T: Serialize>(body: T) -> Reply<T> {
    Ok(Json(Answer { development: true, body }))
}

fn json<T: DeserializeOwned>(body: &Bytes) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::bad(format!("not the expected JSON: {error}")))
}

fn hotkey(text: &str) -> Result<Hotkey, Failure> {
    text.parse().map_err(|error: agon_types::key::Error| Failure::bad(error.to_string()))
}

pub(super) fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/head", get(head))
        .route("/finalised", get(finalised))
        .route("/snapshot/{block}", get(snapshot))
        .route("/uids", get(uids))
        .route("/commitments", get(commitments))
        .route("/commitments/{hotkey}", get(commitments_of))
        .route("/weights/{hotkey}", get(weights))
        .route("/nonce/{hotkey}", get(nonce))
        .route("/call", post(call))
        .route("/register", post(register))
        .route("/deregister", post(deregister))
        .route("/advance", post(advance))
        .fallback(async || Failure::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path has another method")
        })
        .layer(DefaultBodyLimit::max(CALL_BODY_BYTES_MAX))
        .with_state(shared)
}

async fn head(State(shared): State<Shared>) -> Reply<HeadBody> {
    reply(shared.history().head().into())
}

async fn finalised(State(shared): State<Shared>) -> Reply<HeadBody> {
    reply(shared.history().finalised().into())
}

async fn snapshot(State(shared): State<Shared>, Path(block): Path<String>) -> Reply<SnapshotBody> {
    let block = block.parse().map_err(|_| Failure::bad("a block is named by its number"))?;
    let view = shared.history().view_at(ChainBlock(block)).cloned();
    let view = view.ok_or_else(|| Failure::unknown_block(ChainBlock(block)))?;
    let neuron = |&(hotkey, neuron): &_| NeuronBody { hotkey, neuron };
    reply(SnapshotBody { head: view.head.into(), neurons: view.neurons.iter().map(neuron).collect() })
}

/// Who has which uid after the newest block.
async fn uids(State(shared): State<Shared>) -> Reply<Items<UidBody>> {
    let neurons = shared.history().state().neurons();
    let items = neurons.into_iter().map(|(hotkey, neuron)| UidBody { uid: neuron.uid, hotkey });
    reply(Items { items: items.collect() })
}

#[derive(Deserialize)]
struct Range {
    after: u64,
    up_to: u64,
}

async fn commitments(
    State(shared): State<Shared>,
    range: Result<Query<Range>, QueryRejection>,
) -> Reply<Items<CommitmentBody>> {
    let Query(range) = range.map_err(|error| Failure::bad(error.body_text()))?;
    let (after, up_to) = (ChainBlock(range.after), ChainBlock(range.up_to));
    let found = shared.history().commitments(after, up_to).ok_or_else(|| Failure::unknown_block(up_to))?;
    reply(Items { items: found.into_iter().map(CommitmentBody::from).collect() })
}

/// What one hotkey has written, up to the newest block.
async fn commitments_of(
    State(shared): State<Shared>,
    Path(text): Path<String>,
) -> Reply<Items<CommitmentBody>> {
    let of = hotkey(&text)?;
    let history = shared.history();
    let items = history.state().commitments().filter(|commitment| commitment.hotkey == of);
    reply(Items { items: items.map(CommitmentBody::from).collect() })
}

async fn weights(State(shared): State<Shared>, Path(text): Path<String>) -> Reply<WeightsBody> {
    let row = shared.history().state().weights(&hotkey(&text)?);
    reply(WeightsBody { weights: row.map(|row| RowBody { vector: row.vector, block: row.block }) })
}

async fn nonce(State(shared): State<Shared>, Path(text): Path<String>) -> Reply<NonceBody> {
    let nonce = shared.history().state().nonce(&hotkey(&text)?);
    reply(NonceBody { nonce })
}

async fn call(State(shared): State<Shared>, body: Bytes) -> Reply<IncludedBody> {
    let request: CallRequest = json(&body)?;
    let bytes = hex::decode(request.call).map_err(|_| Failure::bad("a call is hexadecimal text"))?;
    let extrinsic = Extrinsic::decode(&bytes, &shared.network)?;
    shared.ask(|answer| Request::Include(extrinsic, answer)).await
}

async fn register(State(shared): State<Shared>, body: Bytes) -> Reply<IncludedBody> {
    let registration: Registration = json(&body)?;
    shared.ask(|answer| Request::Include(Extrinsic::Register(registration), answer)).await
}

async fn deregister(State(shared): State<Shared>, body: Bytes) -> Reply<IncludedBody> {
    let DeregisterRequest { hotkey } = json(&body)?;
    shared.ask(|answer| Request::Include(Extrinsic::Deregister(hotkey), answer)).await
}

async fn advance(State(shared): State<Shared>, body: Bytes) -> Reply<IncludedBody> {
    let AdvanceRequest { blocks } = json(&body)?;
    if !shared.is_manual {
        return Err(Failure::new(
            StatusCode::CONFLICT,
            "not_manual",
            "this chain makes its blocks by a clock",
        ));
    }
    if blocks == 0 || blocks > ADVANCE_BLOCKS_MAX {
        return Err(Failure::bad(format!("ask for 1 to {ADVANCE_BLOCKS_MAX} blocks")));
    }
    shared.ask(|answer| Request::Advance(blocks, answer)).await
}
