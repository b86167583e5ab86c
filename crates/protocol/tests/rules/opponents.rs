//! S3.10: who sits at the table of a submission.

use crate::world::*;
use agon_protocol::pending::{Work, task};
use agon_types::*;
use std::collections::BTreeSet;

/// The opponents of each submission that is judged, by the number of the miner and the opponents' artifacts.
fn tables(miners: u8, opponents: u8) -> Vec<(u8, Vec<u8>)> {
    let mut world = World::contest(Manifest { opponents, ..manifest("c") });
    let ids: Vec<SubmissionId> = (0..miners).map(|n| world.submit("c", (10 + n, n), 5)).collect();
    world.next_epoch();
    tables_of(&world, &ids)
}

fn tables_of(world: &World, ids: &[SubmissionId]) -> Vec<(u8, Vec<u8>)> {
    let number =
        |id: SubmissionId| (0u8..).zip(ids).find(|(_, known)| **known == id).map(|(n, _)| n).unwrap();
    let jobs = world.jobs().into_iter().filter(|(job, _)| !job.is_weigh());
    let mut tables: Vec<(u8, Vec<u8>)> = jobs
        .map(|(job, _)| {
            let Work::Score(scoring) = task(&world.state, job).unwrap().work else { panic!("it is scored") };
            let opponents = scoring.opponents.iter().map(|(id, digest)| {
                assert_eq!(*digest, artifact(number(*id)), "the opponent's own artifact");
                number(*id)
            });
            (number(job.submission), opponents.collect())
        })
        .collect();
    tables.sort();
    tables
}

#[test]
fn all_meet_the_same_ones_but_nobody_meets_itself() {
    let tables = tables(6, 2);
    assert_eq!(tables.len(), 6);
    let outsiders: BTreeSet<&Vec<u8>> = tables
        .iter()
        .filter(|(n, _)| !tables.iter().any(|(_, o)| o[..2].contains(n)))
        .map(|(_, o)| o)
        .collect();
    assert_eq!(outsiders.len(), 1, "who is not drawn meets those that are: {tables:?}");
    let drawn = outsiders.first().unwrap();
    for (own, opponents) in &tables {
        assert!(opponents.len() == 2 && !opponents.contains(own), "{tables:?}");
        let others: Vec<u8> = drawn.iter().copied().filter(|n| n != own).collect();
        assert!(opponents.starts_with(&others), "one that is drawn meets the next instead: {tables:?}");
    }
    let next: BTreeSet<u8> =
        tables.iter().filter(|(own, _)| drawn.contains(own)).map(|(_, opponents)| opponents[1]).collect();
    assert_eq!(next.len(), 1, "and the next is the same for all of them: {tables:?}");
}

#[test]
fn where_there_are_fewer_there_are_fewer_opponents() {
    let cases = [(1, 3, 0), (2, 3, 1), (3, 3, 2), (4, 3, 3), (9, 8, 8), (5, 0, 0)];
    for (miners, opponents, expected) in cases {
        let tables = tables(miners, opponents);
        assert_eq!(tables.len(), usize::from(miners));
        assert!(tables.iter().all(|(_, met)| met.len() == expected), "{miners} with {opponents}: {tables:?}");
    }
}

#[test]
fn another_epoch_draws_others_and_a_second_round_the_same() {
    let mut world = World::contest(Manifest { opponents: 2, rerun_top: 20, ..manifest("c") });
    let ids: Vec<SubmissionId> = (0..20).map(|n| world.submit("c", (10 + n % 10, n), 5)).collect();
    world.next_epoch();
    let first = tables_of(&world, &ids);
    world.judge(|_, _| None);
    assert!(world.jobs().iter().all(|(job, _)| job.round == 1));
    assert_eq!(tables_of(&world, &ids), first);
    world.judge(|_, _| Some(scored("0.5")));
    world.next_epoch();
    let second = tables_of(&world, &ids);
    assert_eq!(second.len(), first.len());
    assert_ne!(second, first);
}

#[test]
fn submissions_of_other_challenges_are_not_met() {
    let half = |id: &str| Manifest { opponents: 8, emission_share: score("0.5"), ..manifest(id) };
    let mut world = World::contest(half("c"));
    world.publish(half("d")).unwrap();
    world.next_epoch();
    let ids = [world.submit("c", (10, 0), 5), world.submit("d", (11, 1), 5), world.submit("c", (12, 2), 5)];
    world.next_epoch();
    assert_eq!(tables_of(&world, &ids), [(0, vec![2]), (1, vec![]), (2, vec![0])]);
}
