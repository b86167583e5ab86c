//! What a cage may say: words in turn, of a bounded size. All else ends it.

use crate::setting::{self, Setting, asking, executor_fault, mark, program, run};
use agon_port::sandbox::{Answer, Error, Outside, Question, Sandbox, Verdict};
use agon_sandbox_wasm::WasmSandbox;
use async_trait::async_trait;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_in_turn() {
    let setting = Setting::new().await;
    let ended = setting.sandbox.run(asking(1000, false)).await;
    assert_eq!(setting::text(ended), "999");
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_oversized_frames_end_the_cage() {
    let setting = Setting::new().await;
    for (path, words) in [("garbage", "canonical"), ("oversized", "above"), ("other phase", "out of place")] {
        let ended = setting.ask(path).await;
        assert!(executor_fault(&ended).contains(words), "{path}: {ended:?}");
        assert_eq!(setting.text("empty").await, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announced_frame_takes_no_memory_until_it_comes() {
    let setting = Setting::new().await;
    let mut announced = run("announced");
    announced.limits.wall_time_ms = 100;
    let ended = setting.sandbox.run(announced).await;
    assert_eq!(ended.result, Err(Error::WallTime(100)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_questions_is_held_to_the_deadline() {
    let setting = Setting::new().await;
    let mut flood = run("flood");
    flood.limits.wall_time_ms = 300;
    let begin = Instant::now();
    let ended = setting.sandbox.run(flood).await;
    assert!(ended.result.is_err(), "{ended:?}");
    assert!(begin.elapsed() < Duration::from_millis(600));
    assert_eq!(ended.seen.len(), 1, "however many, they are one entry: {:?}", ended.seen);
    assert_eq!(setting.text("empty").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_given_before_it_was_asked_for_is_never_taken() {
    let setting = Setting::new().await;
    assert_eq!(setting.text("twice").await, "forged");
    // The true end of that run is still in the socket; it must not be taken for the end of the next.
    let ended = setting.ask("empty").await;
    assert!(executor_fault(&ended).contains("out of place"), "{ended:?}");
    assert_eq!(setting.text("empty").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_answer_ends_the_run_without_an_outcome() {
    struct Unable;
    #[async_trait]
    impl Outside for Unable {
        async fn answer(&self, _: Question) -> Answer {
            Answer::Broken("the ledger is closed".to_owned())
        }
    }
    let setting = Setting::new().await;
    let ended =
        setting.sandbox.run(agon_port::sandbox::Run { outside: Arc::new(Unable), ..asking(2, false) }).await;
    assert!(executor_fault(&ended).contains("the ledger is closed"));
    assert_eq!(ended.seen[0].count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misuse_is_the_challenges_and_the_cage_lives_on() {
    let setting = Setting::new().await;
    let process = setting.text("pid").await;
    let ended = setting.ask("misuse").await;
    assert_eq!(ended.result, Err(Error::Challenge("it returned nonsense".to_owned())));
    assert_eq!(setting.text("pid").await, process);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_are_no_cages_are_told_from_cages() {
    for (verb, words) in [("failing", "there is no engine"), ("babbling", "above"), ("neither", "code 2")] {
        let (folder, mark) = (TempDir::new().unwrap(), mark());
        let mut config = setting::config(&folder, &mark);
        config.cage = program(verb, &mark);
        let error = WasmSandbox::start(config).await.unwrap_err().to_string();
        assert!(error.contains(words), "{verb}: {error}");
        assert!(setting::eventually(|| setting::processes(&mark).is_empty()).await, "{verb}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_there_is_an_error() {
    let (folder, mark) = (TempDir::new().unwrap(), mark());
    let mut config = setting::config(&folder, &mark);
    config.cage.path = folder.path().join("nothing");
    let error = WasmSandbox::start(config).await.unwrap_err().to_string();
    assert!(error.contains("No such file"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keeper_knows_what_went_out_whatever_the_cage_tells() {
    let setting = Setting::new().await;
    let ended = setting.sandbox.run(asking(7, false)).await;
    assert!(ended.calls.is_empty(), "the trial tells of no call: {:?}", ended.calls);
    let [seen] = ended.seen.as_slice() else { panic!("{:?}", ended.seen) };
    assert_eq!((seen.name.as_str(), seen.verdict, seen.count), ("state.get", Verdict::Granted, 7));
    assert_eq!((seen.bytes_in, seen.bytes_out), (7, 7));
    let mut without = asking(1, false);
    without.grants.state_bytes_max = 0;
    let ended = setting.sandbox.run(without).await;
    assert!(executor_fault(&ended).contains("what its run does not have"), "{ended:?}");
    assert_eq!((ended.seen[0].verdict, ended.seen[0].count), (Verdict::Denied, 1));
}
