//! The words for what the contest knows by codes, the same on every page and in every answer.

use agon_protocol::state::{Phase, Status as ChallengeStatus};
use agon_types::FailureReason;
use agon_types::manifest::{Agreement, Approval, Assignment, WeightRule};

/// Every status that a submission can have, for filters.
pub(crate) const STATUSES: &[&str] = &[
    "awaiting_commitment",
    "awaiting_upload",
    "announced",
    "evaluating",
    "scored",
    "undecided",
    "candidate",
    "champion",
    "duplicate",
    "refused",
    "failed",
    "expired",
];

pub(crate) fn challenge(status: ChallengeStatus) -> &'static str {
    agon_protocol::registry::status_text(status)
}

pub(crate) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Commit => "commit",
        Phase::Reveal => "reveal",
        Phase::Closed => "closed",
    }
}

/// Why an agent scored nothing, for its miner.
pub(crate) fn failure(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::Trapped => "the agent panicked, or did what its machine forbids",
        FailureReason::OutOfFuel => "the agent used all the fuel that the challenge grants",
        FailureReason::OutOfMemory => "the agent asked for more memory than the challenge grants",
        FailureReason::OutputTooLarge => "the agent answered more bytes than the challenge grants",
        FailureReason::CallsExhausted => {
            "the agent was called as often as the challenge allows, and was not done"
        }
        FailureReason::GaveUp => "the agent said itself that it cannot do it",
        FailureReason::WrongOutput => "the agent's answer breaks the rules of the challenge",
        FailureReason::Unloadable => "the bytes are not an agent that can be loaded",
    }
}

pub(crate) fn weight_rule(rule: WeightRule) -> &'static str {
    match rule {
        WeightRule::Champion => "the champion earns all of it",
        WeightRule::Proportional => "every eligible agent earns by its score",
        WeightRule::Weigh => "the challenge's own rule says who earns what",
    }
}

pub(crate) fn approval(approval: &Approval) -> &'static str {
    match approval {
        Approval::Automatic => "the best is champion at once",
        Approval::Manual { .. } => "a person approves the champion",
    }
}

pub(crate) fn agreement(agreement: &Agreement) -> &'static str {
    match agreement {
        Agreement::Exact => "validators agree to the last bit",
        Agreement::Median { .. } => "the median of the validators by weight",
    }
}

pub(crate) fn assignment(assignment: &Assignment) -> String {
    match assignment {
        Assignment::All => "every validator".to_owned(),
        Assignment::Seats(seats) => format!("{seats} seats drawn by power"),
    }
}

/// 1234567 as `1 234 567`, with thin spaces.
pub(crate) fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

/// Billionths as a share in percent, with as few decimals as it needs.
pub(crate) fn percent(billionths: u64) -> String {
    let (whole, rest) = (billionths / 10_000_000, billionths % 10_000_000);
    if rest == 0 {
        return format!("{whole} %");
    }
    let decimals = format!("{rest:07}");
    format!("{whole}.{} %", decimals.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(grouped("7"), "7");
        assert_eq!(grouped("1234567"), "1\u{2009}234\u{2009}567");
        for (billionths, text) in
            [(0, "0 %"), (1_000_000_000, "100 %"), (333_333_334, "33.3333334 %"), (5_000_000, "0.5 %")]
        {
            assert_eq!(percent(billionths), text);
        }
    }
}
