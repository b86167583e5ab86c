//! What the development chain is asked for, and why it refuses, by the names that the real chain has for it.

use crate::limits::CALL_BYTES_MAX;
use agon_types::anchor::Neuron;
use agon_types::signed::Purpose;
use agon_types::{ChainBlock, Digest, Hotkey, NetworkId, PublicKey, Signed, Stake, codec};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A request of one hotkey. Its nonce counts up, so that none counts twice.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Call {
    pub signer: Hotkey,
    pub nonce: u64,
    pub body: CallBody,
}

impl Purpose for Call {
    const PURPOSE: &'static str = "chain-call";
    const VERSION: u16 = 1;
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum CallBody {
    Commit { commitment: Digest },
    SetWeights { uids: Vec<u16>, values: Vec<u16> },
}

/// Makes a hotkey a neuron, or changes its numbers. Nobody signs it: the faucet of a development chain.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    pub hotkey: Hotkey,
    pub coldkey: Hotkey,
    pub stake: Stake,
    pub permit: bool,
}

impl Registration {
    pub(super) fn neuron(&self, uid: u16) -> Neuron {
        Neuron { coldkey: self.coldkey, uid, stake: self.stake, permit: self.permit }
    }
}

/// What a block includes. Its signatures were checked before.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) enum Extrinsic {
    Call(Signed<Call>),
    Register(Registration),
    Deregister(Hotkey),
}

impl Extrinsic {
    /// Reads a call from outside and checks that its signer, and nobody else, signed it.
    pub(super) fn decode(bytes: &[u8], network: &NetworkId) -> Result<Self, Refusal> {
        let malformed = |error: codec::Error| Refusal::BadFormat(error.to_string());
        let signed: Signed<Call> = codec::decode(bytes, CALL_BYTES_MAX).map_err(malformed)?;
        let verified = signed.verify(network).map_err(|error| Refusal::BadProof(error.to_string()))?;
        let signer = PublicKey::Hotkey(verified.body().signer);
        if verified.signers().count() != 1 || !verified.is_signed_by(signer) {
            return Err(Refusal::BadProof(format!("{signer} alone must sign its call")));
        }
        Ok(Self::Call(verified.into_signed()))
    }
}

/// Why a request is not included in any block. It changes nothing, and its nonce can be used again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("not an encoded, signed call: {0}")]
    BadFormat(String),
    #[error("{0}")]
    BadProof(String),
    #[error("the nonce was used: the next one is {expected}")]
    Stale { expected: u64 },
    #[error("the nonce leaves some out: the next one is {expected}")]
    Future { expected: u64 },
    #[error("a hotkey that is not registered cannot commit")]
    AccountNotAllowedCommit,
    #[error("{uids} uids cannot have {values} values")]
    WeightVecNotEqualSize { uids: usize, values: usize },
    #[error("{uids} uids are more than the {neurons} of the subnet")]
    UidsLengthExceedUidsInSubNet { uids: usize, neurons: usize },
    #[error("the hotkey is not registered")]
    HotKeyNotRegisteredInSubNet,
    #[error("the next weights can be set at block {until}")]
    SettingWeightsTooFast { until: ChainBlock },
    #[error("the hotkey has no validator permit")]
    NeuronNoValidatorPermit,
    #[error("the uid {0} is there twice")]
    DuplicateUids(u16),
    #[error("nobody has the uid {0}")]
    UidVecContainInvalidOne(u16),
    #[error("at least one uid must have a weight, even if it is zero")]
    WeightVecLengthIsLow,
    #[error("every uid is taken")]
    NoNeuronIdAvailable,
    #[error("too many calls wait for the next block: try again after it")]
    PoolFull,
}

impl Refusal {
    /// The stable name: the real chain's, where it has one.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadFormat(_) => "BadFormat",
            Self::BadProof(_) => "BadProof",
            Self::Stale { .. } => "Stale",
            Self::Future { .. } => "Future",
            Self::AccountNotAllowedCommit => "AccountNotAllowedCommit",
            Self::WeightVecNotEqualSize { .. } => "WeightVecNotEqualSize",
            Self::UidsLengthExceedUidsInSubNet { .. } => "UidsLengthExceedUidsInSubNet",
            Self::HotKeyNotRegisteredInSubNet => "HotKeyNotRegisteredInSubNet",
            Self::SettingWeightsTooFast { .. } => "SettingWeightsTooFast",
            Self::NeuronNoValidatorPermit => "NeuronNoValidatorPermit",
            Self::DuplicateUids(_) => "DuplicateUids",
            Self::UidVecContainInvalidOne(_) => "UidVecContainInvalidOne",
            Self::WeightVecLengthIsLow => "WeightVecLengthIsLow",
            Self::NoNeuronIdAvailable => "NoNeuronIdAvailable",
            Self::PoolFull => "PoolFull",
        }
    }
}
