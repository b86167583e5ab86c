//! A challenge with its rules and where it stands.

use super::words;
use agon_protocol::state::{Challenge, View};
use agon_protocol::{State, registry};
use agon_types::{ChallengeId, Epoch, Manifest, Score, SubmissionId};
use serde::Serialize;

/// A challenge in a list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    pub id: ChallengeId,
    pub version: u32,
    pub status: &'static str,
    pub title: String,
    pub summary: String,
    pub emission_share: Score,
    pub champion: Option<SubmissionId>,
    pub ranked_epoch: Option<Epoch>,
    /// What the owner has signed, and an epoch's start will bring.
    pub coming: Option<Coming>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Coming {
    pub version: u32,
    pub status: &'static str,
}

/// A challenge with every rule of its version.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Whole {
    #[serde(flatten)]
    pub line: Line,
    pub manifest: Manifest,
}

fn line(state: &State, id: &ChallengeId, known: &Challenge) -> Option<(Line, Manifest)> {
    let manifest = state.manifest(id.clone(), known.version)?;
    let board = state.board(id.clone());
    let line = Line {
        id: id.clone(),
        version: known.version,
        status: words::challenge(known.status),
        title: manifest.title.clone(),
        summary: manifest.summary.clone(),
        emission_share: manifest.emission_share,
        champion: board.and_then(|board| board.champion),
        ranked_epoch: board.and_then(|board| board.ranked).map(|(_, epoch)| epoch),
        coming: known
            .next
            .as_ref()
            .map(|next| Coming { version: next.version, status: words::challenge(next.status) }),
    };
    Some((line, manifest.clone()))
}

pub(crate) fn all(state: &State) -> Vec<Line> {
    let all = registry::all(state);
    all.iter().filter_map(|(id, known)| line(state, id, known)).map(|(line, _)| line).collect()
}

pub(crate) fn one(state: &State, id: &ChallengeId) -> Option<Whole> {
    let (line, manifest) = line(state, id, state.challenge(id.clone())?)?;
    Some(Whole { line, manifest })
}
