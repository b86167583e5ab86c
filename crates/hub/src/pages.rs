//! Pages for people: rendered here, readable without a script, and kept fresh by one small script.

use crate::api::{epochs, facts, submissions};
use crate::hub::Hub;
use crate::problem::Problem;
use crate::view::{board, challenge, network, report, submission, validator};
use agon_protocol::Reason;
use agon_types::{ChallengeId, Epoch, SubmissionId};
use askama::Template as _;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use std::str::FromStr;
use std::sync::Arc;

pub(crate) mod frame;
mod part;
pub(crate) mod templates;

use frame::Frame;
use part::{Asked, Parted};
use templates::{ChallengePage, EpochPage, IndexPage, NetworkPage, ProblemPage, SubmissionPage};

type Held = State<Arc<Hub>>;
type Page = Result<Response, Problem>;
type Text = Result<Path<String>, axum::extract::rejection::PathRejection>;

/// Rows of each board on the first page.
const INDEX_ROWS: usize = 10;
/// What programs ask for beside `/v1/`: no problem there becomes a page.
const FOR_PROGRAMS: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/openapi.json"];

fn html(asked: &Asked, page: &impl Parted) -> Page {
    let no_cache = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(([no_cache], Html(asked.render(page)?)).into_response())
}

fn frame(hub: &Hub, event: u64) -> Result<Frame, Problem> {
    let setting = facts::setting(hub);
    let network = hub.read(|state| network::of(state, setting));
    network.map(|network| Frame::of(&network, event)).ok_or_else(|| Reason::NoGenesis.into())
}

/// A name that cannot be read names nothing.
fn name<T: FromStr>(path: Text) -> Option<T> {
    path.ok().and_then(|Path(text)| text.parse().ok())
}

/// Whether a person asks: a page is wanted, and wanted rather than JSON.
pub(crate) fn are_wanted(request: &Request) -> bool {
    let path = request.uri().path();
    if path.starts_with("/v1/") || FOR_PROGRAMS.contains(&path) {
        return false;
    }
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let accept = accept.unwrap_or_default();
    let place = |kind| accept.find(kind).unwrap_or(usize::MAX);
    place("text/html") < place("application/json").min(place("application/problem+json"))
}

/// The same answer; one that tells a problem tells it as a page, with the same status.
pub(crate) fn of_problem(hub: &Hub, response: Response) -> Response {
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    // Without a state there is nothing to frame a page with.
    let Ok(frame) = frame(hub, 0) else { return response };
    let title = if problem.status() == 404 { "Nothing here".to_owned() } else { problem.title() };
    let page = ProblemPage { frame, title, detail: frame::sentence(problem.detail()) };
    let Ok(text) = page.render() else { return response };
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Response::from_parts(head, text.into())
}

/// The end of every unknown address.
pub(crate) async fn nothing_here() -> Problem {
    Problem::new("not_found", "there is no such page, nor any other address of this name: try /v1/network")
}

pub(crate) async fn index(State(hub): Held, asked: Asked) -> Page {
    let challenges = hub.read(|state| {
        let all = challenge::all(state).into_iter();
        all.filter_map(|challenge| board::of(state, &challenge.id).map(|board| (challenge, board))).collect()
    });
    html(&asked, &IndexPage { frame: frame(&hub, asked.event)?, challenges, rows_max: INDEX_ROWS })
}

pub(crate) async fn challenge(State(hub): Held, asked: Asked, path: Text) -> Page {
    let missing = || Problem::new("unknown_challenge", "there is no such challenge");
    let id = name::<ChallengeId>(path).ok_or_else(missing)?;
    let found = hub.read(|state| {
        let (challenge, board) = (challenge::one(state, &id)?, board::of(state, &id)?);
        let narrow = submission::Narrow { challenge: Some(id), ..submission::Narrow::default() };
        let newest = submission::list(state, &narrow, (None, crate::limits::PAGE_MAX));
        let waiting = newest.items.into_iter().filter(|line| line.score.is_none()).collect();
        Some((challenge, board, waiting))
    });
    let (challenge, board, waiting) = found.ok_or_else(missing)?;
    html(&asked, &ChallengePage::new(frame(&hub, asked.event)?, challenge, (board, waiting)))
}

pub(crate) async fn submission(State(hub): Held, asked: Asked, path: Text) -> Page {
    let no_id = || Problem::new("not_found", "that is not the id of a submission");
    let id = name::<SubmissionId>(path).ok_or_else(no_id)?;
    let missing = || Problem::new("unknown_submission", "there is no such submission");
    let whole = submissions::whole(&hub, id).await?.ok_or_else(missing)?;
    let reports = hub.read(|state| report::all(state, id)).unwrap_or_default();
    html(&asked, &SubmissionPage { frame: frame(&hub, asked.event)?, whole, reports })
}

pub(crate) async fn epoch(State(hub): Held, asked: Asked, path: Text) -> Page {
    let missing = || Problem::new("unknown_epoch", "that epoch has not begun");
    let number = name::<u64>(path).map(Epoch).ok_or_else(missing)?;
    let whole = epochs::whole(&hub, number).await?.ok_or_else(missing)?;
    html(&asked, &EpochPage { frame: frame(&hub, asked.event)?, whole })
}

pub(crate) async fn network(State(hub): Held, asked: Asked) -> Page {
    let setting = facts::setting(&hub);
    let found =
        hub.read(|state| Some((network::of(state, setting)?, network::stats(state)?, validator::all(state))));
    let (network, stats, validators) = found.ok_or(Reason::NoGenesis)?;
    html(&asked, &NetworkPage { frame: Frame::of(&network, asked.event), network, stats, validators })
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
