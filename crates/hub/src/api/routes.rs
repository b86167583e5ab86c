//! The routes of challenges: what the public asks, their own `serve` answers, from their state and nothing else.

use crate::hub::Hub;
use crate::limits;
use crate::problem::Problem;
use agon_node::outside::Answers;
use agon_port::audit::Line;
use agon_port::sandbox::{Done, Ended, Error, Phase, Request, Response as Served, Run};
use agon_protocol::state::{Status, View};
use agon_types::{ChallengeId, Manifest};
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a browser shows or saves and never runs.
const CONTENT_TYPES: [&str; 5] =
    ["application/json", "text/plain; charset=utf-8", "text/csv", "image/png", "application/octet-stream"];

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
    let full = |_| Problem::new("too_many_requests", "other routes are asked now: try again in a second");
    let _permit = hub.routes.try_acquire().map_err(full)?;
    let code = hub.parts.vault.get(manifest.code).await.map_err(Problem::internal)?;
    let missing = || Problem::new("unavailable", "the code of this challenge is not here yet: try again");
    let code = code.ok_or_else(missing)?;
    let mut run_limits = manifest.limits.clone();
    run_limits.wall_time_ms = run_limits.wall_time_ms.min(limits::ROUTE_MS_MAX);
    let asked = request.path.clone();
    let run = Run {
        challenge: code,
        agents: Vec::new(),
        grants: manifest.capabilities.clone(),
        limits: run_limits,
        phase: Phase::Serve(request),
        outside: Arc::new(Answers::to_public(hub.parts.node.clone(), &manifest)),
    };
    let Ended { result, calls } = hub.parts.sandbox.run(run).await;
    let line = Line {
        challenge: manifest.id.to_string(),
        job: asked,
        phase: "serve",
        calls,
        ended: agon_node::outside::ending(&result).to_owned(),
    };
    if let Err(error) = hub.parts.audit.append(line).await {
        tracing::error!("{error}");
    }
    match result {
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
fn answer(served: Served) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(served.status).ok().filter(|status| {
        status.is_success() || status.is_client_error() && *status != StatusCode::UNAUTHORIZED
    });
    let known = CONTENT_TYPES.into_iter().find(|known| *known == served.content_type);
    match (status, known) {
        (Some(status), Some(kind)) => {
            Ok((status, [(header::CONTENT_TYPE, kind)], Body::from(served.body)).into_response())
        }
        _ => {
            let (status, kind) = (served.status, served.content_type);
            let detail = format!("the challenge answered {status} with {kind:?}, which no route may");
            Err(Problem::new("challenge_failed", detail))
        }
    }
}
