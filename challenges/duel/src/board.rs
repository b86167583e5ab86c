//! Four in a row: seven columns of six places, and stones that fall to the bottom.

pub const COLUMNS: usize = 7;
pub const ROWS: usize = 6;

/// Who has a stone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    First,
    Second,
}

impl Side {
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// A position. Columns and rows are counted from the left and from the bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Board {
    places: [[Option<Side>; ROWS]; COLUMNS],
}

/// Right, up, and both diagonals.
const DIRECTIONS: [(isize, isize); 4] = [(1, 0), (0, 1), (1, 1), (1, -1)];

impl Board {
    /// The columns that are not full.
    pub fn open(&self) -> Vec<usize> {
        (0..COLUMNS).filter(|column| self.places[*column][ROWS - 1].is_none()).collect()
    }

    /// Drops a stone, and says whether it makes four in a row; the column must be open.
    pub fn drop(&mut self, column: usize, side: Side) -> bool {
        let row = self.places[column].iter().position(Option::is_none).expect("the column is open");
        self.places[column][row] = Some(side);
        DIRECTIONS.iter().any(|(x, y)| {
            let ahead = self.run((column, row), (*x, *y), side);
            let behind = self.run((column, row), (-x, -y), side);
            ahead + behind >= 3
        })
    }

    /// Stones of a side next to a place, in one direction.
    fn run(&self, (column, row): (usize, usize), (x, y): (isize, isize), side: Side) -> usize {
        let at = |steps: isize| {
            let column = column.checked_add_signed(x * steps)?;
            let row = row.checked_add_signed(y * steps)?;
            *self.places.get(column)?.get(row)?
        };
        (1..4).take_while(|steps| at(*steps) == Some(side)).count()
    }

    /// Whether a stone of a side in an open column would make four in a row.
    pub fn wins(&self, column: usize, side: Side) -> bool {
        self.clone().drop(column, side)
    }

    /// As a side sees it: a byte for each place, from the bottom row up and from the left; 1 is its own stone, 2 is
    /// the other's.
    pub fn seen_by(&self, side: Side) -> Vec<u8> {
        let place = |row: usize, column: usize| match self.places[column][row] {
            None => 0,
            Some(owner) if owner == side => 1,
            Some(_) => 2,
        };
        (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| place(row, column))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays columns by turns; whether the last stone makes four.
    fn play(columns: &str) -> (Board, bool) {
        let (mut board, mut side, mut wins) = (Board::default(), Side::First, false);
        for column in columns.bytes() {
            assert!(!wins, "{columns} is over before its end");
            wins = board.drop(usize::from(column - b'0'), side);
            side = side.other();
        }
        (board, wins)
    }

    #[test]
    fn four_win_in_every_direction_and_three_in_none() {
        for (columns, wins) in [
            ("001020", false),
            ("0616263", true),
            ("01010", false),
            ("0101010", true),
            ("01122323363", true),
            ("65544343303", true),
            ("3425", false),
            ("1404142", false),
        ] {
            let (_, won) = play(columns);
            assert_eq!(won, wins, "{columns}");
        }
    }

    #[test]
    fn a_full_column_is_not_open() {
        let (board, _) = play("000000");
        assert_eq!(board.open(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn each_side_sees_its_own_stones_as_ones() {
        let (board, _) = play("03");
        let first: Vec<u8> = board.seen_by(Side::First);
        assert_eq!(first[..4], [1, 0, 0, 2]);
        assert_eq!(board.seen_by(Side::Second)[..4], [2, 0, 0, 1]);
    }
}
