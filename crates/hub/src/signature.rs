//! Signed requests: HTTP message signatures (RFC 9421) by a hotkey over method, host, path, query and body.
//!
//! Both ends are here: clients [`sign`], the hub checks. The profile is narrow on purpose. Exactly five components in
//! one order and exactly five parameters leave nothing to negotiate, and so nothing to talk anyone out of.

use agon_types::key::SigningKey as _;
use agon_types::{Digest, HotkeyPair, NetworkId, TimeMs};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

mod authority;
mod check;
mod fields;

pub(crate) use authority::Authorities;
pub(crate) use check::{Checked, Expected, check, covers};

/// What every signature covers, in this order.
const COMPONENTS: [&str; 5] = ["@method", "@authority", "@path", "@query", "content-digest"];
const ALGORITHM: &str = "sr25519";
/// Before the network id in a tag: other signatures on a request are no matter of ours.
const TAG: &str = "agon-v1:";

fn tag(network: &NetworkId) -> String {
    format!("{TAG}{network}")
}

/// The values of the components.
#[derive(Clone, Copy, Debug)]
struct Covered<'a> {
    method: &'a str,
    authority: &'a str,
    path: &'a str,
    query: Option<&'a str>,
    content_digest: &'a str,
}

impl Covered<'_> {
    /// The bytes that are signed; the parameters stand there as they do in the header.
    fn base(&self, parameters: &str) -> String {
        let query = self.query.unwrap_or_default();
        let values = [self.method, self.authority, self.path, &format!("?{query}"), self.content_digest];
        let lines = COMPONENTS.iter().zip(values).map(|(name, value)| format!("\"{name}\": {value}\n"));
        lines.chain([format!("\"@signature-params\": {parameters}")]).collect()
    }
}

/// A request that is about to be sent. The authority is the `host` header as it will be: lower case, without the
/// default port; path and query are percent-encoded already.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    pub method: &'a str,
    pub authority: &'a str,
    pub path: &'a str,
    pub query: Option<&'a str>,
    pub body: &'a [u8],
}

/// What makes each signature another one.
#[derive(Clone, Debug)]
pub struct Stamp {
    pub created_at: TimeMs,
    /// 16 to 64 characters, never used before by this key.
    pub nonce: String,
}

/// The three headers that make a request a signed one.
pub fn sign(
    hotkey: &HotkeyPair,
    network: &NetworkId,
    outgoing: &Outgoing<'_>,
    stamp: &Stamp,
) -> [(&'static str, String); 3] {
    let content_digest = content_digest(outgoing.body);
    let components = COMPONENTS.map(|name| format!("\"{name}\"")).join(" ");
    let parameters = format!(
        "({components});created={};nonce=\"{}\";keyid=\"{}\";alg=\"{ALGORITHM}\";tag=\"{}\"",
        stamp.created_at.0 / 1000,
        stamp.nonce,
        hotkey.hotkey(),
        tag(network),
    );
    let covered = Covered {
        method: outgoing.method,
        authority: outgoing.authority,
        path: outgoing.path,
        query: outgoing.query,
        content_digest: &content_digest,
    };
    let signature = STANDARD.encode(hotkey.sign(covered.base(&parameters).as_bytes()).0);
    [
        ("content-digest", content_digest),
        ("signature-input", format!("agon={parameters}")),
        ("signature", format!("agon=:{signature}:")),
    ]
}

/// The `content-digest` header (RFC 9530) of a body.
fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Digest::of(body).0))
}

#[cfg(test)]
mod tests;
