//! A position in two words: a bit for each place, seven bits a column, the topmost always empty so that no line runs
//! from one column into the next.

const COLUMNS: u64 = 7;
const ROWS: u64 = 6;
/// The places of the lowest row.
const BOTTOM: u64 = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28 | 1 << 35 | 1 << 42;

#[derive(Clone, Copy)]
pub struct Position {
    /// Of the side that is to move.
    ours: u64,
    all: u64,
}

impl Position {
    pub fn read(board: &[u8]) -> Option<Self> {
        if board.len() as u64 != COLUMNS * ROWS {
            return None;
        }
        let mut position = Self { ours: 0, all: 0 };
        for column in 0..COLUMNS {
            for row in 0..ROWS {
                let stone = board[(row * COLUMNS + column) as usize];
                let bit = 1 << (column * 7 + row);
                position.ours |= if stone == 1 { bit } else { 0 };
                position.all |= if stone == 0 { 0 } else { bit };
            }
        }
        Some(position)
    }

    pub fn theirs(self) -> u64 {
        self.ours ^ self.all
    }

    /// The place that a stone in a column falls to.
    fn landing(self, column: u64) -> Option<u64> {
        let bit = (self.all + (1 << (column * 7))) & (0x3f << (column * 7));
        (bit != 0).then_some(bit)
    }

    /// The open columns, the middle ones first, each with its place.
    pub fn moves(self) -> impl Iterator<Item = (u64, u64)> {
        [3, 2, 4, 1, 5, 0, 6].into_iter().filter_map(move |column| Some((column, self.landing(column)?)))
    }

    /// As the other side sees it after a stone.
    pub fn after(self, place: u64) -> Self {
        Self { ours: self.theirs(), all: self.all | place }
    }

    pub fn wins(self, place: u64) -> bool {
        is_four(self.ours | place)
    }

    /// Empty places where either side would make four: ours less theirs.
    pub fn promise(self) -> i32 {
        let empty = (BOTTOM * 0x3f) & !self.all;
        let count = |stones: u64| (fours(stones) & empty).count_ones() as i32;
        count(self.ours) - count(self.theirs())
    }
}

fn is_four(stones: u64) -> bool {
    [1, 6, 7, 8].into_iter().any(|step| {
        let pairs = stones & stones >> step;
        pairs & pairs >> (2 * step) != 0
    })
}

/// The places, empty or not, that would complete four.
fn fours(stones: u64) -> u64 {
    let mut places = stones << 1 & stones << 2 & stones << 3;
    for step in [6, 7, 8] {
        let pair = stones << step & stones << (2 * step);
        places |= pair & stones << (3 * step) | pair & stones >> step;
        let pair = stones >> step & stones >> (2 * step);
        places |= pair & stones >> (3 * step) | pair & stones << step;
    }
    places
}
