//! Wins if it can, prevents a loss if it must, and else builds on what it has, without a look at the answer.

use agon_sdk::Agent;

const COLUMNS: i32 = 7;
const ROWS: i32 = 6;
const DIRECTIONS: [(i32, i32); 4] = [(1, 0), (0, 1), (1, 1), (1, -1)];

#[derive(Default)]
struct Greedy;

impl Agent for Greedy {
    fn call(&mut self, method: &str, board: &[u8]) -> Result<Vec<u8>, String> {
        if method != "move" || board.len() != (COLUMNS * ROWS) as usize {
            return Err(format!("there is no method {method:?} for {} places", board.len()));
        }
        let open = (0..COLUMNS).filter_map(|column| Some((column, landing(board, column)?)));
        let best = open.max_by_key(|(column, row)| (worth(board, *column, *row), -(column - 3).abs()));
        best.map(|(column, _)| vec![column as u8]).ok_or_else(|| "no column is open".to_owned())
    }
}

fn at(board: &[u8], column: i32, row: i32) -> Option<u8> {
    let inside = (0..COLUMNS).contains(&column) && (0..ROWS).contains(&row);
    inside.then(|| board[(row * COLUMNS + column) as usize])
}

/// The row that a stone falls to.
fn landing(board: &[u8], column: i32) -> Option<i32> {
    (0..ROWS).find(|row| at(board, column, *row) == Some(0))
}

/// What a place is worth: four of its own first, then four of the other's, then the longest run.
fn worth(board: &[u8], column: i32, row: i32) -> usize {
    let longest = |stone: u8| {
        let run = |(x, y): (i32, i32)| {
            let steps = 1..4;
            steps.take_while(|step| at(board, column + x * step, row + y * step) == Some(stone)).count()
        };
        DIRECTIONS.into_iter().map(|(x, y)| run((x, y)) + run((-x, -y))).max().unwrap_or(0)
    };
    match (longest(1), longest(2)) {
        (3.., _) => 100,
        (_, 3..) => 50,
        (ours, theirs) => 2 * ours + theirs,
    }
}

agon_sdk::agent!(Greedy);
