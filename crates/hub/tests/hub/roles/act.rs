//! How each action is tried: the same action by every role at the moment when it is due, and only who signs differs.

use super::actions::{Act, Kind, Name};
use super::role::{ANOTHER, APPROVER, MINER, Role};
use crate::support::{Network, OWNER, VALIDATOR, key, manifest};
use agon_protocol::state::Phase;
use agon_protocol::{State, View as _};
use agon_types::action::{Decision, Post, Shift, Verdict};
use agon_types::key::SigningKey;
use agon_types::manifest::Approval;
use agon_types::misbehaviour::Conflict;
use agon_types::report::Measured;
use agon_types::signed::signing_bytes;
use agon_types::vote::Prevote;
use agon_types::{
    ActionBody, Announcement, Digest, Epoch, Height, Hotkey, JobId, Manifest, Misbehaviour, Outcome, Report,
    Score, SessionPair, SubmissionId,
};
use axum::http::StatusCode;
use serde_json::{Value, json};

const SALT: [u8; 32] = [7; 32];

/// A network whose own validator leaves the reports to the test.
pub struct Contest {
    pub network: Network,
}

impl Contest {
    pub async fn start() -> Self {
        let network = Network::start().await;
        // The node does not run this engine, so it abstains, and whoever has its session key may report.
        let engine = "test-2".parse().unwrap();
        let approval = Approval::Manual { approvers: vec![key(APPROVER).hotkey()] };
        let manifest = Manifest { engine, approval, ..manifest() };
        let body = ActionBody::PublishChallenge(Box::new(manifest));
        let contest = Self { network };
        contest.must(body, &[&key(OWNER)]).await;
        contest.until_own_session().await;
        contest.network.epoch(1).await;
        contest
    }

    /// Brings the contest to where an action is due.
    pub async fn prepare(&self, act: &Act) {
        match (act.kind, act.name) {
            (Kind::Announce, Name::Own) => {
                for n in [MINER, ANOTHER, VALIDATOR] {
                    self.network.commit(&self.announcement(n, 1)).await;
                }
            }
            (Kind::Announce, _) => self.network.commit(&self.announcement(MINER, 2)).await,
            (Kind::Commit, Name::Own) => {
                self.register_another().await;
                self.until_own_session().await;
                self.network.epoch(2).await;
                self.until_phase(Phase::Commit).await;
            }
            (Kind::Reveal, Name::Own) => self.until_phase(Phase::Reveal).await,
            (Kind::Decide, _) => {
                let is_there = |state: &State| board(state).is_some_and(|board| board.candidate.is_some());
                self.network.until("there is a candidate", is_there).await;
            }
            _ => {}
        }
    }

    /// The answer to an action that a role signs and sends.
    pub async fn act(&self, act: &Act, role: Role) -> (StatusCode, Value) {
        let body = self.body(act, role);
        assert_eq!(Kind::of(&body), act.kind, "the action is of the kind that its row says");
        let pair = role.signing_key();
        let mut keys: Vec<&dyn SigningKey> = pair.iter().map(AsRef::as_ref).collect();
        let session = new_session(role);
        if act.kind == Kind::Register {
            keys.push(&session);
        }
        self.send(body, &keys).await
    }

    fn body(&self, act: &Act, role: Role) -> ActionBody {
        let validator = key(if act.name == Name::Own { role.own_name() } else { VALIDATOR }).hotkey();
        match act.kind {
            Kind::Register => {
                // The node registers its own key again each time, with the next sequence.
                let sequence = if act.name == Name::Own { 10 } else { 20 };
                ActionBody::RegisterSession {
                    hotkey: validator,
                    session: new_session(role).session(),
                    sequence,
                }
            }
            Kind::Publish => ActionBody::PublishChallenge(Box::new(other_manifest(1))),
            Kind::Update => ActionBody::UpdateChallenge(Box::new(other_manifest(2))),
            Kind::Shift => ActionBody::ShiftChallenge {
                challenge: other_manifest(2).id,
                version: 2,
                shift: Shift::Pause,
            },
            Kind::Announce if act.name == Name::Own => {
                ActionBody::Announce(self.announcement(role.own_name(), 1))
            }
            Kind::Announce => ActionBody::Announce(self.announcement(MINER, 2)),
            Kind::Commit => {
                let report = self.report(act.name, validator);
                let commit = report.commit(&self.network.parts.node.genesis().network, &SALT);
                ActionBody::Commit { job: report.job, validator, commit }
            }
            Kind::Reveal => ActionBody::Reveal { report: self.report(act.name, validator), salt: SALT },
            Kind::Decide => ActionBody::Decide(self.decision()),
            Kind::Post => {
                let (n, sequence) = if act.name == Name::Own { (role.own_name(), 1) } else { (MINER, 2) };
                let (challenge, hotkey) = (manifest().id, key(n).hotkey());
                ActionBody::Post(Post { challenge, hotkey, sequence, message: b"hello".to_vec() })
            }
            Kind::Misbehaviour => ActionBody::Misbehaviour(Box::new(misbehaviour())),
            Kind::Readmit => ActionBody::Readmit { hotkey: validator, proven: Height(1) },
        }
    }

    /// Artifacts differ, so that none is a duplicate.
    fn announcement(&self, n: u8, version: u32) -> Announcement {
        self.network.announcement(n, version, format!("\0asm {n} {version}").as_bytes())
    }

    /// The validator has two jobs: one to report on in the row of its own name, one in the other.
    fn job(&self, name: Name) -> JobId {
        let version = if name == Name::Own { 1 } else { 2 };
        let submission = self.network.id(&self.announcement(MINER, version));
        JobId { epoch: Epoch(2), round: 0, submission }
    }

    fn report(&self, name: Name, validator: Hotkey) -> Report {
        let score = Score::ONE;
        let measured = Measured {
            benchmark: "small".to_owned(),
            score,
            fuel: 1,
            metrics: Vec::new(),
            recording: None,
            kept: Vec::new(),
        };
        Report { job: self.job(name), validator, outcome: Outcome::Scored(vec![measured]) }
    }

    /// The decision that is due: approve the candidate, and once it is champion, take that back.
    fn decision(&self) -> Decision {
        let board = self.network.parts.node.read(|state| board(state).cloned()).unwrap();
        let (verdict, submission): (Verdict, Option<SubmissionId>) = match board.candidate {
            Some(candidate) => (Verdict::Approve, Some(candidate)),
            None => (Verdict::Unapprove, board.champion),
        };
        let submission = submission.unwrap_or(self.job(Name::Own).submission);
        let challenge = manifest().id;
        Decision { challenge, submission, number: board.decisions, verdict, note: String::new() }
    }

    async fn register_another(&self) {
        let hotkey = key(ANOTHER);
        let session = Role::AnotherSession.signing_key().unwrap();
        let agon_types::PublicKey::Session(public) = session.public() else { panic!("it is a session key") };
        let body = ActionBody::RegisterSession { hotkey: hotkey.hotkey(), session: public, sequence: 30 };
        self.must(body, &[&hotkey, session.as_ref()]).await;
    }

    /// Waits until the node has registered the session key that it has.
    async fn until_own_session(&self) {
        let own = Role::Session.signing_key().unwrap().public();
        let validator = key(VALIDATOR).hotkey();
        let is = |state: &State| {
            state.session(validator).is_some_and(|known| agon_types::PublicKey::Session(known.key) == own)
        };
        self.network.until("the validator's session key is registered", is).await;
    }

    async fn until_phase(&self, phase: Phase) {
        let is = |state: &State| state.round(Epoch(2), 0).is_some_and(|round| round.phase == phase);
        self.network.until("the window opens", is).await;
    }

    async fn must(&self, body: ActionBody, keys: &[&dyn SigningKey]) {
        let (status, answer) = self.send(body, keys).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    async fn send(&self, body: ActionBody, keys: &[&dyn SigningKey]) -> (StatusCode, Value) {
        let action = self.network.action(body, keys);
        self.network.post("/v1/actions", &json!({ "action": action })).await
    }
}

/// The key that decides the blocks says two things at once.
fn misbehaviour() -> Misbehaviour {
    let voter = SessionPair::from_seed(&[200; 32]);
    let prevote = |block| {
        let said = Prevote { height: Height(1), round: 0, block };
        let signature = voter.sign(&signing_bytes(&"test".parse().unwrap(), &said));
        (said, signature)
    };
    let conflict = Conflict::Prevotes([prevote(None), prevote(Some(Digest::ZERO))]);
    Misbehaviour { offender: voter.session(), conflict }
}

fn board(state: &State) -> Option<&agon_protocol::state::Board> {
    state.board(manifest().id)
}

/// A challenge that no submission enters.
fn other_manifest(version: u32) -> Manifest {
    let emission_share = "0.1".parse().unwrap();
    Manifest { id: "other".parse().unwrap(), version, emission_share, ..manifest() }
}

/// A session key that nobody has registered, a new one for each role.
fn new_session(role: Role) -> SessionPair {
    let place = Role::ALL.iter().position(|known| *known == role).unwrap();
    SessionPair::from_seed(&[210 + u8::try_from(place).unwrap(); 32])
}
