//! One game between two players, from its opening to its end.

use crate::board::{Board, COLUMNS, Side};
use agon_sdk::{Dice, Failure, Instance};

/// Stones of an opening, which nobody chose.
const OPENING: usize = 4;

/// A player at the board.
pub enum Player {
    Agent(Instance),
    /// The challenge's own.
    House,
}

/// How a game ended, as its first player sees it.
pub enum End {
    Won(Side),
    Drawn,
    /// A side broke the rules or failed, and lost by it.
    Forfeit(Side, Failure),
}

/// What was played, and how it ended.
pub struct Game {
    pub columns: Vec<usize>,
    pub end: End,
}

/// Some stones by turns, such that nobody has won and nobody can with the next stone.
pub fn opening(dice: &mut Dice) -> Vec<usize> {
    loop {
        let columns: Vec<usize> = (0..OPENING).map(|_| dice.below(COLUMNS as u64) as usize).collect();
        let (board, _) = replay(&columns);
        let quiet = |side| (0..COLUMNS).all(|column| !board.wins(column, side));
        if quiet(Side::First) && quiet(Side::Second) {
            return columns;
        }
    }
}

fn replay(columns: &[usize]) -> (Board, Side) {
    let (mut board, mut side) = (Board::default(), Side::First);
    for column in columns {
        board.drop(*column, side);
        side = side.other();
    }
    (board, side)
}

impl Game {
    /// Plays on from an opening.
    pub fn play(opening: &[usize], mut first: Player, mut second: Player) -> Self {
        let (mut board, mut side) = replay(opening);
        let mut columns = opening.to_vec();
        let end = loop {
            let player = match side {
                Side::First => &mut first,
                Side::Second => &mut second,
            };
            let column = match player.choose(&board, side) {
                Ok(column) => column,
                Err(failure) => break End::Forfeit(side, failure),
            };
            columns.push(column);
            if board.drop(column, side) {
                break End::Won(side);
            }
            if board.open().is_empty() {
                break End::Drawn;
            }
            side = side.other();
        };
        Self { columns, end }
    }

    /// The columns as digits, and how it ended.
    pub fn record(&self) -> String {
        let columns: String = self.columns.iter().map(usize::to_string).collect();
        let name = |side: Side| if side == Side::First { "first" } else { "second" };
        match &self.end {
            End::Won(side) => format!("{columns} {} wins", name(*side)),
            End::Drawn => format!("{columns} drawn"),
            End::Forfeit(side, failure) => format!("{columns} {} forfeits: {failure}", name(*side)),
        }
    }
}

impl Player {
    /// An open column.
    fn choose(&mut self, board: &Board, side: Side) -> Result<usize, Failure> {
        let open = board.open();
        let Self::Agent(agent) = self else {
            return Ok(house(board, &open, side));
        };
        let reply = agent.call("move", &board.seen_by(side))?;
        match reply.output[..] {
            [column] if open.contains(&usize::from(column)) => Ok(column.into()),
            [column] => Err(Failure::wrong_output(format!("column {column} is not open, only {open:?}"))),
            _ => Err(Failure::wrong_output(format!("a move is one byte, not {}", reply.output.len()))),
        }
    }
}

/// Wins if it can, prevents a loss if it must, and else keeps to the middle.
fn house(board: &Board, open: &[usize], side: Side) -> usize {
    let wins = |side: Side| open.iter().copied().find(|column| board.wins(*column, side));
    let middle = || open.iter().copied().min_by_key(|column| column.abs_diff(COLUMNS / 2));
    wins(side).or_else(|| wins(side.other())).or_else(middle).expect("a game is over when no column is open")
}
