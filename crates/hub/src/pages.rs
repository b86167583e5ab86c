//! Pages for people: rendered here, readable without a script, and kept fresh by one small script.

use crate::api::{epochs, facts, submissions};
use crate::hub::Hub;
use crate::problem::Problem;
use crate::view::{board, challenge, epoch, network, report, submission, validator};
use agon_protocol::Reason;
use agon_types::{ChallengeId, Epoch, SubmissionId};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use std::str::FromStr;
use std::sync::Arc;

pub(crate) mod frame;
pub(crate) mod templates;

use frame::Frame;
use templates::{ChallengePage, EpochPage, IndexPage, MissingPage, NetworkPage, SubmissionPage};

type Held = State<Arc<Hub>>;
type Page = Result<Response, Problem>;

/// Rows of each board on the first page.
const INDEX_ROWS: usize = 10;

fn html(page: &impl Template) -> Page {
    let text = page.render().map_err(Problem::internal)?;
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))], Html(text)).into_response())
}

fn frame(hub: &Hub) -> Result<Frame, Problem> {
    let setting = facts::setting(hub);
    let network = hub.read(|state| network::of(state, setting));
    network.map(|network| Frame::of(&network)).ok_or_else(|| Reason::NoGenesis.into())
}

fn missing(hub: &Hub, detail: &str) -> Page {
    let page = MissingPage { frame: frame(hub)?, detail: detail.to_owned() };
    Ok((StatusCode::NOT_FOUND, html(&page)?).into_response())
}

/// A name that cannot be read names nothing, and a person gets the page that says so.
fn name<T: FromStr>(path: Result<Path<String>, axum::extract::rejection::PathRejection>) -> Option<T> {
    path.ok().and_then(|Path(text)| text.parse().ok())
}

type Text = Result<Path<String>, axum::extract::rejection::PathRejection>;

/// The end of every unknown address: a page for people, a problem for programs.
pub(crate) async fn nothing_here(State(hub): Held, uri: Uri, headers: HeaderMap) -> Page {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if uri.path().starts_with("/v1/") || !accepts.contains("text/html") {
        return Err(Problem::new("not_found", "there is no such address: /v1/network is a good start"));
    }
    missing(&hub, "There is no such page.")
}

pub(crate) async fn index(State(hub): Held) -> Page {
    let challenges = hub.read(|state| {
        let all = challenge::all(state).into_iter();
        all.filter_map(|challenge| board::of(state, &challenge.id).map(|board| (challenge, board))).collect()
    });
    html(&IndexPage { frame: frame(&hub)?, challenges, rows_max: INDEX_ROWS })
}

pub(crate) async fn challenge(State(hub): Held, path: Text) -> Page {
    let found = name::<ChallengeId>(path).and_then(|id| {
        hub.read(|state| {
            let (challenge, board) = (challenge::one(state, &id)?, board::of(state, &id)?);
            let narrow = submission::Narrow { challenge: Some(id.clone()), ..submission::Narrow::default() };
            let newest = submission::list(state, &narrow, (None, crate::limits::PAGE_MAX));
            let waiting = newest.items.into_iter().filter(|line| line.score.is_none()).collect();
            Some((challenge, board, waiting))
        })
    });
    match found {
        Some((challenge, board, waiting)) => {
            html(&ChallengePage::new(frame(&hub)?, challenge, (board, waiting)))
        }
        None => missing(&hub, "There is no such challenge."),
    }
}

pub(crate) async fn submission(State(hub): Held, path: Text) -> Page {
    let Some(id) = name::<SubmissionId>(path) else {
        return missing(&hub, "That is not the id of a submission.");
    };
    let Some(whole) = submissions::whole(&hub, id).await? else {
        return missing(&hub, "There is no such submission.");
    };
    let reports = hub.read(|state| report::all(state, id)).unwrap_or_default();
    html(&SubmissionPage { frame: frame(&hub)?, whole, reports })
}

pub(crate) async fn epoch(State(hub): Held, path: Text) -> Page {
    let number = name::<u64>(path).map(Epoch);
    let whole: Option<epoch::Whole> = match number {
        Some(epoch) => epochs::whole(&hub, epoch).await?,
        None => None,
    };
    match whole {
        Some(whole) => html(&EpochPage { frame: frame(&hub)?, whole }),
        None => missing(&hub, "That epoch has not begun."),
    }
}

pub(crate) async fn network(State(hub): Held) -> Page {
    let setting = facts::setting(&hub);
    let found =
        hub.read(|state| Some((network::of(state, setting)?, network::stats(state)?, validator::all(state))));
    let (network, stats, validators) = found.ok_or(Reason::NoGenesis)?;
    html(&NetworkPage { frame: Frame::of(&network), network, stats, validators })
}

/// The two files beside the pages. Their addresses name their content, so a browser keeps them.
pub(crate) async fn file(path: Text) -> Result<impl IntoResponse, Problem> {
    let name = name::<String>(path).unwrap_or_default();
    let (kind, text) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", frame::STYLE),
        "live.js" => ("text/javascript; charset=utf-8", frame::LIVE),
        _ => return Err(Problem::new("not_found", "there is no such file")),
    };
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")], text))
}
