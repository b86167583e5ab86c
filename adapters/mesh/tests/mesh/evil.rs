//! A peer that speaks the protocols of the mesh and keeps to none of its rules.

use crate::stage::Node;
use libp2p::core::upgrade::Version;
use libp2p::futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, StreamExt as _};
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity, MessageId, PublishError, ValidationMode};
use libp2p::identity::Keypair;
use libp2p::request_response::{self, Message, ProtocolSupport};
use libp2p::swarm::{Config, NetworkBehaviour, Swarm, SwarmEvent};
use libp2p::{Multiaddr, PeerId, StreamProtocol, Transport as _, noise, ping, tcp, yamux};
use std::io;
use std::time::Duration;

/// What the names of the test network begin with.
pub const PREFIX: &str = "/agon/test/000000000000";
/// A greeting without a binding.
pub const GREETING: [u8; 5] = [1, 0, 0, 0, 0];

/// Sends bytes as they are, and does not look at those that it gets.
#[derive(Clone, Default)]
pub struct Raw;

impl request_response::Codec for Raw {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
    ) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; 4096];
        let read = io.read(&mut bytes).await?;
        bytes.truncate(read);
        Ok(bytes)
    }

    async fn read_response<T: AsyncRead + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        _: &mut T,
    ) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    async fn write_request<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        io.write_all(&bytes).await?;
        io.flush().await
    }

    async fn write_response<T: AsyncWrite + Unpin + Send>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Vec<u8>,
    ) -> io::Result<()> {
        io.write_all(&bytes).await?;
        io.flush().await
    }
}

#[derive(NetworkBehaviour)]
pub struct Behaviour {
    pub gossip: gossipsub::Behaviour,
    pub raw: request_response::Behaviour<Raw>,
    pub ping: ping::Behaviour,
}

/// The peer, its swarm and the answer that it gives to a greeting.
pub struct Evil {
    pub swarm: Swarm<Behaviour>,
    pub answer: Vec<u8>,
    number: u64,
}

impl Evil {
    /// A peer whose messages all differ, also where their bytes do not.
    pub fn new(protocol: &str) -> Self {
        let key = Keypair::generate_ed25519();
        let config = gossipsub::ConfigBuilder::default()
            .protocol_id_prefix(format!("{PREFIX}/gossip/1"))
            .validation_mode(ValidationMode::Strict)
            .message_id_fn(|message| MessageId::new(&message.sequence_number.unwrap_or(0).to_le_bytes()))
            .max_transmit_size(4 << 20)
            .build()
            .unwrap();
        let signed = MessageAuthenticity::Signed(key.clone());
        let mut gossip = gossipsub::Behaviour::new(signed, config).unwrap();
        for topic in ["consensus", "actions", "artifacts"] {
            gossip.subscribe(&IdentTopic::new(format!("{PREFIX}/{topic}"))).unwrap();
        }
        let protocol = StreamProtocol::try_from_owned(format!("{PREFIX}/{protocol}/1")).unwrap();
        let raw = request_response::Behaviour::new(
            [(protocol, ProtocolSupport::Full)],
            request_response::Config::default(),
        );
        let transport = tcp::tokio::Transport::default()
            .upgrade(Version::V1Lazy)
            .authenticate(noise::Config::new(&key).unwrap())
            .multiplex(yamux::Config::default())
            .boxed();
        let config = Config::with_tokio_executor().with_idle_connection_timeout(Duration::from_secs(600));
        let peer = key.public().to_peer_id();
        let swarm =
            Swarm::new(transport, Behaviour { gossip, raw, ping: ping::Behaviour::default() }, peer, config);
        Self { swarm, answer: GREETING.to_vec(), number: 0 }
    }

    pub fn peer(&self) -> PeerId {
        *self.swarm.local_peer_id()
    }

    pub async fn reach(&mut self, node: &Node) {
        let address: Multiaddr = node.address().await;
        self.swarm.dial(address).unwrap();
        while !self.swarm.is_connected(&node.key.peer()) {
            self.step().await;
        }
    }

    /// Lets the swarm do one thing; says whether it was cut.
    pub async fn step(&mut self) -> bool {
        match self.swarm.select_next_some().await {
            SwarmEvent::Behaviour(BehaviourEvent::Raw(request_response::Event::Message {
                message: Message::Request { channel, .. },
                ..
            })) => {
                let answer = self.answer.clone();
                let _ = self.swarm.behaviour_mut().raw.send_response(channel, answer);
                false
            }
            SwarmEvent::ConnectionClosed { .. } => true,
            _ => false,
        }
    }

    /// Runs for a while; says whether it was cut.
    pub async fn run(&mut self, time: Duration) -> bool {
        tokio::time::timeout(time, async { while !self.step().await {} }).await.is_ok()
    }

    /// Says so many bytes under a topic, never the same twice.
    pub fn say(&mut self, topic: &str, bytes: usize) -> Result<MessageId, PublishError> {
        self.number += 1;
        let mut data = vec![0; bytes.max(12)];
        data[4..12].copy_from_slice(&self.number.to_le_bytes());
        self.swarm.behaviour_mut().gossip.publish(IdentTopic::new(format!("{PREFIX}/{topic}")), data)
    }
}
