//! The hub as its clients see it: JSON answers, and problems that say what to do.

use crate::cli::Global;
use crate::output::Failure;
use crate::{key, up};
use agon_hub::signature::{self, Outgoing, Stamp};
use agon_port::Clock as _;
use agon_types::{HotkeyPair, NetworkId};
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use std::time::Duration;

/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 32 << 20;

/// How often a busy hub is asked again, and after how long.
const BUSY_TRIES_MAX: u32 = 20;
const BUSY_WAIT: Duration = Duration::from_millis(300);

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

    /// The id of the hub's network: what signatures are for.
    pub async fn network(&self) -> Result<NetworkId, Failure> {
        let document = self.get("/v1/network").await?;
        serde_json::from_value(document["network"].clone()).map_err(Failure::internal)
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.send(self.http.post(format!("{}{path}", self.base)).json(body)).await
    }

    /// Posts a document that a hotkey signs. Each try is signed anew, because a nonce counts once.
    pub async fn post_signed(&self, path: &str, body: &Value, by: Signer<'_>) -> Result<Answer, Failure> {
        self.again(|| self.signed(path, body, by)).await
    }

    fn signed(&self, path: &str, body: &Value, by: Signer<'_>) -> Result<reqwest::RequestBuilder, Failure> {
        let body = body.to_string();
        let request = self.http.post(format!("{}{path}", self.base));
        let request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
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
            body: body.as_bytes(),
        };
        let mut nonce = [0; NONCE_BYTES];
        key::random(&mut nonce);
        let stamp = Stamp { created_at: agon_embedded::SystemClock.now(), nonce: hex::encode(nonce) };
        let headers = signature::sign(by.hotkey, by.network, &outgoing, &stamp);
        Ok(headers.into_iter().fold(request, |request, (name, value)| request.header(name, value)))
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

    async fn send_once(&self, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
        let unreachable = |error: &dyn std::fmt::Display| {
            Failure::Unreachable(format!(
                "the hub at {} is not reachable ({error}): start it with `agon up`, or name another with --hub",
                self.base
            ))
        };
        let response =
            request.send().await.map_err(|error| unreachable(&agon_embedded::http::reason(&error)))?;
        let status = response.status().as_u16();
        let bytes =
            agon_embedded::http::body(response, ANSWER_BYTES_MAX).await.map_err(|e| unreachable(&e))?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { status, body })
    }
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
        Err(Failure::Refused(format!("{detail} [{code}]")))
    }
}
