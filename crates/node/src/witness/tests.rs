//! A voter with a chain of its own, and proposals that state something about it.

use super::*;
use crate::application::Remote;
use crate::driver::Message;
use crate::machine::tests::genesis;
use crate::machine::{Draft, Machine};
use agon_port::chain::{Commitment, Head, Plan, Row, Snapshot};
use agon_port::order::{Application as _, Refused, Valid};
use agon_types::anchor::{Fact, Neuron};
use agon_types::{Certificate, Digest, Hotkey, HotkeyPair, Stake, TimeMs};
use async_trait::async_trait;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// A chain with one hotkey and one commitment, final up to a block.
struct Final(AtomicU64);

fn head(number: u64) -> Head {
    Head { number: ChainBlock(number), hash: Digest::of(&number.to_le_bytes()), time_ms: TimeMs(number) }
}

fn hotkey() -> Hotkey {
    Hotkey([1; 32])
}

fn neuron(stake: u64) -> Neuron {
    Neuron { coldkey: hotkey(), uid: 1, stake: Stake(stake), permit: true }
}

fn commitment() -> Fact {
    Fact::Commitment { hotkey: hotkey(), commitment: Digest::ZERO, block: ChainBlock(3) }
}

#[async_trait]
impl Chain for Final {
    async fn finalised(&self) -> Result<Head, Error> {
        match self.0.load(Ordering::Relaxed) {
            0 => Err(Error::Unreachable("nobody answers".to_owned())),
            number => Ok(head(number)),
        }
    }

    async fn snapshot(&self, at: ChainBlock) -> Result<Snapshot, Error> {
        Ok(Snapshot { head: head(at.0), neurons: vec![(hotkey(), neuron(7))] })
    }

    async fn commitments(&self, after: ChainBlock, up_to: ChainBlock) -> Result<Vec<Commitment>, Error> {
        let written = Commitment { hotkey: hotkey(), commitment: Digest::ZERO, block: ChainBlock(3) };
        Ok([written].into_iter().filter(|one| one.block > after && one.block <= up_to).collect())
    }

    async fn commit(&self, _: &HotkeyPair, _: Digest) -> Result<ChainBlock, Error> {
        Err(Error::Refused("it only answers".to_owned()))
    }

    async fn set_weights(&self, _: &HotkeyPair, _: Plan) -> Result<ChainBlock, Error> {
        Err(Error::Refused("it only answers".to_owned()))
    }

    async fn weights(&self, _: Hotkey) -> Result<Option<Row>, Error> {
        Ok(None)
    }
}

/// What is true of block 5 on the state of the beginning.
fn truth() -> Anchor {
    let Head { number, hash, time_ms } = head(5);
    Anchor {
        number,
        hash,
        time_ms,
        facts: vec![commitment(), Fact::Neuron { hotkey: hotkey(), neuron: neuron(7) }],
    }
}

fn proposal(anchor: Option<Anchor>, proposer: u8) -> Block {
    let mut machine = Machine::new(&genesis());
    let (time_ms, proposer) = (TimeMs(1), SessionKey([proposer; 32]));
    let draft = Draft { time_ms, proposer, anchor, actions: Vec::new(), bytes_max: 1 << 20 };
    machine.build(draft).0
}

fn witness(chain: Final) -> Witness {
    Witness { state: Machine::new(&genesis()).state(), chain: Arc::new(chain), own: SessionKey([9; 32]) }
}

#[tokio::test(start_paused = true)]
async fn a_proposal_is_voted_for_only_if_its_anchor_says_what_the_own_chain_says() {
    type Change = fn(&mut Anchor);
    let cases: [(&str, u64, Change, Option<&str>); 8] = [
        ("the truth", 5, |_| (), None),
        ("a block that is final long since", 9, |_| (), None),
        ("another hash", 5, |anchor| anchor.hash = Digest::ZERO, Some("something else")),
        ("another time", 5, |anchor| anchor.time_ms = TimeMs(9), Some("something else")),
        (
            "more stake",
            5,
            |anchor| anchor.facts[1] = Fact::Neuron { hotkey: hotkey(), neuron: neuron(8) },
            Some("something else"),
        ),
        ("what is new left out", 5, |anchor| anchor.facts.truncate(0), Some("something else")),
        ("a block that is not final yet", 4, |_| (), Some("not final")),
        ("a chain that does not answer", 0, |_| (), Some("nobody answers")),
    ];
    for (desc, number, change, expected) in cases {
        let mut anchor = truth();
        change(&mut anchor);
        let witness = witness(Final(AtomicU64::new(number)));
        let got = witness.check(&proposal(Some(anchor), 1)).await.err();
        match expected {
            None => assert_eq!(got, None, "{desc}"),
            Some(text) => assert!(got.as_ref().is_some_and(|got| got.contains(text)), "{desc}: {got:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_chain_that_is_a_little_behind_is_waited_for() {
    let chain = Arc::new(Final(AtomicU64::new(4)));
    let witness = Witness { chain: chain.clone(), ..witness(Final(AtomicU64::new(4))) };
    let block = proposal(Some(truth()), 1);
    let later = async {
        tokio::time::sleep(PATIENCE / 2).await;
        chain.0.store(5, Ordering::Relaxed);
    };
    assert_eq!(tokio::join!(witness.check(&block), later).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn what_a_node_stated_itself_and_blocks_without_an_anchor_need_no_chain() {
    let silent = || witness(Final(AtomicU64::new(0)));
    assert_eq!(silent().check(&proposal(None, 1)).await, Ok(()));
    assert_eq!(silent().check(&proposal(Some(truth()), 9)).await, Ok(()));
}

/// The driver's side: it finds every block valid, and says what it was asked.
async fn drive(mut inbox: mpsc::Receiver<Message>) -> Vec<&'static str> {
    let mut asked = Vec::new();
    while let Some(message) = inbox.recv().await {
        match message {
            Message::Check { reply, .. } => {
                asked.push("check");
                drop(reply.send(Ok(Valid { root: Digest::ZERO })));
            }
            Message::Decided { reply, .. } => {
                asked.push("decided");
                drop(reply.send(Ok(())));
            }
            _ => asked.push("something else"),
        }
    }
    asked
}

#[tokio::test(start_paused = true)]
async fn what_is_decided_is_executed_whatever_the_own_chain_has_seen() {
    let block = proposal(Some(truth()), 1);
    let certificate =
        || Certificate { height: block.header.height, round: 0, block: Digest::ZERO, signatures: vec![] };
    for (votes, expected) in [(true, vec!["decided"]), (false, vec!["check", "decided"])] {
        let (messages, inbox) = mpsc::channel(1);
        let witness = votes.then(|| witness(Final(AtomicU64::new(4))));
        let driver = tokio::spawn(drive(inbox));
        let remote = Remote { messages, witness };
        let checked = remote.check(block.clone()).await;
        assert_eq!(matches!(checked, Ok(Err(Refused(_)))), votes, "{checked:?}");
        assert_eq!(remote.decided(block.clone(), certificate()).await, Ok(()));
        drop(remote);
        assert_eq!(driver.await.unwrap(), expected);
    }
}
