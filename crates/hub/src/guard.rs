//! What surrounds every answer: its id, headers that keep browsers careful, its place in the counts, and a net under what panics.

use crate::hub::Hub;
use crate::problem::Problem;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tracing::Instrument as _;

/// Scripts, styles and requests from this hub only, and nothing else at all.
const CONTENT_SECURITY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
     img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A future whose panic is an outcome. The state behind it is shared by handles that survive one.
struct Caught<F>(Pin<Box<F>>);

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

pub(crate) async fn answer(State(hub): State<Arc<Hub>>, request: Request, next: Next) -> Response {
    let id = hub.secret::<16>();
    // The address of an upload is a secret, so no path of one reaches a log.
    let path = request.uri().path();
    let path = if path.starts_with("/v1/uploads/") { "/v1/uploads/…" } else { path };
    let span = tracing::info_span!("request", request.id = %id, method = %request.method(), path);
    let (method, begun) = (request.method().clone(), tokio::time::Instant::now());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let caught = Caught(Box::pin(next.run(request))).instrument(span).await;
    let mut response = caught.unwrap_or_else(|_| Problem::internal("it panicked").into_response());
    let route = route.as_ref().map(MatchedPath::as_str);
    hub.requests.count(route, (&method, response.status()), begun.elapsed());
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
