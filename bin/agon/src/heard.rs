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

    /// The lines of a run, as long as there is room for them.
    fn lines(&self, phase: &str, log: &[Spoken]) -> Vec<String> {
        let shown = |spoken: &Spoken| match self.shown.fetch_add(1, Ordering::Relaxed) {
            LOG_LINES_SHOWN_MAX => Some("log: further lines are not shown".to_owned()),
            before => (before < LOG_LINES_SHOWN_MAX).then(|| line(phase, spoken)),
        };
        log.iter().filter_map(shown).collect()
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
        for line in self.lines(phase, &ended.log) {
            self.output.aside(&line);
        }
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

    /// Nobody runs anything in it.
    struct Talkative;

    #[async_trait]
    impl Sandbox for Talkative {
        fn properties(&self) -> Properties {
            let profile = "test-1".parse().unwrap();
            Properties {
                deterministic: true,
                metered: true,
                kernel_isolated: false,
                attested: false,
                profile,
            }
        }

        fn lanes(&self) -> usize {
            1
        }

        async fn inspect(&self, _: Role, _: Arc<[u8]>, _: &Capabilities) -> Result<(), Unloadable> {
            Ok(())
        }

        async fn run(&self, _: Run) -> Ended {
            panic!("nobody runs anything here")
        }
    }

    #[test]
    fn so_many_lines_are_shown_and_then_one_that_says_so() {
        let heard = Heard::new(Arc::new(Talkative), Output::new(false, false));
        let spoken = Spoken { role: Role::Challenge, line: "line".to_owned() };
        let shown: Vec<String> =
            (0..2).flat_map(|_| heard.lines("weigh", &vec![spoken.clone(); 1000])).collect();
        assert_eq!(shown.len(), LOG_LINES_SHOWN_MAX + 1);
        assert_eq!(shown[0], "log: weigh, challenge: line");
        assert_eq!(shown[LOG_LINES_SHOWN_MAX], "log: further lines are not shown");
    }
}
