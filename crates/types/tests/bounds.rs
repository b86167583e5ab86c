//! What a challenge may reach, and what its own rule may decide, are bounded: the first field beyond is named.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

use agon_types::manifest::{Agreement, Capabilities, Route, WeightRule};
use agon_types::report::Measured;
use agon_types::*;

/// The plainest manifest, in the words of its author.
fn manifest() -> Manifest {
    let zeros = "0".repeat(64);
    let text = format!(
        r#"
        id = "duel"
        version = 1
        title = "Duel"
        kind = "component"
        code = "{zeros}"
        engine = "engine"
        agents = ["component"]
        artifact_bytes_max = 1
        rerun_top = 0
        emission_share = "1"
        weight_rule = "champion"
        quota_per_epoch = 1

        [limits]
        challenge_fuel = 1
        challenge_memory_bytes = 1
        agent_fuel = 1
        agent_memory_bytes = 1
        agent_output_bytes = 1
        agent_calls = 1
        agent_instances = 1
        wall_time_ms = 1

        [[benchmarks]]
        name = "main"
        "#
    );
    toml::from_str(&text).unwrap()
}

fn route(path: &str) -> Route {
    Route { path: path.to_owned(), summary: String::new() }
}

fn median() -> Agreement {
    Agreement::Median { outlier_bound: Score::ZERO }
}

type Change = fn(&mut Manifest);

#[test]
fn nothing_is_granted_by_default() {
    let plain = manifest();
    assert_eq!((plain.capabilities, plain.opponents, plain.routes), (Capabilities::default(), 0, Vec::new()));
    let granted = Capabilities::default();
    assert!(granted.hosts.is_empty() && granted.artifacts.is_empty() && !granted.submissions);
    assert_eq!((granted.state_bytes_max, granted.posts_per_epoch, granted.kept_bytes_max), (0, 0, 0));
}

#[test]
fn a_grant_beyond_its_bound_is_named() {
    let cases: [(&str, Change, Option<&str>); 19] = [
        ("as it is", |_| (), None),
        ("a rule of its own", |m| m.weight_rule = WeightRule::Weigh, None),
        ("all the state there is", |m| m.capabilities.state_bytes_max = 1 << 20, None),
        (
            "more state",
            |m| m.capabilities.state_bytes_max = (1 << 20) + 1,
            Some("capabilities.state_bytes_max"),
        ),
        ("many posts", |m| m.capabilities.posts_per_epoch = 64, None),
        ("too many posts", |m| m.capabilities.posts_per_epoch = 65, Some("capabilities.posts_per_epoch")),
        ("much to keep", |m| m.capabilities.kept_bytes_max = 16 << 20, None),
        (
            "too much to keep",
            |m| m.capabilities.kept_bytes_max = (16 << 20) + 1,
            Some("capabilities.kept_bytes_max"),
        ),
        ("many artifacts", |m| m.capabilities.artifacts = (0..16).map(|n| Digest::of(&[n])).collect(), None),
        (
            "too many artifacts",
            |m| m.capabilities.artifacts = (0..17).map(|n| Digest::of(&[n])).collect(),
            Some("capabilities.artifacts"),
        ),
        (
            "hosts that all see alike",
            |m| m.capabilities.hosts = vec!["api.example.org".to_owned()],
            Some("agreement"),
        ),
        (
            "hosts",
            |m| {
                m.agreement = median();
                m.capabilities.hosts = vec!["*.example.org".to_owned(); 16];
            },
            None,
        ),
        (
            "too many hosts",
            |m| {
                m.agreement = median();
                m.capabilities.hosts = vec!["api.example.org".to_owned(); 17];
            },
            Some("capabilities.hosts"),
        ),
        (
            "an address",
            |m| {
                m.agreement = median();
                m.capabilities.hosts = vec!["10.0.0.1".to_owned()];
            },
            Some("capabilities.hosts"),
        ),
        ("opponents", |m| m.opponents = 8, None),
        ("too many opponents", |m| m.opponents = 9, Some("opponents")),
        ("routes", |m| m.routes = vec![route("/top/{count}"); 32], None),
        ("too many routes", |m| m.routes = vec![route("/top"); 33], Some("routes")),
        ("a route out of the way", |m| m.routes = vec![route("/../state")], Some("routes")),
    ];
    for (desc, change, expected) in cases {
        let mut changed = manifest();
        change(&mut changed);
        assert_eq!(changed.check().err().map(|invalid| invalid.field), expected, "{desc}");
    }
}

fn points(count: u16) -> Vec<(SubmissionId, u64)> {
    let mut points: Vec<_> =
        (0..count).map(|n| (SubmissionId(Digest::of(&n.to_le_bytes())), u64::from(n))).collect();
    points.sort();
    points
}

/// So many changes, each of a key of four bytes and a value of this size.
fn writes(count: usize, value: usize) -> Vec<(String, Option<Vec<u8>>)> {
    (0..count).map(|n| (format!("k{n:03}"), Some(vec![0; value]))).collect()
}

#[test]
fn what_is_weighed_is_in_order_and_within_the_limits() {
    let one = |key: &str, value: usize| vec![(key.to_owned(), Some(vec![0; value]))];
    let turned = |mut points: Vec<_>| {
        points.reverse();
        points
    };
    let twice = |points: Vec<(SubmissionId, u64)>| [points.clone(), points].concat();
    let cases = [
        ("nothing", points(0), writes(0, 0), true),
        ("points", points(1024), writes(0, 0), true),
        ("too many points", points(1025), writes(0, 0), false),
        ("points in another order", turned(points(2)), writes(0, 0), false),
        ("points twice", twice(points(1)), writes(0, 0), false),
        ("writes", points(0), writes(128, 0), true),
        ("too many writes", points(0), writes(129, 0), false),
        ("a write twice", points(0), [one("a", 1), one("a", 2)].concat(), false),
        ("writes in another order", points(0), [one("b", 1), one("a", 1)].concat(), false),
        ("a key is removed", points(0), vec![("a".to_owned(), None)], true),
        ("an empty key", points(0), one("", 1), false),
        ("a long key", points(0), one(&"k".repeat(128), 1), true),
        ("a longer key", points(0), one(&"k".repeat(129), 1), false),
        ("a large value", points(0), one("a", 8 << 10), true),
        ("a larger value", points(0), one("a", (8 << 10) + 1), false),
        ("as much as a report can carry", points(0), writes(4, 4092), true),
        ("more than a report can carry", points(0), writes(4, 4093), false),
    ];
    for (desc, points, writes, expected) in cases {
        let weighed = Outcome::Weighed(Weighed { points, writes, fuel: 1 });
        assert_eq!(weighed.is_bounded(), expected, "{desc}");
    }
}

#[test]
fn the_largest_weighing_fits_into_an_action() {
    let weighed = Weighed { points: points(1024), writes: writes(128, 124), fuel: u64::MAX };
    let outcome = Outcome::Weighed(weighed);
    assert!(outcome.is_bounded());
    let (pair, session) = (HotkeyPair::from_seed(&[1; 32]), SessionPair::from_seed(&[2; 32]));
    let job = JobId { epoch: Epoch(1), round: 2, submission: SubmissionId(Digest::ZERO) };
    let report = Report { job, validator: pair.hotkey(), outcome };
    let body = ActionBody::Reveal { report, salt: [0; 32] };
    let action = Action { expires_at_height: Height(1), body };
    let signed = Signed::new(&"test".parse().unwrap(), action, &[&session]);
    assert!(codec::encode(&signed).len() <= limits::ACTION_BYTES_MAX);
}

#[test]
fn a_run_leaves_eight_pieces_at_most() {
    let kept = |count: u8| {
        let kept = (0..count).map(|n| Digest::of(&[n])).collect();
        let (benchmark, score, recording) = ("main".to_owned(), Score::ZERO, None);
        let measured = Measured { benchmark, score, fuel: 0, metrics: Vec::new(), recording, kept };
        Outcome::Scored(vec![measured]).is_bounded()
    };
    assert!(kept(8) && !kept(9));
}
