//! Why an input is refused: each reason has a stable code and a sentence that says what to do.

use agon_types::manifest::AgentKind;
use agon_types::{ChainBlock, ChallengeId, Epoch, Height, Hotkey, JobId, SessionKey, SubmissionId, TimeMs};

/// Declares each reason with its code and its sentence.
macro_rules! reasons {
    ($($(#[$doc:meta])* $kind:ident $({ $($field:ident : $type:ty),* })? = $code:literal, $text:literal;)*) => {
        /// Why nothing changed.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum Reason { $($(#[$doc])* #[error($text)] $kind $({ $($field: $type),* })?,)* }

        impl Reason {
            /// The name that programs rely on.
            pub fn code(&self) -> &'static str {
                match self { $(Self::$kind { .. } => $code,)* }
            }

            /// Every code there is, for the documents.
            pub const CODES: &'static [&'static str] = &[$($code),*];
        }
    };
}

reasons! {
    NoGenesis = "no_genesis", "the ledger has not begun: start the node with its genesis file";
    WrongHeight { expected: Height, got: Height } = "wrong_height", "height {got} cannot follow: expected {expected}";
    TimeNotAfter { last: TimeMs, got: TimeMs } = "time_not_after",
        "the header's time {got} is not after {last}: check the clock of the proposer";
    AnchorNotAfter { last: ChainBlock, got: ChainBlock } = "anchor_not_after",
        "the anchor names block {got}, which is not after {last}";
    AnchorSkipsBoundary { boundary: ChainBlock, got: ChainBlock } = "anchor_skips_boundary",
        "the anchor names block {got}, and the epoch's boundary {boundary} must be named first";
    AnchorTooLarge { facts: usize, max: usize } = "anchor_too_large", "an anchor has at most {max} facts, not {facts}";
    Expired { expired: Height, height: Height } = "expired",
        "the action expired at height {expired}, and this is height {height}: sign it again";
    ExpiresTooLate { latest: Height } = "expires_too_late", "an action expires at height {latest} at the latest: sign it again";
    NotSignedBy { hotkey: Hotkey } = "not_signed_by", "the action needs the signature of {hotkey}";
    NotSignedBySession { validator: Hotkey } = "not_signed_by_session",
        "the action needs the signature of the session key of {validator}: register that key first";
    NotOwner { threshold: u8 } = "not_owner", "the action needs the signatures of {threshold} keys of the owner";
    NotApprover = "not_approver", "only the owner or an approver whom the manifest names decides on candidates";
    NotRegistered { hotkey: Hotkey } = "not_registered",
        "{hotkey} is not registered on the chain: register it, and try again once that block is final";
    StaleSequence { last: u64 } = "stale_sequence", "sequence {last} was used already: use a higher one";
    SessionTaken { session: SessionKey } = "session_taken",
        "the session key {session} speaks for another hotkey: make a new one";
    UnknownChallenge { challenge: ChallengeId } = "unknown_challenge",
        "there is no challenge {challenge}: `agon challenge list` shows all";
    ChallengeExists { challenge: ChallengeId } = "challenge_exists",
        "{challenge} is published already: update it with the next version";
    ChallengeClosed { challenge: ChallengeId } = "challenge_closed",
        "{challenge} is not open: wait until it is active, `agon challenge show {challenge}` says why";
    WrongVersion { expected: u32, got: u32 } = "wrong_version", "version {got} cannot follow: expected {expected}";
    ShiftNotPossible { challenge: ChallengeId } = "shift_not_possible",
        "{challenge} cannot change in this way now: `agon challenge show {challenge}` says where it stands";
    Superseded { challenge: ChallengeId, expired: Height } = "superseded",
        "a change of {challenge} that expires at height {expired} was made already: sign one that expires later";
    InvalidManifest { field: String, problem: String } = "invalid_manifest", "manifest field {field}: {problem}";
    EmissionExceeded { left: u32 } = "emission_exceeded",
        "the shares of all challenges exceed the whole: {left} billionths are left";
    TooManyChallenges { max: usize } = "too_many_challenges", "the ledger has {max} challenges already: retire one";
    KindNotAllowed { kind: AgentKind } = "kind_not_allowed", "the challenge takes no agents of kind {kind:?}";
    WrongSize { size: u64, max: u64 } = "wrong_size", "the artifact has {size} bytes, and 1 to {max} are allowed";
    BadLabel = "bad_label", "a label has at most 32 bytes and no control characters";
    BadNote = "bad_note", "a note has at most 256 bytes";
    VersionTaken { submission: SubmissionId } = "version_taken",
        "this version was announced with another artifact as {submission}: use the next version";
    NoCommitment { hotkey: Hotkey } = "no_commitment",
        "the chain has no open commitment of {hotkey} to this artifact: commit it, and wait until the block is final";
    QuotaExceeded { max: u16, epoch: Epoch } = "quota_exceeded",
        "{max} of one hotkey in one epoch are allowed, and epoch {epoch} has them: wait for the next";
    /// Asked before, and done: the state already says so.
    AlreadyDone = "already_done", "the ledger has this already: nothing is left to do";
    UnknownJob { job: JobId } = "unknown_job", "there is no job {job}";
    NotAssigned { validator: Hotkey, job: JobId } = "not_assigned", "{validator} is not assigned to job {job}";
    OutsideWindow { job: JobId } = "outside_window", "the window for this step of job {job} is not open";
    CommitStands { job: JobId } = "commit_stands", "another report was committed for job {job}, and the first one stands";
    NoCommit { job: JobId } = "no_commit", "nothing was committed for job {job}, so nothing can be revealed";
    CommitMismatch { job: JobId } = "commit_mismatch", "the report and salt are not those committed for job {job}";
    BadReport { job: JobId } = "bad_report", "the report for job {job} is not what its manifest asks for, within the limits";
    UnknownSubmission { submission: SubmissionId } = "unknown_submission", "there is no submission {submission}";
    NotCandidate { submission: SubmissionId } = "not_candidate",
        "{submission} is not what this decision is about: `agon board CHALLENGE` shows candidate and champion";
    WrongNumber { expected: u32, got: u32 } = "wrong_number",
        "decision {got} was made or is not due: the next one is {expected}";
    NoInbox { challenge: ChallengeId } = "no_inbox",
        "{challenge} takes no posts: `agon challenge show {challenge}` shows what it may reach";
    PostTooLarge { size: usize, max: usize } = "post_too_large", "the message has {size} bytes, and {max} are allowed";
    InboxFull { max: usize, epoch: Epoch } = "inbox_full",
        "the inbox has its {max} posts of epoch {epoch}: wait for the next";
    EvidenceTooOld { oldest: Height } = "evidence_too_old",
        "misbehaviour before height {oldest} is too long ago to be proven";
    NoVote { session: SessionKey, height: Height } = "no_vote",
        "{session} had no vote at height {height} that it could lose";
    NotProven { problem: String } = "not_proven", "the two documents prove no misbehaviour: {problem}";
    NoOffence { hotkey: Hotkey, proven: Height } = "no_offence",
        "no misbehaviour of {hotkey} was proven at height {proven}: `/v1/validators/{hotkey}` says when it was";
}
