//! The templates with what each of them shows.

use super::frame::Frame;
use crate::view::board::Board;
use crate::view::network::{Network, Stats};
use crate::view::report::Report;
use crate::view::submission::Line;
use crate::view::validator::Validator;
use crate::view::words;
use crate::view::{challenge, epoch, submission};
use askama::Template;

#[derive(Template)]
#[template(path = "index.html", blocks = ["pulse", "boards"])]
pub(crate) struct IndexPage {
    pub frame: Frame,
    pub challenges: Vec<(challenge::Line, Board)>,
    pub rows_max: usize,
}

#[derive(Template)]
#[template(path = "challenge.html", blocks = ["pulse", "about", "rows", "waiting", "rules"])]
pub(crate) struct ChallengePage {
    pub frame: Frame,
    pub weight_rule: &'static str,
    pub approval: &'static str,
    pub agreement: &'static str,
    pub assignment: String,
    pub challenge: challenge::Whole,
    pub board: Board,
    pub rows_max: usize,
    pub waiting: Vec<Line>,
}

impl ChallengePage {
    pub fn new(frame: Frame, challenge: challenge::Whole, (board, waiting): (Board, Vec<Line>)) -> Self {
        let manifest = &challenge.manifest;
        Self {
            frame,
            weight_rule: words::weight_rule(manifest.weight_rule),
            approval: words::approval(&manifest.approval),
            agreement: words::agreement(&manifest.agreement),
            assignment: words::assignment(&manifest.assignment),
            challenge,
            rows_max: board.rows.len(),
            board,
            waiting,
        }
    }
}

#[derive(Template)]
#[template(path = "submission.html", blocks = ["pulse", "submission"])]
pub(crate) struct SubmissionPage {
    pub frame: Frame,
    pub whole: submission::Whole,
    pub reports: Vec<Report>,
}

#[derive(Template)]
#[template(path = "epoch.html", blocks = ["pulse", "epoch"])]
pub(crate) struct EpochPage {
    pub frame: Frame,
    pub whole: epoch::Whole,
}

#[derive(Template)]
#[template(path = "network.html", blocks = ["pulse", "validators", "numbers"])]
pub(crate) struct NetworkPage {
    pub frame: Frame,
    pub network: Network,
    pub stats: Stats,
    pub validators: Vec<Validator>,
}

#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage {
    pub frame: Frame,
    pub title: String,
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::way::Outside;
    use crate::view::{board, network, report, sample, validator};
    use agon_types::{Digest, Epoch};

    fn rendered(page: &impl Template, expected: &[&str]) {
        let text = page.render().unwrap();
        for part in expected {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("style=\""), "the content policy forbids it");
    }

    #[test]
    fn what_a_fragment_waits_for_is_a_type_of_event() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
        let mut count = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let words = text.split("-on=\"").skip(1).filter_map(|part| part.split(['"', '{']).next());
            for types in words {
                let types = types.trim().replace(' ', ",");
                assert!(crate::stream::Filter::new(Some(&types), None).is_ok(), "{types}");
                count += 1;
            }
        }
        assert!(count > 10, "{count}");
    }

    #[test]
    fn an_event_about_one_of_a_thousand_submissions_costs_one_row() {
        use super::super::part::Parted as _;
        let state = sample::state();
        let setting = network::Setting { genesis_digest: Digest::ZERO, development: false };
        let frame = Frame::of(&network::of(&state, setting).unwrap(), 7);
        let id = "route".parse().unwrap();
        let mut board = board::of(&state, &id).unwrap();
        board.rows = board.rows.iter().cloned().cycle().take(1000).collect();
        let page = ChallengePage::new(frame, challenge::one(&state, &id).unwrap(), (board, Vec::new()));
        let (whole, rows) = (page.render().unwrap().len(), page.part("rows").unwrap().unwrap().len());
        let row = page.part(&format!("row/{}", sample::id(1))).unwrap().unwrap();
        println!("the page {whole} bytes, its rows {rows}, one row {}", row.len());
        assert!(row.starts_with("<tr") && row.len() < 1000 && rows < whole, "{row}");
    }

    #[test]
    fn every_template_shows_its_sample() {
        let state = sample::state();
        let setting = network::Setting { genesis_digest: Digest::ZERO, development: false };
        let network = network::of(&state, setting).unwrap();
        let frame = || Frame::of(&network, 7);
        let id = "route".parse().unwrap();
        let board = || board::of(&state, &id).unwrap();

        let challenges = challenge::all(&state).into_iter().map(|challenge| (challenge, board())).collect();
        let index = IndexPage { frame: frame(), challenges, rows_max: 10 };
        let expected =
            ["Routes &#38; towns", "old, of epoch 1", "0.900000000", "all the fuel", "version 1 is paused"];
        rendered(&index, &expected);

        let narrow = submission::Narrow::default();
        let waiting = submission::list(&state, &narrow, (None, 1)).items;
        let page = ChallengePage::new(frame(), challenge::one(&state, &id).unwrap(), (board(), waiting));
        rendered(
            &page,
            &[
                "waits for decision 6",
                "5 seats drawn by power",
                "halves every 2 epochs",
                "towns = 9",
                "agent 5",
            ],
        );

        for n in 1..=5 {
            let whole = submission::whole(&state, sample::id(n), &Outside::default()).unwrap();
            let reports = report::all(&state, sample::id(n)).unwrap();
            let page = SubmissionPage { frame: frame(), whole, reports };
            rendered(
                &page,
                &[&format!("agent {n}"), "<strong>submission</strong>", "<strong>chain</strong>"],
            );
        }
        let whole = epoch::one(&state, Epoch(2), None).unwrap();
        rendered(&EpochPage { frame: frame(), whole }, &["Epoch 2", "It is open"]);
        let (stats, validators) = (network::stats(&state).unwrap(), validator::all(&state));
        let page = NetworkPage { frame: frame(), network: network.clone(), stats, validators };
        rendered(&page, &["absent 2 times in a row", "ended", "5 by 5 miners"]);
        rendered(
            &ProblemPage { frame: frame(), title: "Too long".to_owned(), detail: "gone".to_owned() },
            &["Too long", "gone."],
        );
    }
}
