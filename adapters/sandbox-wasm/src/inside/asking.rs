//! The line of one run to the node. Guests live in stores, which hold nothing that is borrowed; so the run's own way of
//! asking is lent to the line while the run lasts.
//!
//! Lending past a lifetime is `unsafe`. It is sound because the one pointer is in a cell of this file alone, is taken
//! out before the loan ends, however it ends, is out of the cell while it is used, and cannot leave its thread.

use crate::room::{Ask, Gone};
use agon_port::sandbox::{Answer, Question};
use std::cell::Cell;
use std::fmt;
use std::ptr::NonNull;
use std::rc::Rc;

/// Where questions go. Clones are ends of one line; it is dead outside of a run.
#[derive(Clone, Default)]
pub struct Line(Rc<Cell<Option<NonNull<Ask<'static>>>>>);

/// Cuts the line when the run is over, however it ends.
struct HangUp<'l>(&'l Line);

impl Drop for HangUp<'_> {
    fn drop(&mut self) {
        self.0.0.set(None);
    }
}

impl Line {
    /// Lends `ask` to the line for as long as `work` takes.
    #[expect(
        unsafe_code,
        reason = "a store holds nothing borrowed: the line forgets the loan before it ends"
    )]
    pub fn during<R>(&self, ask: &mut Ask<'_>, work: impl FnOnce() -> R) -> R {
        let ask: NonNull<Ask<'_>> = NonNull::from(ask);
        // SAFETY: only the lifetime changes. Nothing but `ask` below follows the pointer, it does so on this thread
        // (the cell is not `Sync`, and `Rc` not `Send`), and `hang_up` takes the pointer out before this frame, which
        // holds the unique borrow, is left.
        let ask = unsafe { std::mem::transmute::<NonNull<Ask<'_>>, NonNull<Ask<'static>>>(ask) };
        let hang_up = HangUp(self);
        self.0.set(Some(ask));
        let done = work();
        drop(hang_up);
        done
    }

    /// Asks the node and waits. Outside of a run nobody is there.
    #[expect(unsafe_code, reason = "follows the pointer that is there only while the run lasts")]
    pub fn ask(&self, question: Question) -> Result<Answer, Gone> {
        // Taken out meanwhile, so that there is never a second reference to what it points to.
        let Some(mut ask) = self.0.take() else { return Err(Gone) };
        // SAFETY: the pointer is in the cell only while `during` holds the unique borrow it was made of, and no one
        // else has it now.
        let answer = unsafe { ask.as_mut() }(question);
        self.0.set(Some(ask));
        answer
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reaches_the_node_during_a_run_only() {
        let line = Line::default();
        let end = line.clone();
        assert!(end.ask(Question::StateGet(String::new())).is_err());
        let mut asked = 0;
        let mut ask = |_: Question| {
            asked += 1;
            Ok(Answer::State(None))
        };
        line.during(&mut ask, || {
            for _ in 0..2 {
                assert_eq!(end.ask(Question::StateGet(String::new())).unwrap(), Answer::State(None));
            }
        });
        assert_eq!(asked, 2);
        assert!(end.ask(Question::StateGet(String::new())).is_err());
    }
}
