//! Parts of a page: one that an event touches is asked for alone, and is rendered from the page's own template.

use super::frame::Frame;
use super::templates::{ChallengePage, EpochPage, IndexPage, NetworkPage, SubmissionPage};
use crate::ask::shown;
use crate::hub::Hub;
use crate::problem::Problem;
use crate::view::board::{Board, Row};
use crate::view::challenge::Line;
use askama::Template;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use std::sync::Arc;

/// What is asked of a page: all of it, or one fragment. Other keys stay unread: people pass addresses on, and what
/// they pass them through adds to them.
#[derive(Debug)]
pub(crate) struct Asked {
    fragment: Option<String>,
    /// The last event before the page is made, so that it has seen all until there.
    pub event: u64,
}

impl FromRequestParts<Arc<Hub>> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::from_request_parts(parts, hub).await;
        let Query(pairs) = pairs.map_err(Problem::internal)?;
        let fragment = pairs.into_iter().find(|(key, _)| key == "fragment").map(|(_, name)| name);
        let event = match fragment {
            None => hub.parts.records.last_event().await.map_err(Problem::internal)?,
            Some(_) => 0,
        };
        Ok(Self { fragment, event })
    }
}

impl Asked {
    /// The text of the page, or of the fragment.
    pub fn render(&self, page: &impl Parted) -> Result<String, Problem> {
        let Some(name) = &self.fragment else { return page.render().map_err(Problem::internal) };
        let unknown = || Problem::new("not_found", format!("this page has no fragment {}", shown(name)));
        page.part(name).ok_or_else(unknown)?.map_err(Problem::internal)
    }
}

type Rendered = Option<askama::Result<String>>;

/// A page with its fragments, by the names that its template gives them.
pub(crate) trait Parted: Template {
    fn part(&self, name: &str) -> Rendered;
}

/// The board of one challenge on the first page.
#[derive(Template)]
#[template(path = "section.html")]
struct Section<'a> {
    frame: &'a Frame,
    challenge: &'a Line,
    board: &'a Board,
    rows_max: usize,
}

/// One row of a board; nothing if the board has no such row.
#[derive(Template)]
#[template(path = "row.html")]
struct OneRow<'a> {
    row: &'a Row,
}

impl Parted for IndexPage {
    fn part(&self, name: &str) -> Rendered {
        let (frame, rows_max) = (&self.frame, self.rows_max);
        match name.split_once('/') {
            None if name == "pulse" => Some(self.as_pulse().render()),
            None if name == "boards" => Some(self.as_boards().render()),
            Some(("board", id)) => {
                let found = self.challenges.iter().find(|(challenge, _)| challenge.id.as_str() == id);
                found.map(|(challenge, board)| Section { frame, challenge, board, rows_max }.render())
            }
            _ => None,
        }
    }
}

impl Parted for ChallengePage {
    fn part(&self, name: &str) -> Rendered {
        if let Some(id) = name.strip_prefix("row/") {
            let row = self.board.rows.iter().find(|row| row.line.id.to_string() == id);
            return Some(row.map_or(Ok(String::new()), |row| OneRow { row }.render()));
        }
        match name {
            "pulse" => Some(self.as_pulse().render()),
            "about" => Some(self.as_about().render()),
            "rows" => Some(self.as_rows().render()),
            "waiting" => Some(self.as_waiting().render()),
            "rules" => Some(self.as_rules().render()),
            _ => None,
        }
    }
}

impl Parted for SubmissionPage {
    fn part(&self, name: &str) -> Rendered {
        match name {
            "pulse" => Some(self.as_pulse().render()),
            "submission" => Some(self.as_submission().render()),
            _ => None,
        }
    }
}

impl Parted for EpochPage {
    fn part(&self, name: &str) -> Rendered {
        match name {
            "pulse" => Some(self.as_pulse().render()),
            "epoch" => Some(self.as_epoch().render()),
            _ => None,
        }
    }
}

impl Parted for NetworkPage {
    fn part(&self, name: &str) -> Rendered {
        match name {
            "pulse" => Some(self.as_pulse().render()),
            "validators" => Some(self.as_validators().render()),
            "numbers" => Some(self.as_numbers().render()),
            _ => None,
        }
    }
}
