//! Documents that a reader keeps until they change: each answer names its content, and the same content is not sent twice.

use crate::problem::Problem;
use agon_types::Digest;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Gives a document its ETag, or says that the reader has it already.
pub(crate) async fn answer(mut request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD {
        // What surrounds us leaves the body out again, and the headers are those of the whole document.
        *request.method_mut() = Method::GET;
    }
    let asked = (request.method() == Method::GET).then(|| request.headers().clone());
    let response = next.run(request).await;
    match asked {
        Some(asked) if response.status() == StatusCode::OK => named(&asked, response).await,
        _ => response,
    }
}

async fn named(asked: &HeaderMap, response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    // Every document here is whole in memory already, so nothing is collected that was not.
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return Problem::internal(error).into_response(),
    };
    let tag = format!("\"{}\"", Digest::of(&bytes));
    let is_known = asked.get_all(header::IF_NONE_MATCH).iter().any(|line| names(line, &tag));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        head.headers.insert(header::ETAG, value);
    }
    head.headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    if is_known {
        head.status = StatusCode::NOT_MODIFIED;
        head.headers.remove(header::CONTENT_TYPE);
        head.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(head, Body::empty());
    }
    Response::from_parts(head, Body::from(bytes))
}

/// Whether a line of `if-none-match` names this tag. A weak tag counts too, as RFC 9110 wants it here.
fn names(line: &HeaderValue, tag: &str) -> bool {
    let Ok(line) = line.to_str() else { return false };
    let mut named = line.split(',').map(str::trim);
    named.any(|named| named == "*" || named.strip_prefix("W/").unwrap_or(named) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_names_what_it_has_in_several_ways() {
        let cases = [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ];
        for (line, expected) in cases {
            assert_eq!(names(&HeaderValue::from_static(line), "\"a\""), expected, "{line}");
        }
    }
}
