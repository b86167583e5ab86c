//! What the way to a cage costs: `cargo test -p agon-sandbox-wasm --test cage -- --ignored figures --nocapture` says.

use crate::setting::{Setting, asking, run};
use agon_port::sandbox::Sandbox;
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn figures() {
    let setting = Setting::new().await;
    setting.text("empty").await;
    let mut times = Vec::new();
    for _ in 0..5000 {
        let begin = Instant::now();
        setting.sandbox.run(run("empty")).await;
        times.push(begin.elapsed());
    }
    print("an empty run, there and back", &mut times);

    let mut times = Vec::new();
    for number in 0..200 {
        let mut fresh = run("empty");
        fresh.challenge = format!("code {number}").into_bytes().into();
        setting
            .sandbox
            .inspect(agon_port::sandbox::Role::Challenge, fresh.challenge.clone(), &fresh.grants)
            .await
            .unwrap();
        let begin = Instant::now();
        setting.sandbox.run(fresh).await;
        times.push(begin.elapsed());
    }
    print("permit to the end of a first run in a fresh cage, compiled before", &mut times);

    let begin = Instant::now();
    setting.sandbox.run(asking(10_000, false)).await;
    println!("a question and its answer: {:.1} us", begin.elapsed().as_secs_f64() * 100.0);

    let mut times = Vec::new();
    for number in 0..20 {
        let component = format!("code new {number}").into_bytes().into();
        let begin = Instant::now();
        setting
            .sandbox
            .inspect(agon_port::sandbox::Role::Challenge, component, &run("").grants)
            .await
            .unwrap();
        times.push(begin.elapsed());
    }
    print("a compiler that has nothing to do, file and all", &mut times);
}

fn print(what: &str, times: &mut [std::time::Duration]) {
    times.sort();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64() * 1e6;
    println!("{what}: p50 {:.1} us, p99 {:.1} us, least {:.1} us", at(50), at(99), at(0));
}
