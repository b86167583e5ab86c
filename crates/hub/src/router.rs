//! Every address of the hub.

use crate::api::{actions, blocks, epochs, events, facts, submissions, uploads};
use crate::guard;
use crate::hub::{Hub, Parts};
use crate::pages;
use crate::problem::Problem;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, patch, post, put};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The hub without a listener, for tests and for whoever serves it in a router of their own. Nobody stops it, and
/// nobody announces uploads whose miners left; [`crate::serve`] does both.
pub fn router(parts: Parts) -> Router {
    routes(Hub::new(parts, CancellationToken::new()))
}

pub(crate) fn routes(hub: Arc<Hub>) -> Router {
    Router::new()
        .merge(api())
        .merge(people())
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

fn api() -> Router<Arc<Hub>> {
    Router::new()
        .route("/healthz", get(facts::healthz))
        .route("/readyz", get(facts::readyz))
        .route("/v1/network", get(facts::network))
        .route("/v1/stats", get(facts::stats))
        .route("/v1/challenges", get(facts::challenges).post(actions::publish))
        .route("/v1/challenges/{id}", patch(actions::change).get(facts::challenge))
        .route("/v1/submissions", get(submissions::list).post(uploads::post))
        .route("/v1/submissions/{id}", get(submissions::one))
        .route("/v1/submissions/{id}/complete", post(uploads::complete))
        .route("/v1/submissions/{id}/reports", get(submissions::reports))
        .route("/v1/uploads/{token}", put(uploads::put))
        .route("/v1/boards/{challenge}", get(facts::board))
        .route("/v1/candidates", get(facts::candidates))
        .route("/v1/epochs/{number}", get(epochs::one))
        .route("/v1/weights/latest", get(epochs::weights))
        .route("/v1/validators", get(facts::validators))
        .route("/v1/validators/{hotkey}", get(facts::validator))
        .route("/v1/blocks", get(blocks::list))
        .route("/v1/vault/{digest}", get(blocks::artifact))
        .route("/v1/actions", post(actions::post))
        .route("/v1/events", get(events::listen))
}

fn people() -> Router<Arc<Hub>> {
    Router::new()
        .route("/", get(pages::index))
        .route("/challenges/{id}", get(pages::challenge))
        .route("/submissions/{id}", get(pages::submission))
        .route("/epochs/{number}", get(pages::epoch))
        .route("/network", get(pages::network))
        .route("/static/{file}", get(pages::file))
}
