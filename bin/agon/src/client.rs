//! The hub as its clients see it: JSON answers, and problems that say what to do.

use crate::cli::Global;
use crate::limits::{ANSWER_BYTES_MAX, BUSY_TRIES_MAX};
use crate::output::Failure;
use crate::{key, up};
use agon_hub::signature::{self, Outgoing, Stamp};
use agon_port::Clock as _;
use agon_types::limits::ARTIFACT_BYTES_MAX;
use agon_types::{HotkeyPair, NetworkId};
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use std::time::Duration;

/// After how long a busy hub is asked again.
const BUSY_WAIT: Duration = Duration::from_millis(300);

/// Every answer of a hub has a number of its own.
const MARK: &str = "x-request-id";

/// Random bytes of a nonce: enough that no two are alike.
const NONCE_BYTES: usize = 16;

/// An address of a hub.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

/// Who signs requests, and for which network.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    pub hotkey: &'a HotkeyPair,
    pub network: &'a NetworkId,
}

/// An answer of the hub.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Client {
    /// A client of the hub at an address.
    pub fn new(hub: &str) -> Result<Self, Failure> {
        let base = agon_embedded::http::base(hub).map_err(Failure::Usage)?;
        Ok(Self { http: agon_embedded::http::client(), base })
    }

    /// A client of the hub that was named, or of that of `agon up` in the data directory.
    pub fn of(global: &Global) -> Result<Self, Failure> {
        Self::new(&up::address_of(global, ("hub", global.hub.clone()), "http://127.0.0.1:7700"))
    }

    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.send(self.http.get(format!("{}{path}", self.base))).await?.accepted()
    }

    /// The answer, or nothing where the hub says that there is no such thing.
    pub async fn find(&self, path: &str) -> Result<Option<Value>, Failure> {
        let answer = self.send(self.http.get(format!("{}{path}", self.base))).await?;
        if answer.status == 404 { Ok(None) } else { answer.accepted().map(Some) }
    }

    /// The bytes of an artifact.
    pub async fn bytes(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let request = self.http.get(format!("{}{path}", self.base));
        let unreachable =
            |error: String| Failure::Unreachable(format!("{} does not answer: {error}", self.base));
        let response =
            request.send().await.map_err(|error| unreachable(agon_embedded::http::reason(&error)))?;
        if !response.status().is_success() {
            return Err(Failure::refused(format!("the hub has nothing at {path}")));
        }
        let bytes = agon_embedded::http::body(response, ARTIFACT_BYTES_MAX as usize).await;
        bytes.map_err(|error| unreachable(error.to_string()))
    }

    /// The id of the hub's network: what signatures are for.
    pub async fn network(&self) -> Result<NetworkId, Failure> {
        let document = self.get("/v1/network").await?;
        serde_json::from_value(document["network"].clone()).map_err(|_| self.no_hub())
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.send(self.http.post(format!("{}{path}", self.base)).json(body)).await
    }

    /// Posts a document that a hotkey signs. Each try is signed anew, because a nonce counts once.
    pub async fn post_signed(&self, path: &str, body: &Value, by: Signer<'_>) -> Result<Answer, Failure> {
        self.again(|| self.signed(path, body, by)).await
    }

    /// Puts bytes of a media type that a hotkey signs.
    pub async fn put_signed(
        &self,
        path: &str,
        (kind, bytes): (&str, Vec<u8>),
        by: Signer<'_>,
    ) -> Result<Answer, Failure> {
        let request = || {
            let request = self.http.put(format!("{}{path}", self.base));
            request.header(CONTENT_TYPE, kind).body(bytes.clone())
        };
        self.again(|| signed(request(), &bytes, by)).await
    }

    fn signed(&self, path: &str, body: &Value, by: Signer<'_>) -> Result<reqwest::RequestBuilder, Failure> {
        let body = body.to_string();
        let request = self.http.post(format!("{}{path}", self.base));
        let request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        signed(request, body.as_bytes(), by)
    }

    pub async fn put(&self, url: &str, bytes: Vec<u8>) -> Result<Answer, Failure> {
        self.send(self.http.put(url).body(bytes)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
        let same = || request.try_clone().expect("our bodies are bytes, which can be sent again");
        self.again(|| Ok(same())).await
    }

    /// Sends a request; a hub that is busy is asked again.
    async fn again(
        &self,
        request: impl Fn() -> Result<reqwest::RequestBuilder, Failure>,
    ) -> Result<Answer, Failure> {
        for _ in 0..BUSY_TRIES_MAX {
            let answer = self.send_once(request()?).await?;
            if answer.status != 503 {
                return Ok(answer);
            }
            tokio::time::sleep(BUSY_WAIT).await;
        }
        self.send_once(request()?).await
    }

    /// Whoever's own network it is starts it; another one's is only reached.
    fn unreachable(&self, cause: &str) -> Failure {
        let host = reqwest::Url::parse(&self.base).ok().and_then(|url| url.host_str().map(str::to_owned));
        let is_here = host.is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host.as_str()));
        let remedy = match is_here {
            true => "start it with `agon up`, or name another with --hub",
            false => {
                "see that the address is right and that this machine has a way to it, or name another with --hub"
            }
        };
        Failure::Unreachable(format!("the hub at {} is not reachable ({cause}): {remedy}", self.base))
    }

    async fn send_once(&self, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
        let response = request.send().await.map_err(|error| self.unreachable(&cause(&error)))?;
        let status = response.status().as_u16();
        if !response.headers().contains_key(MARK) {
            return Err(self.no_hub());
        }
        let bytes =
            agon_embedded::http::body(response, ANSWER_BYTES_MAX).await.map_err(|e| self.unreachable(&e))?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    fn no_hub(&self) -> Failure {
        Failure::Unreachable(format!("what answers at {} is no hub: name one with --hub", self.base))
    }
}

/// The same request with the signature of a hotkey over its body.
fn signed(
    request: reqwest::RequestBuilder,
    body: &[u8],
    by: Signer<'_>,
) -> Result<reqwest::RequestBuilder, Failure> {
    // The address as it will be sent, without a default port.
    let built = request.try_clone().expect("our bodies are bytes, which can be sent again");
    let built = built.build().map_err(Failure::refused)?;
    let url = built.url();
    let host = url.host_str().unwrap_or_default();
    let outgoing = Outgoing {
        method: built.method().as_str(),
        authority: &url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
        path: url.path(),
        query: url.query(),
        body,
    };
    let mut nonce = [0; NONCE_BYTES];
    key::random(&mut nonce);
    let stamp = Stamp { created_at: agon_embedded::SystemClock.now(), nonce: hex::encode(nonce) };
    let headers = signature::sign(by.hotkey, by.network, &outgoing, &stamp);
    Ok(headers.into_iter().fold(request, |request, (name, value)| request.header(name, value)))
}

impl Answer {
    /// The body of a success; a problem becomes a refusal with its code and what to do.
    pub fn accepted(self) -> Result<Value, Failure> {
        if self.status < 300 {
            return Ok(self.body);
        }
        let text = |field: &str| self.body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (code, detail) = (text("code"), text("detail"));
        if code.is_empty() {
            return Err(Failure::Internal(format!("the hub answered with status {}", self.status)));
        }
        let wrong = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let wrong = wrong
            .iter()
            .filter_map(|one| Some(format!("{}: {}", one["field"].as_str()?, one["detail"].as_str()?)));
        let detail = std::iter::once(detail).chain(wrong).collect::<Vec<_>>().join("; ");
        Err(Failure::Refused(format!("{detail} [{code}]")))
    }
}

/// Why there was no answer, in few words: the innermost cause says it.
pub fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    let text = innermost.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_says_of_each_field_what_is_wrong_with_it() {
        let body = json!({
            "code": "bad_field", "detail": "these fields are not valid: status",
            "errors": [{ "field": "status", "detail": "expected one of scored, failed" }],
        });
        let refused = Answer { status: 400, body }.accepted();
        let expected =
            "these fields are not valid: status; status: expected one of scored, failed [bad_field]";
        assert!(matches!(refused, Err(Failure::Refused(problem)) if problem == expected));
    }

    #[test]
    fn only_a_hub_of_this_machine_is_to_be_started() {
        let said = |hub: &str| match Client::new(hub).map(|hub| hub.unreachable("no answer in time")) {
            Ok(Failure::Unreachable(problem)) => problem,
            other => panic!("{other:?}"),
        };
        assert!(said("http://127.0.0.1:7700").contains("agon up"));
        assert!(!said("https://hub.example").contains("agon up"));
    }
}
