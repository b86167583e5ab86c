//! `step` alone, with its writes applied: actions per second on one core, by kind and for the whole mix.
#![expect(clippy::disallowed_types, reason = "a benchmark has a clock")]

mod contest;

use agon_protocol::{Input, State};
use agon_types::{Action, ActionBody, Verified};
use contest::{Contest, execute};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

fn kind(action: &Verified<Action>) -> &'static str {
    match &action.body().body {
        ActionBody::Announce(_) => "announce",
        ActionBody::Commit { .. } => "commit",
        ActionBody::Reveal { .. } => "reveal",
        _ => "other",
    }
}

fn main() {
    let contest = Contest::new();
    let network = contest.genesis.network.clone();
    let mut state = State::new(&contest.genesis);
    let mut times: BTreeMap<&str, (u32, Duration)> = BTreeMap::new();
    for (begin, actions) in contest.blocks {
        let began = Instant::now();
        let writes = execute(&state, Input::Begin(begin));
        state.apply(writes);
        println!("block of {} actions begun in {:?}", actions.len(), began.elapsed());

        let verified: Vec<_> =
            actions.into_iter().map(|one| one.verify(&network).expect("signed well")).collect();
        let began = Instant::now();
        for action in &verified {
            let writes = execute(&state, Input::Action(action));
            state.apply(writes);
        }
        let Some(first) = verified.first() else { continue };
        let (count, time) = times.entry(kind(first)).or_default();
        *count += verified.len() as u32;
        *time += began.elapsed();
    }
    times.remove("other");
    let rate = |count: u32, time: Duration| f64::from(count) / time.as_secs_f64();
    for (kind, (count, time)) in &times {
        println!("{kind}: {:.0} actions/s ({count} actions)", rate(*count, *time));
    }
    let count = times.values().map(|(count, _)| count).sum();
    let time = times.values().map(|(_, time)| time).sum();
    println!(
        "mix: {:.0} actions/s ({count} actions, {} entries in the state)",
        rate(count, time),
        state.len()
    );
}
