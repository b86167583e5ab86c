//! Proofs of scores: what the head of the ledger shows, and the way to its voters from the genesis.

use crate::machine::Machine;
use agon_port::Ledger;
use agon_port::order::Fault;
use agon_proof::{Claim, Handover, Inclusion, Proof};
use agon_protocol::View as _;
use agon_types::{
    Agreed, Block, Certificate, Digest, Genesis, Header, Height, SessionKey, SubmissionId, codec, limits,
};
use std::sync::PoisonError;

/// Why there is no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    #[error("there is no submission {0}")]
    Unknown(SubmissionId),
    #[error("submission {0} has no agreed score yet")]
    Unscored(SubmissionId),
    #[error("the node cannot prove now: {0}")]
    Unavailable(String),
}

/// What the head shows of a score.
#[derive(Debug)]
pub struct Shown {
    claim: Claim,
    agreed: Agreed,
    inclusion: Inclusion,
    height: Height,
    certificate: Certificate,
}

/// The last agreed score of a submission, as it stands in the state of the head.
pub(crate) fn shown(machine: &Machine, id: SubmissionId) -> Result<Shown, Unproven> {
    let state = machine.state();
    let state = state.read().unwrap_or_else(PoisonError::into_inner);
    let known = state.submission(id).ok_or(Unproven::Unknown(id))?;
    let (version, epoch) = known.last.ok_or(Unproven::Unscored(id))?;
    let challenge = known.announcement.challenge.clone();
    let agreed = state.agreed(challenge.clone(), version, epoch, id).ok_or(Unproven::Unscored(id))?.clone();
    let claim = Claim { challenge, version, epoch, submission: id };
    let head = machine.head();
    // Whatever is scored was scored by a block.
    let certificate = head.certificate.clone().ok_or(Unproven::Unscored(id))?;
    Ok(Shown { inclusion: machine.prove(&claim.key()), claim, agreed, height: head.height, certificate })
}

/// The whole proof, with what the ledger has of the head's block and of the voting sets before it.
pub(crate) async fn proof(genesis: &Genesis, ledger: &dyn Ledger, shown: Shown) -> Result<Proof, Unproven> {
    let unavailable = |problem: String| Unproven::Unavailable(problem);
    let Shown { claim, agreed, inclusion, height, certificate } = shown;
    let kept = ledger.blocks(height, 1).await.map_err(|error| unavailable(error.to_string()))?;
    let missing = || unavailable(format!("block {height} is missing"));
    let kept = kept.into_iter().find(|kept| kept.height == height).ok_or_else(missing)?;
    let block: Block = codec::decode(&kept.block, limits::BLOCK_BYTES_MAX)
        .map_err(|error| unavailable(format!("block {height}: {error}")))?;
    let header = block.header;
    let handovers = handovers(genesis, ledger, &header).await?;
    Ok(Proof { genesis: genesis.clone(), handovers, header, certificate, claim, agreed, inclusion })
}

/// Every change of the voting set before a header; they must lead to the set that it names.
async fn handovers(
    genesis: &Genesis,
    ledger: &dyn Ledger,
    header: &Header,
) -> Result<Vec<Handover>, Unproven> {
    let unavailable = |problem: String| Unproven::Unavailable(problem);
    let kept = ledger.handovers().await.map_err(|error| unavailable(error.to_string()))?;
    let decoded = kept.iter().map(|bytes| codec::decode::<Handover>(bytes, limits::BLOCK_BYTES_MAX));
    let mut handovers: Vec<Handover> =
        decoded.collect::<Result<_, _>>().map_err(|error| unavailable(format!("a hand-over: {error}")))?;
    // A block that was decided meanwhile may have left another one.
    handovers.retain(|handover| handover.header.height < header.height);
    let led = handovers.last().map_or_else(|| digest(&genesis.first_voters()), |last| digest(&last.next));
    match led == header.voters {
        true => Ok(handovers),
        false => Err(unavailable("a change of the voting set is missing in the ledger".to_owned())),
    }
}

fn digest(voters: &[(SessionKey, u64)]) -> Digest {
    Block::voters_digest(voters)
}

/// Keeps what the head leaves for proofs if it has changed the voting set.
pub(crate) async fn keep_handover(
    ledger: &dyn Ledger,
    machine: &Machine,
    header: &Header,
) -> Result<(), Fault> {
    if header.next_voters == header.voters {
        return Ok(());
    }
    let height = header.height;
    let decided = machine.head().certificate.clone().zip(machine.voters(height.next()));
    let handover = decided.map(|(certificate, next)| Handover { header: header.clone(), certificate, next });
    let named = handover.filter(|handover| digest(&handover.next) == header.next_voters);
    let wrong = || Fault(format!("the voting set after block {height} is not the one that its header names"));
    let bytes = codec::encode(&named.ok_or_else(wrong)?);
    ledger.hand_over(height, bytes).await.map_err(|error| Fault(error.to_string()))
}
