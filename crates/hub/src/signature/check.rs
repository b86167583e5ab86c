//! What the hub asks of a signed request, in this order: shape, tag, time, digest, key, host, signature.

use super::fields::{self, Bare, Input};
use super::{ALGORITHM, Authorities, COMPONENTS, Covered, TAG, tag};
use crate::limits;
use crate::problem::Problem;
use agon_protocol::Reason;
use agon_types::{Digest, Hotkey, NetworkId, Signature, TimeMs};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

/// What the hub knows itself.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub network: &'a NetworkId,
    pub authorities: &'a Authorities,
    pub now: TimeMs,
    /// Whose requests are worth a check, and a place among the nonces.
    pub admits: &'a dyn Fn(Hotkey) -> Result<(), Reason>,
}

/// Who signed, and for which body. Whether the nonce is new and the body that one remains to be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    pub hotkey: Hotkey,
    pub nonce: String,
    pub content_digest: String,
}

fn bad(detail: impl Into<String>) -> Problem {
    Problem::new("bad_signature", detail)
}

/// A header with all its lines; none if it is missing, not ASCII, or too long to be one of ours.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines: Result<Vec<&str>, _> = headers.get_all(name).iter().map(|line| line.to_str()).collect();
    let lines = lines.ok().filter(|lines| !lines.is_empty())?.join(", ");
    (lines.len() <= limits::SIGNATURE_HEADER_BYTES_MAX).then_some(lines)
}

pub(crate) fn check(head: &Parts, expected: &Expected<'_>) -> Result<Checked, Problem> {
    let unsigned = || {
        let tag = tag(expected.network);
        let detail =
            format!("sign this request with your hotkey (RFC 9421, tag {tag:?}): `agon submit` does");
        Problem::new("unsigned", detail)
    };
    let inputs = text(&head.headers, "signature-input").ok_or_else(unsigned)?;
    let signatures = text(&head.headers, "signature").ok_or_else(unsigned)?;
    let malformed = || bad("the header signature-input is malformed or says something twice: see RFC 9421");
    let inputs = fields::inputs(&inputs).ok_or_else(malformed)?;
    let input = ours(&inputs, expected.network)?.ok_or_else(unsigned)?;
    let claim = Claim::read(input)?;
    fresh(claim.created_s, expected.now)?;
    let no_digest = || {
        Problem::new(
            "bad_digest",
            "a signed request needs its content-digest: sha-256 of the body (RFC 9530)",
        )
    };
    let content_digest = text(&head.headers, "content-digest").ok_or_else(no_digest)?;
    let hotkey: Hotkey = claim.keyid.parse().map_err(|error| bad(format!("keyid: {error}")))?;
    (expected.admits)(hotkey)?;
    let covered = Covered {
        method: head.method.as_str(),
        authority: &authority(head, expected.authorities)?,
        path: head.uri.path(),
        query: head.uri.query(),
        content_digest: &content_digest,
    };
    let signature = signature(&signatures, input.label)?;
    let forged = |_| {
        bad(
            "the signature does not belong to this key and request: sign method, host, path, query and digest as sent",
        )
    };
    hotkey.verify(covered.base(input.raw).as_bytes(), &signature).map_err(forged)?;
    Ok(Checked { hotkey, nonce: claim.nonce.to_owned(), content_digest })
}

/// The one signature with a tag of ours for this network; other signatures are no matter of ours.
fn ours<'a>(inputs: &'a [Input<'a>], network: &NetworkId) -> Result<Option<&'a Input<'a>>, Problem> {
    let expected = tag(network);
    let tagged =
        |input: &&Input<'_>| matches!(input.parameter("tag"), Some(Bare::Text(tag)) if tag.starts_with(TAG));
    let is_here =
        |input: &&Input<'_>| matches!(input.parameter("tag"), Some(Bare::Text(tag)) if *tag == expected);
    let mut here = inputs.iter().filter(is_here);
    let Some(first) = here.next() else {
        if inputs.iter().any(|input| tagged(&input)) {
            let detail = format!("the signature is for another network: this one takes the tag {expected:?}");
            return Err(Problem::new("wrong_network", detail));
        }
        return Ok(None);
    };
    match here.next() {
        Some(_) => Err(bad(format!("two signatures have the tag {expected:?}: send one"))),
        None => Ok(Some(first)),
    }
}

/// What a signature says of itself.
struct Claim<'a> {
    created_s: i64,
    nonce: &'a str,
    keyid: &'a str,
}

impl<'a> Claim<'a> {
    fn read(input: &'a Input<'a>) -> Result<Self, Problem> {
        if !input.components.iter().map(Option::as_deref).eq(COMPONENTS.iter().copied().map(Some)) {
            return Err(bad(format!(
                "sign exactly these components, in this order: {}",
                COMPONENTS.join(" ")
            )));
        }
        let known = ["created", "nonce", "keyid", "alg", "tag"];
        if let Some((odd, _)) = input.parameters.iter().find(|(name, _)| !known.contains(name)) {
            return Err(bad(format!("the parameter {odd} has no meaning here: use {}", known.join(", "))));
        }
        let missing = |name: &str| bad(format!("the parameter {name} is missing or of another type"));
        let read = |name: &str| match input.parameter(name) {
            Some(Bare::Text(text)) => Ok(text.as_str()),
            _ => Err(missing(name)),
        };
        let Some(Bare::Integer(created_s)) = input.parameter("created") else {
            return Err(missing("created"));
        };
        if read("alg")? != ALGORITHM {
            return Err(bad(format!("hotkeys sign with alg={ALGORITHM:?}")));
        }
        let nonce = read("nonce")?;
        let (least, most) = (limits::NONCE_BYTES_MIN, limits::NONCE_BYTES_MAX);
        if !(least..=most).contains(&nonce.len()) {
            return Err(bad(format!("a nonce has {least} to {most} characters")));
        }
        Ok(Self { created_s: *created_s, nonce, keyid: read("keyid")? })
    }
}

fn fresh(created_s: i64, now: TimeMs) -> Result<(), Problem> {
    let now_ms = i128::from(now.0);
    let skew_ms = (i128::from(created_s) * 1000 - now_ms).unsigned_abs();
    if skew_ms <= u128::from(limits::SKEW_MS_MAX) {
        return Ok(());
    }
    let (now_s, most) = (now.0 / 1000, limits::SKEW_MS_MAX / 1000);
    let detail = format!(
        "the signature is of {created_s}, and the hub's clock says {now_s}: set your clock and sign anew, {most} s \
         are the most between them"
    );
    Err(Problem::new("stale_signature", detail))
}

/// The host that the request names, as it is signed.
fn authority(head: &Parts, known: &Authorities) -> Result<String, Problem> {
    let named = head.uri.authority().map(ToString::to_string);
    let named = named.or_else(|| text(&head.headers, header::HOST.as_str())).unwrap_or_default();
    let elsewhere = || {
        let public = known.public();
        bad(format!(
            "the request is for the host {named:?}, and this hub is {public:?}: sign and send it for that"
        ))
    };
    known.find(&named).ok_or_else(elsewhere)
}

fn signature(header: &str, label: &str) -> Result<Signature, Problem> {
    let all =
        fields::sequences(header).ok_or_else(|| bad("the header signature is malformed: see RFC 9421"))?;
    let bytes = all.into_iter().find(|(known, _)| *known == label).map(|(_, bytes)| bytes);
    let bytes =
        bytes.ok_or_else(|| bad(format!("the header signature has nothing under the label {label}")))?;
    let bytes = bytes.try_into().map_err(|_| bad("a signature has 64 bytes"))?;
    Ok(Signature(bytes))
}

/// Whether the body is the one that was signed.
pub(crate) fn covers(content_digest: &str, body: &[u8]) -> Result<(), Problem> {
    let unread = || Problem::new("bad_digest", "content-digest needs sha-256=:...:, in base64 (RFC 9530)");
    let all = fields::sequences(content_digest).ok_or_else(unread)?;
    let (_, said) = all.into_iter().find(|(algorithm, _)| *algorithm == "sha-256").ok_or_else(unread)?;
    if said != Digest::of(body).0 {
        let detail = "the body is not the one of the content-digest: digest the bytes as they are sent";
        return Err(Problem::new("bad_digest", detail));
    }
    Ok(())
}
