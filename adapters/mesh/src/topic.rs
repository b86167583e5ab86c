//! What is gossiped, each kind under a topic, a size and a bound of its own.

use crate::limits;
use agon_types::{Digest, NetworkId};
use libp2p::gossipsub::{IdentTopic, TopicHash};

/// A kind of gossip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Proposals, votes and what belongs to them; from validators alone.
    Consensus,
    /// Signed actions, also from strangers.
    Actions,
    /// Who has which artifact.
    Artifacts,
}

impl Topic {
    pub const ALL: [Self; 3] = [Self::Consensus, Self::Actions, Self::Artifacts];

    /// The largest message.
    pub fn bytes_max(self) -> usize {
        match self {
            Self::Consensus => limits::CONSENSUS_BYTES_MAX,
            Self::Actions => limits::GOSSIPED_ACTION_BYTES_MAX,
            Self::Artifacts => limits::ANNOUNCEMENT_BYTES_MAX,
        }
    }

    /// How many bytes of it may wait for the application.
    pub(crate) fn unjudged_bytes_max(self) -> usize {
        match self {
            Self::Consensus => limits::UNJUDGED_CONSENSUS_BYTES_MAX,
            Self::Actions => limits::UNJUDGED_ACTIONS_BYTES_MAX,
            Self::Artifacts => limits::UNJUDGED_ANNOUNCEMENTS_BYTES_MAX,
        }
    }

    pub(crate) fn index(self) -> usize {
        match self {
            Self::Consensus => 0,
            Self::Actions => 1,
            Self::Artifacts => 2,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Consensus => "consensus",
            Self::Actions => "actions",
            Self::Artifacts => "artifacts",
        }
    }
}

/// What tells one network's mesh from another's: its name, and the digest of its genesis.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    prefix: String,
    topics: [IdentTopic; 3],
}

impl Names {
    pub fn new(network: &NetworkId, genesis: Digest) -> Self {
        let prefix = format!("/agon/{network}/{}", genesis.short());
        let topics = Topic::ALL.map(|topic| IdentTopic::new(format!("{prefix}/{}", topic.name())));
        Self { prefix, topics }
    }

    /// The name of a protocol between two peers.
    pub fn protocol(&self, name: &str) -> String {
        format!("{}/{name}/1", self.prefix)
    }

    pub fn topic(&self, topic: Topic) -> &IdentTopic {
        &self.topics[topic.index()]
    }

    pub fn of(&self, hash: &TopicHash) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| self.topic(*topic).hash() == *hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_share_no_name() {
        let names = |network: &str, genesis: &[u8]| {
            Names::new(&network.parse().unwrap(), Digest::of(genesis)).protocol("greeting")
        };
        assert_ne!(names("one", b"a"), names("two", b"a"));
        assert_ne!(names("one", b"a"), names("one", b"b"));
        assert_eq!(names("one", b"a"), names("one", b"a"));
    }

    #[test]
    fn a_topic_is_found_by_its_hash() {
        let names = Names::new(&"one".parse().unwrap(), Digest::ZERO);
        for topic in Topic::ALL {
            assert_eq!(names.of(&names.topic(topic).hash()), Some(topic));
        }
        assert_eq!(names.of(&IdentTopic::new("/agon/one/other").hash()), None);
    }
}
