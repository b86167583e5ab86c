//! Every field of the manifest has an effect: a story is told twice, with the field and without, and it differs.

use crate::world::*;
use agon_protocol::pending::{Work, task};
use agon_protocol::state::View;
use agon_types::manifest::{Agreement, Assignment, Decay, WeightRule};
use agon_types::*;
use std::collections::{BTreeMap, BTreeSet};

type Story = BTreeMap<&'static str, String>;
type Change = fn(&mut Manifest);

/// What happens in a small contest under some rules, told by aspects.
fn story(rules: &Manifest) -> Story {
    let mut story = Story::new();
    let mut world = World::new();
    world.join(&[(1, 100), (2, 100), (3, 100)]);
    if let Err(reason) = world.publish(rules.clone()) {
        return Story::from([("published", reason.code().to_owned())]);
    }
    world.next_epoch();
    let id = rules.id.as_str();
    let mut enter = |n: u8, number: u8| {
        let mut stated = world.announcement(id, (n, u32::from(number), artifact(number)));
        stated.size_bytes = 50;
        world.commit_on_chain(&stated, 5);
        let entered = world.announce(&stated).map_err(|reason| reason.code());
        (stated.submission(&world.network()), format!("{:?}", entered.map(|_| ())))
    };
    let entered = [enter(10, 1), enter(11, 2), enter(12, 3), enter(10, 4)];
    story.insert("entered", entered[0].1.clone());
    story.insert("entered again", entered[3].1.clone());
    let [a, b, c, d] = entered.map(|(submission, _)| submission);
    world.neuron(11, |neuron| neuron.coldkey = hotkey(12));

    world.next_epoch();
    if let Some((job, _)) = world.jobs().first() {
        let task = task(&world.state, *job).unwrap();
        let given =
            (&task.manifest.title, &task.manifest.summary, &task.manifest.code, &task.manifest.engine);
        let Work::Score(scoring) = &task.work else { panic!("nothing else is open") };
        story.insert("given", format!("{given:?} {:?} {:?}", task.manifest.limits, scoring.benchmarks));
        story.insert("granted", format!("{:?} {:?}", task.manifest.capabilities, task.manifest.routes));
        story.insert("opponents", format!("{:?}", scoring.opponents));
        story.insert("assigned", format!("{:?}", world.state.job(*job).unwrap().assigned));
    }
    world.judge(|n, id| match id {
        id if id == a => Some(scored(if n == 3 { "0.52" } else { "0.5" })),
        id if id == b => Some(scored("0.3")),
        _ => Some(scored("0.05")),
    });
    world.judge(|_, _| None);
    let agreed = [a, b, c, d].map(|id| world.agreed(rules.id.as_str(), id).map(|agreed| agreed.score));
    story.insert("agreed", format!("{agreed:?}"));
    story.insert("champion at first", format!("{:?}", world.champion(id)));
    story.insert("candidate", format!("{:?}", world.board(id).candidate));
    world.next_epoch();
    story.insert(
        "runs again",
        format!("{:?}", world.jobs().iter().map(|(job, _)| job.submission).collect::<Vec<_>>()),
    );
    world.judge(|_, id| Some(scored(if id == c { "0.4" } else { "0.35" })));
    story.insert("champion then", format!("{:?}", world.champion(id)));
    world.compete(&[(a, "0.1"), (b, "0.1"), (c, "0.2")]);
    world.compete(&[(a, "0.1"), (b, "0.1"), (c, "0.2")]);
    world.next_epoch();
    let seal = world.state.seal(Epoch(world.epoch().0 - 1)).unwrap();
    story.insert("paid", format!("{:?}", seal.weights));
    story.insert(
        "sealed",
        format!("{:?}", seal.challenges.iter().map(|sealed| &sealed.challenge).collect::<Vec<_>>()),
    );
    story
}

/// Each field with a change of it, and the aspect in which the story is another one.
const FIELDS: [(&str, Change, Change, &str); 23] = [
    ("id", plain, |m| m.id = slug("other"), "sealed"),
    ("version", plain, |m| m.version = 2, "published"),
    ("title", plain, |m| m.title = "Other".to_owned(), "given"),
    ("summary", plain, |m| m.summary = "More".to_owned(), "given"),
    ("code", plain, |m| m.code = Digest::of(b"other"), "given"),
    ("engine", plain, |m| m.engine = "other".parse().unwrap(), "given"),
    ("limits", plain, |m| m.limits.agent_fuel = 7, "given"),
    ("agents", plain, |m| m.agents.clear(), "published"),
    ("artifact_bytes_max", plain, |m| m.artifact_bytes_max = 49, "entered"),
    ("capabilities", plain, |m| m.capabilities.submissions = true, "granted"),
    ("opponents", plain, |m| m.opponents = 1, "opponents"),
    (
        "routes",
        plain,
        |m| m.routes = vec![manifest::Route { path: "/top".to_owned(), summary: String::new() }],
        "granted",
    ),
    ("benchmarks", plain, |m| m.benchmarks[0].score_min = score("0.9"), "champion at first"),
    ("assignment", plain, |m| m.assignment = Assignment::Seats(1), "assigned"),
    ("agreement", plain, |m| m.agreement = Agreement::Median { outlier_bound: Score::ZERO }, "agreed"),
    ("rerun_top", plain, |m| m.rerun_top = 0, "runs again"),
    ("emission_share", plain, |m| m.emission_share = score("0.5"), "paid"),
    ("weight_rule", plain, |m| m.weight_rule = WeightRule::Proportional, "paid"),
    ("decay", plain, |m| m.decay = Some(Decay { grace_epochs: 0, half_life_epochs: 1 }), "paid"),
    ("win_margin", plain, |m| m.win_margin = score("0.5"), "champion then"),
    ("approval", plain, |m| m.approval = manual(), "candidate"),
    ("quota_per_epoch", plain, |m| m.quota_per_epoch = 1, "entered again"),
    (
        "one_place_per_coldkey",
        |m| m.weight_rule = WeightRule::Proportional,
        |m| m.one_place_per_coldkey = false,
        "paid",
    ),
];

fn plain(_: &mut Manifest) {}

#[test]
fn every_field_has_an_effect() {
    for (field, base, change, aspect) in FIELDS {
        let mut without = manifest("c");
        base(&mut without);
        let mut with = without.clone();
        change(&mut with);
        let (without, with) = (story(&without), story(&with));
        assert_ne!(without.get(aspect), with.get(aspect), "{field} changes nothing in {aspect:?}");
    }
}

#[test]
fn a_challenge_opens_at_its_epoch() {
    let mut world = World::new();
    world.publish(Manifest { not_before_epoch: Epoch(2), ..manifest("c") }).unwrap();
    let open = |world: &World| agon_protocol::registry::open_manifest(&world.state, &slug("c")).is_ok();
    world.next_epoch();
    assert!(!open(&world));
    world.next_epoch();
    assert!(open(&world));
}

#[test]
fn no_field_is_left_out() {
    let all: BTreeSet<String> = match serde_json::to_value(manifest("c")).unwrap() {
        serde_json::Value::Object(fields) => fields.into_iter().map(|(name, _)| name).collect(),
        other => panic!("{other}"),
    };
    // A kind has one value only, and an opening is shown above.
    let shown =
        FIELDS.iter().map(|(field, ..)| *field).chain(["kind", "not_before_epoch"]).map(str::to_owned);
    assert_eq!(shown.collect::<BTreeSet<_>>(), all);
}

#[test]
fn a_field_outside_its_bounds_is_named() {
    let many = |count: usize| (0..count).map(|n| benchmark(&format!("b{n}"), "0")).collect::<Vec<_>>();
    let approvers = |count: u8| manifest::Approval::Manual { approvers: (0..count).map(hotkey).collect() };
    let mut long = benchmark("main", "0");
    long.config.insert("k".to_owned(), "v".repeat(257));
    let with = |change: &dyn Fn(&mut Manifest)| {
        let mut changed = manifest("c");
        change(&mut changed);
        changed.check().err().map(|invalid| invalid.field)
    };
    let cases: [(&str, Option<&str>); 24] = [
        ("plain", with(&|_| ())),
        ("version", with(&|m| m.version = 0)),
        ("title", with(&|m| m.title = "x".repeat(65))),
        ("summary", with(&|m| m.summary = "x".repeat(513))),
        ("agents", with(&|m| m.agents.clear())),
        ("artifact_bytes_max", with(&|m| m.artifact_bytes_max = (64 << 20) + 1)),
        ("rerun_top", with(&|m| m.rerun_top = 257)),
        ("quota_per_epoch", with(&|m| m.quota_per_epoch = 0)),
        ("quota_per_epoch", with(&|m| m.quota_per_epoch = 65)),
        ("assignment.seats", with(&|m| m.assignment = Assignment::Seats(0))),
        ("assignment.seats", with(&|m| m.assignment = Assignment::Seats(65))),
        ("decay.half_life_epochs", with(&|m| m.decay = Some(Decay { grace_epochs: 0, half_life_epochs: 0 }))),
        ("approval.approvers", with(&|m| m.approval = approvers(9))),
        ("limits.challenge_fuel", with(&|m| m.limits.challenge_fuel = 0)),
        ("limits.agent_memory_bytes", with(&|m| m.limits.agent_memory_bytes = (512 << 20) + 1)),
        ("limits.agent_calls", with(&|m| m.limits.agent_calls = 100_001)),
        ("limits.agent_instances", with(&|m| m.limits.agent_instances = 0)),
        ("limits.agent_instances", with(&|m| m.limits.agent_instances = 10_001)),
        ("limits.wall_time_ms", with(&|m| m.limits.wall_time_ms = 3_600_001)),
        ("benchmarks", with(&|m| m.benchmarks = many(0))),
        ("benchmarks", with(&|m| m.benchmarks = many(17))),
        ("benchmarks", with(&|m| m.benchmarks = vec![benchmark("a", "0"), benchmark("a", "0")])),
        ("benchmarks", with(&|m| m.benchmarks = vec![benchmark("", "0")])),
        ("benchmarks", with(&|m| m.benchmarks = vec![long.clone()])),
    ];
    for (field, got) in cases {
        assert_eq!(got, (field != "plain").then_some(field), "{field}");
    }
}

#[test]
fn a_manifest_whose_fuel_may_outlast_its_wall_time_is_invalid() {
    let limits = |challenge_fuel, agent_fuel, agent_instances, wall_time_ms| {
        let mut changed = manifest("c");
        let (challenge_memory_bytes, agent_memory_bytes) = (3 << 16, (2 << 16) + 65_535);
        changed.limits = manifest::Limits {
            challenge_fuel,
            challenge_memory_bytes,
            agent_fuel,
            agent_memory_bytes,
            agent_instances,
            wall_time_ms,
            ..changed.limits
        };
        changed.check().map_err(|invalid| invalid.to_string())
    };
    // Three pages of the challenge cost 6,000, and two of each agent 4,000.
    for (desc, got, needed_ms) in [
        ("all of it fits", limits(34_000, 36_000, 2, 3), None),
        ("one unit more of the challenge", limits(34_001, 36_000, 2, 3), Some(4)),
        ("one unit more of each agent", limits(34_000, 36_001, 2, 3), Some(4)),
        ("one agent more", limits(34_000, 36_000, 3, 3), Some(4)),
        ("the time for it", limits(34_000, 36_000, 3, 4), None),
        (
            "the most that there is",
            limits(100_000_000_000, 100_000_000_000, 10_000, 3_600_000),
            Some(25_002_501_001_u64),
        ),
    ] {
        match (got, needed_ms) {
            (Ok(()), None) => {}
            (Err(words), Some(ms)) => {
                let begins =
                    format!("limits.wall_time_ms: use at least {ms}, or lower agent_instances or agent_fuel");
                assert!(words.starts_with(&begins), "{desc}: {words}");
            }
            (got, _) => panic!("{desc}: {got:?}"),
        }
    }
}
