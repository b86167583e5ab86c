//! The state of the development chain at one block, and what each request does to it. Pure: no clock, no I/O.

use super::Rules;
use super::call::{Call, CallBody, Extrinsic, Refusal, Registration};
use agon_port::chain::{Commitment, Row};
use agon_types::anchor::Neuron;
use agon_types::{ChainBlock, Digest, Hotkey};
use borsh::{BorshDeserialize, BorshSerialize};
use std::collections::{BTreeMap, BTreeSet};

/// A registered hotkey.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Member {
    neuron: Neuron,
    /// When it was registered or set weights last; the rate limit counts from here.
    last_update: ChainBlock,
}

/// The weights that a hotkey has set, and the block they stand in.
type Weights = (Vec<(u16, u16)>, ChainBlock);

/// All that the chain knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct State {
    members: BTreeMap<Hotkey, Member>,
    /// In the order in which they were written.
    commitments: Vec<(Hotkey, Digest, ChainBlock)>,
    weights: BTreeMap<Hotkey, Weights>,
    nonces: BTreeMap<Hotkey, u64>,
}

impl State {
    /// Whether a block may include a request.
    pub(super) fn check(&self, rules: &Rules, at: ChainBlock, extrinsic: &Extrinsic) -> Result<(), Refusal> {
        match extrinsic {
            Extrinsic::Call(signed) => self.check_call(rules, at, &signed.body),
            Extrinsic::Register(registration) => {
                let known = self.members.contains_key(&registration.hotkey);
                let free = known || self.free_uid().is_some_and(|uid| uid < rules.neurons_max);
                if free { Ok(()) } else { Err(Refusal::NoNeuronIdAvailable) }
            }
            Extrinsic::Deregister(hotkey) => self.member(hotkey).map(|_| ()),
        }
    }

    /// Does what an included request asks for. It was checked, in this process or before a restart.
    pub(super) fn execute(&mut self, at: ChainBlock, extrinsic: &Extrinsic) {
        match extrinsic {
            Extrinsic::Call(signed) => self.execute_call(at, &signed.body),
            Extrinsic::Register(registration) => self.register(at, registration),
            Extrinsic::Deregister(hotkey) => self.deregister(hotkey),
        }
    }

    fn check_call(&self, rules: &Rules, at: ChainBlock, call: &Call) -> Result<(), Refusal> {
        let expected = self.nonce(&call.signer);
        match call.nonce {
            nonce if nonce < expected => return Err(Refusal::Stale { expected }),
            nonce if nonce > expected => return Err(Refusal::Future { expected }),
            _ => {}
        }
        match &call.body {
            CallBody::Commit { .. } if self.members.contains_key(&call.signer) => Ok(()),
            CallBody::Commit { .. } => Err(Refusal::AccountNotAllowedCommit),
            CallBody::SetWeights { uids, values } => {
                if uids.len() != values.len() {
                    return Err(Refusal::WeightVecNotEqualSize { uids: uids.len(), values: values.len() });
                }
                self.check_weights(rules, at, &call.signer, uids)
            }
        }
    }

    /// In the order in which the real chain checks.
    fn check_weights(
        &self,
        rules: &Rules,
        at: ChainBlock,
        signer: &Hotkey,
        uids: &[u16],
    ) -> Result<(), Refusal> {
        let neurons = self.members.len();
        if uids.len() > neurons {
            return Err(Refusal::UidsLengthExceedUidsInSubNet { uids: uids.len(), neurons });
        }
        let member = self.member(signer)?;
        if at.since(member.last_update) < rules.rate_limit_blocks {
            let until = member.last_update.plus(rules.rate_limit_blocks);
            return Err(Refusal::SettingWeightsTooFast { until });
        }
        if !member.neuron.permit {
            return Err(Refusal::NeuronNoValidatorPermit);
        }
        let mut seen = BTreeSet::new();
        if let Some(uid) = uids.iter().find(|uid| !seen.insert(**uid)) {
            return Err(Refusal::DuplicateUids(*uid));
        }
        let known: BTreeSet<u16> = self.members.values().map(|member| member.neuron.uid).collect();
        if let Some(uid) = uids.iter().find(|uid| !known.contains(uid)) {
            return Err(Refusal::UidVecContainInvalidOne(*uid));
        }
        if uids.is_empty() { Err(Refusal::WeightVecLengthIsLow) } else { Ok(()) }
    }

    fn execute_call(&mut self, at: ChainBlock, call: &Call) {
        self.nonces.insert(call.signer, call.nonce.saturating_add(1));
        match &call.body {
            CallBody::Commit { commitment } => self.commitments.push((call.signer, *commitment, at)),
            CallBody::SetWeights { uids, values } => {
                let vector = uids.iter().copied().zip(values.iter().copied()).collect();
                self.weights.insert(call.signer, (vector, at));
                if let Some(member) = self.members.get_mut(&call.signer) {
                    member.last_update = at;
                }
            }
        }
    }

    fn register(&mut self, at: ChainBlock, registration: &Registration) {
        if let Some(member) = self.members.get_mut(&registration.hotkey) {
            member.neuron = registration.neuron(member.neuron.uid);
        } else if let Some(uid) = self.free_uid() {
            let member = Member { neuron: registration.neuron(uid), last_update: at };
            self.members.insert(registration.hotkey, member);
        }
    }

    /// The uid becomes free; what others gave to it must not go to whoever gets it next.
    fn deregister(&mut self, hotkey: &Hotkey) {
        let Some(member) = self.members.remove(hotkey) else { return };
        self.weights.remove(hotkey);
        let entries = self.weights.values_mut().flat_map(|(vector, _)| vector);
        for (_, value) in entries.filter(|(uid, _)| *uid == member.neuron.uid) {
            *value = 0;
        }
    }

    fn member(&self, hotkey: &Hotkey) -> Result<&Member, Refusal> {
        self.members.get(hotkey).ok_or(Refusal::HotKeyNotRegisteredInSubNet)
    }

    fn free_uid(&self) -> Option<u16> {
        let taken: BTreeSet<u16> = self.members.values().map(|member| member.neuron.uid).collect();
        (0..=u16::MAX).find(|uid| !taken.contains(uid))
    }

    pub(super) fn nonce(&self, hotkey: &Hotkey) -> u64 {
        self.nonces.get(hotkey).copied().unwrap_or_default()
    }

    /// In the order of the hotkeys.
    pub(super) fn neurons(&self) -> Vec<(Hotkey, Neuron)> {
        self.members.iter().map(|(hotkey, member)| (*hotkey, member.neuron)).collect()
    }

    pub(super) fn weights(&self, hotkey: &Hotkey) -> Option<Row> {
        self.weights.get(hotkey).map(|(vector, block)| Row { vector: vector.clone(), block: *block })
    }

    pub(super) fn commitments(&self) -> impl DoubleEndedIterator<Item = Commitment> {
        let commitment = |&(hotkey, commitment, block): &_| Commitment { hotkey, commitment, block };
        self.commitments.iter().map(commitment)
    }
}

#[cfg(test)]
mod tests;
