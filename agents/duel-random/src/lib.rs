//! Drops its stones anywhere: the position alone decides where, so it plays the same game again.

use agon_sdk::{Agent, Dice};

const COLUMNS: usize = 7;

#[derive(Default)]
struct Random;

impl Agent for Random {
    fn call(&mut self, method: &str, board: &[u8]) -> Result<Vec<u8>, String> {
        if method != "move" || board.len() != 6 * COLUMNS {
            return Err(format!("there is no method {method:?} for {} places", board.len()));
        }
        let open: Vec<u8> =
            (0..COLUMNS as u8).filter(|column| board[35 + usize::from(*column)] == 0).collect();
        Ok(vec![*Dice::new(board, "move").pick(&open)])
    }
}

agon_sdk::agent!(Random);
