//! A validator: its session key, what the chain says of it, and its power in the open epoch.

use agon_protocol::State;
use agon_protocol::state::{Key, Session, Value, View};
use agon_types::{Height, Hotkey, SessionKey};
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Validator {
    pub hotkey: Hotkey,
    pub session: SessionKey,
    pub uid: Option<u16>,
    pub stake: Option<String>,
    pub permit: bool,
    /// Its power in the open epoch; none if it evaluates nothing in it.
    pub power: Option<String>,
    /// Billionths of all power of the epoch.
    pub power_share: u64,
    pub absences: u32,
    /// `active`, `waiting` (for the next epoch) or `ended` (after too many absences).
    pub status: &'static str,
    /// What it was proven to have done as a voter.
    pub offence: Option<Offence>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Offence {
    /// The height that was voted on.
    pub height: Height,
    /// The height at which it was proven; who readmits it names it.
    pub proven: Height,
    pub readmitted: Option<Height>,
}

pub(crate) fn one(state: &State, hotkey: Hotkey) -> Option<Validator> {
    let session = state.session(hotkey)?;
    Some(of(state, hotkey, session))
}

fn of(state: &State, hotkey: Hotkey, session: &Session) -> Validator {
    let neuron = state.neuron(hotkey);
    let opened = state.now().and_then(|now| state.opened(now.epoch));
    let powers = opened.map(|opened| opened.validators.as_slice()).unwrap_or_default();
    let whole: u128 = powers.iter().map(|(_, power)| u128::from(power.0)).sum();
    let power = powers.iter().find(|(known, _)| *known == hotkey).map(|(_, power)| *power);
    let share = power.map_or(0, |power| u128::from(power.0) * 1_000_000_000 / whole.max(1));
    let status = match power {
        _ if session.ended => "ended",
        Some(_) => "active",
        None => "waiting",
    };
    Validator {
        hotkey,
        session: session.key,
        uid: neuron.map(|neuron| neuron.uid),
        stake: neuron.map(|neuron| neuron.stake.to_string()),
        permit: neuron.is_some_and(|neuron| neuron.permit),
        power: power.map(|power| power.to_string()),
        power_share: u64::try_from(share).unwrap_or_default(),
        absences: session.absences,
        status,
        offence: state.offence(hotkey).map(|known| Offence {
            height: known.height,
            proven: known.proven,
            readmitted: known.readmitted,
        }),
    }
}

/// Every hotkey with a session key, the one with the most power first.
pub(crate) fn all(state: &State) -> Vec<Validator> {
    let (first, last) = (Key::Session(Hotkey([0; 32])), Key::Session(Hotkey([0xff; 32])));
    let sessions = state.range(&first, &last).into_iter().filter_map(|(key, value)| match (key, value) {
        (Key::Session(hotkey), Value::Session(session)) => Some(of(state, *hotkey, session)),
        _ => None,
    });
    let mut all: Vec<Validator> = sessions.collect();
    all.sort_by_key(|validator| (std::cmp::Reverse(validator.power_share), validator.hotkey));
    all
}
