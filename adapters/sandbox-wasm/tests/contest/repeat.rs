//! The same input gives the same outcome and the same fuel, however often, in whatever order and beside whatever else.

use crate::stage::{Deed, Stage, limits, measured, recording, room, said, script, task, written};
use agon_port::sandbox::Phase;
use agon_sandbox_wasm::room::{Finished, Gone, Order, Room};

fn game() -> Phase {
    let answers = |bytes| Deed::Answers { at: 65_536, bytes }.input();
    let script = script().random("a", 64).new_agent(0, 0).call(0, &answers(1_000)).call(0, &answers(5));
    let script = script.new_agent(1, 0).call(1, &Deed::Loops.input()).drop_agent(1);
    let script = script.new_agent(1, 0).call(1, &answers(7)).score(7, 0);
    Phase::Score { task: task(""), recording: recording(script.bytes()) }
}

fn order(phase: Phase) -> Order {
    let limits = agon_types::manifest::Limits { agent_fuel: 100_000, ..limits() };
    Order { grants: Default::default(), limits, phase }
}

fn play(room: &mut impl Room) -> Finished {
    room.run(order(game()), &mut |_| Err(Gone))
}

#[test]
fn outcome_and_fuel_repeat_in_used_and_in_new_rooms() {
    let mut used = room(&written("does"), &[written("obeys")]);
    let first = play(&mut used);
    for _ in 0..20 {
        assert_eq!(play(&mut used), first);
    }
    assert_eq!(play(&mut room(&written("does"), &[written("obeys")])), first);
    assert!(measured(first).fuel > 100_000);
}

#[test]
fn outcome_and_fuel_repeat_when_rooms_compete() {
    let first = play(&mut room(&written("does"), &[written("obeys")]));
    assert!(matches!(first.result, Ok(Ok(_))));
    let rooms: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                let mut room = room(&written("does"), &[written("obeys")]);
                (0..10).map(|_| play(&mut room)).collect::<Vec<_>>()
            })
        })
        .collect();
    for room in rooms {
        assert!(room.join().unwrap().into_iter().all(|finished| finished == first));
    }
}

#[test]
fn two_agents_of_one_seat_share_nothing() {
    let mut stage = Stage { agents: vec![written("counts")], ..Stage::default() };
    let two = script().new_agent(0, 0).new_agent(1, 0).call(0, b"").call(0, b"").call(1, b"").call(0, b"");
    // The place of a dropped one is taken again, and nothing is left in it.
    let then = two.drop_agent(0).new_agent(0, 0).call(0, b"").call(1, b"");
    let finished = stage.score(then);
    assert_eq!(said(&finished), ["+1", "+2", "+1", "+3", "+1", "+2"]);
    let theirs = finished.calls.iter().filter(|calls| calls.name == "agent.log.write");
    assert_eq!(theirs.map(|calls| calls.count).sum::<u64>(), 6);
}

/// Linux states the highest memory use of this process so far.
#[cfg(target_os = "linux")]
#[test]
fn hoarders_do_not_grow_the_host() {
    let peak_kib = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let mut room = room(&written("does"), &[written("obeys")]);
    let hoards = || {
        let script = script().new_agent(0, 0).call(0, &Deed::Grows.input()).keep_large(1 << 20);
        order(Phase::Score { task: task(""), recording: recording(script.bytes()) })
    };
    let _ = room.run(hoards(), &mut |_| Err(Gone));
    let once = peak_kib();
    for _ in 0..20 {
        let _ = room.run(hoards(), &mut |_| Err(Gone));
    }
    assert!(peak_kib() < once + 64 * 1024, "from {once} to {} KiB", peak_kib());
}
