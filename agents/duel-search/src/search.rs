//! Alpha-beta, one step deeper each time, until the budget is spent.

use crate::position::Position;

/// Above all that `promise` gives; a win that is nearer is worth more.
const WIN: i32 = 10_000;
const DEPTH_MAX: i32 = 42;

struct Search {
    /// Positions that it may still look at.
    budget: u32,
}

/// The best column that the budget finds.
pub fn best(position: Position, budget: u32) -> Option<u64> {
    let mut search = Search { budget };
    let mut best = position.moves().next()?.0;
    for depth in 1..=DEPTH_MAX {
        // A depth that was not finished says nothing.
        match search.root(position, depth) {
            Some((column, value)) => {
                best = column;
                if value.abs() > WIN / 2 {
                    break;
                }
            }
            None => break,
        }
    }
    Some(best)
}

impl Search {
    fn root(&mut self, position: Position, depth: i32) -> Option<(u64, i32)> {
        let mut best = None;
        let mut alpha = -2 * WIN;
        for (column, place) in position.moves() {
            let value = self.value(position, place, (alpha, 2 * WIN), depth)?;
            if value > alpha {
                (alpha, best) = (value, Some((column, value)));
            }
        }
        best
    }

    /// What a stone is worth to who drops it; `None` when the budget is spent.
    fn value(
        &mut self,
        position: Position,
        place: u64,
        (alpha, beta): (i32, i32),
        depth: i32,
    ) -> Option<i32> {
        self.budget = self.budget.checked_sub(1)?;
        if position.wins(place) {
            return Some(WIN + depth);
        }
        let position = position.after(place);
        if depth <= 1 {
            return Some(-position.promise());
        }
        let (mut low, high) = (-beta, -alpha);
        let mut any = false;
        for (_, answer) in position.moves() {
            any = true;
            low = low.max(self.value(position, answer, (low, high), depth - 1)?);
            if low >= high {
                break;
            }
        }
        // A full board is a draw.
        Some(if any { -low } else { 0 })
    }
}
