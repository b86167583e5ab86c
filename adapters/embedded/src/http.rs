//! The HTTP client of the chain's client and of the follower: bounded answers, and TLS where an address asks for it.

use reqwest::{Client, Response, redirect};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::sync::Arc;
use std::time::Duration;

/// How long a connection may take to be made.
const CONNECT_MS: u64 = 5_000;

/// A client that follows no redirect and asks no proxy: nodes talk to the address that they were given.
pub fn client() -> Client {
    Client::builder()
        .tls_backend_preconfigured(tls())
        .connect_timeout(Duration::from_millis(CONNECT_MS))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("the TLS settings are given, and nothing else can fail")
}

/// Without certificates of its own a machine can still speak plain HTTP, so their absence is no error here.
pub(crate) fn tls() -> ClientConfig {
    let builder = || {
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring serves every protocol version that is on by default")
    };
    match builder().with_platform_verifier() {
        Ok(config) => config.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "this machine has no root certificates: https addresses will fail");
            builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
    }
}

/// What a person can act on, instead of a chain of causes.
pub fn reason(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// Reads a body to its end, and not one byte more than so many.
pub async fn body(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(format!("the answer has more than {bytes_max} bytes"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A base address without the slash at its end, if it is one that can be asked.
pub fn base(url: &str) -> Result<String, String> {
    match reqwest::Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err(format!("{url:?} is not an address: expected one like http://127.0.0.1:7700")),
    }
}
