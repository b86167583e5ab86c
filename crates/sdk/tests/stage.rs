//! What the stage grants, phase by phase, and how it plays a challenge.

use agon_sdk::stage::{Expected, Golden, Stage, golden};
use agon_sdk::{
    Agent, Challenge, Description, Failure, Fault, Outcome, Points, Reason, Refusal, Request, Response, Row,
    Score, Task, Weighing, artifacts, inbox, log, random, state, web,
};

struct Everything;

impl Challenge for Everything {
    fn describe() -> Description {
        Description::new("Everything", "Uses all that there is.")
    }

    fn observe(_task: &Task) -> Result<Vec<u8>, String> {
        assert!(matches!(state::get("visits"), Err(Refusal::Denied(_))));
        Ok(web::get("https://api.example.org/price")?.body)
    }

    fn score(task: &Task, observed: &[u8]) -> Result<Outcome, Fault> {
        assert!(matches!(state::set("visits", b"1"), Err(Refusal::Denied(_))));
        let mut agent = task.agent(0);
        agent.call("count", observed)?;
        let counted = agent.call("count", observed)?.output;
        let opponent = task.opponents().map(|seat| task.agent(seat).call("count", observed));
        let lost = opponent.filter(Result::is_err).count();
        log::write(&format!("counted {counted:?}"));
        artifacts::keep(&counted)?;
        let ten = task.number("ten")?;
        Ok(Outcome::new(Score::ratio(counted[0].into(), ten)).metric("lost", lost))
    }

    fn weigh(weighing: &Weighing) -> Result<Vec<Points>, String> {
        for post in inbox::posts()? {
            state::set(&format!("motto/{}", post.hotkey), &post.message)?;
        }
        match weighing.rows.is_empty() {
            true => Err("nobody came".to_owned()),
            false => Ok(Vec::new()),
        }
    }

    fn serve(request: &Request) -> Response {
        let motto = state::get(&format!("motto/{}", request.parameter("hotkey"))).ok().flatten();
        motto
            .map_or(Response::not_found("no motto"), |motto| Response::text(&String::from_utf8_lossy(&motto)))
    }
}

#[derive(Default)]
struct Counts(u8);

impl Agent for Counts {
    fn call(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        self.0 += input.len() as u8;
        if method == "count" { Ok(vec![self.0]) } else { Err("what?".to_owned()) }
    }
}

const MANIFEST: &str = r#"
[[benchmarks]]
name = "main"
config = { ten = "10" }
[[routes]]
path = "/mottos/{hotkey}"
"#;

fn stage() -> Stage {
    let price = web::Response { status: 200, headers: Vec::new(), body: vec![1, 2, 3] };
    Stage::of_manifest(MANIFEST, "main").web(move |_| Ok(price.clone()))
}

#[test]
fn agents_remember_their_calls_and_opponents_lose_alone() {
    let mut stage = stage().seat::<Counts>().seat::<Counts>().seat_fn(|_, _| Err("asleep".to_owned()));
    let outcome = stage.score::<Everything>().unwrap();
    assert_eq!(outcome, Outcome::new(Score::ratio(6, 10)).metric("lost", 1));
    assert_eq!(stage.kept(), [vec![6]]);
    assert_eq!(stage.log(), ["counted [6]"]);
}

#[test]
fn the_judged_agents_failure_is_its_own() {
    let outcome = stage().seat_fn(|_, _| Err("asleep".to_owned())).score::<Everything>();
    let Err(Fault::Agent(failure)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((failure.reason, failure.detail.as_str()), (Reason::GaveUp, "asleep"));
    assert_eq!(Failure::wrong_output("no").to_string(), "wrong_output: no");
}

#[test]
fn a_wrong_configuration_is_the_challenges_own_fault() {
    let outcome = stage().set("ten", "many").seat::<Counts>().score::<Everything>();
    let problem = "in the benchmark \"main\": \"ten\" is \"many\", and not a number";
    assert_eq!(outcome, Err(Fault::Challenge(problem.to_owned())));
}

struct PassesOn;

impl Challenge for PassesOn {
    fn describe() -> Description {
        Description::new("Passes on", "Blames the wrong one.")
    }

    fn score(task: &Task, _observed: &[u8]) -> Result<Outcome, Fault> {
        task.agent(1).call("play", &[])?;
        Ok(Outcome::new(Score::ONE))
    }
}

#[test]
fn an_opponents_failure_never_fails_the_judged_agent() {
    let mut stage = Stage::new().seat::<Counts>().seat::<Counts>();
    let outcome = stage.score::<PassesOn>();
    assert!(matches!(outcome, Err(Fault::Challenge(_))), "{outcome:?}");
    assert!(stage.weigh::<PassesOn>(Vec::new()).is_err());
}

#[test]
fn only_a_weighing_that_gives_points_writes() {
    let mut stage = stage().post("ann", b"hello");
    assert_eq!(stage.weigh::<Everything>(Vec::new()), Err("nobody came".to_owned()));
    assert_eq!(stage.state("motto/ann"), None);
    let mut stage = stage.post("ann", b"hello").post("ann", b"hello again");
    assert_eq!(stage.weigh::<Everything>(vec![Row::default()]), Ok(Vec::new()));
    assert_eq!(stage.state("motto/ann"), Some(b"hello again".as_slice()));
    assert_eq!(stage.serve::<Everything>("/mottos/ann").body, b"hello again");
    assert_eq!(stage.serve::<Everything>("/mottos/bob?x=1").status, 404);
    assert_eq!(stage.serve::<Everything>("/elsewhere").status, 404);
}

struct Draws;

impl Challenge for Draws {
    fn describe() -> Description {
        Description::new("Draws", "Draws lots.")
    }

    fn score(_task: &Task, _observed: &[u8]) -> Result<Outcome, Fault> {
        let (first, second, other) = (random::bytes("a", 8), random::bytes("a", 8), random::bytes("b", 8));
        assert_ne!(first, second);
        assert_ne!(first, other);
        Ok(Outcome::new(Score::ZERO).metric("first", first[0]))
    }
}

#[test]
fn the_same_seed_draws_the_same() {
    let drawn = |seed| Stage::new().seed([seed; 32]).score::<Draws>();
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
}

#[test]
fn golden_scores_are_read_as_they_are_written() {
    let seed = "07".repeat(32);
    let head =
        |agent: &str| format!("[[golden]]\nagents = [{agent:?}]\nbenchmark = \"main\"\nseed = \"{seed}\"\n");
    let text =
        format!("{}score = \"0.500000000\"\nfuel = 12\n{}failure = \"trapped\"\n", head("good"), head("bad"));
    let run = |agent: &str, expected, fuel| Golden {
        agents: vec![agent.to_owned()],
        benchmark: "main".to_owned(),
        seed: [7; 32],
        expected,
        fuel,
    };
    let score = Expected::Score("0.500000000".to_owned());
    assert_eq!(
        golden(&text),
        [run("good", score, Some(12)), run("bad", Expected::Failure("trapped".to_owned()), None)]
    );
}
