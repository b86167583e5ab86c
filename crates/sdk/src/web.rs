//! HTTPS to the hosts that the manifest names in `capabilities.hosts`. In `observe` only; all of it is recorded.

use crate::{Refusal, host};

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// GET, HEAD or POST.
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// At most 64 exchanges in a run, of 256 KiB out and 1 MiB back each.
pub fn fetch(request: Request) -> Result<Response, Refusal> {
    host::fetch(request)
}

/// Asks for a page.
pub fn get(url: &str) -> Result<Response, Refusal> {
    fetch(Request { method: "GET".to_owned(), url: url.to_owned(), headers: Vec::new(), body: Vec::new() })
}
