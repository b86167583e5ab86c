//! An epoch: when it opened, how far it is, and its seal with the weights.

use super::{submission, words};
use crate::time::rfc3339;
use agon_protocol::state::View;
use agon_protocol::{State, anchor};
use agon_types::manifest::WeightRule;
use agon_types::seal::{ChallengeSeal, UNITS_TOTAL};
use agon_types::{ChainBlock, ChallengeId, Digest, Epoch, Height, Hotkey, Score, Seal, SubmissionId};
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Whole {
    pub epoch: Epoch,
    /// `open`, `closing` (over, with jobs that have not ended) or `sealed`.
    pub state: &'static str,
    pub sealed: bool,
    pub opened_at: String,
    pub opened_height: Height,
    pub chain_block: ChainBlock,
    pub validators: usize,
    #[serde(flatten)]
    pub seal: Option<Sealed>,
    /// The chain's block in which this node's weights stand.
    pub weights_block: Option<u64>,
}

/// A seal as people read it; `document` is the one from which anyone computes the weights again.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sealed {
    #[serde(rename = "seal")]
    pub digest: Digest,
    pub weights: Vec<Weight>,
    pub weights_total: u64,
    /// What validators set on the chain: uids with their values.
    pub vector: Vec<(u16, u16)>,
    pub challenges: Vec<Paid>,
    pub document: Seal,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Weight {
    pub hotkey: Hotkey,
    pub uid: Option<u16>,
    pub units: u64,
    pub burn: bool,
}

/// What a challenge pays.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Paid {
    pub challenge: ChallengeId,
    pub emission_share: Score,
    pub undecayed: Score,
    pub points: Vec<Earned>,
    /// How the points came, where the ledger still has the rules of this version.
    #[serde(skip)]
    pub weight_rule: Option<WeightRule>,
}

impl Paid {
    /// The rule for people.
    pub fn rule(&self) -> Option<&'static str> {
        self.weight_rule.map(words::weight_rule)
    }

    /// What a submission earns of the challenge's pay. Points are a measure only where scores are compared.
    pub fn part(&self, earned: &Earned) -> String {
        let all: u128 = self.points.iter().map(|points| u128::from(points.points)).sum();
        let part = u128::from(earned.points) * u128::from(UNITS_TOTAL) / all.max(1);
        let share = words::percent(u64::try_from(part).unwrap_or(UNITS_TOTAL));
        match self.weight_rule {
            Some(WeightRule::Proportional) => {
                format!("{share}, by {} points", words::grouped(&earned.points.to_string()))
            }
            _ => share,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Earned {
    pub submission: SubmissionId,
    pub hotkey: Hotkey,
    pub name: String,
    pub points: u64,
}

pub(crate) fn one(state: &State, epoch: Epoch, weights_block: Option<u64>) -> Option<Whole> {
    let opened = state.opened(epoch)?;
    let now = state.now()?;
    let seal = state.seal(epoch).map(|seal| sealed(state, seal));
    let standing = match seal {
        Some(_) => "sealed",
        None if epoch < now.epoch => "closing",
        None => "open",
    };
    Some(Whole {
        epoch,
        state: standing,
        sealed: seal.is_some(),
        opened_at: rfc3339(opened.time_ms),
        opened_height: opened.height,
        chain_block: opened.anchor,
        validators: opened.validators.len(),
        seal,
        weights_block,
    })
}

/// The newest sealed epoch.
pub(crate) fn last_sealed(state: &State) -> Option<Epoch> {
    let epoch = Epoch(state.now()?.unsealed.0.checked_sub(1)?);
    state.seal(epoch).map(|_| epoch)
}

fn sealed(state: &State, seal: &Seal) -> Sealed {
    let uid = |hotkey: Hotkey| seal.uids.iter().find(|(known, _)| *known == hotkey).map(|(_, uid)| *uid);
    let weight = |weight: &agon_types::seal::Weight| Weight {
        hotkey: weight.hotkey,
        uid: uid(weight.hotkey),
        units: weight.units,
        burn: weight.hotkey == seal.burn,
    };
    let mut weights: Vec<Weight> = seal.weights.iter().map(weight).collect();
    weights.sort_by_key(|weight| (std::cmp::Reverse(weight.units), weight.hotkey));
    Sealed {
        digest: seal.digest(),
        weights,
        weights_total: UNITS_TOTAL,
        vector: seal.vector.clone(),
        challenges: seal.challenges.iter().map(|challenge| paid(state, challenge)).collect(),
        document: seal.clone(),
    }
}

fn paid(state: &State, challenge: &ChallengeSeal) -> Paid {
    let name = |id: SubmissionId| {
        state.submission(id).map_or_else(|| id.short(), |known| submission::line(state, id, known).name())
    };
    let earned = challenge.points.iter().map(|points| Earned {
        submission: points.submission,
        hotkey: points.hotkey,
        name: name(points.submission),
        points: points.points,
    });
    Paid {
        challenge: challenge.challenge.clone(),
        emission_share: challenge.emission_share,
        undecayed: challenge.undecayed,
        points: earned.collect(),
        weight_rule: state
            .manifest(challenge.challenge.clone(), challenge.version)
            .map(|manifest| manifest.weight_rule),
    }
}

/// How far the open epoch is, in blocks of the chain.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Progress {
    pub epoch: Epoch,
    pub first_block: ChainBlock,
    pub blocks: u64,
    pub passed: u64,
    pub permille: u64,
}

pub(crate) fn progress(state: &State) -> Option<Progress> {
    let (now, genesis) = (state.now()?, state.genesis()?);
    let first_block = anchor::boundary(genesis, now.epoch);
    let blocks = genesis.parameters.epoch_blocks.max(1);
    let passed = now.anchor.map_or(0, |anchor| anchor.since(first_block)).min(blocks);
    Some(Progress {
        epoch: now.epoch,
        first_block,
        blocks,
        passed,
        permille: passed.saturating_mul(1000) / blocks,
    })
}
