//! What faulty peers do with what they would say, and what they say besides.

use crate::chance::Chance;
use crate::node::Node;
use crate::schedule::Role;
use agon_agreement::message::{Ballot, Reply};
use agon_agreement::{Message, Topic};
use agon_types::key::SigningKey as _;
use agon_types::signed::{Purpose, signing_bytes};
use agon_types::{Block, Digest, Height, NetworkId};
use std::collections::BTreeSet;

/// A message as it goes over links.
pub type Said = (Topic, Vec<u8>);

/// What a peer says to one other, where an honest one says `said`.
pub fn said_to(
    (node, to): (&mut Node, usize),
    chance: &mut Chance,
    network: &NetworkId,
    said: &Said,
) -> Option<Said> {
    match node.role {
        Role::Sleeper if node.is_asleep => None,
        Role::Withholder if chance.hits(500) => None,
        Role::Equivocator => Some(other((node, to), network, said)),
        _ => Some(said.clone()),
    }
}

/// The same kind of message for the same height and round. Nodes with even numbers hear one thing, the others another.
fn other((node, to): (&mut Node, usize), network: &NetworkId, said: &Said) -> Said {
    let Ok(message) = Message::decode(&said.1, said.0, network) else { return said.clone() };
    let is_even = to.is_multiple_of(2);
    let message = match message {
        Message::Prevote(mut ballot) if ballot.voter == node.session() => {
            ballot.body.block = vote(node, ballot.body.height, ballot.body.block, is_even);
            Message::Prevote(signed(node, network, ballot.body))
        }
        Message::Precommit(mut ballot) if ballot.voter == node.session() => {
            ballot.body.block = vote(node, ballot.body.height, ballot.body.block, is_even);
            Message::Precommit(signed(node, network, ballot.body))
        }
        Message::Proposal(mut ballot, block) if !is_even => {
            let clock = block.header.time_ms.next();
            let (other, _) = node.contest.build(node.session(), clock, &block.actions);
            node.contest.crash();
            let height = block.header.height;
            for digest in [ballot.body.block, other.header.digest()] {
                node.learn(height, digest);
            }
            ballot.body.block = other.header.digest();
            Message::Proposal(signed(node, network, ballot.body), Box::new(other))
        }
        _ => return said.clone(),
    };
    (said.0, message.encode(network, 0))
}

/// What an equivocator votes for: of two blocks the one for these, the other for those; of one block, it or none.
fn vote(node: &Node, height: Height, block: Option<Digest>, is_even: bool) -> Option<Digest> {
    let proposed = node.proposed.iter().filter(|(at, _)| *at == height).map(|(_, digest)| *digest);
    let blocks: BTreeSet<Digest> = proposed.collect();
    match (blocks.len(), is_even) {
        (0 | 1, true) => block,
        (0 | 1, false) => blocks.first().copied().filter(|first| Some(*first) != block),
        (_, true) => blocks.first().copied(),
        (_, false) => blocks.last().copied(),
    }
}

fn signed<T: Purpose>(node: &Node, network: &NetworkId, body: T) -> Ballot<T> {
    let signature = node.key.sign(&signing_bytes(network, &body));
    Ballot { body, voter: node.session(), signature }
}

/// The block that a peer proposes when an honest one would propose this.
pub fn built(role: Role, mut block: Block) -> Block {
    if role == Role::Liar {
        block.header.state_root = Digest::of(b"more for me");
    }
    block
}

/// What a peer says when it has heard something.
pub fn echo(node: &mut Node, chance: &mut Chance) -> Option<Said> {
    let is_copied = node.role == Role::Copycat && chance.hits(400);
    let index = chance.index(node.heard.len());
    if is_copied { node.heard.get(index).cloned() } else { None }
}

/// What a peer says from time to time, to nobody's use.
pub fn rubbish(node: &mut Node, chance: &mut Chance, network: &NetworkId) -> Option<Said> {
    if node.role != Role::Spammer {
        return None;
    }
    let heard = chance.index(node.heard.len());
    Some(match (chance.below(4), node.heard.get(heard)) {
        (0, _) => (Topic::Votes, Message::Tip(Height(1 << 40)).encode(network, 0)),
        (1 | 2, Some((topic, bytes))) => {
            let mut bytes = bytes.clone();
            let at = chance.index(bytes.len());
            let bit = 1 << chance.below(8);
            bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= bit);
            (*topic, bytes)
        }
        _ => {
            let length = chance.index(300);
            (Topic::ALL[chance.index(3)], chance.bytes(length))
        }
    })
}

/// What a peer answers when an honest one would answer this.
pub fn answer(role: Role, chance: &mut Chance, network: &NetworkId, mut reply: Reply) -> Vec<u8> {
    match role {
        Role::Spammer => chance.bytes(100),
        Role::Liar => {
            for (block, certificate) in &mut reply.blocks {
                block.header.state_root = Digest::of(b"more for me");
                certificate.block = block.header.digest();
            }
            reply.encode(network)
        }
        Role::Equivocator => {
            // One signer less, or one of them twice.
            for (_, certificate) in &mut reply.blocks {
                let last = certificate.signatures.pop();
                if chance.hits(500) {
                    let first = certificate.signatures.first().copied().or(last);
                    certificate.signatures.extend(first);
                }
            }
            reply.encode(network)
        }
        _ => reply.encode(network),
    }
}
