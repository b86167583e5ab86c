//! Proofs of scores, for whoever believes nobody.

use crate::ask::{Named, Unasked};
use crate::hub::Hub;
use crate::problem::Problem;
use agon_node::Unproven;
use agon_protocol::Reason;
use agon_types::{Digest, Height, SubmissionId};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;

/// A proof with the words that find it again; what it shows is in the proof itself.
#[derive(Debug, Serialize)]
pub(crate) struct Document {
    submission: SubmissionId,
    /// The digest that whoever checks the proof should know from elsewhere.
    genesis: Digest,
    /// The block whose voters have signed the state that has the score.
    height: Height,
    size_bytes: usize,
    /// In its canonical encoding, in hexadecimal.
    proof: String,
}

/// The proof of the last agreed score of a submission, at the head of this hub's ledger.
pub(crate) async fn of_submission(
    State(hub): State<Arc<Hub>>,
    Named(id): Named<SubmissionId>,
    _: Unasked,
) -> Result<Json<Document>, Problem> {
    let proof = hub.parts.node.prove(id).await?;
    let bytes = proof.encode();
    Ok(Json(Document {
        submission: id,
        genesis: hub.parts.node.genesis_digest(),
        height: proof.header.height,
        size_bytes: bytes.len(),
        proof: hex::encode(bytes),
    }))
}

impl From<Unproven> for Problem {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Unknown(submission) => Reason::UnknownSubmission { submission }.into(),
            Unproven::Unscored(_) => Self::new("not_scored", unproven.to_string()),
            Unproven::Unavailable(_) => Self::new("unavailable", unproven.to_string()),
        }
    }
}
