//! What surrounds every answer: its id, headers that keep browsers careful, its place in the counts, and a net under what panics.

use crate::hub::Hub;
use crate::problem::Problem;
use crate::{limits, pages};
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
    // Of the highest level, so that the line of a failure has its id however few lines are wanted.
    let span = tracing::error_span!("request", request.id = %id, method = %request.method(), path);
    let mut response = logged(&hub, request, next).instrument(span).await;
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

/// The answer as its reader wants it, counted, and with one line in the log.
async fn logged(hub: &Hub, request: Request, next: Next) -> Response {
    let (method, begun) = (request.method().clone(), tokio::time::Instant::now());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let for_people = pages::are_wanted(&request);
    let answered = match bounded(&request) {
        Ok(()) => Caught(Box::pin(next.run(request))).await,
        Err(problem) => Ok(problem.into_response()),
    };
    let response = answered.unwrap_or_else(|panic| panicked(&*panic).into_response());
    let response = if for_people { pages::of_problem(hub, response) } else { response };
    let (route, status, took) = (route.as_ref().map(MatchedPath::as_str), response.status(), begun.elapsed());
    hub.requests.count(route, (&method, status), took);
    let (route, status) = (route.unwrap_or("none"), status.as_u16());
    tracing::debug!(%method, route, status, ms = took.as_millis(), "answered");
    response
}

/// What hyper lets through is bounded here once more, so that whoever asks too much learns what is too much.
fn bounded(request: &Request) -> Result<(), Problem> {
    let uri = request.uri().path_and_query().map_or(0, |asked| asked.as_str().len());
    if uri > limits::URI_BYTES_MAX {
        let detail = format!("the address has {uri} bytes: use at most {}", limits::URI_BYTES_MAX);
        return Err(Problem::new("uri_too_long", detail));
    }
    let headers = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len());
    let headers: usize = headers.sum();
    if headers > limits::HEADERS_BYTES_MAX {
        let detail = format!("the headers have {headers} bytes: use at most {}", limits::HEADERS_BYTES_MAX);
        return Err(Problem::new("headers_too_large", detail));
    }
    Ok(())
}

/// Whoever panics says why as a text, in all but the oddest cases.
fn panicked(panic: &(dyn Any + Send)) -> Problem {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::internal(format_args!("it panicked: {}", text.unwrap_or("and did not say why")))
}
