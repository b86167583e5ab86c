//! A full replay against what it cannot do without: the signatures and the tree. The rest is what the rules cost.
#![expect(clippy::disallowed_types, reason = "a benchmark has a clock")]

mod contest;

use agon_proof::Tree;
use agon_protocol::{Input, Key, State, Value};
use agon_types::{Action, Signed, Verified, codec};
use contest::{Contest, execute};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Blocks are cut to this many actions, as a decided block would be.
const ACTIONS_PER_BLOCK: usize = 500;

type Writes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

fn encoded((key, value): (&Key, &Option<Value>)) -> (Vec<u8>, Option<Vec<u8>>) {
    (codec::encode(key), value.as_ref().map(codec::encode))
}

/// All of it, in order: verify, step, apply, tree. Gives the root, and what the tree was given.
fn replay(contest: &Contest) -> (Duration, Tree, Vec<Writes>) {
    let mut state = State::new(&contest.genesis);
    let mut tree = Tree::new();
    let (mut time, mut batches) = (Duration::ZERO, Vec::new());
    for (begin, actions) in &contest.blocks {
        let begun = execute(&state, Input::Begin(begin.clone()));
        let mut writes = begun.0.clone();
        state.apply(begun);
        // A block without actions still has what its beginning wrote.
        for chunk in actions.chunks(ACTIONS_PER_BLOCK).chain(actions.is_empty().then_some(&actions[..])) {
            let chunk = chunk.to_vec();
            let began = Instant::now();
            for signed in chunk {
                let action = signed.verify(&contest.genesis.network).expect("signed well");
                let done = execute(&state, Input::Action(&action));
                writes.extend(done.0.iter().map(|(key, value)| (key.clone(), value.clone())));
                state.apply(done);
            }
            let batch: Writes = writes.iter().map(encoded).collect();
            let kept = batch.clone();
            let update = tree.prepare(batch);
            tree.apply(update).expect("prepared on this tree");
            time += began.elapsed();
            batches.push(kept);
            writes.clear();
        }
    }
    (time, tree, batches)
}

fn signatures(contest: &Contest) -> (Duration, usize) {
    let all: Vec<Signed<Action>> = contest.blocks.iter().flat_map(|(_, actions)| actions.clone()).collect();
    let (count, began) = (all.len(), Instant::now());
    for signed in all {
        let verified: Verified<Action> = signed.verify(&contest.genesis.network).expect("signed well");
        black_box(verified);
    }
    (began.elapsed(), count)
}

fn trees(batches: Vec<Writes>) -> (Duration, usize) {
    let count = batches.iter().map(Vec::len).sum();
    let (mut tree, began) = (Tree::new(), Instant::now());
    for batch in batches {
        let update = tree.prepare(batch);
        tree.apply(update).expect("prepared on this tree");
    }
    black_box(tree.root());
    (began.elapsed(), count)
}

fn main() {
    let contest = Contest::new();
    let (whole, tree, batches) = replay(&contest);
    let (signatures, actions) = signatures(&contest);
    let (trees, writes) = trees(batches);
    let rate = |count: usize, time: Duration| count as f64 / time.as_secs_f64();
    println!("root {}", tree.root());
    println!("signatures alone: {signatures:?}, {:.0} actions/s", rate(actions, signatures));
    println!("tree alone: {trees:?}, {:.0} writes/s", rate(writes, trees));
    println!("full replay: {whole:?}, {:.0} actions/s", rate(actions, whole));
    let ratio = (signatures + trees).as_secs_f64() / whole.as_secs_f64();
    println!("ratio: {ratio:.2} of the full replay is signatures and tree");
}
