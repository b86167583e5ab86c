//! One run of the agreement: brings the driver what happens, and carries out what it says.

use super::wire::{Arrival, Wire};
use super::{AgreementOrder, Archive};
use crate::driver::{Driver, Input, Output, Status, Timer};
use crate::journal::Wal;
use crate::limits::REPLY_BLOCKS_MAX;
use crate::message::Reply;
use crate::misbehaviour::Misbehaviour;
use crate::signatures::Checked;
use agon_port::order::{Application, Fault};
use agon_types::{Action, Block, Certificate, Digest, Height, NetworkId, SessionKey, Signed};
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Events that wait; a wire that brings more has to wait itself.
const EVENTS: usize = 4096;
/// Events that the driver takes in at once.
const BATCH: usize = 64;
/// Peers that are answered at the same time; others hear nothing.
const ANSWERS: usize = 8;

/// What happens to the driver from outside.
pub enum Event {
    Input(Input),
    Question {
        bytes: Vec<u8>,
        reply: oneshot::Sender<Vec<u8>>,
    },
    /// The wire is gone.
    Alone,
}

impl Event {
    pub fn submitted(action: Signed<Action>) -> Self {
        Self::Input(Input::Submit(Box::new(action)))
    }
}

/// A driver and all that it needs.
pub struct Run {
    /// With whoever works with it; nobody has it after a fault.
    driver: Option<Driver>,
    network: NetworkId,
    application: Arc<dyn Application>,
    wire: Arc<dyn Wire>,
    archive: Arc<dyn Archive>,
    status: watch::Sender<Option<Status>>,
    proofs: mpsc::Sender<(SessionKey, Misbehaviour)>,
    sender: mpsc::Sender<Event>,
    events: mpsc::Receiver<Event>,
    inputs: VecDeque<Input>,
    timers: BTreeMap<Timer, Instant>,
    /// What the application is doing; each ends with an input, or with none.
    jobs: JoinSet<Result<Option<Input>, Fault>>,
    /// Questions to peers and answers to theirs, which may be left at any time.
    errands: JoinSet<Result<Option<Input>, Fault>>,
    places: Arc<Semaphore>,
    reply_ms: u64,
    answers: BTreeMap<u64, oneshot::Sender<Vec<u8>>>,
    questions: u64,
    listener: JoinHandle<()>,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Run {
    pub async fn new(order: &AgreementOrder, application: Arc<dyn Application>) -> Result<Self, Fault> {
        let opened = Wal::<File>::open(&order.journal, ()).map_err(|error| Fault(error.to_string()))?;
        let (journal, records) = opened;
        let signatures = Box::<Checked>::default();
        let (settings, key) = (order.settings.clone(), order.key.clone());
        let driver = Driver::new(settings, key, Box::new(journal), records, signatures);
        let tip = application.tip().await?;
        let voters = application.voters(tip.next()).await?;
        let (sender, events) = mpsc::channel(EVENTS);
        let listener = tokio::spawn(listen(Arc::clone(&order.wire), sender.clone()));
        Ok(Self {
            driver: Some(driver),
            network: order.settings.network.clone(),
            application,
            wire: Arc::clone(&order.wire),
            archive: Arc::clone(&order.archive),
            status: order.status.clone(),
            proofs: order.proofs.clone(),
            sender,
            events,
            inputs: VecDeque::from([Input::Begin { tip, voters }]),
            timers: BTreeMap::new(),
            jobs: JoinSet::new(),
            errands: JoinSet::new(),
            places: Arc::new(Semaphore::new(ANSWERS)),
            reply_ms: order.settings.timing.reply_ms,
            answers: BTreeMap::new(),
            questions: 0,
            listener,
        })
    }

    pub fn events(&self) -> mpsc::Sender<Event> {
        self.sender.clone()
    }

    /// Runs until it is told to stop. What the application has begun, it ends.
    pub async fn until(&mut self, stop: &CancellationToken) -> Result<(), Fault> {
        while !stop.is_cancelled() {
            self.work().await?;
            self.wait(stop).await?;
        }
        self.listener.abort();
        self.errands.abort_all();
        while let Some(ended) = self.jobs.join_next().await {
            done(ended)?;
        }
        Ok(())
    }

    /// Waits for what happens next.
    async fn wait(&mut self, stop: &CancellationToken) -> Result<(), Fault> {
        let soonest = self.timers.values().min().copied();
        let alarm = async {
            match soonest {
                Some(soonest) => tokio::time::sleep_until(soonest).await,
                None => std::future::pending().await,
            }
        };
        let mut batch = Vec::new();
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            Some(ended) = self.jobs.join_next(), if !self.jobs.is_empty() => self.inputs.extend(done(ended)?),
            Some(ended) = self.errands.join_next(), if !self.errands.is_empty() => self.inputs.extend(done(ended)?),
            count = self.events.recv_many(&mut batch, BATCH) => debug_assert!(count > 0, "this run holds a sender"),
            () = alarm => self.ring(),
        }
        for event in batch {
            self.take(event)?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event) -> Result<(), Fault> {
        match event {
            Event::Input(input) => self.inputs.push_back(input),
            Event::Question { bytes, reply } => {
                self.questions += 1;
                self.answers.insert(self.questions, reply);
                self.inputs.push_back(Input::Asked { number: self.questions, bytes });
            }
            Event::Alone => return Err(Fault("this node is cut off from all others".to_owned())),
        }
        Ok(())
    }

    /// Brings the driver the timers whose time has come.
    fn ring(&mut self) {
        let now = Instant::now();
        let due: Vec<Timer> =
            self.timers.iter().filter(|(_, at)| **at <= now).map(|(timer, _)| *timer).collect();
        for timer in due {
            self.timers.remove(&timer);
            self.inputs.push_back(Input::Timer(timer));
        }
    }

    /// Has the driver take in all that has happened. It may wait for the disk, so it works where that harms nobody.
    async fn work(&mut self) -> Result<(), Fault> {
        if self.inputs.is_empty() {
            return Ok(());
        }
        let Some(mut driver) = self.driver.take() else { return Ok(()) };
        let inputs = std::mem::take(&mut self.inputs);
        let work = move || {
            let mut outputs = Vec::new();
            for input in inputs {
                match driver.handle(input) {
                    Ok(more) => outputs.extend(more),
                    Err(fault) => return (outputs, Err(fault)),
                }
            }
            (outputs, Ok(driver))
        };
        let ended = tokio::task::spawn_blocking(work).await;
        let (outputs, driver) = ended.map_err(|error| Fault(format!("the agreement has failed: {error}")))?;
        // What came before a fault was said rightly.
        for output in outputs {
            self.carry_out(output);
        }
        // Whoever asked what nobody understands hears nothing.
        self.answers.clear();
        let driver = driver?;
        self.status.send_replace(Some(driver.status()));
        self.driver = Some(driver);
        Ok(())
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Publish { topic, bytes } => self.wire.publish(topic, bytes),
            Output::Set { timer, after_ms } => {
                self.timers.insert(timer, Instant::now() + Duration::from_millis(after_ms));
            }
            Output::Cancel(timer) => drop(self.timers.remove(&timer)),
            Output::Judged { number, verdict } => self.wire.judge(number, verdict),
            Output::Misbehaved { voter, proof } => {
                tracing::warn!(%voter, "a voter has said two things where it may say one");
                if self.proofs.try_send((voter, proof)).is_err() {
                    tracing::debug!("nobody takes proofs of misbehaviour");
                }
            }
            Output::Ask { peer, bytes } => self.ask(peer, bytes),
            Output::Serve { number, from } => self.serve(number, from),
            Output::Build { height, round, bytes_max } => self.build(height, round, bytes_max),
            Output::Check(block) => self.check(*block),
            Output::Decide { block, certificate } => self.decide(*block, certificate),
            Output::Pool(action) => {
                let application = Arc::clone(&self.application);
                self.jobs.spawn(async move { application.pool(*action).await.map(|()| None) });
            }
        }
    }

    fn build(&mut self, height: Height, round: u32, bytes_max: usize) {
        let application = Arc::clone(&self.application);
        self.jobs.spawn(async move {
            // What was decided meanwhile needs no other block.
            if application.tip().await?.next() != height {
                return Ok(None);
            }
            let block = Box::new(application.build(height, bytes_max).await?);
            Ok(Some(Input::Built { height, round, block }))
        });
    }

    fn check(&mut self, block: Block) {
        let application = Arc::clone(&self.application);
        self.jobs.spawn(async move {
            let digest: Digest = block.header.digest();
            let root = block.header.state_root;
            let accepted = match application.check(block).await? {
                Err(refused) => Err(refused.to_string()),
                Ok(valid) if valid.root != root => Err(format!("it gives the root {} here", valid.root)),
                Ok(_) => Ok(()),
            };
            Ok(Some(Input::Checked { block: digest, accepted }))
        });
    }

    fn decide(&mut self, block: Block, certificate: Certificate) {
        let application = Arc::clone(&self.application);
        self.jobs.spawn(async move {
            let height = block.header.height;
            application.decided(block, certificate).await?;
            let voters = application.voters(height.next()).await?;
            let due_ms = application.due_ms().await?;
            Ok(Some(Input::Kept { height, voters, due_ms }))
        });
    }

    fn ask(&mut self, peer: SessionKey, bytes: Vec<u8>) {
        let (wire, patience) = (Arc::clone(&self.wire), Duration::from_millis(self.reply_ms));
        self.errands.spawn(async move {
            let answer = tokio::time::timeout(patience, wire.ask(peer, bytes)).await;
            let silent = Input::Silent { from: peer };
            Ok(Some(answer.ok().flatten().map_or(silent, |bytes| Input::Reply { from: peer, bytes })))
        });
    }

    fn serve(&mut self, number: u64, from: Height) {
        // Without a place whoever asks hears nothing, and asks someone else.
        let place = Arc::clone(&self.places).try_acquire_owned();
        let (Some(reply), Ok(place)) = (self.answers.remove(&number), place) else { return };
        let (archive, network) = (Arc::clone(&self.archive), self.network.clone());
        self.errands.spawn(async move {
            let _place = place;
            let blocks = archive.blocks(from, REPLY_BLOCKS_MAX).await?;
            // Whoever asked may have gone.
            let _ = reply.send(Reply { blocks }.encode(&network));
            Ok(None)
        });
    }
}

fn done(ended: Result<Result<Option<Input>, Fault>, tokio::task::JoinError>) -> Result<Option<Input>, Fault> {
    ended.map_err(|error| Fault(format!("the application has failed: {error}")))?
}

/// Brings in what comes over the wire, as fast as it is taken.
async fn listen(wire: Arc<dyn Wire>, events: mpsc::Sender<Event>) {
    while let Some(arrival) = wire.next().await {
        let event = match arrival {
            Arrival::Message { from, topic, bytes, number } => {
                Event::Input(Input::Message { from, topic, bytes, number })
            }
            Arrival::Question { bytes, reply, .. } => Event::Question { bytes, reply },
        };
        if events.send(event).await.is_err() {
            return;
        }
    }
    // Nobody hears it only if the run has ended.
    let _ = events.send(Event::Alone).await;
}
