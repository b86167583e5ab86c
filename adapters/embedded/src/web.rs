//! The web as a challenge sees it: HTTPS to the hosts that its manifest names, at addresses that are public.
//!
//! Every hop is checked before anything is sent: method, address, host, headers, sizes. A host's name is looked up
//! once per connection; if any of its addresses is not public, the host is refused, and else the connection goes to
//! the very addresses that were checked. So a name that changes its answer between check and connection gains nothing.
//!
//! Nothing of one exchange is left for the next: no connection, cookie or credential. No proxy is asked, no redirect
//! is followed without a check, and bodies arrive as they were sent, compressed ones too. What is said about a refusal
//! or a failure depends on nothing local, because it enters recordings.

mod address;
mod names;
mod rule;

use crate::http;
use crate::limits::{
    WEB_ANSWER_HEADERS_BYTES_MAX, WEB_ANSWER_HEADERS_MAX, WEB_CONNECT_MS_MAX, WEB_EXCHANGE_MS_MAX,
    WEB_REDIRECTS_MAX,
};
use agon_port::Web;
use agon_port::sandbox::{Answer, Exchange};
use async_trait::async_trait;
use names::{CheckedNames, Names, NotPublic, SystemNames};
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Client, Request, Response, redirect};
use rule::{Hop, Rules};
use rustls::ClientConfig;
use std::error::Error as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// What an operator allows beyond the rules, so that challenges can be developed against servers on one's own
/// machine. The default allows nothing, and no node starts with anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebPolicy {
    /// Hosts may have addresses that are not public, also by this machine's own list of hosts.
    pub private_addresses: bool,
    /// Addresses may begin with `http`.
    pub plain_http: bool,
    /// Addresses may name a port.
    pub any_port: bool,
}

/// Why an exchange gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Refusal {
    Denied(String),
    Failed(String),
}

impl Refusal {
    fn denied(rule: impl Into<String>) -> Self {
        Self::Denied(rule.into())
    }

    fn failed(what: impl Into<String>) -> Self {
        Self::Failed(what.into())
    }
}

/// What exchanges are made with, beside the rules.
struct Parts {
    names: Arc<dyn Names>,
    is_public: fn(IpAddr) -> bool,
    tls: ClientConfig,
    time_max: Duration,
}

impl Parts {
    fn of(policy: WebPolicy) -> Self {
        Self {
            names: Arc::new(SystemNames { absolute: !policy.private_addresses }),
            is_public: if policy.private_addresses { |_| true } else { address::is_public },
            tls: http::tls(),
            time_max: Duration::from_millis(WEB_EXCHANGE_MS_MAX),
        }
    }
}

/// Exchanges with named hosts at checked addresses.
#[derive(Clone, Debug)]
pub struct CheckedWeb {
    client: Client,
    policy: WebPolicy,
    time_max: Duration,
}

impl CheckedWeb {
    pub fn new(policy: WebPolicy) -> Self {
        Self::with(policy, Parts::of(policy))
    }

    fn with(policy: WebPolicy, parts: Parts) -> Self {
        let client = Client::builder()
            .tls_backend_preconfigured(parts.tls)
            .dns_resolver(CheckedNames { names: parts.names, is_public: parts.is_public })
            .connect_timeout(Duration::from_millis(WEB_CONNECT_MS_MAX))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .pool_max_idle_per_host(0)
            .no_proxy()
            .http1_only()
            .http1_max_headers(WEB_ANSWER_HEADERS_MAX)
            .user_agent("agon")
            .build()
            .expect("the TLS settings are given, and nothing else can fail");
        Self { client, policy, time_max: parts.time_max }
    }

    async fn follow(
        &self,
        exchange: Exchange,
        hosts: &[String],
        bytes_max: usize,
    ) -> Result<Answer, Refusal> {
        let rules = Rules { hosts, policy: self.policy };
        let mut hop = rules.check(exchange)?;
        for _ in 0..=WEB_REDIRECTS_MAX {
            let response = self.send(&hop).await?;
            let headers = kept(response.headers())?;
            match response.headers().get(LOCATION) {
                Some(location) if rule::is_redirect(response.status()) => {
                    hop = rules.redirected(hop, response.status(), location)?;
                }
                _ => {
                    let status = response.status().as_u16();
                    return Ok(Answer::Fetched { status, headers, body: body(response, bytes_max).await? });
                }
            }
        }
        Err(Refusal::denied(format!("an exchange has at most {WEB_REDIRECTS_MAX} redirects")))
    }

    async fn send(&self, hop: &Hop) -> Result<Response, Refusal> {
        let mut request = Request::new(hop.method.clone(), hop.url.clone());
        *request.headers_mut() = hop.headers.clone();
        if !hop.body.is_empty() {
            *request.body_mut() = Some(hop.body.clone().into());
        }
        self.client.execute(request).await.map_err(|error| unanswered(&error, hop.host()))
    }
}

#[async_trait]
impl Web for CheckedWeb {
    async fn fetch(&self, exchange: Exchange, hosts: &[String], bytes_max: usize) -> Answer {
        match tokio::time::timeout(self.time_max, self.follow(exchange, hosts, bytes_max)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(Refusal::Denied(rule))) => Answer::Denied(rule),
            Ok(Err(Refusal::Failed(what))) => Answer::Failed(what),
            Err(_elapsed) => Answer::Failed("the exchange took too long".to_owned()),
        }
    }
}

/// The kind of a failure, in words that are the same on every machine.
fn unanswered(error: &reqwest::Error, host: &str) -> Refusal {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<NotPublic>() {
            return Refusal::denied(format!("the host {host} has an address that is not public"));
        }
        cause = inner.source();
    }
    if error.is_dns() {
        return Refusal::failed(format!("the host {host} has no address"));
    }
    if error.is_connect() {
        return Refusal::failed(format!("no safe connection to {host} could be made"));
    }
    Refusal::failed(format!("{host} gave no answer that can be read"))
}

/// Headers as recordings have them: names in lower case and in order, the values of one name as they came. What is not
/// UTF-8 in a value is replaced by the mark for that.
fn kept(headers: &HeaderMap) -> Result<Vec<(String, String)>, Refusal> {
    let pairs = headers.iter();
    let text =
        pairs.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let mut kept: Vec<(String, String)> = text.collect();
    let bytes: usize = kept.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > WEB_ANSWER_HEADERS_BYTES_MAX {
        return Err(Refusal::failed(format!(
            "the answer has more than {WEB_ANSWER_HEADERS_BYTES_MAX} bytes of headers"
        )));
    }
    kept.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(kept)
}

/// The whole body: one that is too long, or ends before it should, is no answer.
async fn body(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let broken = |_| Refusal::failed("the answer broke off in its body");
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(Refusal::failed(format!("the answer has more than {bytes_max} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
