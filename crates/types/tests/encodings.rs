//! The encoding of every document on the wire or on a disk is fixed: a digest of a sample shows when one changes.
//!
//! A test that fails here says that old nodes and new ones would not understand each other. If that is meant, it is
//! a commit of its own, with a new version of the document.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its case has failed")]

use agon_types::action::{Action, Shift};
use agon_types::anchor::Neuron;
use agon_types::genesis::{Owner, Parameters, Window};
use agon_types::key::SigningKey;
use agon_types::manifest::*;
use agon_types::misbehaviour::Conflict;
use agon_types::peer::{BlocksAnswer, BlocksAsk, ChunkAnswer, ChunkAsk, Greeting};
use agon_types::report::{Measured, Metric};
use agon_types::seal::{ChallengeSeal, Points, Weight};
use agon_types::signed::signing_bytes;
use agon_types::vote::{Precommit, Prevote, Proposal};
use agon_types::*;
use borsh::BorshSerialize;
use std::collections::{BTreeMap, BTreeSet};

fn hotkey(n: u8) -> Hotkey {
    HotkeyPair::from_seed(&[n; 32]).hotkey()
}

fn session(n: u8) -> SessionPair {
    SessionPair::from_seed(&[n; 32])
}

fn digest(n: u8) -> Digest {
    Digest::of(&[n])
}

fn slug(text: &str) -> ChallengeId {
    text.parse().unwrap()
}

fn network() -> NetworkId {
    "test".parse().unwrap()
}

fn score(text: &str) -> Score {
    text.parse().unwrap()
}

fn genesis() -> Genesis {
    Genesis {
        network: network(),
        time_ms: TimeMs(1),
        owner: Owner { threshold: 1, keys: vec![hotkey(1), hotkey(2)] },
        voters: Voters::One(session(3).session()),
        burn: hotkey(4),
        chain_start: ChainBlock(5),
        parameters: Parameters {
            epoch_blocks: 6,
            commit_window: Window { heights: 7, ms: 8 },
            reveal_window: Window { heights: 9, ms: 10 },
            power_cap: score("0.25"),
            absences_max: 3,
            missed_max: 4,
        },
    }
}

fn mesh() -> Voters {
    let seat = |n| Seat { hotkey: hotkey(n), session: session(n).session(), power: Power(u64::from(n)) };
    Voters::Mesh(vec![seat(1), seat(2)])
}

fn manifest() -> Manifest {
    Manifest {
        id: slug("route"),
        version: 1,
        title: "Route".to_owned(),
        summary: "Short ways".to_owned(),
        kind: ChallengeKind::Component,
        code: digest(1),
        engine: "engine-1".parse().unwrap(),
        agents: BTreeSet::from([AgentKind::Component]),
        artifact_bytes_max: 1,
        limits: Limits {
            challenge_fuel: 1,
            challenge_memory_bytes: 2,
            agent_fuel: 3,
            agent_memory_bytes: 4,
            agent_output_bytes: 5,
            agent_calls: 6,
            agent_instances: 7,
            wall_time_ms: 8,
        },
        capabilities: Capabilities {
            hosts: vec!["api.example.org".to_owned()],
            state_bytes_max: 8,
            posts_per_epoch: 9,
            artifacts: BTreeSet::from([digest(2)]),
            kept_bytes_max: 10,
            submissions: true,
        },
        opponents: 1,
        routes: vec![Route { path: "/top/{count}".to_owned(), summary: "The best".to_owned() }],
        benchmarks: vec![Benchmark {
            name: "small".to_owned(),
            config: BTreeMap::from([("size".to_owned(), "9".to_owned())]),
            score_min: score("0.1"),
        }],
        assignment: Assignment::Seats(5),
        agreement: Agreement::Median { outlier_bound: score("0.01") },
        rerun_top: 2,
        emission_share: score("0.5"),
        weight_rule: WeightRule::Proportional,
        decay: Some(Decay { grace_epochs: 1, half_life_epochs: 2 }),
        win_margin: score("0.02"),
        approval: Approval::Manual { approvers: vec![hotkey(9)] },
        quota_per_epoch: 3,
        one_place_per_coldkey: true,
        not_before_epoch: Epoch(4),
    }
}

fn job() -> JobId {
    JobId { epoch: Epoch(1), round: 1, submission: SubmissionId(digest(2)) }
}

fn report() -> Report {
    let metrics = vec![Metric { name: "loss".to_owned(), value: -5 }];
    let measured = Measured {
        benchmark: "small".to_owned(),
        score: score("0.5"),
        fuel: 9,
        metrics,
        recording: Some(digest(3)),
        kept: vec![digest(4)],
    };
    Report { job: job(), validator: hotkey(1), outcome: Outcome::Scored(vec![measured]) }
}

fn announcement() -> Announcement {
    Announcement {
        challenge: slug("route"),
        hotkey: hotkey(1),
        version: 2,
        kind: AgentKind::Component,
        artifact: digest(3),
        size_bytes: 4,
        label: "mine".to_owned(),
    }
}

fn decision() -> Decision {
    let (challenge, submission) = (slug("route"), SubmissionId(digest(2)));
    Decision { challenge, submission, number: 3, verdict: Verdict::Unapprove, note: "why".to_owned() }
}

fn post() -> Post {
    Post { challenge: slug("route"), hotkey: hotkey(1), sequence: 2, message: vec![3] }
}

fn weighed() -> Outcome {
    let points = vec![(SubmissionId(digest(1)), 2)];
    let writes = vec![("a".to_owned(), Some(vec![3])), ("b".to_owned(), None)];
    Outcome::Weighed(Weighed { points, writes, fuel: 4 })
}

fn misbehaviour() -> Misbehaviour {
    let voter = session(1);
    let prevote = |block| {
        let said = Prevote { height: Height(1), round: 2, block };
        let signature = voter.sign(&signing_bytes(&network(), &said));
        (said, signature)
    };
    let conflict = Conflict::Prevotes([prevote(None), prevote(Some(digest(3)))]);
    Misbehaviour { offender: voter.session(), conflict }
}

/// One action of every kind, in the order of their tags.
fn actions() -> Vec<ActionBody> {
    vec![
        ActionBody::RegisterSession { hotkey: hotkey(1), session: session(2).session(), sequence: 3 },
        ActionBody::PublishChallenge(Box::new(manifest())),
        ActionBody::UpdateChallenge(Box::new(manifest())),
        ActionBody::ShiftChallenge { challenge: slug("route"), version: 1, shift: Shift::Retire },
        ActionBody::Announce(announcement()),
        ActionBody::Commit { job: job(), validator: hotkey(1), commit: digest(4) },
        ActionBody::Reveal { report: report(), salt: [5; 32] },
        ActionBody::Decide(decision()),
        ActionBody::Post(post()),
        ActionBody::Misbehaviour(Box::new(misbehaviour())),
        ActionBody::Readmit { hotkey: hotkey(1), proven: Height(2) },
    ]
}

fn anchor() -> Anchor {
    let neuron = Neuron { coldkey: hotkey(2), uid: 3, stake: Stake(4), permit: true };
    let facts = vec![
        Fact::Neuron { hotkey: hotkey(1), neuron },
        Fact::Deregistered { hotkey: hotkey(2) },
        Fact::Commitment { hotkey: hotkey(3), commitment: digest(1), block: ChainBlock(9) },
    ];
    Anchor { number: ChainBlock(7), hash: digest(8), time_ms: TimeMs(9), facts }
}

fn header() -> Header {
    Header {
        protocol_version: block::PROTOCOL_VERSION,
        network: network(),
        height: Height(2),
        time_ms: TimeMs(3),
        proposer: session(1).session(),
        parent: digest(1),
        actions_root: digest(2),
        state_root: digest(3),
        voters: digest(4),
        next_voters: digest(5),
        last_certificate: digest(6),
    }
}

fn binding() -> Binding {
    Binding {
        network: network(),
        hotkey: hotkey(1),
        peer: vec![2; 38],
        session: session(3).session(),
        wrap: [4; 32],
        sequence: 5,
        expires: TimeMs(6),
    }
}

fn signed() -> Signed<Action> {
    // Hotkeys sign with fresh randomness, so the sample is signed by a session key.
    let action = Action { expires_at_height: Height(9), body: actions().swap_remove(5) };
    Signed::new(&network(), action, &[&session(2) as &dyn SigningKey])
}

fn seal() -> Seal {
    let points = vec![Points { submission: SubmissionId(digest(1)), hotkey: hotkey(2), points: 3 }];
    let challenges = vec![ChallengeSeal {
        challenge: slug("route"),
        version: 1,
        emission_share: score("0.5"),
        undecayed: score("0.25"),
        points,
    }];
    Seal {
        epoch: Epoch(1),
        anchor: ChainBlock(2),
        burn: hotkey(4),
        challenges,
        uids: vec![(hotkey(2), 7)],
        weights: vec![Weight { hotkey: hotkey(2), units: 9 }],
        vector: vec![(7, 65535)],
    }
}

fn of(value: &impl BorshSerialize) -> Digest {
    Digest::of(&codec::encode(value))
}

fn check(samples: &[(&str, Digest, &str)]) {
    let changed: Vec<String> = samples
        .iter()
        .filter(|(_, got, expected)| got.to_string() != *expected)
        .map(|(name, got, _)| format!("{name}: {got}"))
        .collect();
    assert!(changed.is_empty(), "these encodings have changed:\n{}", changed.join("\n"));
}

#[test]
fn the_encoding_of_every_document_is_fixed() {
    let certificate = Certificate::solo(&header(), &session(1));
    let block = Block {
        header: header(),
        anchor: Some(anchor()),
        actions: vec![signed()],
        last_certificate: Some(certificate.clone()),
    };
    let failed = Outcome::Failed(Failure { reason: FailureReason::Unloadable, detail: "no".to_owned() });
    check(&[
        ("genesis", of(&genesis()), "db509126db5f20bcd2bc18e9a52581dae952e72ca0c652e0dd7ec8418102bbe3"),
        ("mesh", of(&mesh()), "5e3ed12389d92e2c434016d54aa8d112528ec5e9d985fb4729632f636d760632"),
        ("manifest", of(&manifest()), "0e57ef9d5ff09f2497e915732e6aaac11c4ed5ea73aa2390a8f866c2bb951564"),
        ("anchor", of(&anchor()), "2171b10f9027df125456ba90585aafa84a6840019a7dc97c2a1cd8b7638182e5"),
        (
            "announcement",
            of(&announcement()),
            "c83cabd2a9c887bd428b25aaec0ec0451cb3960745b412b9466076be56910a73",
        ),
        ("decision", of(&decision()), "352dd79c26fe3aed9c182e7390dd34ef87d7cd89b5d1c91b3731535bc76aaedf"),
        ("report", of(&report()), "6b26ebf0db850147de40788c292d5b945dc5273e0bf767b84e65dc668b2e8441"),
        ("failed outcome", of(&failed), "8dafba01625d97b77975999894350cce8f94a5c8d51dcffbe5a6d312f022f029"),
        (
            "weighed outcome",
            of(&weighed()),
            "eb99e2232ddffd3cf93d87ea4b3e2c1ea1665572de492bdf8278f4a39ea984b4",
        ),
        ("signed action", of(&signed()), "14483d0ff883999c49c2e0074576955252e9218b9642b0f02020747e17146cd5"),
        ("header", of(&header()), "6bf2b531c926b8d1a7e90c4601189f4d05cbd5fd91e1e3bb5b22e17213f7ce11"),
        (
            "proposal",
            of(&Proposal { height: Height(1), round: 2, block: digest(3), polka_round: Some(1) }),
            "d851af80e44bcf57ea73068aafb66f8fa509c2478ae526eec66b540d10ee578d",
        ),
        (
            "prevote",
            of(&Prevote { height: Height(1), round: 2, block: None }),
            "5ec63f569e20b1bbc1de44cdacc85d01fe4746aeee96bfc683d379d5ec8a4ef5",
        ),
        (
            "precommit",
            of(&Precommit { height: Height(1), round: 2, block: Some(digest(3)) }),
            "c80032a29221380ec4e4fa7cee7bd88b1adb1331205afd4e22da0cc2705ab678",
        ),
        ("binding", of(&binding()), "aa0b6a75ec8bdc756320175227df435735fcd8b3e2592b2f8f43e19911e81a8c"),
        ("certificate", of(&certificate), "cbd7d7a7061c463bb27f647f36a8cc7e9d8281b3304644bca03a59b89b083fdd"),
        ("block", of(&block), "c41ef8e6fef6d6183f2745f32b245a295375ecfad8ae304d7b7f7198bc4681bd"),
        ("seal", of(&seal()), "f77ab6246277feafd4d6fdfeb485127dfa9363ee56ca77c30064d6b7d26579b0"),
    ]);
}

#[test]
fn the_encoding_of_what_peers_ask_each_other_is_fixed() {
    check(&[
        (
            "greeting",
            of(&Greeting { binding: None }),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        ),
        (
            "chunk ask",
            of(&ChunkAsk { artifact: digest(1), offset: 2 }),
            "04333f4e383b9eec980ee78d03280c66f2d641c260f796036b1f16bed8c963d4",
        ),
        (
            "chunk",
            of(&ChunkAnswer::Chunk { size: 3, bytes: vec![1, 2] }),
            "6e4c0855eb9911bc95cd9b45708f49f2b8f096ede290a7167cd2cc0db591813e",
        ),
        (
            "blocks ask",
            of(&BlocksAsk { from: 1, count: 2 }),
            "65df26e6f219c624b56c413e28828f0417802c1ff218921f0c864a4f9465ec08",
        ),
        (
            "blocks",
            of(&BlocksAnswer::Blocks { tip: 3, blocks: vec![vec![1], vec![]] }),
            "2572120bdd9dd745a8ceb512cbcf4f6616804ef6905e363bbe879b59e5c92396",
        ),
    ]);
}

#[test]
fn the_encoding_and_the_tag_of_every_action_are_fixed() {
    let expected = [
        "4ad779f9b359d6243cfaa4aa3315c850db6b7bfc70a0651ffc3bb90f4d7cbd48",
        "c4e57ee4f7496bee5a74e0cbc8a18fcaeff7ab9691f7b112cc2df286c482a5f2",
        "c96f1848aa5309f5c1c5ebdcd6f0dcc26d1d83f499c6f9f1f1946445d12610e1",
        "21ba16a79b5fc5a291a9038fe328f275ce7210b86aec7f2551e3b233e49cf8d2",
        "03002ad7f25c7ffe72c124abf51a65cca07f9b24591edb226165cad9eee6789b",
        "d9d6d942b38a2fd29eff5f0bc092cbaafc7abade26232a526394120427ab06b3",
        "2ca9671025529ac25ec2461ef5993449b0643ac240d00c8f0a43c68135e75746",
        "7b80c4137c06619e398c8dfbe5d1e12eda4a86aa5624e93254be3b83819d4e90",
        "d39a533085f004f03e65ed9a9234c5201342e2a1cd6bac0ca9ba19351a373a61",
        "2125f3482662fb56331b5d4a2611b832b10ad8fb2c02cb41259b7e7bf33be636",
        "29f8b9f1e0ea4f5a6ff1fc92a6a51645b544bcc8ca737a0456da8419bef527ec",
    ];
    let names = [
        "register",
        "publish",
        "update",
        "shift",
        "announce",
        "commit",
        "reveal",
        "decide",
        "post",
        "misbehaviour",
        "readmit",
    ];
    let tags = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13];
    let samples: Vec<_> = actions()
        .iter()
        .zip(names)
        .zip(expected)
        .map(|((body, name), expected)| (name, of(body), expected))
        .collect();
    check(&samples);
    let got: Vec<u8> = actions().iter().map(|body| codec::encode(body)[0]).collect();
    assert_eq!(got, tags);
}

#[test]
fn what_is_signed_and_what_names_things_is_fixed() {
    let action = signed().body;
    let voters = [(session(1).session(), 1u64)];
    check(&[
        (
            "signing bytes of an action",
            Digest::of(&signing_bytes(&network(), &action)),
            "44e21e25b451644c40c7ea16acdeaa689a0e385667a968ed6c8e61cd93c84e97",
        ),
        (
            "commit of a report",
            report().commit(&network(), &[7; 32]),
            "41fbfcb18040bdcad49cdad9104d86717aa9cfd4090197259c1df7c968235d7a",
        ),
        (
            "submission",
            announcement().submission(&network()).0,
            "e2aaab3cd2689f349b777a01fe0b95ded3d7b1d07fff10cc2de6ef66a45e7237",
        ),
        (
            "weigh job",
            SubmissionId::weigh(&network(), &slug("route")).0,
            "e1f8b9d2c83ab9c52dcc10e87161f2242222ca0480b0bd49664d774e45e505cb",
        ),
        (
            "commitment",
            announcement().commitment(&network()),
            "f773984e15a26421948ac427aff15808e1872afeb400b069de4aad8b284dbe99",
        ),
        ("genesis", genesis().digest(), "5e41e0fa446438aa0cd4a5b5b2bbdcaf96cc974e27e1bb05542aa159aff7331f"),
        ("header", header().digest(), "edc6c9004bc4bc1fc78d0d654bfeb7c9ee9c2e6e25dab6815a3a0754944ade36"),
        (
            "actions root",
            Block::actions_root(Some(&anchor()), &[signed()]),
            "c1a312dd0cc35c5779c0d21054449e395dcb5325b50e381c95b9f02f03d4b6ca",
        ),
        (
            "no certificate",
            Block::certificate_digest(None),
            "98d71d999f7157295c1ff1beca239176a8c6ec5f9ce38128ac15919177579a71",
        ),
        (
            "voters",
            Block::voters_digest(&voters),
            "7635844705eec84198da1e7072e2fc7f4c7e1590014c421c385fdcbf5a743cd8",
        ),
        ("seal", seal().digest(), "340bc42ef7f9887da46f74bacc114da33a697c5c72127e6b1006fdfbda3c0c06"),
        (
            "signed action",
            signed().digest(),
            "1d0414090b4502b2e3a6cbf1de7e1b3e4af75f1305c03bac093d7a55b667f726",
        ),
    ]);
}
