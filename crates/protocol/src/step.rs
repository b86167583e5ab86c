//! One input, one step: all changes of the contest go through here.

use crate::draft::Draft;
use crate::input::{Begin, Input};
use crate::reason::Reason;
use crate::state::{Key, Now, State, View, Writes};
use crate::{
    anchor, board, epoch, misbehaviour, post, registry, report, round, submission, validator, voters, weights,
};
use agon_types::event::Event;
use agon_types::{Action, ActionBody, Verified, limits};

/// What an input did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Done {
        writes: Writes,
        effects: Vec<Event>,
    },
    /// Nothing changed, for this reason.
    Refused(Reason),
}

/// Executes one input on a state, without changing it.
pub fn step(state: &State, input: Input<'_>) -> Step {
    let mut draft = Draft::new(state);
    let done = match input {
        Input::Begin(begin) => begin_block(&mut draft, begin),
        Input::Action(action) => act(&mut draft, action),
    };
    match done {
        Ok(()) => {
            let (writes, effects) = draft.finish();
            Step::Done { writes, effects }
        }
        Err(reason) => Step::Refused(reason),
    }
}

/// Time passes: signers are counted, facts come in, epochs open, windows end, epochs are ranked and sealed, each in its turn. (S2.2)
fn begin_block(draft: &mut Draft<'_>, begin: Begin) -> Result<(), Reason> {
    let now = draft.time().ok_or(Reason::NoGenesis)?;
    if begin.height != now.height.next() {
        return Err(Reason::WrongHeight { expected: now.height.next(), got: begin.height });
    }
    if begin.time_ms <= now.time_ms {
        return Err(Reason::TimeNotAfter { last: now.time_ms, got: begin.time_ms });
    }
    draft.put(Key::Now(), Now { height: begin.height, time_ms: begin.time_ms, ..now });
    voters::count(draft, &begin.signers);
    let boundary = match &begin.anchor {
        Some(stated) => anchor::admit(draft, stated)?,
        None => false,
    };
    round::end_windows(draft);
    weights::settle(draft);
    if let Some(stated) = begin.anchor.as_ref().filter(|_| boundary) {
        epoch::open_next(draft, stated);
    }
    weights::settle(draft);
    Ok(())
}

/// An action counts until its height, and once. (S2.6, S2.7)
fn act(draft: &mut Draft<'_>, action: &Verified<Action>) -> Result<(), Reason> {
    let height = draft.now().ok_or(Reason::NoGenesis)?.height;
    let expires = action.body().expires_at_height;
    if height > expires {
        return Err(Reason::Expired { expired: expires, height });
    }
    if expires.since(height) > limits::EXPIRY_HEIGHTS_MAX {
        return Err(Reason::ExpiresTooLate { latest: height.plus(limits::EXPIRY_HEIGHTS_MAX) });
    }
    match &action.body().body {
        ActionBody::RegisterSession { hotkey, session, sequence } => {
            validator::register(draft, action, (*hotkey, *session, *sequence))
        }
        ActionBody::PublishChallenge(manifest) => registry::publish(draft, action, manifest),
        ActionBody::UpdateChallenge(manifest) => registry::update(draft, action, manifest),
        ActionBody::ShiftChallenge { challenge, version, shift } => {
            registry::shift(draft, action, (challenge, *version, *shift))
        }
        ActionBody::Announce(announcement) => submission::announce(draft, action, announcement),
        ActionBody::Commit { job, validator, commit } => {
            report::commit(draft, action, (*job, *validator, *commit))
        }
        ActionBody::Reveal { report, salt } => report::reveal(draft, action, (report, salt)),
        ActionBody::Decide(decision) => board::decide(draft, action, decision),
        ActionBody::Post(stated) => post::post(draft, action, stated),
        ActionBody::Misbehaviour(shown) => misbehaviour::punish(draft, shown),
        ActionBody::Readmit { hotkey, proven } => misbehaviour::readmit(draft, action, (*hotkey, *proven)),
    }
}

#[cfg(test)]
pub(crate) mod fixtures {
    //! A small network for the tables of this crate.

    use agon_types::genesis::{Owner, Parameters, Window};
    use agon_types::{ChainBlock, Genesis, HotkeyPair, SessionPair, TimeMs, Voters};

    pub fn owner() -> HotkeyPair {
        HotkeyPair::from_seed(&[200; 32])
    }

    pub fn genesis() -> Genesis {
        Genesis {
            network: "test".parse().unwrap(),
            time_ms: TimeMs(1_000),
            owner: Owner { threshold: 1, keys: vec![owner().hotkey()] },
            voters: Voters::One(SessionPair::from_seed(&[201; 32]).session()),
            burn: HotkeyPair::from_seed(&[202; 32]).hotkey(),
            chain_start: ChainBlock(0),
            parameters: Parameters {
                epoch_blocks: 10,
                commit_window: Window { heights: 2, ms: 20 },
                reveal_window: Window { heights: 2, ms: 20 },
                power_cap: "0.4".parse().unwrap(),
                absences_max: 3,
                missed_max: 3,
            },
        }
    }
}
