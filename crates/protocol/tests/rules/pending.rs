//! S3.8: what a validator has to do follows from the state alone.

use crate::world::*;
use agon_protocol::pending::{Duty, Work, duties, task, weights_due};
use agon_types::*;

fn todo(world: &World, n: u8) -> Vec<Duty> {
    duties(&world.state, hotkey(n), session(n).session())
}

#[test]
fn duties_follow_the_windows() {
    let mut world = World::contest(manifest("c"));
    let id = world.submit("c", (10, 1), 5);
    assert_eq!(todo(&world, 1), []);
    world.next_epoch();
    let job = JobId { epoch: world.epoch(), round: 0, submission: id };
    assert_eq!(todo(&world, 1), [Duty::Evaluate(job)]);
    let hidden = world.hidden(1, job, scored("0.5"));
    world.commit(1, job, hidden).unwrap();
    assert_eq!(todo(&world, 1), []);
    world.open_reveals();
    assert_eq!(todo(&world, 1), [Duty::Reveal(job)]);
    assert_eq!(todo(&world, 2), [], "it missed the window");
    world.reveal(1, job, scored("0.5")).unwrap();
    assert_eq!(todo(&world, 1), []);
    assert_eq!(todo(&world, 10), [], "a miner has none");
}

#[test]
fn whoever_has_a_permit_and_no_live_key_registers() {
    let mut world = World::contest(manifest("c"));
    world.neuron(4, |neuron| (neuron.permit, neuron.stake) = (true, Stake(1)));
    assert_eq!(todo(&world, 4), [Duty::Register { sequence: 1 }]);
    let other = duties(&world.state, hotkey(1), session(9).session());
    assert!(other.contains(&Duty::Register { sequence: 2 }), "another key than the registered one");
}

#[test]
fn the_last_sealed_epochs_are_to_stand_on_the_chain_in_their_order() {
    let mut world = World::contest(manifest("c"));
    let due =
        |world: &World, n| weights_due(&world.state, hotkey(n)).iter().map(|seal| seal.epoch.0).collect();
    world.next_epoch();
    let epochs: Vec<u64> = due(&world, 1);
    assert_eq!(epochs, [0, 1]);
    for _ in 0..4 {
        world.next_epoch();
    }
    let epochs: Vec<u64> = due(&world, 1);
    assert_eq!(epochs, [2, 3, 4, 5], "older ones are superseded");
    assert!(weights_due(&world.state, hotkey(10)).is_empty(), "a miner sets none");
}

#[test]
fn a_task_has_the_rules_of_its_epoch_and_its_seeds() {
    let mut world = World::contest(Manifest {
        benchmarks: vec![benchmark("a", "0"), benchmark("b", "0")],
        ..manifest("c")
    });
    let id = world.submit("c", (10, 1), 5);
    world.next_epoch();
    let job = JobId { epoch: world.epoch(), round: 0, submission: id };
    let found = task(&world.state, job).unwrap();
    assert_eq!((found.manifest.version, found.epoch), (1, world.epoch()));
    let Work::Score(scoring) = found.work else { panic!("it is scored") };
    assert_eq!((scoring.artifact, scoring.benchmarks.len()), (artifact(1), 2));
    assert_ne!(scoring.benchmarks[0].1, scoring.benchmarks[1].1);
    assert_eq!(task(&world.state, JobId { round: 1, ..job }), None);
}
