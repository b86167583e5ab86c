//! What the mesh counts.

use crate::topic::Topic;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The counters as they are being counted.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub $name: AtomicU64,)*
            received: [AtomicU64; 3],
            dropped: [AtomicU64; 3],
        }

        /// The counters at one moment. All but `peers`, `validators` and `connections` only grow.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Figures {
            $($(#[$doc])* pub $name: u64,)*
            /// Messages that reached the application's queue, by topic: consensus, actions, artifacts.
            pub received: [u64; 3],
            /// Messages that found the application's queue full, by topic; the newest is the one that is dropped.
            pub dropped: [u64; 3],
        }

        impl Counters {
            pub fn figures(&self) -> Figures {
                Figures {
                    $($name: self.$name.load(Relaxed),)*
                    received: self.received.each_ref().map(|count| count.load(Relaxed)),
                    dropped: self.dropped.each_ref().map(|count| count.load(Relaxed)),
                }
            }
        }
    };
}

figures! {
    /// Peers that are connected.
    peers,
    /// Of them, validators with a valid binding.
    validators,
    /// Connections that are open.
    connections,
    /// Own messages that went out.
    published,
    /// Own messages that found no peer to go to.
    unheard,
    /// Own messages and questions that found the swarm's queue full.
    refused_commands,
    /// Messages that the application called invalid.
    invalid,
    /// Messages on topics that their sender has no right to.
    unbound,
    /// Messages and questions above a peer's rate.
    flooded,
    /// Messages or questions that are too large or no document.
    malformed,
    /// Messages given up because a peer was too slow.
    slow,
    /// Questions that were answered.
    answered,
    /// Questions that were turned away, because too many waited or the asker had no right.
    turned_away,
    /// Bindings that were taken.
    bound,
    /// Bindings that were refused.
    refused_bindings,
    /// Peers of other networks, or with other protocols.
    foreign,
    /// Peers that were banned.
    banned,
    /// Connections that were refused: banned, too many, or from one address too often.
    refused_connections,
    /// Artifacts fetched from peers.
    fetched,
    /// Artifacts whose bytes had another digest.
    wrong_bytes,
}

impl Counters {
    pub fn received(&self, topic: Topic) {
        count(&self.received[topic.index()]);
    }

    pub fn dropped(&self, topic: Topic) {
        count(&self.dropped[topic.index()]);
    }
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

pub(crate) fn set(counter: &AtomicU64, value: usize) {
    counter.store(value as u64, Relaxed);
}
