//! Questions of the public, and what answers them.

use crate::json::Json;

/// A question on a route of the manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The route as the manifest names it, such as `/players/{hotkey}`.
    pub route: String,
    pub path: String,
    /// The values of the route's parameters.
    pub parameters: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
}

impl Request {
    /// The value of a parameter of the route; nothing if the route has no such one.
    pub fn parameter(&self, name: &str) -> &str {
        find(&self.parameters, name).unwrap_or_default()
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// What the public is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Response {
    pub fn json(value: Json) -> Self {
        Self { status: 200, content_type: "application/json".to_owned(), body: value.into_bytes() }
    }

    pub fn text(text: &str) -> Self {
        Self { status: 200, content_type: "text/plain".to_owned(), body: text.as_bytes().to_vec() }
    }

    /// There is no such thing; which.
    pub fn not_found(detail: &str) -> Self {
        Self { status: 404, ..Self::text(detail) }
    }

    /// The challenge could not look it up.
    pub fn failed(detail: &str) -> Self {
        Self { status: 500, ..Self::text(detail) }
    }
}

/// Finds who answers a request.
#[derive(Debug)]
pub struct Router<'r> {
    request: &'r Request,
    answer: Option<Response>,
}

impl<'r> Router<'r> {
    pub fn new(request: &'r Request) -> Self {
        Self { request, answer: None }
    }

    /// Answers a route, named as in the manifest. An error is the challenge's own.
    pub fn on<E: ToString>(
        mut self,
        route: &str,
        answer: impl FnOnce(&Request) -> Result<Response, E>,
    ) -> Self {
        if self.answer.is_none() && self.request.route == route {
            let answered = answer(self.request);
            self.answer = Some(answered.unwrap_or_else(|error| Response::failed(&error.to_string())));
        }
        self
    }

    pub fn answer(self) -> Response {
        let route = &self.request.route;
        self.answer.unwrap_or_else(|| Response::not_found(&format!("nothing answers on {route}")))
    }
}
