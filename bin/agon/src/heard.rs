//! A sandbox whose guests are heard: what they write for their author is shown on standard error.

use crate::limits::LOG_LINES_SHOWN_MAX;
use crate::output::Output;
use agon_port::sandbox::{Ended, Properties, Role, Run, Sandbox, Spoken, Unloadable};
use agon_types::manifest::Capabilities;
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs as the sandbox within does, and shows every line of the log after its run.
pub struct Heard {
    within: Arc<dyn Sandbox>,
    output: Output,
    shown: AtomicUsize,
}

impl Heard {
    pub fn new(within: Arc<dyn Sandbox>, output: Output) -> Self {
        Self { within, output, shown: AtomicUsize::new(0) }
    }

    /// The same sandbox, unheard.
    pub fn within(&self) -> &dyn Sandbox {
        self.within.as_ref()
    }

    fn show(&self, phase: &str, log: &[Spoken]) {
        for spoken in log {
            match self.shown.fetch_add(1, Ordering::Relaxed) {
                LOG_LINES_SHOWN_MAX => self.output.aside("log: further lines are not shown"),
                shown if shown < LOG_LINES_SHOWN_MAX => self.output.aside(&line(phase, spoken)),
                _ => {}
            }
        }
    }
}

/// A line as it is shown. Whoever wrote it is not to command the terminal.
fn line(phase: &str, spoken: &Spoken) -> String {
    let who = match spoken.role {
        Role::Challenge => "challenge",
        Role::Agent => "agent",
    };
    format!("log: {phase}, {who}: {}", spoken.line.replace(char::is_control, " "))
}

#[async_trait]
impl Sandbox for Heard {
    fn properties(&self) -> Properties {
        self.within.properties()
    }

    fn lanes(&self) -> usize {
        self.within.lanes()
    }

    async fn inspect(&self, role: Role, bytes: Arc<[u8]>, grants: &Capabilities) -> Result<(), Unloadable> {
        self.within.inspect(role, bytes, grants).await
    }

    async fn run(&self, run: Run) -> Ended {
        let phase = run.phase.name();
        let ended = self.within.run(run).await;
        self.show(phase, &ended.log);
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_who_wrote_it_and_commands_no_terminal() {
        let spoken = Spoken { role: Role::Agent, line: "red \u{1b}[31m\nnext".to_owned() };
        assert_eq!(line("score", &spoken), "log: score, agent: red  [31m next");
    }
}
