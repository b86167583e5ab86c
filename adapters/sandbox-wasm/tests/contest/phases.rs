//! What each phase takes and gives.

use crate::stage::{
    Deed, SEED, Stage, failure, measured, misuse, recording, said, script, submission, task, weighed, written,
};
use agon_port::sandbox::{Done, Phase, Recording};
use agon_sandbox_wasm::room::{Finished, Trouble};
use agon_types::report::Measured;
use agon_types::{Digest, FailureReason, Score, codec};

fn done(finished: Finished) -> Done {
    finished.result.unwrap().unwrap()
}

#[test]
fn describe_says_title_and_summary() {
    let Done::Described(said) = done(Stage::default().run(Phase::Describe)) else { panic!("not described") };
    assert_eq!((said.title.as_str(), said.summary.as_str()), ("does", "text/plain"));
}

#[test]
fn observe_gives_its_recording() {
    let Done::Observed(bytes) = done(Stage::default().observe(script())) else { panic!("not observed") };
    let recording: Recording = codec::decode(&bytes, bytes.len()).unwrap();
    assert_eq!(recording, Recording { exchanges: Vec::new(), observed: b"text".to_vec() });
    assert_eq!(
        misuse(Stage::default().observe(script().error(0, "no\nluck"))),
        "it could not observe: no luck"
    );
    // The length of the body is that of what was observed.
    let large = script().answer(200, "", 5 << 20).grow(200);
    assert!(misuse(Stage::default().observe(large)).contains("recording has"));
}

#[test]
fn score_names_its_recording_and_counts_all_fuel() {
    let plain = measured(Stage::default().run(Phase::Score { task: task(""), recording: Vec::new() }));
    let expected = Measured {
        benchmark: "first".to_owned(),
        score: Score::new(1).unwrap(),
        fuel: plain.fuel,
        metrics: Vec::new(),
        recording: None,
        kept: Vec::new(),
    };
    assert_eq!(plain, expected);
    let recorded = recording(script().score(9, 0).bytes());
    let scored = measured(Stage::default().run(Phase::Score { task: task(""), recording: recorded.clone() }));
    assert_eq!((scored.score.billionths(), scored.recording), (9, Some(Digest::of(&recorded))));
    let called = script().new_agent(0, 0).call(0, &Deed::Loops.input()).new_agent(1, 0);
    let called = called.call(1, &Deed::Answers { at: 0, bytes: 0 }.input());
    let mut stage = Stage::default();
    stage.limits.agent_fuel = 50_000_000;
    let fuel = measured(stage.score(called)).fuel;
    assert!((50_000_000..51_000_000).contains(&fuel), "{fuel}");
}

#[test]
fn a_recording_that_is_none_is_no_fault_of_a_guest() {
    let finished = Stage::default().run(Phase::Score { task: task(""), recording: vec![1, 2, 3] });
    assert!(matches!(finished.result, Err(Trouble::Host(_))));
}

#[test]
fn an_error_of_score_is_the_agents_failure_in_one_line() {
    let failure = failure(Stage::default().score(script().error(6, "not\na packing")));
    assert_eq!((failure.reason, failure.detail.as_str()), (FailureReason::WrongOutput, "not a packing"));
    assert!(misuse(Stage::default().score(script().error(8, "no such reason"))).contains("interface"));
}

#[test]
fn weigh_gives_points_in_the_order_of_the_submissions() {
    let named = |number| submission(number).to_string();
    let script = script().points(&named(3), 30).points(&named(1), 10);
    let weighed = weighed(Stage::default().weigh(script, &[2, 3, 1]));
    assert_eq!(weighed.points, [(submission(1), 10), (submission(3), 30)]);
    assert_eq!(weighed.writes, []);
    assert!(weighed.fuel > 0);
}

#[test]
fn weigh_gives_points_to_its_rows_only_and_once() {
    let named = |number| submission(number).to_string();
    for (script, words) in [
        (script().points(&named(9), 1), "not in the weighing"),
        (script().points("nobody", 1), "not in the weighing"),
        (script().points(&named(1), 1).points(&named(1), 2), "twice"),
    ] {
        let said = misuse(Stage::default().weigh(script, &[1, 2]));
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn what_weigh_does_wrong_is_its_own_failure() {
    for (script, reason) in [
        (script().error(0, "nobody earns"), FailureReason::GaveUp),
        (script().panic(), FailureReason::Trapped),
        (script().loop_on(), FailureReason::OutOfFuel),
        (script().grow(2_000), FailureReason::OutOfMemory),
    ] {
        assert_eq!(failure(Stage::default().weigh(script, &[1])).reason, reason);
    }
}

#[test]
fn serve_answers_within_its_bounds() {
    let Done::Served(response) = done(Stage::default().serve(script())) else { panic!("not served") };
    assert_eq!((response.status, response.content_type.as_str()), (200, "text/plain"));
    assert_eq!(response.body, b"does");
    let kib = 256 << 10;
    let full = Stage::default().serve(script().grow(10).answer(404, "application/json", kib - 538));
    assert!(matches!(done(full), Done::Served(response) if response.status == 404));
    for (script, words) in [
        (script().grow(10).answer(200, "text/plain", kib + 1), "262144 allowed"),
        (script().answer(302, "text/plain", 0), "status 302"),
        (script().answer(199, "text/plain", 0), "status 199"),
        (script().answer(200, "text\r\nset-cookie: a=b", 0), "content type"),
        (script().answer(200, &format!("text/{}", "a".repeat(96)), 0), "content type"),
    ] {
        let said = misuse(Stage::default().serve(script));
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(failure(Stage::default().serve(script().panic())).reason, FailureReason::Trapped);
}

#[test]
fn chance_is_the_same_in_every_run_and_another_under_another_seed() {
    let draw = || script().random("a", 40).random("b", 40).random("a", 40);
    let drawn = |finished: &Finished| said(finished).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let first = drawn(&Stage::default().score(draw()));
    assert_eq!(first.len(), 3);
    assert!(first[0] != first[1] && first[0] != first[2]);
    assert_eq!(drawn(&Stage::default().score(draw())), first);
    assert_eq!(drawn(&Stage::default().observe(draw())), first, "the seed is the same");
    let mut other = task("");
    other.seed = [SEED[0] + 1; 32];
    let recording = recording(draw().bytes());
    assert_ne!(drawn(&Stage::default().run(Phase::Score { task: other, recording })), first);
    assert!(misuse(Stage::default().serve(draw())).contains("random"));
    assert!(misuse(Stage::default().score(script().random("a", (1 << 20) + 1))).contains("at once"));
    measured(Stage::default().score(script().random("a", 1 << 20)));
    assert!(misuse(Stage::default().score(script().random(&"a".repeat(65), 1))).contains("label"));
    let many = (0..65).fold(script(), |script, label| script.random(&label.to_string(), 1));
    assert!(misuse(Stage::default().score(many)).contains("64 streams"));
}

#[test]
fn agents_play_in_score_only() {
    let new = || script().new_agent(0, 0);
    let mut stage = Stage { agents: vec![written("obeys")], ..Stage::default() };
    measured(stage.score(new()));
    for finished in [stage.observe(new()), stage.weigh(new(), &[1]), stage.serve(new())] {
        assert!(misuse(finished).contains("not in this phase"));
    }
}
