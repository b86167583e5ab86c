//! What went wrong, as RFC 9457 wants it told, with one table from codes to statuses.

use agon_node::SubmitError;
use agon_port::sandbox::Unloadable;
use agon_protocol::Reason;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Every code with its HTTP status. A code that is not here is a defect, and a test says so.
#[rustfmt::skip]
const STATUSES: &[(&str, u16)] = &[
    // Reasons of the protocol.
    ("no_genesis", 503), ("wrong_height", 409), ("time_not_after", 409), ("anchor_not_after", 409),
    ("anchor_skips_boundary", 409), ("anchor_too_large", 422), ("expired", 400), ("expires_too_late", 400),
    ("not_signed_by", 401), ("not_signed_by_session", 401), ("not_owner", 403), ("not_approver", 403),
    ("not_registered", 403), ("stale_sequence", 409), ("session_taken", 409), ("superseded", 409), ("unknown_challenge", 404), ("challenge_exists", 409),
    ("challenge_closed", 409), ("wrong_version", 409), ("shift_not_possible", 409), ("invalid_manifest", 422),
    ("emission_exceeded", 409), ("too_many_challenges", 409), ("kind_not_allowed", 422), ("wrong_size", 413),
    ("bad_label", 422), ("bad_note", 422), ("version_taken", 409), ("no_commitment", 409), ("quota_exceeded", 429),
    ("already_done", 409), ("unknown_job", 404), ("not_assigned", 403), ("outside_window", 409),
    ("commit_stands", 409), ("no_commit", 409), ("commit_mismatch", 422), ("bad_report", 422),
    ("unknown_submission", 404), ("not_candidate", 409), ("wrong_number", 409), ("no_inbox", 409), ("post_too_large", 413), ("inbox_full", 429),
    ("evidence_too_old", 409), ("no_vote", 409), ("not_proven", 422), ("no_offence", 409),
    // What a node says of itself. A follower takes a 4xx for a final answer, so these are none.
    ("bad_signature", 401), ("busy", 503), ("unavailable", 503), ("not_decided", 503),
    // The hub's own.
    ("bad_field", 400), ("malformed_json", 400), ("bad_body", 400),
    ("malformed_action", 400), ("unknown_action", 400), ("wrong_action", 400), ("not_found", 404),
    ("unknown_ticket", 404), ("unknown_epoch", 404), ("unknown_validator", 404), ("unknown_artifact", 404),
    ("no_seal", 404), ("not_scored", 404), ("method_not_allowed", 405), ("too_slow", 408), ("awaiting_upload", 409),
    ("ticket_expired", 410), ("too_large", 413), ("uri_too_long", 414), ("headers_too_large", 431), ("unsupported_media_type", 415), ("wrong_digest", 422),
    // Of signed requests; `bad_signature` is one of them too.
    ("unsigned", 401), ("stale_signature", 401), ("wrong_network", 401), ("replayed", 409), ("bad_digest", 400),
    ("not_yours", 403),
    ("unknown_route", 404), ("too_many_requests", 429), ("challenge_failed", 502),
    ("unloadable", 422), ("too_many_uploads", 503), ("too_many_streams", 503), ("internal", 500),
];

/// Every status of a problem, for the interface's description. A code in a body that was read is its own case.
#[cfg(test)]
pub(crate) fn statuses() -> impl Iterator<Item = u16> {
    STATUSES.iter().map(|(_, status)| *status)
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    pub field: String,
    pub detail: String,
}

/// Why a request got no answer of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    /// Where a code says the same of two things that HTTP tells apart.
    status: Option<StatusCode>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: String,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), status: None }
    }

    /// Several fields at once, so that a person mends them at once.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let names: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let detail = format!("these fields are not valid: {}", names.join(", "));
        Self { code: "bad_field", detail, errors, status: None }
    }

    pub fn field(field: &str, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { field: field.to_owned(), detail: detail.into() }])
    }

    /// A fault of ours: the log has the cause, and the outside does not.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!("a request failed: {cause}");
        Self::new("internal", "the hub failed; its log says why, under this answer's x-request-id")
    }

    /// The same code for a body that was read and does not fit.
    pub fn unprocessable(self) -> Self {
        Self { status: Some(StatusCode::UNPROCESSABLE_ENTITY), ..self }
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    pub fn status(&self) -> StatusCode {
        let known = STATUSES.iter().find(|(code, _)| *code == self.code).map(|(_, status)| *status);
        let known = known.and_then(|status| StatusCode::from_u16(status).ok());
        self.status.or(known).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The code as a sentence, the same for each of its cases.
    pub fn title(&self) -> String {
        let text = self.code.replace('_', " ");
        let mut characters = text.chars();
        characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
    }
}

impl From<Reason> for Problem {
    fn from(reason: Reason) -> Self {
        Self::new(reason.code(), reason.to_string())
    }
}

impl From<Unloadable> for Problem {
    fn from(unloadable: Unloadable) -> Self {
        // What this machine could not find out is nothing against the bytes, which may come again.
        let code = match &unloadable {
            Unloadable::Unknown(_) => "unavailable",
            _ => "unloadable",
        };
        Self::new(code, unloadable.to_string())
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let document = Document {
            r#type: format!("urn:agon:problem:{}", self.code),
            title: self.title(),
            status: status.as_u16(),
            detail: &self.detail,
            code: self.code,
            errors: &self.errors,
        };
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        // What surrounds every answer makes a page of it where a person asked.
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_the_protocol_has_a_status_that_is_not_an_internal_fault() {
        for code in Reason::CODES {
            let known = STATUSES.iter().find(|(known, _)| known == code);
            let (_, status) = known.unwrap_or_else(|| panic!("{code} has no status"));
            assert!((400..500).contains(status) || *code == "no_genesis", "{code}: {status}");
        }
    }

    #[test]
    fn no_code_is_there_twice() {
        for (index, (code, _)) in STATUSES.iter().enumerate() {
            assert!(STATUSES.iter().skip(index + 1).all(|(other, _)| other != code), "{code}");
        }
    }

    /// Every source of this crate.
    fn sources(folder: &std::path::Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let read = |path: std::path::PathBuf| match path.is_dir() {
            true => sources(&path),
            false => vec![std::fs::read_to_string(&path).unwrap()],
        };
        entries.flat_map(read).collect()
    }

    #[test]
    fn every_code_in_this_crate_is_in_the_table() {
        // A code is a text, so only the sources know them all: one without a status would be an internal fault.
        let sources = sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).concat();
        let codes = sources.split(concat!("Problem", "::new(\"")).skip(1);
        let codes: Vec<&str> = codes.filter_map(|part| part.split('"').next()).collect();
        assert!(codes.len() > 10);
        for code in codes {
            assert!(STATUSES.iter().any(|(known, _)| *known == code), "{code} has no status");
        }
    }
}
