//! What every order must do, with a small application that counts what it is given.

use super::*;
use agon_types::block::PROTOCOL_VERSION;
use agon_types::{ActionBody, Anchor, ChallengeId, Header, NetworkId, SessionPair, TimeMs};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::watch;

/// Longer than anything here takes; reaching it is a failure.
const DEADLINE: Duration = Duration::from_secs(30);

/// An application whose state is the number of the actions it has executed.
#[derive(Debug)]
pub struct Counter {
    network: NetworkId,
    proposer: SessionKey,
    voters: Vec<(SessionKey, u64)>,
    inner: Mutex<Inner>,
    tip: watch::Sender<Height>,
}

#[derive(Debug, Default)]
struct Inner {
    decided: Vec<(Block, Certificate)>,
    pool: Vec<Signed<Action>>,
    fault: Option<Fault>,
}

impl Counter {
    pub fn new(network: NetworkId, proposer: SessionKey, voters: Vec<(SessionKey, u64)>) -> Arc<Self> {
        let tip = watch::Sender::new(Height(0));
        Arc::new(Self { network, proposer, voters, inner: Mutex::default(), tip })
    }

    /// All that was decided, in order.
    pub fn decided_blocks(&self) -> Vec<(Block, Certificate)> {
        self.inner().decided.clone()
    }

    /// From now on the world fails.
    pub fn fail(&self, text: &str) {
        self.inner().fault = Some(Fault(text.to_owned()));
    }

    /// Waits until a height is decided.
    pub async fn reached(&self, height: Height) {
        let mut tip = self.tip.subscribe();
        let reached = tokio::time::timeout(DEADLINE, tip.wait_for(|tip| *tip >= height)).await;
        reached.expect("the height is decided in time").expect("the application is alive");
    }

    /// Waits until an action is part of a decided block.
    pub async fn executed(&self, action: &Signed<Action>) {
        let mut tip = self.tip.subscribe();
        let holds = |(block, _): &(Block, Certificate)| block.actions.contains(action);
        let executed = tip.wait_for(|_| self.inner().decided.iter().any(holds));
        let executed = tokio::time::timeout(DEADLINE, executed).await;
        executed.expect("the action is built in time").expect("the application is alive");
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test panics while it holds this")
    }

    fn alive(&self) -> Result<MutexGuard<'_, Inner>, Fault> {
        let inner = self.inner();
        inner.fault.clone().map_or(Ok(inner), Err)
    }
}

impl Inner {
    fn tip(&self) -> Height {
        self.decided.last().map_or(Height(0), |(block, _)| block.header.height)
    }

    /// The one header that may follow, for these actions.
    fn header(&self, counter: &Counter, actions: &[Signed<Action>]) -> Header {
        let last = self.decided.last();
        let executed: usize = self.decided.iter().map(|(block, _)| block.actions.len()).sum();
        let voters = Block::voters_digest(&counter.voters);
        Header {
            protocol_version: PROTOCOL_VERSION,
            network: counter.network.clone(),
            height: self.tip().next(),
            time_ms: TimeMs(self.tip().next().0 * 1_000),
            proposer: counter.proposer,
            parent: last.map_or(Digest::ZERO, |(block, _)| block.header.digest()),
            actions_root: Block::actions_root(None::<&Anchor>, actions),
            state_root: Digest::tagged("agon/count", &((executed + actions.len()) as u64)),
            voters,
            next_voters: voters,
            last_certificate: Block::certificate_digest(last.map(|(_, certificate)| certificate)),
        }
    }
}

#[async_trait]
impl Application for Counter {
    async fn tip(&self) -> Result<Height, Fault> {
        Ok(self.alive()?.tip())
    }

    async fn build(&self, height: Height, _bytes_max: usize) -> Result<Block, Fault> {
        let inner = self.alive()?;
        assert_eq!(height, inner.tip().next(), "a block is asked for at the next height");
        let actions = inner.pool.clone();
        let last_certificate = inner.decided.last().map(|(_, certificate)| certificate.clone());
        Ok(Block { header: inner.header(self, &actions), anchor: None, actions, last_certificate })
    }

    async fn check(&self, block: Block) -> Result<Result<Valid, Refused>, Fault> {
        let expected = self.alive()?.header(self, &block.actions);
        if block.header != expected {
            return Ok(Err(Refused("its header is not the one that follows".to_owned())));
        }
        Ok(Ok(Valid { root: expected.state_root }))
    }

    async fn decided(&self, block: Block, certificate: Certificate) -> Result<(), Fault> {
        let height = block.header.height;
        {
            let mut inner = self.alive()?;
            assert_eq!(height, inner.tip().next(), "heights are decided in order, without a gap");
            assert_eq!(block.header, inner.header(self, &block.actions), "what is decided was checked");
            assert_eq!((certificate.height, certificate.block), (height, block.header.digest()));
            assert_eq!(certificate.verify(&self.network, &self.voters), Ok(()), "voters decided it");
            inner.pool.retain(|action| !block.actions.contains(action));
            inner.decided.push((block, certificate));
        }
        self.tip.send_replace(height);
        Ok(())
    }

    async fn voters(&self, _height: Height) -> Result<Vec<(SessionKey, u64)>, Fault> {
        self.alive().map(|_| self.voters.clone())
    }

    async fn pool(&self, action: Verified<Action>) -> Result<(), Fault> {
        self.alive()?.pool.push(action.into_signed());
        Ok(())
    }
}

/// An action that differs from others by its number, signed by some session key.
pub fn action(network: &NetworkId, number: u32) -> Signed<Action> {
    let key = SessionPair::from_seed(&[9; 32]);
    let challenge: ChallengeId = "route".parse().expect("a slug");
    let shift = agon_types::action::Shift::Pause;
    let body = ActionBody::ShiftChallenge { challenge, version: number, shift };
    Signed::new(network, Action { expires_at_height: Height(1_000), body }, &[&key])
}

/// Runs an order that decides by itself, over a fresh application whose only voter is this node.
pub async fn check(order: Arc<dyn Order>, application: Arc<Counter>) {
    let (network, stop) = (application.network.clone(), CancellationToken::new());
    let run = |stop: &CancellationToken| {
        let (order, application, stop) = (order.clone(), application.clone(), stop.clone());
        tokio::spawn(async move { order.run(application, stop).await })
    };
    let running = run(&stop);
    application.reached(Height(2)).await;

    let (one, two) = (action(&network, 1), action(&network, 2));
    order.submit(one.clone()).await.expect("an action is taken");
    order.submit(two.clone()).await.expect("another one is taken");
    application.executed(&one).await;
    application.executed(&two).await;

    let forged = Signed { body: action(&network, 3).body, endorsements: one.endorsements };
    assert!(order.submit(forged.clone()).await.is_err(), "a forged action is not taken");
    let tip = application.inner().tip();
    application.reached(tip.plus(2)).await;
    let blocks = application.decided_blocks();
    assert!(blocks.iter().all(|(block, _)| !block.actions.contains(&forged)), "nor built");

    stop.cancel();
    assert_eq!(ended(running).await, Ok(()), "a stop is no fault");
    let tip = application.inner().tip();

    let stop = CancellationToken::new();
    let running = run(&stop);
    application.reached(tip.plus(1)).await;
    application.fail("the disk is gone");
    assert_eq!(ended(running).await, Err(Fault("the disk is gone".to_owned())), "a fault ends the run");
}

/// How a run ends that has been told to, or cannot go on.
pub async fn ended(running: tokio::task::JoinHandle<Result<(), Fault>>) -> Result<(), Fault> {
    let ended = tokio::time::timeout(DEADLINE, running).await.expect("the run ends promptly");
    ended.expect("the run does not panic")
}
