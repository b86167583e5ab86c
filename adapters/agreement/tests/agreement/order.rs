//! Whole orders over tokio: one that decides alone keeps the contract, and four decide together.

use crate::book::{Book, equals, network, pair};
use crate::rounds::action;
use agon_agreement::driver::{Settings, Timing};
use agon_agreement::order::Hall;
use agon_agreement::{AgreementOrder, Archive, Pace};
use agon_port::order::contract::{self, Counter};
use agon_port::order::{Application, Fault, Order, Refused, Valid};
use agon_types::{Action, Block, Certificate, Height, SessionKey, Verified};
use async_trait::async_trait;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A book that many may look into.
struct Shared {
    book: Mutex<Book>,
    tip: watch::Sender<Height>,
}

impl Shared {
    fn new(index: usize, voters: Vec<(SessionKey, u64)>) -> Arc<Self> {
        let book = Mutex::new(Book::new(pair(index).session(), voters));
        Arc::new(Self { book, tip: watch::Sender::new(Height(0)) })
    }

    async fn reached(&self, height: Height) {
        let mut tip = self.tip.subscribe();
        let reached =
            tokio::time::timeout(Duration::from_secs(120), tip.wait_for(|tip| *tip >= height)).await;
        reached.expect("the height is decided in time").unwrap();
    }
}

#[async_trait]
impl Application for Shared {
    async fn tip(&self) -> Result<Height, Fault> {
        Ok(self.book.lock().unwrap().tip())
    }

    async fn build(&self, height: Height, _bytes_max: usize) -> Result<Block, Fault> {
        let book = self.book.lock().unwrap();
        assert_eq!(height, book.tip().next());
        Ok(book.build())
    }

    async fn check(&self, block: Block) -> Result<Result<Valid, Refused>, Fault> {
        let root = block.header.state_root;
        Ok(self.book.lock().unwrap().check(&block).map(|()| Valid { root }).map_err(Refused))
    }

    async fn decided(&self, block: Block, certificate: Certificate) -> Result<(), Fault> {
        let height = block.header.height;
        self.book.lock().unwrap().keep(block, certificate);
        self.tip.send_replace(height);
        Ok(())
    }

    async fn voters(&self, _height: Height) -> Result<Vec<(SessionKey, u64)>, Fault> {
        Ok(self.book.lock().unwrap().voters.clone())
    }

    async fn pool(&self, action: Verified<Action>) -> Result<(), Fault> {
        self.book.lock().unwrap().pool.push(action.into_signed());
        Ok(())
    }
}

#[async_trait]
impl Archive for Shared {
    async fn blocks(&self, from: Height, count_max: usize) -> Result<Vec<(Block, Certificate)>, Fault> {
        let book = self.book.lock().unwrap();
        Ok(book.kept.iter().skip(from.0 as usize - 1).take(count_max).cloned().collect())
    }
}

fn settings(pace: Pace) -> Settings {
    Settings { network: network(), timing: Timing::default(), pace, vote_from: Height(0) }
}

struct Running {
    order: Arc<AgreementOrder>,
    task: tokio::task::JoinHandle<Result<(), Fault>>,
    stop: CancellationToken,
}

fn start(hall: &Hall, folder: &TempDir, index: usize, application: &Arc<Shared>, pace: Pace) -> Running {
    let journal = folder.path().join(format!("{index}.wal"));
    let wire = hall.enter(pair(index).session());
    let order = AgreementOrder::new(settings(pace), pair(index), journal, wire, application.clone());
    let (order, stop) = (Arc::new(order), CancellationToken::new());
    let run = (order.clone(), application.clone(), stop.clone());
    let task = tokio::spawn(async move { run.0.run(run.1, run.2).await });
    Running { order, task, stop }
}

#[tokio::test(start_paused = true)]
async fn a_voter_alone_keeps_the_contract_of_an_order() {
    let (folder, voter) = (tempfile::tempdir().unwrap(), pair(0).session());
    let application = Counter::new(network(), voter, vec![(voter, 1)]);
    let archive = Shared::new(0, equals(1));
    let pace = Pace { busy_ms: 100, idle_ms: 5_000 };
    let wire = Hall::default().enter(voter);
    let order = AgreementOrder::new(settings(pace), pair(0), folder.path().join("0.wal"), wire, archive);
    contract::check(Arc::new(order), application).await;
}

/// The time is real here: journals in files, every signature checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_orders_decide_together_and_one_that_is_killed_comes_back() {
    let (hall, folder) = (Hall::default(), tempfile::tempdir().unwrap());
    let pace = Pace { busy_ms: 0, idle_ms: 1 };
    let applications: Vec<_> = (0..4).map(|index| Shared::new(index, equals(4))).collect();
    let mut running: Vec<_> =
        applications.iter().enumerate().map(|(index, app)| start(&hall, &folder, index, app, pace)).collect();
    applications[0].reached(Height(5)).await;
    let began = Instant::now();
    applications[0].reached(Height(30)).await;
    println!("a height takes {:?} with files and real signatures", began.elapsed() / 25);

    let killed = running.remove(3);
    killed.task.abort();
    assert!(killed.task.await.is_err());
    hall.leave(&pair(3).session());
    drop(killed.order);
    applications[0].reached(Height(40)).await;
    let again = start(&hall, &folder, 3, &applications[3], pace);
    applications[3].reached(Height(50)).await;

    let action = action(1);
    again.order.submit(action.clone()).await.unwrap();
    let tip = *applications[0].tip.borrow();
    applications[0].reached(tip.plus(8)).await;
    let holds = |(block, _): &(Block, Certificate)| block.actions.contains(&action);
    assert!(applications[0].book.lock().unwrap().kept.iter().any(holds), "what one takes in all decide");
    running.push(again);
    for node in running {
        node.stop.cancel();
        assert_eq!(contract::ended(node.task).await, Ok(()));
    }
    let kept: Vec<_> = applications.iter().map(|app| app.book.lock().unwrap().kept.clone()).collect();
    for other in &kept[1..] {
        assert!(kept[0].iter().zip(other).all(|(mine, theirs)| mine.0 == theirs.0), "a fork");
    }
}

#[tokio::test]
async fn a_damaged_journal_is_refused_and_says_what_to_do() {
    let (folder, application) = (tempfile::tempdir().unwrap(), Shared::new(0, equals(1)));
    let journal = folder.path().join("0.wal");
    std::fs::write(&journal, [7; 500]).unwrap();
    let wire = Hall::default().enter(pair(0).session());
    let order = AgreementOrder::new(settings(Pace::default()), pair(0), journal, wire, application.clone());
    let Err(Fault(text)) = order.run(application, CancellationToken::new()).await else { panic!("it runs") };
    assert!(text.contains("is damaged at byte 0") && text.contains("vote_from"), "{text}");
}
