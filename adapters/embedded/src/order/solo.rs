//! The order of a voting set of one: this node builds, checks and decides every block by itself.

use agon_port::order::{Application, Fault, Order};
use agon_types::{Action, Block, Certificate, NetworkId, SessionPair, Signed, codec, limits};
use async_trait::async_trait;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often blocks come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The least time between two blocks, while there is something to do.
    pub busy_ms: u64,
    /// The time to the next block when nobody asks for anything.
    pub idle_ms: u64,
}

/// Decides alone, with one session key.
#[derive(Debug)]
pub struct SoloOrder {
    network: NetworkId,
    key: SessionPair,
    pace: Pace,
    wake: Notify,
    running: Running,
}

/// The application, from the beginning of a run to its end.
#[derive(Default)]
struct Running(RwLock<Option<Arc<dyn Application>>>);

impl Running {
    fn set(&self, application: Option<Arc<dyn Application>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = application;
    }

    fn get(&self) -> Option<Arc<dyn Application>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Running({})", self.get().is_some())
    }
}

/// Ends a run for those who submit, however it ends.
struct End<'a>(&'a Running);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

impl SoloOrder {
    pub fn new(network: NetworkId, key: SessionPair, pace: Pace) -> Self {
        Self { network, key, pace, wake: Notify::new(), running: Running::default() }
    }

    /// Waits for the time of the next block; false if there is none any more.
    async fn is_due(&self, last: Option<Instant>, stop: &CancellationToken) -> bool {
        let idle = tokio::time::sleep(Duration::from_millis(self.pace.idle_ms));
        tokio::select! {
            biased;
            () = stop.cancelled() => return false,
            () = self.wake.notified() => {}
            () = idle => {}
        }
        let Some(last) = last else { return true };
        tokio::select! {
            biased;
            () = stop.cancelled() => false,
            () = tokio::time::sleep_until(last + Duration::from_millis(self.pace.busy_ms)) => true,
        }
    }

    /// Decides the next block. It is never left in the middle.
    async fn decide(&self, application: &dyn Application) -> Result<(), Fault> {
        let height = application.tip().await?.next();
        let block = application.build(height, limits::BLOCK_BYTES_MAX).await?;
        let size = codec::encode(&block).len();
        if block.header.height != height || size > limits::BLOCK_BYTES_MAX {
            let got = block.header.height;
            return Err(Fault(format!("block {height} was asked for, and {got} of {size} bytes built")));
        }
        let certificate = self.certify(application, &block).await?;
        application.decided(block, certificate).await?;
        // What did not fit any more need not wait for another submission.
        if size + limits::ACTION_BYTES_MAX > limits::BLOCK_BYTES_MAX {
            self.wake.notify_one();
        }
        Ok(())
    }

    async fn certify(&self, application: &dyn Application, block: &Block) -> Result<Certificate, Fault> {
        let header = &block.header;
        let height = header.height;
        let valid = application.check(block.clone()).await?;
        let valid =
            valid.map_err(|refused| Fault(format!("block {height}, built by this node: {refused}")))?;
        if valid.root != header.state_root {
            let (got, expected) = (valid.root, header.state_root);
            return Err(Fault(format!(
                "block {height} gives the root {got}, and its header says {expected}"
            )));
        }
        let certificate = Certificate::solo(header, &self.key);
        let voters = application.voters(height).await?;
        certificate.verify(&self.network, &voters).map_err(|invalid| {
            Fault(format!("this node cannot decide block {height} alone: {invalid}; check its session key"))
        })?;
        Ok(certificate)
    }
}

#[async_trait]
impl Order for SoloOrder {
    async fn run(&self, application: Arc<dyn Application>, stop: CancellationToken) -> Result<(), Fault> {
        self.running.set(Some(Arc::clone(&application)));
        let _end = End(&self.running);
        let mut last = None;
        while self.is_due(last, &stop).await {
            self.decide(application.as_ref()).await?;
            last = Some(Instant::now());
        }
        Ok(())
    }

    async fn submit(&self, action: Signed<Action>) -> Result<(), Fault> {
        let refused = |error| Fault(format!("the action is refused: {error}"));
        let action = action.verify(&self.network).map_err(refused)?;
        let stopped = || Fault("this node is not deciding blocks now: try again later".to_owned());
        self.running.get().ok_or_else(stopped)?.pool(action).await?;
        self.wake.notify_one();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agon_port::order::contract::{self, Counter};
    use agon_types::Height;

    const PACE: Pace = Pace { busy_ms: 100, idle_ms: 5_000 };

    fn solo() -> (Arc<SoloOrder>, Arc<Counter>) {
        let (network, key): (NetworkId, _) = ("test".parse().unwrap(), SessionPair::from_seed(&[1; 32]));
        let voter = key.session();
        let application = Counter::new(network.clone(), voter, vec![(voter, 1)]);
        (Arc::new(SoloOrder::new(network, key, PACE)), application)
    }

    fn run(order: &Arc<SoloOrder>, application: &Arc<Counter>) -> (Ending, CancellationToken) {
        let (order, application, stop) = (order.clone(), application.clone(), CancellationToken::new());
        let token = stop.clone();
        (tokio::spawn(async move { order.run(application, token).await }), stop)
    }

    type Ending = tokio::task::JoinHandle<Result<(), Fault>>;

    #[tokio::test(start_paused = true)]
    async fn a_voting_set_of_one_keeps_the_contract_of_an_order() {
        let (order, application) = solo();
        contract::check(order, application).await;
    }

    #[tokio::test(start_paused = true)]
    async fn blocks_come_at_once_when_asked_for_and_seldom_otherwise() {
        let (order, application) = solo();
        let (running, stop) = run(&order, &application);
        let began = Instant::now();
        application.reached(Height(1)).await;
        assert_eq!(began.elapsed(), Duration::from_millis(PACE.idle_ms), "nobody asked for the first");

        let network = "test".parse().unwrap();
        for number in 0..3 {
            let asked = Instant::now();
            let action = contract::action(&network, number);
            order.submit(action.clone()).await.unwrap();
            application.executed(&action).await;
            assert!(asked.elapsed() <= Duration::from_millis(PACE.busy_ms), "{:?}", asked.elapsed());
        }
        let tip = application.tip().await.unwrap();
        let asked = Instant::now();
        application.reached(tip.next()).await;
        assert_eq!(asked.elapsed(), Duration::from_millis(PACE.idle_ms), "it is quiet again");
        stop.cancel();
        assert_eq!(contract::ended(running).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_is_no_voter_decides_nothing() {
        let (order, _) = solo();
        let voter = SessionPair::from_seed(&[2; 32]).session();
        let application = Counter::new("test".parse().unwrap(), voter, vec![(voter, 1)]);
        let (running, _stop) = run(&order, &application);
        let Err(Fault(text)) = contract::ended(running).await else { panic!("it ended without a fault") };
        assert!(text.contains("session key"), "{text}");
        assert_eq!(application.decided_blocks(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_run_an_action_is_not_taken() {
        let (order, application) = solo();
        let action = contract::action(&"test".parse().unwrap(), 1);
        assert!(order.submit(action.clone()).await.is_err(), "not before");
        let (running, stop) = run(&order, &application);
        application.reached(Height(1)).await;
        stop.cancel();
        assert_eq!(contract::ended(running).await, Ok(()));
        assert!(order.submit(action).await.is_err(), "nor after");
    }
}
