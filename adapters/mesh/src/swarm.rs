//! What the swarm is made of: its transports, and the protocols that it speaks.

use crate::door::Door;
use crate::gossip;
use crate::key::NodeKey;
use crate::limits;
use crate::meter::Metered;
use crate::quic::Quic;
use crate::topic::Names;
use crate::wire::Codec;
use agon_types::peer::{BlocksAnswer, BlocksAsk, ChunkAnswer, ChunkAsk, Greeting};
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, OrTransport};
use libp2p::core::upgrade::Version;
use libp2p::futures::future::Either;
use libp2p::request_response::{Behaviour as Asking, Config as AskingConfig, ProtocolSupport};
use libp2p::swarm::{Config as SwarmConfig, NetworkBehaviour, Swarm};
use libp2p::{PeerId, StreamProtocol, Transport as _, identify, noise, ping, tcp, yamux};
use std::time::Duration;

/// Everything that runs on a connection. The door is asked first.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    pub door: Door,
    pub metered: Metered,
    pub greetings: Asking<Codec<Greeting, Greeting>>,
    pub chunks: Asking<Codec<ChunkAsk, ChunkAnswer>>,
    pub blocks: Asking<Codec<BlocksAsk, BlocksAnswer>>,
    pub identify: identify::Behaviour,
    pub ping: ping::Behaviour,
}

pub(crate) fn swarm(key: &NodeKey, names: &Names) -> Result<Swarm<Behaviour>, String> {
    let behaviour = Behaviour {
        door: Door::default(),
        metered: Metered::new(gossip::behaviour(key, names)?),
        greetings: asking(names, "greeting", limits::HANDSHAKE_MS_MAX)?,
        chunks: asking(names, "chunks", limits::QUESTION_MS_MAX)?,
        blocks: asking(names, "blocks", limits::QUESTION_MS_MAX)?,
        identify: identify::Behaviour::new(
            identify::Config::new(names.protocol("node"), key.pair().public())
                .with_agent_version(format!("agon/{}", env!("CARGO_PKG_VERSION")))
                .with_hide_listen_addrs(true)
                .with_cache_size(0),
        ),
        ping: ping::Behaviour::new(
            ping::Config::new()
                .with_interval(Duration::from_millis(limits::SILENCE_MS_MAX / 3))
                .with_timeout(Duration::from_millis(limits::SILENCE_MS_MAX)),
        ),
    };
    let config = SwarmConfig::with_tokio_executor()
        .with_max_negotiating_inbound_streams(limits::NEGOTIATING_MAX)
        .with_per_connection_event_buffer_size(8)
        // Who may stay is decided by greetings, bans and pings.
        .with_idle_connection_timeout(Duration::from_secs(24 * 3600));
    Ok(Swarm::new(transport(key)?, behaviour, key.peer(), config))
}

fn asking<Q, A>(names: &Names, name: &str, ms: u64) -> Result<Asking<Codec<Q, A>>, String>
where
    Codec<Q, A>:
        libp2p::request_response::Codec<Protocol = StreamProtocol> + Default + Clone + Send + 'static,
{
    let protocol = StreamProtocol::try_from_owned(names.protocol(name)).map_err(|error| error.to_string())?;
    let config = AskingConfig::default()
        .with_request_timeout(Duration::from_millis(ms))
        .with_max_concurrent_streams(limits::STREAMS_MAX);
    Ok(Asking::new([(protocol, ProtocolSupport::Full)], config))
}

fn transport(key: &NodeKey) -> Result<Boxed<(PeerId, StreamMuxerBox)>, String> {
    let mut streams = yamux::Config::default();
    streams.set_max_num_streams(limits::CONNECTION_STREAMS_MAX);
    let tcp = tcp::tokio::Transport::new(tcp::Config::new().nodelay(true))
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(key.pair()).map_err(|error| error.to_string())?)
        .multiplex(streams)
        .timeout(Duration::from_millis(limits::HANDSHAKE_MS_MAX))
        .boxed();
    let quic = Quic::new(key).map_err(|error| error.to_string())?;
    let quic = quic.map(|(peer, connection), _| (peer, StreamMuxerBox::new(connection)));
    let either = OrTransport::new(quic, tcp);
    Ok(either
        .map(|output, _| match output {
            Either::Left(output) | Either::Right(output) => output,
        })
        .boxed())
}
