//! Looks ahead as far as its budget goes: alpha-beta over both sides' best answers, deeper and deeper, and at the end
//! of a line it counts the places where either side would make four.

mod position;
mod search;

use agon_sdk::Agent;
use position::Position;

/// Positions that it looks at for one move.
const BUDGET: u32 = 20_000;

#[derive(Default)]
struct Search;

impl Agent for Search {
    fn call(&mut self, method: &str, board: &[u8]) -> Result<Vec<u8>, String> {
        let position = Position::read(board).filter(|_| method == "move");
        let position = position.ok_or_else(|| format!("there is no method {method:?} for this board"))?;
        let column = search::best(position, BUDGET).ok_or("no column is open")?;
        Ok(vec![column as u8])
    }
}

agon_sdk::agent!(Search);

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows from the top, `x` to move.
    fn answer(rows: &str) -> u8 {
        let rows: Vec<&str> = rows.split('/').collect();
        let stone = |c: char| if c == 'x' { 1 } else { u8::from(c == 'o') * 2 };
        let mut board = vec![0; 42];
        for (row, stones) in rows.iter().rev().enumerate() {
            for (column, c) in stones.chars().enumerate() {
                board[row * 7 + column] = stone(c);
            }
        }
        Search.call("move", &board).unwrap()[0]
    }

    #[test]
    fn it_wins_when_it_can_and_prevents_what_it_must() {
        assert_eq!(answer("oo...../xxx.oo."), 3);
        assert_eq!(answer("xx...../ooo.xx."), 3);
        assert_eq!(answer("..x..../..xo.../..xo.../o.ox..."), 2);
    }

    #[test]
    fn it_sees_an_open_three_before_it_is_one() {
        // Two stones in a row with room on both sides have to be stopped at once.
        assert!([1, 4].contains(&answer("x....../x.oo...")));
    }
}
