//! The document that a stranger gets: all that is needed to check one score, and nothing else.

use crate::entry::Claim;
use crate::inclusion::Inclusion;
use crate::limits::PROOF_BYTES_MAX;
use agon_types::{Agreed, Certificate, Genesis, Header, SessionKey, codec};
use borsh::{BorshDeserialize, BorshSerialize};

/// How every proof begins, so that no other file is taken for one.
const MARK: &str = "agon/proof";
/// The version of the document that this code writes and reads (S9.1).
pub const VERSION: u16 = 1;

/// A score, and why to believe it.
#[derive(Clone, Debug, PartialEq, BorshSerialize, BorshDeserialize)]
pub struct Proof {
    /// What the network began with; whoever checks has its digest from elsewhere.
    pub genesis: Genesis,
    /// Every change of the voting set from the genesis to the header, in order.
    pub handovers: Vec<Handover>,
    /// The block whose state has the score.
    pub header: Header,
    pub certificate: Certificate,
    pub claim: Claim,
    pub agreed: Agreed,
    pub inclusion: Inclusion,
}

/// A block whose voters name the next voting set.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Handover {
    pub header: Header,
    pub certificate: Certificate,
    /// The set that decides from the next height on.
    pub next: Vec<(SessionKey, u64)>,
}

/// Why bytes are not a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("these bytes are no proof: a proof begins with `{MARK}`")]
    Mark,
    #[error(
        "the proof has version {0}, and this program reads version {VERSION}: use one that is newer or older"
    )]
    Version(u16),
    #[error("not a proof that can be read: {0}")]
    Encoding(#[from] codec::Error),
}

impl Malformed {
    /// The name that programs rely on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Mark => "not_a_proof",
            Self::Version(_) => "unknown_proof_version",
            Self::Encoding(codec::Error::TooLarge { .. }) => "proof_too_large",
            Self::Encoding(codec::Error::Malformed(_)) => "malformed_proof",
        }
    }
}

impl Proof {
    /// The one encoding of this proof.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&(MARK, VERSION, self))
    }

    /// Reads a proof from bytes of any origin (S9.1).
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mark = codec::encode(MARK);
        let rest = bytes.strip_prefix(mark.as_slice()).ok_or(Malformed::Mark)?;
        let (version, body) = rest.split_first_chunk().ok_or(Malformed::Mark)?;
        let version = u16::from_le_bytes(*version);
        if version != VERSION {
            return Err(Malformed::Version(version));
        }
        let proof: Self = codec::decode(body, PROOF_BYTES_MAX)?;
        // Whatever the decoders of its parts let pass: one proof has one encoding.
        if codec::encode(&proof) != body {
            return Err(codec::Error::Malformed("it is encoded in another way than ours".to_owned()).into());
        }
        Ok(proof)
    }
}
