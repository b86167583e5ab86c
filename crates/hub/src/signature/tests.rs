//! The profile against its vector, and every way in which a request is not what was signed.

use super::*;
use agon_protocol::Reason;
use axum::http::Request;
use axum::http::request::Parts;

const BODY: &[u8] = br#"{"challenge":"echo","kind":"component","sha256":"00","size_bytes":2,"version":"1"}"#;
const PARAMETERS: &str = concat!(
    r#"("@method" "@authority" "@path" "@query" "content-digest");created=1790000000;nonce="b3k2Yq0m5f1T7v9x";"#,
    r#"keyid="5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";alg="sr25519";tag="agon-v1:dev""#
);
const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const SIGNATURE: &str =
    "bMhsM8EPRlHz23qvGEDIymHnAKtqCOBEZoIi3AgOYmngAJoeymLuVRT1TBZjv/7tnxtHaGp5dmPn/rTCDW8Vig==";
const CREATED_MS: u64 = 1_790_000_000_000;

/// A request as it arrives.
#[derive(Clone)]
struct Arriving {
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, String)>,
    now_ms: u64,
}

impl Arriving {
    /// The vector of the reference.
    fn vector() -> Self {
        let headers = vec![
            ("host", "127.0.0.1:7700".to_owned()),
            ("content-digest", content_digest(BODY)),
            ("signature-input", format!("sig1={PARAMETERS}")),
            ("signature", format!("sig1=:{SIGNATURE}:")),
        ];
        Self { method: "POST", target: "/v1/submissions".to_owned(), headers, now_ms: CREATED_MS }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    fn without(mut self, name: &'static str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }

    /// The same with a part of its parameters replaced, in the header only.
    fn saying(self, part: &str, other: &str) -> Self {
        assert!(PARAMETERS.contains(part), "{part}");
        self.with("signature-input", format!("sig1={}", PARAMETERS.replace(part, other)))
    }

    fn at(self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self }
    }

    fn head(&self) -> Parts {
        let mut request = Request::builder().method(self.method).uri(&self.target);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request.body(()).unwrap().into_parts().0
    }

    /// The code of the refusal, or none.
    fn code(&self) -> Option<&'static str> {
        let authorities = Authorities::new("http://127.0.0.1:7700", Some("127.0.0.1:9".parse().unwrap()));
        let network = "dev".parse().unwrap();
        let expected = Expected {
            network: &network,
            authorities: &authorities,
            now: TimeMs(self.now_ms),
            admits: &|hotkey| match hotkey == HotkeyPair::from_seed(&[9; 32]).hotkey() {
                true => Err(Reason::NotRegistered { hotkey }),
                false => Ok(()),
            },
        };
        check(&self.head(), &expected).err().map(|problem| problem.code())
    }
}

#[test]
fn the_base_is_that_of_the_vector_to_the_byte() {
    let content_digest = content_digest(BODY);
    assert_eq!(content_digest, "sha-256=:oozg+gWyJsccxhOrFQoVpK1UqlRs2pHAfGT1K9/Rp70=:");
    let covered = Covered {
        method: "POST",
        authority: "127.0.0.1:7700",
        path: "/v1/submissions",
        query: None,
        content_digest: &content_digest,
    };
    let base = covered.base(PARAMETERS);
    let digest = Digest::of(base.as_bytes()).to_string();
    assert_eq!(base.len(), 367);
    assert!(digest.starts_with("3e3f5ae0") && digest.ends_with("0f87a3f9"), "{digest}");
    assert_eq!(super::content_digest(b""), "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
    assert_eq!(Arriving::vector().code(), None, "the vector's signature holds");
}

#[test]
fn no_covered_component_can_change() {
    let good = Arriving::vector;
    let other_key = HotkeyPair::from_seed(&[7; 32]).hotkey().to_string();
    let cases = [
        ("another method", Arriving { method: "PUT", ..good() }, "bad_signature"),
        ("a host of this hub that was not signed", good().with("host", "127.0.0.1:9"), "bad_signature"),
        ("a host of another hub", good().with("host", "hub.example"), "bad_signature"),
        ("no host", good().without("host"), "bad_signature"),
        ("another path", good().at("/v1/submissions/"), "bad_signature"),
        ("the path in another encoding", good().at("/v1/%73ubmissions"), "bad_signature"),
        ("a query", good().at("/v1/submissions?a=1"), "bad_signature"),
        ("another digest", good().with("content-digest", content_digest(b"")), "bad_signature"),
        ("a digest in another form", good().with("content-digest", "rubbish"), "bad_signature"),
        ("another time", good().saying("=1790000000", "=1790000001"), "bad_signature"),
        ("another nonce", good().saying("b3k2", "b3k3"), "bad_signature"),
        ("another key", good().saying(ALICE, &other_key), "bad_signature"),
        (
            "parameters in another order",
            good().saying(r#";alg="sr25519";tag="agon-v1:dev""#, r#";tag="agon-v1:dev";alg="sr25519""#),
            "bad_signature",
        ),
        (
            "a signature of one bit less",
            good().with("signature", format!("sig1=:c{}:", &SIGNATURE[1..])),
            "bad_signature",
        ),
    ];
    for (desc, arriving, expected) in cases {
        assert_eq!(arriving.code(), Some(expected), "{desc}");
    }
    // A bare `?` is how an absent query is signed.
    assert_eq!(good().at("/v1/submissions?").code(), None);
}

#[test]
fn every_refusal_has_its_code() {
    let good = Arriving::vector;
    let twice = format!("sig1={PARAMETERS}, sig2={PARAMETERS}");
    let foreign = format!(r#"other=("@status");tag="cdn";alg="rsa-v1_5-sha256", sig1={PARAMETERS}"#);
    let cases = [
        ("no signature", good().without("signature"), Some("unsigned")),
        ("no parameters", good().without("signature-input"), Some("unsigned")),
        ("no tag of ours", good().saying("agon-v1:dev", "cdn"), Some("unsigned")),
        ("without a tag", good().saying(r#";tag="agon-v1:dev""#, ""), Some("unsigned")),
        ("another network's tag", good().saying("agon-v1:dev", "agon-v1:main"), Some("wrong_network")),
        ("a tag that only begins alike", good().saying("agon-v1:dev", "agon-v1:dev2"), Some("wrong_network")),
        ("two of ours", good().with("signature-input", twice), Some("bad_signature")),
        ("another's beside ours", good().with("signature-input", foreign), None),
        ("rubbish", good().with("signature-input", "rubbish"), Some("bad_signature")),
        ("too much", good().with("signature-input", "a".repeat(5000)), Some("unsigned")),
        ("fewer components", good().saying(r#" "@query""#, ""), Some("bad_signature")),
        (
            "more components",
            good().saying(r#""content-digest""#, r#""content-digest" "date""#),
            Some("bad_signature"),
        ),
        (
            "a component with a parameter",
            good().saying(r#""@path""#, r#""@path";req"#),
            Some("bad_signature"),
        ),
        ("a parameter twice", good().saying(";alg", ";created=1790000000;alg"), Some("bad_signature")),
        ("an unknown parameter", good().saying(";alg", ";expires=1790000009;alg"), Some("bad_signature")),
        ("no nonce", good().saying(r#";nonce="b3k2Yq0m5f1T7v9x""#, ""), Some("bad_signature")),
        ("a short nonce", good().saying("b3k2Yq0m5f1T7v9x", "b3k2Yq0m5f1T7v9"), Some("bad_signature")),
        ("a long nonce", good().saying("b3k2Yq0m5f1T7v9x", &"n".repeat(65)), Some("bad_signature")),
        ("another algorithm", good().saying("sr25519", "ed25519"), Some("bad_signature")),
        ("a time that is a text", good().saying("1790000000", r#""1790000000""#), Some("bad_signature")),
        ("no address as key", good().saying("5Grwva", "5Grwvb"), Some("bad_signature")),
        (
            "a key that the chain does not have",
            good().saying(ALICE, &HotkeyPair::from_seed(&[9; 32]).hotkey().to_string()),
            Some("not_registered"),
        ),
        ("no digest", good().without("content-digest"), Some("bad_digest")),
        (
            "a signature under another label",
            good().with("signature", format!("s=:{SIGNATURE}:")),
            Some("bad_signature"),
        ),
        ("a short signature", good().with("signature", "sig1=:AAAA:"), Some("bad_signature")),
        ("299 s late", Arriving { now_ms: CREATED_MS + 299_000, ..good() }, None),
        ("299 s early", Arriving { now_ms: CREATED_MS - 299_000, ..good() }, None),
        ("300 s late", Arriving { now_ms: CREATED_MS + 300_000, ..good() }, None),
        ("301 s late", Arriving { now_ms: CREATED_MS + 301_000, ..good() }, Some("stale_signature")),
        ("301 s early", Arriving { now_ms: CREATED_MS - 301_000, ..good() }, Some("stale_signature")),
        ("before all time", good().saying("1790000000", "-999999999999999"), Some("stale_signature")),
    ];
    for (desc, arriving, expected) in cases {
        assert_eq!(arriving.code(), expected, "{desc}");
    }
}

#[test]
fn the_body_has_to_be_the_one_that_was_signed() {
    let cases = [
        ("it is", content_digest(BODY), None),
        ("beside another digest", format!("sha-512=:AAAA:, {}", content_digest(BODY)), None),
        ("another body", content_digest(b"other"), Some("bad_digest")),
        ("another algorithm alone", "sha-512=:AAAA:".to_owned(), Some("bad_digest")),
        ("no digest", "rubbish".to_owned(), Some("bad_digest")),
        ("two digests", format!("{0}, {0}", content_digest(BODY)), Some("bad_digest")),
    ];
    for (desc, content_digest, expected) in cases {
        assert_eq!(covers(&content_digest, BODY).err().map(|problem| problem.code()), expected, "{desc}");
    }
}

#[test]
fn what_a_client_signs_the_hub_takes() {
    let pair = HotkeyPair::from_seed(&[7; 32]);
    let outgoing = Outgoing {
        method: "POST",
        authority: "127.0.0.1:7700",
        path: "/v1/a%20b",
        query: Some("c=d&e"),
        body: BODY,
    };
    let stamp = Stamp { created_at: TimeMs(CREATED_MS + 999), nonce: "n".repeat(64) };
    let mut arriving = Arriving { headers: Vec::new(), ..Arriving::vector() }.at("/v1/a%20b?c=d&e");
    arriving.headers = sign(&pair, &"dev".parse().unwrap(), &outgoing, &stamp).into();
    assert_eq!(arriving.code(), Some("bad_signature"), "the host is missing still");
    assert_eq!(arriving.with("host", "127.0.0.1:7700").code(), None);
}
