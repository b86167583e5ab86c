//! The example challenges rank the example agents as people expect, and name what is wrong with the broken ones.

use crate::stage::{manifest, outcome, repository, sandbox};
use agon_types::{Digest, FailureReason};
use std::path::PathBuf;

#[tokio::test]
async fn better_agents_score_higher() {
    let sandbox = sandbox();
    for ladder in [&["compress-mix", "compress-lz", "compress-rle"][..], &["route-two-opt", "route-greedy"]] {
        let mut above = 1_000_000_001;
        for name in ladder {
            let score = outcome(&sandbox, name).await.unwrap().score.billionths();
            assert!(0 < score && score < above, "{name} scores {score}");
            above = score;
        }
    }
}

#[tokio::test]
async fn broken_agents_fail_for_their_own_reason() {
    let sandbox = sandbox();
    for challenge in ["compress", "route"] {
        for (name, reason) in [
            ("panic", FailureReason::Trapped),
            ("loop", FailureReason::OutOfFuel),
            ("hoarder", FailureReason::OutOfMemory),
            ("liar", FailureReason::WrongOutput),
        ] {
            let failure = outcome(&sandbox, &format!("{challenge}-{name}")).await.unwrap_err();
            assert_eq!(failure.reason, reason, "{challenge}-{name}: {}", failure.detail);
            assert!(!failure.detail.is_empty());
        }
    }
}

#[tokio::test]
async fn the_metrics_of_an_outcome_explain_it() {
    let measured = outcome(&sandbox(), "compress-lz").await.unwrap();
    let metric = |name: &str| measured.metrics.iter().find(|metric| metric.name == name).unwrap().value;
    assert_eq!(metric("raw_bytes"), 48_000);
    assert!(metric("packed_bytes") < metric("raw_bytes"));
    assert!((metric("agent_fuel") as u64) < measured.fuel);
}

#[test]
fn the_manifests_hold_and_name_the_committed_code() {
    for name in ["compress", "route"] {
        let manifest = manifest(name);
        manifest.check().unwrap();
        assert_eq!(manifest.id.as_str(), name);
        assert_eq!(manifest.engine.as_str(), agon_sandbox_wasm::PROFILE);
        assert_eq!(manifest.code, Digest::of(&crate::stage::challenge(name)));
    }
}

#[test]
fn each_committed_component_has_its_digest_beside_it() {
    let components: Vec<PathBuf> = ["agents", "challenges"].into_iter().flat_map(components).collect();
    assert_eq!(components.len(), 15);
    for path in components {
        let stated = std::fs::read_to_string(path.with_extension("sha256")).unwrap();
        assert_eq!(stated.trim(), Digest::of(&std::fs::read(&path).unwrap()).to_string(), "{path:?}");
    }
}

/// Every `<name>/dist/<name>.wasm` of a folder.
fn components(workspace: &str) -> Vec<PathBuf> {
    let guests = std::fs::read_dir(repository().join(workspace)).unwrap().map(|guest| guest.unwrap());
    let built = guests.map(|guest| {
        let name = guest.file_name().into_string().unwrap();
        guest.path().join(format!("dist/{name}.wasm"))
    });
    built.filter(|path| path.exists()).collect()
}
