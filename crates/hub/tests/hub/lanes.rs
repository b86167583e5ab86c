//! As many run at once as there are cages, and whoever is slow holds up nobody else.

use crate::support::{LANES, Network, manifest, text};
use agon_protocol::State;
use agon_protocol::state::{Verdict, View as _};
use agon_types::{Epoch, JobId, Manifest, SubmissionId};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

fn is_scored(id: SubmissionId) -> impl Fn(&State) -> bool {
    move |state| state.submission(id).is_some_and(|known| known.last.is_some())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_job_delays_no_other_and_is_evaluated_once() {
    let network = Network::with_challenge().await;
    let waits = b"\0asm~ waits for the gate";
    // Jobs begin in the order of their submissions: the slow one is the first, so on one lane no other would come.
    let mut miners = [1, 2, 3];
    miners.sort_by_key(|n| network.id(&network.announcement(*n, 1, waits)));
    let slow = network.submit(miners[0], waits).await;
    let quick =
        [network.submit(miners[1], b"\0asm\x20").await, network.submit(miners[2], b"\0asm\x21").await];
    network.epoch(2).await;
    for id in quick {
        network.until("the quick ones are scored", is_scored(id)).await;
    }
    assert!(!network.parts.node.read(is_scored(slow)), "it waits still");
    assert_eq!(network.jobs.times_judged(waits), 1, "and has begun");
    assert!(network.jobs.most_at_once() <= LANES, "there are no more cages");
    // Its window has passed by now, so it is asked for again, and its one evaluation answers.
    network.jobs.open_gate();
    network.until("the slow one is scored", is_scored(slow)).await;
    assert_eq!(network.jobs.times_judged(waits), 1);
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_job_is_tried_again_by_its_own_count() {
    let network = Network::with_challenge().await;
    let broken = [b"\0asm? one", b"\0asm? two"];
    let ids = [network.submit(1, broken[0]).await, network.submit(2, broken[1]).await];
    let quick = network.submit(3, b"\0asm\x20").await;
    network.epoch(2).await;
    network.until("the quick one is scored", is_scored(quick)).await;
    for id in ids {
        let last = JobId { epoch: Epoch(2), round: 1, submission: id };
        let given_up = |state: &State| state.job(last).is_some_and(|job| job.verdict == Verdict::Undecided);
        network.until("the broken ones are given up", given_up).await;
    }
    for agent in broken {
        let times = network.jobs.times_judged(agent);
        assert!((3..=6).contains(&times), "three times in each of two rounds, at most: {times}");
    }
    network.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_route_leaves_room_for_other_challenges_and_is_bounded() {
    let share = || "0.5".parse().unwrap();
    let other = Manifest { id: "other".parse().unwrap(), emission_share: share(), ..manifest() };
    let network = Network::with_challenges([manifest(), other]).await;
    let mut slow = JoinSet::new();
    for _ in 0..=agon_hub::limits::ROUTES_OF_ONE_MAX {
        let request = Request::get("/v1/challenges/route/routes/echo/slow").body(Body::empty()).unwrap();
        slow.spawn(network.router.clone().oneshot(request));
    }
    // All wait for the gate, but for the one that is too many.
    let first = slow.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(first.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(text(first).await.contains("too_many_requests"));
    for _ in 0..20 {
        let (status, answer) = network.get("/v1/challenges/other/routes/echo/word").await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    network.routes.open_gate();
    while let Some(answered) = slow.join_next().await {
        assert_eq!(answered.unwrap().unwrap().status(), StatusCode::OK);
    }
    network.end().await;
}
