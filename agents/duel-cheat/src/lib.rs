//! Plays beside the board: its first move looks honest, and every later one is a column that does not exist.

use agon_sdk::Agent;

#[derive(Default)]
struct Cheats {
    moves: u32,
}

impl Agent for Cheats {
    fn call(&mut self, _method: &str, board: &[u8]) -> Result<Vec<u8>, String> {
        self.moves += 1;
        let middle_is_open = board.get(35 + 3) == Some(&0);
        Ok(vec![if self.moves == 1 && middle_is_open { 3 } else { 7 }])
    }
}

agon_sdk::agent!(Cheats);
