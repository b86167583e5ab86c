//! What a role gets: admission, or a refusal under a stable code.

use super::role::Role;
use axum::http::StatusCode;
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Admitted(u16),
    Refused(&'static Refusal),
}

/// A cell for every role, in the order of the columns: one that is missing does not compile.
pub type Answers = [Answer; Role::ALL.len()];

#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub meaning: &'static str,
}

/// Every refusal in the tables. Each is about who asks; what is wrong with a thing itself is told elsewhere.
#[rustfmt::skip]
pub const REFUSALS: [Refusal; 13] = [
    refusal(401, "unsigned", "no hotkey has signed the request"),
    refusal(403, "not_registered", "the chain does not know the hotkey"),
    refusal(403, "not_yours", "the submission belongs to another hotkey than the one that signed the request"),
    refusal(404, "unknown_ticket", "no ticket has this upload address: it cannot be guessed"),
    refusal(404, "unknown_artifact", "the ledger does not name the artifact"),
    refusal(401, "bad_signature", "the action has no signature"),
    refusal(401, "not_signed_by", "the hotkey that the action names has not signed it"),
    refusal(401, "not_signed_by_session", "the session key of the validator that the action names has not signed it"),
    refusal(403, "not_assigned", "the job is not assigned to this validator"),
    refusal(403, "not_owner", "too few keys of the owner have signed the action"),
    refusal(403, "not_approver", "neither the owner nor an approver of the challenge has signed the action"),
    refusal(409, "no_vote", "anybody may show it, but the one key that decides here has no vote to lose"),
    refusal(409, "no_offence", "the owner may, but nothing was proven that it could forgive"),
];

const fn refusal(status: u16, code: &'static str, meaning: &'static str) -> Refusal {
    Refusal { status, code, meaning }
}

pub const UNSIGNED: Answer = Answer::Refused(&REFUSALS[0]);
pub const NOT_REGISTERED: Answer = Answer::Refused(&REFUSALS[1]);
pub const NOT_YOURS: Answer = Answer::Refused(&REFUSALS[2]);
pub const UNKNOWN_TICKET: Answer = Answer::Refused(&REFUSALS[3]);
pub const UNKNOWN_ARTIFACT: Answer = Answer::Refused(&REFUSALS[4]);
pub const BAD_SIGNATURE: Answer = Answer::Refused(&REFUSALS[5]);
pub const NOT_SIGNED_BY: Answer = Answer::Refused(&REFUSALS[6]);
pub const NOT_SIGNED_BY_SESSION: Answer = Answer::Refused(&REFUSALS[7]);
pub const NOT_ASSIGNED: Answer = Answer::Refused(&REFUSALS[8]);
pub const NOT_OWNER: Answer = Answer::Refused(&REFUSALS[9]);
pub const NOT_APPROVER: Answer = Answer::Refused(&REFUSALS[10]);
pub const NO_VOTE: Answer = Answer::Refused(&REFUSALS[11]);
pub const NO_OFFENCE: Answer = Answer::Refused(&REFUSALS[12]);
pub const ADMITTED: Answer = Answer::Admitted(200);
pub const ACCEPTED: Answer = Answer::Admitted(202);

impl Answer {
    /// What is wrong with an answer of the hub, if it is not this one.
    pub fn differs(self, status: StatusCode, document: &Value) -> Option<String> {
        let code = document["code"].as_str();
        let expected = match self {
            Self::Admitted(status) => (status, None),
            Self::Refused(refusal) => (refusal.status, Some(refusal.code)),
        };
        // Whoever is admitted gets a document of its own, in which a code would be no refusal's.
        let got = (status.as_u16(), code.filter(|_| !status.is_success()));
        (got != expected).then(|| format!("expected {expected:?}, got {got:?}: {document}"))
    }

    /// As the document shows it.
    pub fn cell(self) -> String {
        match self {
            Self::Admitted(_) => "yes".to_owned(),
            Self::Refused(refusal) => format!("`{}`", refusal.code),
        }
    }
}
