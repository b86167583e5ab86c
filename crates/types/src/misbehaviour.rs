//! The proof that a voter misbehaved: two documents of one height and round that exclude each other, both signed.

use crate::signed::{Purpose, signing_bytes};
use crate::vote::{Precommit, Prevote, Proposal};
use crate::{Digest, Height, NetworkId, SessionKey, Signature};
use borsh::{BorshDeserialize, BorshSerialize};

/// Two documents that one session key must never have signed both.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Misbehaviour {
    pub offender: SessionKey,
    pub conflict: Conflict,
}

/// The documents, each with the offender's signature.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Conflict {
    Proposals([(Proposal, Signature); 2]),
    Prevotes([(Prevote, Signature); 2]),
    Precommits([(Precommit, Signature); 2]),
}

/// Why two documents prove nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    #[error("they are of two heights or rounds")]
    Apart,
    #[error("they say the same")]
    Same,
    #[error("one is not signed by the offender for this network")]
    Forged,
}

/// When a document was signed, and what for.
trait Said: Purpose {
    fn when(&self) -> (Height, u32);
    fn block(&self) -> Option<Digest>;
}

impl Said for Proposal {
    fn when(&self) -> (Height, u32) {
        (self.height, self.round)
    }

    fn block(&self) -> Option<Digest> {
        Some(self.block)
    }
}

impl Said for Prevote {
    fn when(&self) -> (Height, u32) {
        (self.height, self.round)
    }

    fn block(&self) -> Option<Digest> {
        self.block
    }
}

impl Said for Precommit {
    fn when(&self) -> (Height, u32) {
        (self.height, self.round)
    }

    fn block(&self) -> Option<Digest> {
        self.block
    }
}

impl Misbehaviour {
    /// The height of the first document; a proof has two of one height.
    pub fn height(&self) -> Height {
        match &self.conflict {
            Conflict::Proposals([(first, _), _]) => first.height,
            Conflict::Prevotes([(first, _), _]) => first.height,
            Conflict::Precommits([(first, _), _]) => first.height,
        }
    }

    /// Checks that the documents exclude each other, and both signatures.
    pub fn verify(&self, network: &NetworkId) -> Result<(), Unproven> {
        match &self.conflict {
            Conflict::Proposals(both) => proven(network, self.offender, both),
            Conflict::Prevotes(both) => proven(network, self.offender, both),
            Conflict::Precommits(both) => proven(network, self.offender, both),
        }
    }
}

fn proven<T: Said>(
    network: &NetworkId,
    offender: SessionKey,
    [first, second]: &[(T, Signature); 2],
) -> Result<(), Unproven> {
    if first.0.when() != second.0.when() {
        return Err(Unproven::Apart);
    }
    if first.0.block() == second.0.block() {
        return Err(Unproven::Same);
    }
    for (said, signature) in [first, second] {
        let bytes = signing_bytes(network, said);
        offender.verify(&bytes, signature).map_err(|_| Unproven::Forged)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SessionPair;
    use crate::key::SigningKey as _;

    fn network(name: &str) -> NetworkId {
        name.parse().unwrap()
    }

    fn prevote(round: u32, block: Option<u8>) -> Prevote {
        Prevote { height: Height(7), round, block: block.map(|n| Digest([n; 32])) }
    }

    fn signed<T: Purpose>(key: &SessionPair, said: T) -> (T, Signature) {
        let signature = key.sign(&signing_bytes(&network("one"), &said));
        (said, signature)
    }

    #[test]
    fn only_two_documents_that_exclude_each_other_prove_anything() {
        let (key, other) = (SessionPair::from_seed(&[1; 32]), SessionPair::from_seed(&[2; 32]));
        let of = |round, block| signed(&key, prevote(round, block));
        let precommit =
            |block| signed(&key, Precommit { height: Height(7), round: 0, block: Some(Digest([block; 32])) });
        let proposal = |block, polka_round| {
            let proposal = Proposal { height: Height(7), round: 0, block: Digest([block; 32]), polka_round };
            signed(&key, proposal)
        };
        // A precommit that somebody passes off as a prevote.
        let (Precommit { height, round, block }, signature) = precommit(2);
        let disguised = (Prevote { height, round, block }, signature);
        let cases = [
            ("two blocks", Conflict::Prevotes([of(0, Some(1)), of(0, Some(2))]), Ok(())),
            ("a block and nil", Conflict::Prevotes([of(0, None), of(0, Some(2))]), Ok(())),
            ("two rounds", Conflict::Prevotes([of(0, Some(1)), of(1, Some(2))]), Err(Unproven::Apart)),
            ("the same twice", Conflict::Prevotes([of(0, Some(1)), of(0, Some(1))]), Err(Unproven::Same)),
            (
                "another key",
                Conflict::Prevotes([of(0, Some(1)), signed(&other, prevote(0, Some(2)))]),
                Err(Unproven::Forged),
            ),
            ("another kind", Conflict::Prevotes([of(0, Some(1)), disguised]), Err(Unproven::Forged)),
            ("two precommits", Conflict::Precommits([precommit(1), precommit(2)]), Ok(())),
            ("two proposals", Conflict::Proposals([proposal(1, None), proposal(2, None)]), Ok(())),
            (
                "one block after two polkas",
                Conflict::Proposals([proposal(1, None), proposal(1, Some(0))]),
                Err(Unproven::Same),
            ),
        ];
        for (desc, conflict, expected) in cases {
            let shown = Misbehaviour { offender: key.session(), conflict };
            assert_eq!(shown.verify(&network("one")), expected, "{desc}");
            if expected.is_ok() {
                assert_eq!(shown.verify(&network("two")), Err(Unproven::Forged), "{desc}: elsewhere");
                let framed = Misbehaviour { offender: other.session(), ..shown };
                assert_eq!(framed.verify(&network("one")), Err(Unproven::Forged), "{desc}: somebody else");
            }
        }
    }
}
