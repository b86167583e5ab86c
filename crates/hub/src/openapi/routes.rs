//! The table of routes: what each takes, what it answers, and with which statuses it refuses.

use crate::api::vault;

/// What travels in a body.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    /// A schema by its name.
    Json(&'static str),
    /// A page of such.
    List(&'static str),
    /// A media type without a schema.
    Other(&'static str),
    /// Media types without a schema, each of which means something else.
    Either(&'static [(&'static str, &'static str)]),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub status: u16,
    pub meaning: &'static str,
    pub content: Option<Content>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    pub method: &'static str,
    pub path: &'static str,
    /// Programs are generated from it, so it never changes.
    pub id: &'static str,
    pub summary: &'static str,
    pub parameters: &'static [&'static str],
    pub body: Option<Content>,
    pub is_signed: bool,
    pub answers: &'static [Answer],
    pub problems: &'static [u16],
}

impl Operation {
    /// Whether readers keep the answer until it changes: documents are, and what is never asked twice is not.
    pub fn is_kept(&self) -> bool {
        let never = ["/healthz", "/readyz", "/v1/blocks"];
        let is_document =
            |answer: &Answer| matches!(answer.content, Some(Content::Json(_) | Content::List(_)));
        self.method == "get" && self.answers.iter().all(is_document) && !never.contains(&self.path)
    }
}

/// Every refusal that the protocol, a signature or a body can bring.
const OF_ACTIONS: &[u16] = &[400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503];

const DECIDED: &[Answer] = &[json(200, "it is decided", "Decided")];

const fn read(
    path: &'static str,
    (id, summary): (&'static str, &'static str),
    (parameters, problems): (&'static [&'static str], &'static [u16]),
    answers: &'static [Answer],
) -> Operation {
    let (method, body, is_signed) = ("get", None, false);
    Operation { method, path, id, summary, parameters, body, is_signed, answers, problems }
}

const fn act(
    (method, path): (&'static str, &'static str),
    (id, summary): (&'static str, &'static str),
    parameters: &'static [&'static str],
) -> Operation {
    let answers = DECIDED;
    let body = Some(Content::Json("Action"));
    Operation { method, path, id, summary, parameters, body, is_signed: false, answers, problems: OF_ACTIONS }
}

const fn json(status: u16, meaning: &'static str, schema: &'static str) -> Answer {
    Answer { status, meaning, content: Some(Content::Json(schema)) }
}

const fn list(meaning: &'static str, schema: &'static str) -> Answer {
    Answer { status: 200, meaning, content: Some(Content::List(schema)) }
}

const fn other(meaning: &'static str, kind: &'static str) -> Answer {
    Answer { status: 200, meaning, content: Some(Content::Other(kind)) }
}

#[rustfmt::skip]
pub(super) const OPERATIONS: &[Operation] = &[
    read("/healthz", ("health", "Whether the hub runs"), (&[], &[]), &[json(200, "it runs", "Health")]),
    read("/readyz", ("readiness", "Whether the hub can answer"), (&[], &[503]), &[json(200, "it can", "Readiness")]),
    read("/metrics", ("metrics", "Counts in the text format of Prometheus"), (&[], &[]),
        &[other("the counts", "text/plain")]),
    read("/openapi.json", ("description", "This document"), (&[], &[]), &[json(200, "this document", "Description")]),
    read("/v1/network", ("network", "The network: its identity, its voters, where its ledger stands"), (&[], &[503]),
        &[json(200, "the network", "Network")]),
    read("/v1/stats", ("stats", "Counts of what the ledger has"), (&[], &[503]), &[json(200, "the counts", "Stats")]),
    read("/v1/challenges", ("list_challenges", "Every challenge"), (&[], &[]),
        &[list("all of them", "ChallengeLine")]),
    act(("post", "/v1/challenges"), ("publish_challenge", "Publish a challenge, signed by the owner"), &[]),
    read("/v1/challenges/{id}", ("challenge", "A challenge with every rule"), (&["ChallengeId"], &[404]),
        &[json(200, "the challenge", "Challenge")]),
    act(("patch", "/v1/challenges/{id}"),
        ("change_challenge", "Update, pause, resume or retire a challenge, signed by the owner"), &["ChallengeId"]),
    read("/v1/challenges/{id}/state", ("challenge_state", "What a challenge keeps, as the open epoch has it, in the order of the keys"),
        (&["ChallengeId", "Limit", "Cursor"], &[400, 404]), &[json(200, "a page", "Slots")]),
    read("/v1/challenges/{id}/posters/{hotkey}", ("poster", "How far a hotkey has posted to a challenge"),
        (&["ChallengeId", "PosterHotkey"], &[404]), &[json(200, "the last sequence, and what is left", "Poster")]),
    read("/v1/submissions", ("list_submissions", "Submissions, newest first"),
        (&["Challenge", "Miner", "Status", "Limit", "Cursor"], &[400, 404]), &[list("a page", "SubmissionLine")]),
    Operation {
        method: "post",
        path: "/v1/submissions",
        id: "announce_submission",
        summary: "Ask for the ticket of a submission; the same request again has the same answer",
        parameters: &[],
        body: Some(Content::Json("Announcing")),
        is_signed: true,
        answers: &[json(200, "the ticket that stands, or what is announced already", "Announced"),
            json(201, "a new ticket", "Announced")],
        problems: OF_ACTIONS,
    },
    read("/v1/submissions/{id}", ("submission", "A submission with every step of its way"), (&["SubmissionId"], &[404]),
        &[json(200, "the submission", "Submission")]),
    Operation {
        method: "post",
        path: "/v1/submissions/{id}/complete",
        id: "complete_submission",
        summary: "Say that a submission is uploaded: it is announced once its commitment is final",
        parameters: &["SubmissionId"],
        body: None,
        is_signed: true,
        answers: &[json(200, "it is announced", "Announced"),
            json(202, "its commitment is not final yet: ask again", "Announced")],
        problems: &[400, 401, 403, 404, 408, 409, 410, 413, 422, 429, 503],
    },
    read("/v1/submissions/{id}/reports", ("submission_reports", "What each assigned validator found"),
        (&["SubmissionId"], &[404]), &[list("the reports", "Report")]),
    read("/v1/proofs/submissions/{id}", ("score_proof", "The proof of the last agreed score of a submission"),
        (&["SubmissionId"], &[404, 503]), &[json(200, "the proof, at the head of the ledger", "Proof")]),
    Operation {
        method: "put",
        path: "/v1/uploads/{token}",
        id: "upload",
        summary: "Upload the bytes of a ticket: length and digest must be those announced",
        parameters: &["UploadToken"],
        body: Some(Content::Other("application/octet-stream")),
        is_signed: false,
        answers: &[json(200, "the bytes are kept", "Uploaded")],
        problems: &[400, 404, 408, 410, 413, 422, 503],
    },
    read("/v1/boards/{challenge}", ("board", "The board of a challenge"), (&["BoardChallenge"], &[404]),
        &[json(200, "the board", "Board")]),
    read("/v1/candidates", ("list_candidates", "Submissions that wait for a decision"), (&[], &[]),
        &[list("all of them", "Candidate")]),
    read("/v1/epochs/{number}", ("epoch", "An epoch, with its seal once it has one"), (&["EpochNumber"], &[404]),
        &[json(200, "the epoch", "Epoch")]),
    read("/v1/weights/latest", ("latest_weights", "The weights of the newest sealed epoch"), (&[], &[404]),
        &[json(200, "the weights", "Weights")]),
    read("/v1/validators", ("list_validators", "Every validator"), (&[], &[]), &[list("all of them", "Validator")]),
    read("/v1/validators/{hotkey}", ("validator", "A validator"), (&["ValidatorHotkey"], &[404]),
        &[json(200, "the validator", "Validator")]),
    read("/v1/blocks", ("list_blocks", "Decided blocks with their certificates, for followers"),
        (&["From", "BlocksLimit", "WaitMs"], &[400]), &[list("a page", "Block")]),
    read("/v1/vault/{digest}", ("artifact", "An artifact that the ledger names"), (&["ArtifactDigest"], &[404]),
        &[other("its bytes", "application/octet-stream")]),
    Operation {
        method: "put",
        path: "/v1/vault/{digest}",
        id: "keep_code",
        summary: "Keep the code of a challenge, or an artifact for it to read, until a manifest names it, signed by a key of the owner",
        parameters: &["ArtifactDigest"],
        body: Some(Content::Either(&[
            (vault::CODE, "the code of a challenge: a component that can run as one"),
            (vault::ARTIFACT, "an artifact that a manifest may name among `capabilities.artifacts`: any bytes"),
        ])),
        is_signed: true,
        answers: &[json(200, "it is kept", "Kept")],
        problems: &[400, 401, 403, 404, 408, 409, 413, 415, 422, 503],
    },
    read("/v1/challenges/{id}/routes/{path}", ("ask_challenge", "A route of the challenge's own, named in its manifest"),
        (&["ChallengeId", "RoutePath"], &[404, 429, 502, 503]), &[other("what the challenge says", "*/*")]),
    act(("post", "/v1/actions"), ("act", "Bring any signed action to its decision"), &[]),
    read("/v1/events", ("events", "Live events (SSE), after history if asked for"),
        (&["After", "Types", "Challenge", "LastEventId"], &[400, 503]), &[other("the stream", "text/event-stream")]),
];
