//! The duel on the stage of the SDK: games, ratings and routes.

use super::Duel;
use agon_sdk::stage::Stage;
use agon_sdk::{Agent, Fault, Reason, Row, Score};

fn stage() -> Stage {
    Stage::of_manifest(include_str!("../manifest.toml"), "field")
}

/// The first column from the left that is open.
fn leftmost(_: &str, board: &[u8]) -> Result<Vec<u8>, String> {
    Ok(vec![(0..7).find(|column| board[35 + column] == 0).unwrap_or(0) as u8])
}

fn cheat(_: &str, _: &[u8]) -> Result<Vec<u8>, String> {
    Ok(vec![7])
}

fn sleep(_: &str, _: &[u8]) -> Result<Vec<u8>, String> {
    Err("asleep".to_owned())
}

#[test]
fn every_opponent_is_met_twice_from_each_opening_and_so_is_the_house() {
    let mut stage = stage().set("openings", "3").seat_fn(leftmost).seat_fn(leftmost).seat_fn(sleep);
    let outcome = stage.score::<Duel>().unwrap();
    let value = |name: &str| outcome.metrics.iter().find(|metric| metric.name == name).unwrap().value;
    assert_eq!(value("won") + value("drawn") + value("lost"), 3 * 2 * 3);
    // Whoever sleeps loses all of its games.
    assert!(value("won") >= 6, "{outcome:?}");
    assert_eq!(value("forfeited"), 0);
    let records = String::from_utf8(stage.kept()[0].clone()).unwrap();
    assert_eq!(records.lines().count(), 18, "{records}");
    assert_eq!(records.lines().filter(|line| line.contains("gave_up: asleep")).count(), 6, "{records}");
}

#[test]
fn who_breaks_the_rules_in_every_game_has_failed() {
    let outcome = stage().seat_fn(cheat).seat_fn(leftmost).score::<Duel>();
    let Err(Fault::Agent(failure)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(failure.reason, Reason::WrongOutput);
    assert!(failure.detail.starts_with("column 7 is not open"), "{failure}");
}

#[derive(Default)]
struct CheatsLate(u32);

impl Agent for CheatsLate {
    fn call(&mut self, method: &str, board: &[u8]) -> Result<Vec<u8>, String> {
        self.0 += 1;
        if self.0 > 3 { cheat(method, board) } else { leftmost(method, board) }
    }
}

#[test]
fn a_fault_costs_the_game_and_nothing_else() {
    let outcome = stage().seat::<CheatsLate>().seat_fn(sleep).score::<Duel>().unwrap();
    // Against the one that sleeps it wins before it can cheat; against the house it loses either way.
    assert_eq!(outcome.score, Score::ratio(1, 2), "{outcome:?}");
}

/// Loses by the rules when it begins, and by breaking them when it does not.
fn begins_well(method: &str, board: &[u8]) -> Result<Vec<u8>, String> {
    let stones = board.iter().filter(|place| **place != 0).count();
    if stones % 2 == 0 { leftmost(method, board) } else { cheat(method, board) }
}

#[test]
fn who_breaks_the_rules_and_has_no_point_has_failed() {
    let outcome = stage().set("openings", "4").seat_fn(begins_well).score::<Duel>();
    let Err(Fault::Agent(failure)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(failure.reason, Reason::WrongOutput);
}

#[test]
fn the_same_seed_plays_the_same_games() {
    let games = |seed| {
        let mut stage = stage().seed([seed; 32]).seat_fn(leftmost);
        stage.score::<Duel>().unwrap();
        stage.kept().to_vec()
    };
    assert_eq!(games(1), games(1));
    assert_ne!(games(1), games(2));
}

fn row(submission: &str, hotkey: &str, score: Score) -> Row {
    let (submission, hotkey) = (submission.to_owned(), hotkey.to_owned());
    Row { submission, hotkey, score, eligible: true, ..Row::default() }
}

#[test]
fn ratings_move_and_pay_and_are_shown() {
    let mut stage = stage().post("ann", b"Ann").post("ann", "Ann the First".as_bytes()).post("bob", b"\x07");
    let rows =
        || vec![row("a", "ann", Score::ONE), row("b", "bob", Score::ZERO), row("c", "ann", Score::ZERO)];
    let points = stage.weigh::<Duel>(rows()).unwrap();
    let points: Vec<_> = points.iter().map(|it| (it.submission.as_str(), it.points)).collect();
    assert_eq!(points, [("a", 750), ("b", 250)]);
    let points = stage.weigh::<Duel>(rows()).unwrap();
    assert_eq!(points.iter().map(|it| it.points).collect::<Vec<_>>(), [937, 63]);
    let shown = |stage: &mut Stage, path: &str| {
        let response = stage.serve::<Duel>(path);
        (response.status, String::from_utf8(response.body).unwrap())
    };
    let ann = r#"{"hotkey":"ann","name":"Ann the First","rating":1437,"epochs":2}"#;
    let bob = r#"{"hotkey":"bob","name":null,"rating":563,"epochs":2}"#;
    assert_eq!(shown(&mut stage, "/ratings"), (200, format!(r#"{{"items":[{ann},{bob}]}}"#)));
    assert_eq!(shown(&mut stage, "/players/bob"), (200, bob.to_owned()));
    assert_eq!(shown(&mut stage, "/players/eve").0, 404);
}
