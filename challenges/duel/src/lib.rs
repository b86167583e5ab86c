//! Who gets four in a row against the others?
//!
//! The judged agent meets every opponent of its job, and the challenge's own player, the house. From each opening that
//! the seed draws they play two games, so that both begin once; every game is played by fresh instances. An agent is
//! asked for each of its moves by `move`:
//!
//! ```text
//!   input:  42 places, a byte each: 7 of the bottom row from the left, then those above; 1 is yours, 2 is theirs
//!   output: one byte: the column, from 0 on the left to 6; it must not be full
//! ```
//!
//! Whoever breaks the rules or fails loses that game, and nothing else.
//!
//! # Score
//! The share of the points of all games: two for a game won, one for a draw. Who forfeits games and has no point has
//! failed. The games are left in the vault.
//!
//! # Weights
//! Every hotkey has a rating, which begins at 1000 and moves a quarter of the way to `2000 * score` with each epoch.
//! Its best submission is paid by how far the rating is above 500. A player may post a name for itself. Who has not
//! played for a hundred epochs is forgotten, and where the state is full, whoever stayed away the longest is; who comes
//! back begins anew.
//!
//! # Configuration
//! * `openings`: how many

mod board;
mod game;
mod ratings;
mod tally;

use agon_sdk::{
    Challenge, Description, Fault, Outcome, Points, Request, Response, Router, Task, Weighing, artifacts,
};
use board::Side;
use game::{Game, Player};
use tally::Tally;

struct Duel;

impl Challenge for Duel {
    fn describe() -> Description {
        Description::new("Duel", "Who gets four in a row against the others?")
    }

    fn score(task: &Task, _observed: &[u8]) -> Result<Outcome, Fault> {
        let mut tally = Tally::default();
        for number in 0..task.number("openings")?.max(1) {
            let opening = game::opening(&mut task.dice(&format!("opening {number}")));
            // The house has no seat.
            let opponents = task.opponents().map(Some).chain([None]);
            for opponent in opponents {
                meet(task, &opening, opponent, &mut tally);
            }
        }
        artifacts::keep(tally.records().as_bytes())?;
        tally.outcome()
    }

    fn weigh(weighing: &Weighing) -> Result<Vec<Points>, String> {
        Ok(ratings::weigh(weighing)?)
    }

    fn serve(request: &Request) -> Response {
        Router::new(request)
            .on("/ratings", |_| ratings::list())
            .on("/players/{hotkey}", |request| ratings::player(request.parameter("hotkey")))
            .answer()
    }
}

/// Two games from one opening, with swapped sides.
fn meet(task: &Task, opening: &[usize], opponent: Option<u32>, tally: &mut Tally) {
    let name = opponent.map_or("the house".to_owned(), |seat| format!("seat {seat}"));
    for side in [Side::First, Side::Second] {
        let judged = Player::Agent(task.agent(0));
        let other = opponent.map_or(Player::House, |seat| Player::Agent(task.agent(seat)));
        let game = match side {
            Side::First => Game::play(opening, judged, other),
            Side::Second => Game::play(opening, other, judged),
        };
        tally.add(game, side, &name);
    }
}

agon_sdk::challenge!(Duel);

#[cfg(test)]
mod tests;
