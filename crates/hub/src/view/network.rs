//! The network: its identity, where its ledger stands, who decides, and what its numbers are.

use super::{challenge, epoch, submission, validator};
use crate::time::rfc3339;
use agon_protocol::state::View;
use agon_protocol::{State, score, voters};
use agon_types::block::PROTOCOL_VERSION;
use agon_types::genesis::{Owner, Parameters};
use agon_types::{ChainBlock, Digest, Epoch, Height, Hotkey, NetworkId, SessionKey};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the node knows besides the state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub genesis_digest: Digest,
    pub development: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Network {
    pub network: NetworkId,
    pub genesis: Digest,
    pub version: &'static str,
    pub protocol_version: u16,
    pub development: bool,
    /// How artifacts are kept: `plain` until they travel encrypted.
    pub custody: &'static str,
    pub height: Height,
    pub time: String,
    pub chain_block: Option<ChainBlock>,
    pub epoch: Epoch,
    pub progress: epoch::Progress,
    /// The newest epoch with a seal.
    pub sealed: Option<Epoch>,
    pub validators: usize,
    pub voters: Vec<Voter>,
    pub owner: Owner,
    pub burn: Hotkey,
    pub parameters: Parameters,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Voter {
    pub session: SessionKey,
    /// The hotkey that registered this session key, where one did.
    pub hotkey: Option<Hotkey>,
    pub stake: Option<String>,
    /// Its part of all power of the set; a key that decides alone has 1.
    pub power: String,
    /// Certificates in a row that lack its signature.
    pub missed: u32,
}

pub(crate) fn of(state: &State, setting: Setting) -> Option<Network> {
    let (now, genesis) = (state.now()?, state.genesis()?);
    Some(Network {
        network: genesis.network.clone(),
        genesis: setting.genesis_digest,
        version: env!("CARGO_PKG_VERSION"),
        protocol_version: PROTOCOL_VERSION,
        development: setting.development,
        custody: "plain",
        height: now.height,
        time: rfc3339(now.time_ms),
        chain_block: now.anchor,
        epoch: now.epoch,
        progress: epoch::progress(state)?,
        sealed: epoch::last_sealed(state),
        validators: state.opened(now.epoch).map_or(0, |opened| opened.validators.len()),
        voters: voters(state, now.height.next()),
        owner: genesis.owner.clone(),
        burn: genesis.burn,
        parameters: genesis.parameters.clone(),
    })
}

/// Who decides a height, the most powerful first.
fn voters(state: &State, height: Height) -> Vec<Voter> {
    let Some(set) = voters::at(state, height) else { return Vec::new() };
    let registered = validator::all(state);
    let voter = |(session, power): (SessionKey, u64)| {
        // A seat knows its hotkey, also if that has another key by now.
        let known = registered.iter().find(|validator| validator.session == session);
        let seated = set.seat(session).map(|seat| seat.hotkey);
        let hotkey = seated.or(known.map(|known| known.hotkey));
        let stake = hotkey.and_then(|hotkey| state.neuron(hotkey)).map(|neuron| neuron.stake.to_string());
        Voter { session, hotkey, stake, power: power.to_string(), missed: voters::missed(state, session) }
    };
    let mut keys = set.keys();
    keys.sort_by_key(|(session, power)| (std::cmp::Reverse(*power), *session));
    keys.into_iter().map(voter).collect()
}

/// Counts of what the ledger has.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Stats {
    pub height: Height,
    pub epoch: Epoch,
    pub challenges: BTreeMap<&'static str, usize>,
    pub submissions: BTreeMap<&'static str, usize>,
    pub submissions_total: usize,
    pub miners: usize,
    pub validators: usize,
    pub open_jobs: usize,
    pub state_entries: usize,
}

pub(crate) fn stats(state: &State) -> Option<Stats> {
    let now = state.now()?;
    let mut challenges = BTreeMap::new();
    for challenge in challenge::all(state) {
        *challenges.entry(challenge.status).or_default() += 1;
    }
    let mut submissions: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut miners = std::collections::BTreeSet::new();
    for (id, known) in submission::all(state) {
        miners.insert(known.announcement.hotkey);
        *submissions.entry(submission::line(state, id, known).status).or_default() += 1;
    }
    let rounds = score::open_rounds(state).into_iter();
    let open = |job: &agon_protocol::state::Job| job.verdict == agon_protocol::state::Verdict::Open;
    let jobs = rounds.flat_map(|(epoch, round, _)| score::jobs(state, epoch, round));
    Some(Stats {
        height: now.height,
        epoch: now.epoch,
        submissions_total: submissions.values().sum(),
        challenges,
        submissions,
        miners: miners.len(),
        validators: state.opened(now.epoch).map_or(0, |opened| opened.validators.len()),
        open_jobs: jobs.filter(|(_, job)| open(job)).count(),
        state_entries: state.len(),
    })
}
