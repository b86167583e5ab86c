//! How gossip is set up: signed by its author, judged by the application before it goes on, and scored.

use crate::key::NodeKey;
use crate::limits;
use crate::meter::{Bounds, Gossip};
use crate::topic::{Names, Topic};
use agon_types::digest::Hasher;
use libp2p::gossipsub::{
    Behaviour, Config, ConfigBuilder, Message, MessageAuthenticity, MessageId, PeerScoreParams,
    PeerScoreThresholds, TopicScoreParams, ValidationMode, WhitelistSubscriptionFilter,
};
use std::time::Duration;

/// Before the payload stands the number of the attempt: gossip passes the same bytes on only once, and a vote that is
/// said again must reach those who missed it.
pub(crate) const ATTEMPT_BYTES: usize = 4;

/// A peer's score is what its standing gives it, less what its faults cost it.
pub(crate) const VALIDATOR_SCORE: f64 = 10.0;
pub(crate) const BOUND_SCORE: f64 = 0.0;
/// Low enough to be told nothing, and high enough to be heard.
pub(crate) const STRANGER_SCORE: f64 = -1.0;
/// Whoever falls to this is cut.
pub(crate) const CUT_SCORE: f64 = -60.0;
const TOLD_SCORE: f64 = -0.5;

pub(crate) fn behaviour(key: &NodeKey, names: &Names) -> Result<Gossip, String> {
    let topics = Topic::ALL.map(|topic| names.topic(topic).hash());
    let mut gossip = Behaviour::new_with_subscription_filter_and_transform(
        MessageAuthenticity::Signed(key.pair().clone()),
        config(names)?,
        WhitelistSubscriptionFilter(topics.into()),
        Bounds(names.clone()),
    )?;
    gossip.with_peer_score(score(names), thresholds())?;
    for topic in Topic::ALL {
        gossip.subscribe(names.topic(topic)).map_err(|error| error.to_string())?;
    }
    Ok(gossip)
}

fn config(names: &Names) -> Result<Config, String> {
    let largest = Topic::ALL.map(Topic::bytes_max).into_iter().max().unwrap_or_default();
    let mut config = ConfigBuilder::default();
    config
        .protocol_id_prefix(names.protocol("gossip"))
        .validation_mode(ValidationMode::Strict)
        .validate_messages()
        .message_id_fn(id_of)
        .flood_publish(true)
        .mesh_n(8)
        .mesh_n_low(6)
        .mesh_n_high(12)
        // A verdict may take five seconds, and who missed a message is told of it for half as long.
        .history_length(10)
        .history_gossip(5)
        .heartbeat_initial_delay(Duration::from_millis(100))
        .heartbeat_interval(Duration::from_millis(500))
        .duplicate_cache_time(Duration::from_secs(30))
        .max_transmit_size(largest + limits::ENVELOPE_BYTES_MAX + ATTEMPT_BYTES)
        .max_publish_messages(limits::FRAME_MESSAGES_MAX)
        .max_control_messages_sent(300)
        .connection_handler_queue_len(limits::OUTGOING_MAX)
        .publish_queue_duration(Duration::from_millis(limits::OUTGOING_MS_MAX))
        .forward_queue_duration(Duration::from_millis(limits::OUTGOING_MS_MAX));
    for topic in Topic::ALL {
        let bytes_max = topic.bytes_max() + limits::ENVELOPE_BYTES_MAX + ATTEMPT_BYTES;
        config.max_transmit_size_for_topic(bytes_max, names.topic(topic).hash());
    }
    config.build().map_err(|error| error.to_string())
}

/// The digest of topic and payload, so that a message is the same whoever sends it.
fn id_of(message: &Message) -> MessageId {
    let mut hasher = Hasher::default();
    let topic = message.topic.as_str().as_bytes();
    hasher.update(&(topic.len() as u64).to_le_bytes());
    hasher.update(topic);
    hasher.update(&message.data);
    MessageId::new(&hasher.finish().0)
}

/// Nothing is earned by time or by talking, and silence costs nothing: votes come when they come.
fn topic_score() -> TopicScoreParams {
    TopicScoreParams {
        topic_weight: 1.0,
        time_in_mesh_weight: 0.0,
        first_message_deliveries_weight: 0.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        invalid_message_deliveries_weight: -2.0,
        invalid_message_deliveries_decay: 0.95,
        ..TopicScoreParams::default()
    }
}

fn score(names: &Names) -> PeerScoreParams {
    PeerScoreParams {
        topics: Topic::ALL.map(|topic| (names.topic(topic).hash(), topic_score())).into(),
        app_specific_weight: 1.0,
        // Many nodes of one machine, or behind one router, are no fault; connections per address are counted.
        ip_colocation_factor_weight: 0.0,
        // On a machine that does much else, an honest peer breaks a promise or takes its messages late.
        behaviour_penalty_weight: -1.0,
        behaviour_penalty_threshold: 6.0,
        slow_peer_weight: -0.02,
        retain_score: Duration::from_millis(limits::BAN_MS),
        ..PeerScoreParams::default()
    }
}

fn thresholds() -> PeerScoreThresholds {
    PeerScoreThresholds {
        gossip_threshold: TOLD_SCORE,
        publish_threshold: TOLD_SCORE,
        graylist_threshold: CUT_SCORE,
        ..PeerScoreThresholds::default()
    }
}
