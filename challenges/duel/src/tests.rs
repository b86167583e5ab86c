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

/// The hotkeys that are remembered.
fn remembered(stage: &mut Stage) -> Vec<String> {
    let body = String::from_utf8(stage.serve::<Duel>("/ratings").body).unwrap();
    let mut hotkeys: Vec<String> =
        body.split(r#""hotkey":""#).skip(1).map(|rest| rest[..4].to_owned()).collect();
    hotkeys.sort();
    hotkeys
}

fn players(numbers: std::ops::Range<usize>) -> Vec<Row> {
    numbers.map(|number| row(&format!("s{number}"), &format!("k{number:03}"), Score::ratio(1, 2))).collect()
}

#[test]
fn who_stays_away_is_forgotten_with_its_name() {
    let mut stage = stage().post("k000", b"Ann");
    stage.weigh::<Duel>(players(0..2)).unwrap();
    for _ in 0..100 {
        stage.weigh::<Duel>(players(1..2)).unwrap();
        assert_eq!(remembered(&mut stage), ["k000", "k001"]);
    }
    assert_eq!(stage.state("name/k000"), Some(&b"Ann"[..]));
    stage.weigh::<Duel>(players(1..2)).unwrap();
    assert_eq!(remembered(&mut stage), ["k001"]);
    assert_eq!(stage.state("name/k000"), None);
}

#[test]
fn a_full_state_forgets_who_stayed_away_the_longest_and_is_weighed_on() {
    // A rating takes 19 bytes: `rating/k000` and `1000 1 1`.
    let mut stage = stage().state_bytes_max(100);
    assert_eq!(stage.weigh::<Duel>(players(0..3)).unwrap().len(), 3);
    stage.weigh::<Duel>(players(1..4)).unwrap();
    stage.weigh::<Duel>(players(3..6)).unwrap();
    assert_eq!(remembered(&mut stage), ["k001", "k002", "k003", "k004", "k005"]);
    // Nobody is forgotten for those who play no more than the others: they are paid as newcomers.
    let points = stage.weigh::<Duel>(players(3..9)).unwrap();
    assert_eq!(points.iter().map(|it| it.points).collect::<Vec<_>>(), [500; 6]);
    assert_eq!(remembered(&mut stage), ["k003", "k004", "k005", "k006", "k007"]);
}

#[test]
fn a_name_is_for_those_who_play_and_is_left_out_where_there_is_no_room() {
    let mut stage =
        stage().state_bytes_max(30).post("k000", b"Somebody with a long name").post("eve", b"Eve");
    stage.weigh::<Duel>(players(0..1)).unwrap();
    assert_eq!((stage.state("name/k000"), stage.state("name/eve")), (None, None));
    assert_eq!(remembered(&mut stage), ["k000"]);
}

#[test]
fn no_epoch_changes_more_than_a_report_can_hold() {
    let mut stage = stage().epoch(1);
    for group in 0..5 {
        stage.weigh::<Duel>(players(100 * group..100 * group + 80)).unwrap();
    }
    let mut later = stage.epoch(500);
    let names = (900..990).map(|number| format!("k{number:03}"));
    later = names.fold(later, |stage, hotkey| stage.post(&hotkey, b"name"));
    let before = remembered(&mut later).len();
    later.weigh::<Duel>(players(900..990)).unwrap();
    // 80 rated, 16 named, 16 forgotten.
    assert_eq!((before, remembered(&mut later).len()), (400, 464));
    let named = (900..990).filter(|number| later.state(&format!("name/k{number:03}")).is_some());
    assert_eq!(named.count(), 16);
}
