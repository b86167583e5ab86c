//! The pages in a real browser: they follow a submission by themselves, and say the same without JavaScript.

mod diagrams;
mod webdriver;

use crate::commands::{document, enter, fresh_agent};
use crate::network::{Network, beside_others};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use webdriver::{Driver, Session};

/// The name of the agent that is entered while the browser looks.
const AGENT: &str = "fresh";

/// The states of the seven steps whenever they changed, until there is a score.
const CLIMB: &str = "
    window.seen ??= [];
    const steps = [...document.querySelectorAll('.way li')];
    const states = steps.map((step) => step.querySelector('.state').textContent.split(':')[0]);
    if (states.join() !== window.seen.at(-1)?.join()) window.seen.push(states);
    return ['done', 'failed'].includes(states[4]) && window.seen;";

/// A page that loads once keeps this.
const MARK: &str = "window.opened = 'once';";
const MARKED: &str = "return window.opened === 'once';";

/// The stepper of an open page, from before the score until it is there; returns the score.
async fn climbs(session: &Session<'_>) -> String {
    let seen: Vec<Vec<String>> = serde_json::from_value(session.until(CLIMB).await).unwrap();
    let done = |states: &Vec<String>| states[..5].iter().filter(|state| *state == "done").count();
    assert!(seen.iter().all(|states| states.len() == 7), "seven steps: {seen:?}");
    assert_eq!(seen[0][4], "waiting", "the page was opened before the score: {seen:?}");
    assert_eq!(seen[seen.len() - 1][4], "done", "the agent is a good one: {seen:?}");
    assert!(seen.is_sorted_by_key(done), "it only climbs: {seen:?}");
    let score = session.run("return document.querySelector('.figure.score').firstChild.textContent").await;
    let score = score.as_str().unwrap().trim().to_owned();
    assert_eq!(score.len(), "0.000000000".len(), "{score}");
    score
}

/// The row of a submission with a rank and this score, on a page that was opened before there was one.
async fn gets_row(session: &Session<'_>, id: &str, score: &str) {
    let ranked = format!(
        "const row = document.querySelector('tr[data-key=\"route/{id}\"]');
        const text = (part) => row?.querySelector(part).textContent.trim();
        return text('.score') === '{score}' && Number(text('.rank')) > 0 && text('a');"
    );
    assert_eq!(session.until(&ranked).await, AGENT);
    assert_eq!(session.run(MARKED).await, true, "the page was not loaded again");
}

/// Follows an agent from its submission to the board; returns its id and its score.
async fn follows(session: &Session<'_>, network: &Network, (folder, hub): (&Path, &str)) -> (String, String) {
    // From the very start on: the page has to find the challenges by itself.
    let index = session.new_window().await;
    session.navigate(hub).await;
    session.run(MARK).await;
    session.until("return document.querySelector('h2 a[href=\"/challenges/route\"]') !== null").await;
    assert!(network.event("entered", Duration::from_secs(60)).is_some(), "the challenges are open");
    let board = session.new_window().await;
    session.navigate(&format!("{hub}/challenges/route")).await;
    session.run(MARK).await;

    let agent = folder.join(format!("{AGENT}.wasm"));
    fresh_agent(&agent);
    document(folder, &["key", "new", "newcomer"], "/hotkey");
    let id = enter(folder, hub, ("newcomer", &agent));
    let submission = session.new_window().await;
    session.navigate(&format!("{hub}/submissions/{id}")).await;
    session.run(MARK).await;
    let score = climbs(session).await;
    assert_eq!(session.run(MARKED).await, true, "the page was not loaded again");
    for handle in [&board, &index] {
        session.switch(handle).await;
        gets_row(session, &id, &score).await;
    }
    for handle in [&board, &index, &submission] {
        session.switch(handle).await;
        let errors = session.errors().await;
        assert!(errors.is_empty(), "the console has errors: {errors:?}");
    }
    // Were there an error, we would have seen it.
    session.navigate(&format!("{hub}/nothing")).await;
    assert_ne!(session.errors().await, Vec::<Value>::new(), "a page that is missing is an error");
    (id, score)
}

/// Every text that a page has under a selector.
async fn texts(session: &Session<'_>, selector: &str) -> Vec<String> {
    let all =
        format!("return [...document.querySelectorAll('{selector}')].map((part) => part.textContent.trim())");
    serde_json::from_value(session.run(&all).await).unwrap()
}

async fn reads(session: &Session<'_>, hub: &str, (id, score): (&str, &str)) {
    session.navigate("data:text/html,<title>off</title><script>document.title='on'</script>").await;
    assert_eq!(session.run("return document.title").await, "off", "no page's script runs");
    for page in ["/", "/challenges/route"] {
        session.navigate(&format!("{hub}{page}")).await;
        let names = texts(session, ".board tbody a").await;
        for name in [AGENT, "route-two-opt", "route-greedy", "route-liar"] {
            assert!(names.iter().any(|shown| shown == name), "{page} has a row of {name}: {names:?}");
        }
    }
    session.navigate(&format!("{hub}/submissions/{id}")).await;
    assert_eq!(texts(session, "h1").await.len(), 1);
    assert!(texts(session, "h1").await[0].starts_with(AGENT));
    assert!(texts(session, ".figure.score").await[0].starts_with(score), "it has its score");
    let steps = ["submission", "vault", "job", "report", "score", "weights", "chain"];
    assert_eq!(texts(session, ".way li strong").await, steps);
    assert_eq!(texts(session, ".way li .state").await[4], "done");
    reads_numbers(session, hub).await;
}

/// The pages of the last sealed epoch, and of the network.
async fn reads_numbers(session: &Session<'_>, hub: &str) {
    session.navigate(hub).await;
    let sealed = "return document.querySelector('.pulse [data-key=sealed] a').getAttribute('href')";
    let sealed = session.run(sealed).await;
    session.navigate(&format!("{hub}{}", sealed.as_str().unwrap())).await;
    assert!(texts(session, "h1").await[0].starts_with("Epoch "));
    let shares = texts(session, "tbody .number:last-child").await;
    assert!(!shares.is_empty() && shares.iter().all(|share| share.ends_with('%')), "weights: {shares:?}");
    let headings = texts(session, "h2").await;
    assert_eq!(headings, ["Weights", "Who earned", "Seal"]);
    assert_eq!(texts(session, "p.digest").await[0].len(), 64, "the digest of the seal");

    session.navigate(&format!("{hub}/network")).await;
    let validators = texts(session, "tr[data-key^=\"v/\"] .status").await;
    assert_eq!(validators, ["active", "active"]);
    assert_eq!(texts(session, "h2").await, ["Validators", "Voters", "Numbers"]);
    let names = texts(session, "dl.rules dt").await;
    for name in ["submissions", "height", "an epoch", "owner", "genesis"] {
        assert!(names.iter().any(|shown| shown == name), "the network page tells {name}: {names:?}");
    }
}

#[test]
#[ignore = "needs a browser: .ci/run installs one"]
fn the_pages_in_a_browser_follow_a_submission_by_themselves_and_need_no_javascript() {
    let _room = beside_others();
    let folder = tempfile::tempdir().unwrap();
    let network = Network::start(folder.path(), &["--validators", "2"]);
    let started = network.event("started", Duration::from_secs(60)).expect("it starts");
    let hub = started["hub"].as_str().unwrap();
    let driver = Driver::start(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let session = Session::open(&driver, &folder.path().join("with-scripts"), true).await;
        let (id, score) = follows(&session, &network, (folder.path(), hub)).await;
        session.close().await;
        let session = Session::open(&driver, &folder.path().join("without-scripts"), false).await;
        reads(&session, hub, (&id, &score)).await;
        session.close().await;
    });
}
