//! Adds up the games of a judged agent.

use crate::board::Side;
use crate::game::{End, Game};
use agon_sdk::{Failure, Fault, Outcome, Score};

#[derive(Default)]
pub struct Tally {
    won: u64,
    drawn: u64,
    lost: u64,
    moves: usize,
    faults: Vec<Failure>,
    records: String,
}

impl Tally {
    /// Counts a game that the judged agent played on a side, against somebody.
    pub fn add(&mut self, game: Game, side: Side, opponent: &str) {
        let seat = if side == Side::First { "first" } else { "second" };
        self.records.push_str(&format!("{seat} against {opponent}: {}\n", game.record()));
        self.moves += game.columns.len();
        match game.end {
            End::Won(winner) if winner == side => self.won += 1,
            End::Won(_) => self.lost += 1,
            End::Drawn => self.drawn += 1,
            End::Forfeit(loser, _) if loser != side => self.won += 1,
            End::Forfeit(_, failure) => {
                self.lost += 1;
                self.faults.push(failure);
            }
        }
    }

    /// A line for each game.
    pub fn records(&self) -> &str {
        &self.records
    }

    /// The share of the points: a game won is two, a draw is one. Who forfeits games and has no point has failed.
    pub fn outcome(self) -> Result<Outcome, Fault> {
        let games = self.won + self.drawn + self.lost;
        let faults = self.faults.len();
        if let Some(failure) = self.faults.into_iter().next()
            && games == self.lost
        {
            return Err(failure.into());
        }
        Ok(Outcome::new(Score::ratio(2 * self.won + self.drawn, 2 * games))
            .metric("won", self.won)
            .metric("drawn", self.drawn)
            .metric("lost", self.lost)
            .metric("forfeited", faults)
            .metric("moves", self.moves))
    }
}
