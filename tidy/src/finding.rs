//! One thing that is wrong: where, by which rule, and what to do about it.

use std::fmt;

/// Ordered by place, so that a list of them reads like a walk through the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub path: String,
    /// The first line is 1.
    pub line: usize,
    pub rule: &'static str,
    pub advice: String,
}

impl Finding {
    pub fn new(path: &str, line: usize, rule: &'static str, advice: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, advice: advice.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.advice)
    }
}
