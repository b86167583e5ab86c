//! Those who ask for something and wait until a block has it. What was taken in must not get lost.

use agon_types::anchor::{Fact, Neuron};
use agon_types::{
    Action, ActionBody, Anchor, ChainBlock, Digest, Height, HotkeyPair, NetworkId, SessionPair, Signed,
    Stake, TimeMs,
};

/// So many ask.
const CLIENTS: u8 = 8;

/// An action that no block has yet.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub action: Signed<Action>,
    pub digest: Digest,
    /// The node that took it in; after a fall, it gets it again.
    pub node: usize,
}

struct Client {
    hotkey: HotkeyPair,
    session: SessionPair,
    sequence: u64,
    waiting: Option<Waiting>,
}

/// All who ask.
pub struct Clients(Vec<Client>);

impl Default for Clients {
    fn default() -> Self {
        let client = |number| {
            let hotkey = HotkeyPair::from_seed(&[100 + number; 32]);
            let session = SessionPair::from_seed(&[200 + number; 32]);
            Client { hotkey, session, sequence: 0, waiting: None }
        };
        Self((0..CLIENTS).map(client).collect())
    }
}

impl Clients {
    /// What the chain knows of them.
    pub fn anchor(&self) -> Anchor {
        let fact = |(uid, client): (usize, &Client)| {
            let hotkey = client.hotkey.hotkey();
            let neuron = Neuron { coldkey: hotkey, uid: uid as u16, stake: Stake(0), permit: false };
            Fact::Neuron { hotkey, neuron }
        };
        let facts = self.0.iter().enumerate().map(fact).collect();
        Anchor { number: ChainBlock(0), hash: Digest::of(b"chain"), time_ms: TimeMs(0), facts }
    }

    /// Someone who has nothing open asks a node for something.
    pub fn ask(&mut self, network: &NetworkId, node: usize, height: Height) -> Option<Waiting> {
        let client = self.0.iter_mut().find(|client| client.waiting.is_none())?;
        client.sequence += 1;
        let (hotkey, session, sequence) = (client.hotkey.hotkey(), &client.session, client.sequence);
        let body = ActionBody::RegisterSession { hotkey, session: session.session(), sequence };
        let action = Action { expires_at_height: height.plus(5_000), body };
        let action = Signed::new(network, action, &[&client.hotkey, session]);
        let waiting = Waiting { digest: action.digest(), action, node };
        client.waiting = Some(waiting.clone());
        self.0.rotate_left(1);
        Some(waiting)
    }

    /// Those whose action a block has ask no more for it.
    pub fn settle(&mut self, is_decided: impl Fn(&Digest) -> bool) {
        for client in &mut self.0 {
            client.waiting.take_if(|waiting| is_decided(&waiting.digest));
        }
    }

    pub fn waiting(&self) -> impl Iterator<Item = &Waiting> {
        self.0.iter().filter_map(|client| client.waiting.as_ref())
    }
}
