//! Every address of the hub.

use crate::api::{
    actions, blocks, epochs, events, facts, keeping, proofs, routes, submissions, uploads, vault,
};
use crate::hub::{Hub, Parts};
use crate::pages;
use crate::problem::Problem;
use crate::{fresh, guard};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, patch, post, put};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The hub without a listener, for tests and for whoever serves it in a router of their own. Nobody stops it, and
/// nobody announces uploads whose miners left; [`crate::serve`] does both.
pub fn router(parts: Parts) -> Router {
    routes(Hub::new(parts, None, CancellationToken::new()))
}

pub(crate) fn routes(hub: Arc<Hub>) -> Router {
    together(documents())
        .layer(from_fn(fresh::answer))
        .merge(together(others()))
        .merge(together(people()).layer(from_fn(fresh::answer)))
        .method_not_allowed_fallback(not_allowed)
        .fallback(pages::nothing_here)
        // Our own extractors bound every body; nothing else may read one.
        .layer(DefaultBodyLimit::max(0))
        .layer(from_fn_with_state(hub.clone(), guard::answer))
        .with_state(hub)
}

async fn not_allowed() -> Problem {
    Problem::new("method_not_allowed", "this address knows other methods: the `allow` header names them")
}

/// An address with what answers there.
type Route = (&'static str, MethodRouter<Arc<Hub>>);

fn together(routes: Vec<Route>) -> Router<Arc<Hub>> {
    routes.into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods))
}

/// Every address that programs use, for the interface's description to be held against.
#[cfg(test)]
pub(crate) fn paths() -> Vec<String> {
    // A rest of a path is one parameter, as the description knows it.
    documents().into_iter().chain(others()).map(|(path, _)| path.replace("{*", "{")).collect()
}

/// What anyone may read and keep until it changes.
fn documents() -> Vec<Route> {
    vec![
        ("/openapi.json", get(facts::description)),
        ("/v1/network", get(facts::network)),
        ("/v1/stats", get(facts::stats)),
        ("/v1/challenges", get(facts::challenges).post(actions::publish)),
        ("/v1/challenges/{id}", patch(actions::change).get(facts::challenge)),
        ("/v1/challenges/{id}/state", get(keeping::slots)),
        ("/v1/challenges/{id}/posters/{hotkey}", get(keeping::poster)),
        ("/v1/submissions", get(submissions::list).post(uploads::post)),
        ("/v1/submissions/{id}", get(submissions::one)),
        ("/v1/submissions/{id}/reports", get(submissions::reports)),
        ("/v1/proofs/submissions/{id}", get(proofs::of_submission)),
        ("/v1/boards/{challenge}", get(facts::board)),
        ("/v1/candidates", get(facts::candidates)),
        ("/v1/epochs/{number}", get(epochs::one)),
        ("/v1/weights/latest", get(epochs::weights)),
        ("/v1/validators", get(facts::validators)),
        ("/v1/validators/{hotkey}", get(facts::validator)),
    ]
}

/// Actions, uploads and probes, and what is never asked twice.
fn others() -> Vec<Route> {
    vec![
        ("/healthz", get(facts::healthz)),
        ("/readyz", get(facts::readyz)),
        ("/metrics", get(facts::metrics)),
        ("/v1/submissions/{id}/complete", post(uploads::complete)),
        ("/v1/uploads/{token}", put(uploads::put)),
        ("/v1/blocks", get(blocks::list)),
        ("/v1/vault/{digest}", get(blocks::artifact).put(vault::put)),
        ("/v1/challenges/{id}/routes/{*path}", get(routes::ask)),
        ("/v1/actions", post(actions::post)),
        ("/v1/events", get(events::listen)),
    ]
}

fn people() -> Vec<Route> {
    vec![
        ("/", get(pages::index)),
        ("/challenges/{id}", get(pages::challenge)),
        ("/submissions/{id}", get(pages::submission)),
        ("/epochs/{number}", get(pages::epoch)),
        ("/network", get(pages::network)),
        ("/static/{file}", get(pages::file)),
    ]
}
