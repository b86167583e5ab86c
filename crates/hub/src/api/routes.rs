//! The routes of challenges: what the public asks, their own `serve` answers, from their state and nothing else.

use crate::hub::Hub;
use crate::limits;
use crate::problem::Problem;
use agon_node::audited::{self, Cause};
use agon_node::outside::Answers;
use agon_port::sandbox::{Done, Error, Phase, Request, Response as Said, Run};
use agon_protocol::state::{Status, View};
use agon_types::{ChallengeId, Failure, Manifest};
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a browser shows or saves and never runs.
const CONTENT_TYPES: [(&str, &str); 5] = [
    ("application/json", "application/json"),
    ("text/plain", "text/plain; charset=utf-8"),
    ("text/csv", "text/csv; charset=utf-8"),
    ("image/png", "image/png"),
    ("application/octet-stream", "application/octet-stream"),
];

pub(crate) async fn ask(
    State(hub): State<Arc<Hub>>,
    Path((challenge, path)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let manifest = manifest(&hub, &challenge)?;
    let request = request(&manifest, format!("/{path}"), query)?;
    if !hub.rates.take(&manifest.id, hub.now()) {
        let detail = format!("the routes of {} are asked too often: try again in a second", manifest.id);
        return Err(Problem::new("too_many_requests", detail));
    }
    let full = || Problem::new("too_many_requests", "other routes are asked now: try again in a second");
    let permit = hub.routes.clone().try_acquire_owned().map_err(|_| full())?;
    let turn = hub.turns.place(&manifest.id).ok_or_else(full)?;
    // In a task of its own: whoever hangs up takes neither the run nor its line in the audit log along.
    let task = hub.tasks.spawn({
        let hub = hub.clone();
        async move {
            let lane = turn.lane().await;
            let result = run(&hub, manifest, request).await;
            drop((lane, turn, permit));
            result
        }
    });
    match task.await.map_err(Problem::internal)?? {
        Ok(Ok(Done::Served(served))) => answer(served),
        Ok(Ok(_)) => Err(Problem::internal("a route was answered with something else")),
        Ok(Err(failure)) => {
            Err(Problem::new("challenge_failed", format!("the challenge failed: {}", failure.detail)))
        }
        Err(Error::Challenge(what)) => {
            Err(Problem::new("challenge_failed", format!("the challenge cannot answer: {what}")))
        }
        Err(Error::WallTime(ms)) => {
            Err(Problem::new("challenge_failed", format!("the challenge took more than {ms} ms")))
        }
        Err(Error::Executor(cause)) => Err(Problem::internal(cause)),
    }
}

type Served = Result<Result<Done, Failure>, Error>;

/// Has the challenge answer, and keeps what it asked of its host.
async fn run(hub: &Hub, manifest: Manifest, request: Request) -> Result<Served, Problem> {
    let code = hub.parts.vault.get(manifest.code).await.map_err(Problem::internal)?;
    let missing = || Problem::new("unavailable", "the code of this challenge is not here yet: try again");
    let code = code.ok_or_else(missing)?;
    let mut run_limits = manifest.limits.clone();
    run_limits.wall_time_ms = run_limits.wall_time_ms.min(limits::ROUTE_MS_MAX);
    let job = request.path.clone();
    let outside = Arc::new(Answers::to_public(hub.parts.node.clone(), &manifest));
    let (challenge, grants) = (manifest.id.to_string(), manifest.capabilities);
    let phase = Phase::Serve(request);
    let run = Run { challenge: code, agents: Vec::new(), grants, limits: run_limits, phase, outside };
    Ok(audited::run(&*hub.parts.sandbox, &*hub.parts.audit, Cause { challenge, job }, run).await)
}

/// The rules of a challenge that is not retired.
fn manifest(hub: &Hub, challenge: &str) -> Result<Manifest, Problem> {
    let unknown = || Problem::new("unknown_challenge", format!("there is no challenge {challenge:?}"));
    let id: ChallengeId = challenge.parse().map_err(|_| unknown())?;
    hub.read(|state| {
        let known = state.challenge(id.clone()).filter(|known| known.status != Status::Retired)?;
        state.manifest(id.clone(), known.version).cloned()
    })
    .ok_or_else(unknown)
}

fn request(manifest: &Manifest, path: String, query: BTreeMap<String, String>) -> Result<Request, Problem> {
    let found = manifest.routes.iter().find_map(|route| Some((route, route.parameters(&path)?)));
    let Some((route, parameters)) = found else {
        let detail = format!("{} has no route {path}: its manifest names those that it has", manifest.id);
        return Err(Problem::new("unknown_route", detail));
    };
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let parameters = parameters.into_iter().map(owned).collect();
    let query: Vec<(String, String)> = query.into_iter().collect();
    let bytes: usize = query.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() + path.len();
    if bytes > limits::ROUTE_QUERY_BYTES_MAX {
        return Err(Problem::new(
            "bad_query",
            format!("use at most {} bytes", limits::ROUTE_QUERY_BYTES_MAX),
        ));
    }
    Ok(Request { route: route.path.clone(), path, parameters, query })
}

/// Only what no browser runs leaves the hub under its name.
fn answer(served: Said) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(served.status).ok().filter(|status| {
        status.is_success() || status.is_client_error() && *status != StatusCode::UNAUTHORIZED
    });
    let essence = served.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = CONTENT_TYPES.into_iter().find(|(known, _)| *known == essence);
    match (status, known) {
        (Some(status), Some((_, kind))) => {
            Ok((status, [(header::CONTENT_TYPE, kind)], Body::from(served.body)).into_response())
        }
        _ => {
            let (status, kind) = (served.status, served.content_type);
            let detail = format!("the challenge answered {status} with {kind:?}, which no route may");
            Err(Problem::new("challenge_failed", detail))
        }
    }
}
