//! What every chain must do, on a chain that the test can move.

use super::*;
use agon_types::Stake;

/// What the suite needs beside the port: to register hotkeys, and to let blocks pass.
#[async_trait]
pub trait World: Send + Sync {
    /// Registers a hotkey and returns once a block has it, final or not.
    async fn register(&self, hotkey: Hotkey, stake: Stake, permit: bool);

    /// Lets at least so many blocks pass.
    async fn advance(&self, blocks: u64);
}

/// Blocks after which anything here is final, and no rate limit holds any longer.
const LATER_BLOCKS: u64 = 8;

/// Lets blocks pass until a call is done.
async fn included<T>(world: &dyn World, call: impl Future<Output = T>) -> T {
    let mut call = std::pin::pin!(call);
    loop {
        tokio::select! {
            value = &mut call => return value,
            () = world.advance(1) => {}
        }
    }
}

fn pair(number: u8) -> HotkeyPair {
    HotkeyPair::from_seed(&[number; 32])
}

/// Runs on a chain that nobody but this suite uses, and where nobody is registered.
pub async fn check(chain: &dyn Chain, world: &dyn World) {
    let start = chain.finalised().await.expect("a finalised block");
    world.register(pair(1).hotkey(), Stake(1_000), true).await;
    world.register(pair(2).hotkey(), Stake(5), false).await;
    world.advance(LATER_BLOCKS).await;
    blocks(chain, world, start).await;
    let start = chain.finalised().await.expect("a finalised block").number;
    commitments(chain, world, start).await;
    weights(chain, world).await;
}

async fn blocks(chain: &dyn Chain, world: &dyn World, start: Head) {
    let head = chain.finalised().await.expect("a finalised block");
    assert!(head.number > start.number && head.time_ms > start.time_ms, "blocks are made final");
    let snapshot = chain.snapshot(head.number).await.expect("the last finalised block");
    assert_eq!(snapshot.head, head);
    let hotkeys: Vec<_> = snapshot.neurons.iter().map(|(hotkey, _)| *hotkey).collect();
    assert!(hotkeys.is_sorted() && hotkeys.len() == 2, "{hotkeys:?}");
    let neuron = |of: u8| snapshot.neurons.iter().find(|(hotkey, _)| *hotkey == pair(of).hotkey());
    let (_, validator) = neuron(1).expect("it is registered");
    assert_eq!((validator.stake, validator.permit), (Stake(1_000), true));
    let (_, miner) = neuron(2).expect("it is registered");
    assert_eq!((miner.stake, miner.permit), (Stake(5), false));
    assert_ne!(validator.uid, miner.uid);

    world.register(pair(3).hotkey(), Stake(7), true).await;
    world.advance(LATER_BLOCKS).await;
    assert_eq!(chain.snapshot(head.number).await, Ok(snapshot), "a finalised block never says anything else");
    let far = head.number.plus(1_000_000);
    assert_eq!(chain.snapshot(far).await, Err(Error::UnknownBlock(far)), "nothing is said of the future");
    assert_eq!(chain.commitments(start.number, far).await, Err(Error::UnknownBlock(far)));
}

async fn commitments(chain: &dyn Chain, world: &dyn World, start: ChainBlock) {
    let (one, two) = (Digest::of(b"one"), Digest::of(b"two"));
    let commit = async |of: u8, digest| included(world, chain.commit(&pair(of), digest)).await;
    let first = commit(2, one).await.expect("a registered hotkey commits");
    assert_eq!(commit(2, one).await, Ok(first), "the same digest again is one call");
    let second = commit(1, two).await.expect("another one commits");
    let third = commit(2, two).await.expect("the same digest of another hotkey");
    assert!(first < second && second < third, "one after another");
    assert!(matches!(commit(9, one).await, Err(Error::Refused(_))), "strangers do not commit");

    world.advance(LATER_BLOCKS).await;
    let end = chain.finalised().await.expect("a finalised block").number;
    let of = |of: u8, commitment, block| Commitment { hotkey: pair(of).hotkey(), commitment, block };
    let all = vec![of(2, one, first), of(1, two, second), of(2, two, third)];
    assert_eq!(chain.commitments(start, end).await, Ok(all.clone()));
    assert_eq!(
        chain.commitments(first, second).await,
        Ok(all[1..2].to_vec()),
        "after one block, up to another"
    );
    assert_eq!(chain.commitments(end, end).await, Ok(Vec::new()));
}

async fn weights(chain: &dyn Chain, world: &dyn World) {
    let head = chain.finalised().await.expect("a finalised block");
    let neurons = chain.snapshot(head.number).await.expect("what it says").neurons;
    let mut hotkeys: Vec<_> = neurons.iter().map(|(hotkey, neuron)| (neuron.uid, *hotkey)).collect();
    hotkeys.sort_unstable();
    let vector: Vec<_> = hotkeys.iter().map(|(uid, _)| (*uid, 65_535 - *uid)).collect();
    let plan = Plan { epoch: Epoch(1), vector: vector.clone(), hotkeys };
    let set = async |of: u8, plan: &Plan| included(world, chain.set_weights(&pair(of), plan.clone())).await;

    assert_eq!(chain.weights(pair(1).hotkey()).await, Ok(None));
    let block = set(1, &plan).await.expect("a validator sets weights");
    assert_eq!(chain.weights(pair(1).hotkey()).await, Ok(Some(Row { vector, block })));

    assert!(matches!(set(2, &plan).await, Err(Error::Refused(_))), "it has no permit");
    assert!(matches!(set(9, &plan).await, Err(Error::Refused(_))), "it is not registered");
    let mut moved = plan.clone();
    moved.hotkeys[0].1 = pair(9).hotkey();
    assert!(matches!(set(3, &moved).await, Err(Error::Refused(_))), "a uid has gone to somebody else");
    let mut doubled = plan;
    doubled.vector[1].0 = doubled.vector[0].0;
    assert!(matches!(set(3, &doubled).await, Err(Error::Refused(_))), "a uid is paid twice");
    assert_eq!(chain.weights(pair(3).hotkey()).await, Ok(None), "what is refused is not set");
}
