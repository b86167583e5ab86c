//! What is wrong is refused with a stable code, and nothing is stored, lost, or answered with a fault of ours.

mod actions;

use crate::network::{Network, agon, beside_others};
use agon_embedded::SystemClock;
use agon_hub::signature::{Outgoing, Stamp, sign};
use agon_port::Clock as _;
use agon_types::manifest::AgentKind;
use agon_types::{Action, ActionBody, Announcement, Digest, Height, HotkeyPair, NetworkId, Signed, codec};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

#[derive(Clone)]
struct Hub {
    http: reqwest::Client,
    url: String,
    network: NetworkId,
    hotkey: HotkeyPair,
}

impl Hub {
    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let response = request.send().await.expect("the hub answers");
        let status = response.status().as_u16();
        let body = response.bytes().await.expect("it answers whole");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// The same hub, asked by another.
    fn by(&self, hotkey: &HotkeyPair) -> Self {
        Self { hotkey: hotkey.clone(), ..self.clone() }
    }

    /// A request that the hotkey signs, with a nonce made from its number.
    fn signed(&self, path: &str, body: &Value, number: usize) -> reqwest::RequestBuilder {
        let body = body.to_string();
        let authority = self.url.trim_start_matches("http://");
        let outgoing = Outgoing { method: "POST", authority, path, query: None, body: body.as_bytes() };
        let stamp = Stamp { created_at: SystemClock.now(), nonce: format!("{number:032}") };
        let headers = sign(&self.hotkey, &self.network, &outgoing, &stamp);
        let request =
            self.http.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        headers.into_iter().fold(request, |request, (name, value)| request.header(name, value)).body(body)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.http.get(format!("{}{path}", self.url))).await
    }
}

/// One announcement, with what is wrong about it.
#[derive(Clone)]
struct Case {
    desc: &'static str,
    announcement: Announcement,
    network: NetworkId,
    signer: HotkeyPair,
    expires: u64,
    status: u16,
    code: &'static str,
}

fn request(case: &Case) -> Value {
    let body = ActionBody::Announce(case.announcement.clone());
    let action = Action { expires_at_height: Height(case.expires), body };
    let signed = Signed::new(&case.network, action, &[&case.signer]);
    json!({
        "challenge": case.announcement.challenge, "version": case.announcement.version, "kind": "component",
        "sha256": case.announcement.artifact, "size_bytes": case.announcement.size_bytes,
        "announcement": hex::encode(codec::encode(&signed)),
    })
}

fn cases(network: &NetworkId, registered: &HotkeyPair) -> Vec<Case> {
    let announcement = Announcement {
        challenge: "compress".parse().unwrap(),
        hotkey: registered.hotkey(),
        version: 77,
        kind: AgentKind::Component,
        artifact: Digest::of(b"not an agent"),
        size_bytes: 12,
        label: "bad".to_owned(),
    };
    let stranger = HotkeyPair::from_seed(&[9; 32]);
    let good = Case {
        desc: "nothing is wrong yet",
        announcement: announcement.clone(),
        network: network.clone(),
        signer: registered.clone(),
        expires: 1_000,
        status: 201,
        code: "",
    };
    let with = |change: &dyn Fn(&mut Announcement)| {
        let mut changed = announcement.clone();
        change(&mut changed);
        changed
    };
    let case = |desc, announcement, (status, code)| Case { desc, announcement, status, code, ..good.clone() };
    let of_stranger = with(&|a| a.hotkey = stranger.hotkey());
    vec![
        case(
            "an unknown challenge",
            with(&|a| a.challenge = "chess".parse().unwrap()),
            (404, "unknown_challenge"),
        ),
        case("too large", with(&|a| a.size_bytes = 1 << 40), (413, "wrong_size")),
        case("a label with a control character", with(&|a| a.label = "a\nb".to_owned()), (422, "bad_label")),
        Case {
            signer: stranger.clone(),
            ..case("a foreign signature", announcement.clone(), (401, "not_signed_by"))
        },
        Case { signer: stranger, ..case("an unregistered hotkey", of_stranger, (403, "not_registered")) },
        Case {
            network: "elsewhere".parse().unwrap(),
            ..case("a signature for another network", announcement.clone(), (401, "bad_signature"))
        },
        Case { expires: 1, ..case("a stale signature", announcement, (400, "expired")) },
        good,
    ]
}

fn refused(desc: &str, (status, body): (u16, Value), expected: (u16, &str)) {
    assert_eq!((status, body["code"].as_str().unwrap_or("")), expected, "{desc}: {body}");
    for field in ["type", "title", "detail"] {
        assert!(body[field].is_string(), "{desc}: a problem has its {field}: {body}");
    }
}

async fn announcements(hub: &Hub, registered: &HotkeyPair) -> String {
    let mut upload = String::new();
    for (number, case) in cases(&hub.network, registered).into_iter().enumerate() {
        let is_own = case.announcement.hotkey == registered.hotkey();
        let by = if is_own { registered } else { &case.signer };
        let sent = hub.by(by).signed("/v1/submissions", &request(&case), number);
        let again = sent.try_clone().unwrap();
        let answer = hub.send(sent).await;
        let replayed = if is_own { (409, "replayed") } else { (403, "not_registered") };
        refused("a replay", hub.send(again).await, replayed);
        let foreign = hub.by(&HotkeyPair::from_seed(&[8; 32]));
        let foreign = foreign.signed("/v1/submissions", &request(&case), number);
        refused("a stranger's request", hub.send(foreign).await, (403, "not_registered"));
        if case.status == 201 {
            assert_eq!(answer.0, 201, "{}", answer.1);
            let again = hub.send(hub.signed("/v1/submissions", &request(&case), 1_000 + number)).await;
            assert_eq!(again.1["id"], answer.1["id"]);
            upload = answer.1["upload"]["url"].as_str().unwrap().to_owned();
        } else {
            refused(case.desc, answer, (case.status, case.code));
        }
    }
    upload
}

async fn malformed(hub: &Hub) {
    let json = |path: &str, body: &'static str| {
        let request = hub.http.post(format!("{}{path}", hub.url)).header("content-type", "application/json");
        hub.send(request.body(body))
    };
    refused("no JSON", json("/v1/actions", "{").await, (400, "malformed_json"));
    refused("no signature", json("/v1/submissions", "{}").await, (401, "unsigned"));
    let changed = hub.signed("/v1/submissions", &Value::Null, 2_000).body("{}");
    refused("another body", hub.send(changed).await, (400, "bad_digest"));
    let elsewhere = Hub { network: "elsewhere".parse().unwrap(), ..hub.clone() };
    let elsewhere = elsewhere.signed("/v1/submissions", &Value::Null, 2_001);
    refused("a request to another network", hub.send(elsewhere).await, (401, "wrong_network"));
    refused("no hex", json("/v1/actions", r#"{"action":"xyz"}"#).await, (400, "malformed_action"));
    refused("no action", json("/v1/actions", r#"{"action":"00"}"#).await, (400, "malformed_action"));
    let large = format!("{{\"action\":\"{}\"}}", "0".repeat(160 << 10));
    // A connection of its own: the hub answers before it has read the whole, and hangs up.
    let alone = agon_embedded::http::client();
    let request = alone.post(format!("{}/v1/actions", hub.url)).header("content-type", "application/json");
    refused("an oversized body", hub.send(request.body(large)).await, (413, "too_large"));
    refused("no such page", hub.get("/v1/nothing").await, (404, "not_found"));
    refused(
        "a wrong method",
        hub.send(hub.http.delete(format!("{}/v1/network", hub.url))).await,
        (405, "method_not_allowed"),
    );
    refused("no such submission", hub.get("/v1/submissions/00").await, (404, "not_found"));
}

async fn uploads(hub: &Hub, upload: &str) {
    let put = |bytes: &'static [u8]| hub.send(hub.http.put(upload).body(bytes));
    refused("other bytes of this size", put(b"not an agenT").await, (422, "wrong_digest"));
    refused("other bytes of another size", put(b"not").await, (422, "wrong_size"));
    refused("not WebAssembly", put(b"not an agent").await, (422, "unloadable"));
    let (status, _) = hub.get(&format!("/v1/vault/{}", Digest::of(b"not an agent"))).await;
    assert_eq!(status, 404, "nothing of it is stored");
    let guess = upload.rsplit_once('/').unwrap().0.to_owned() + "/0000";
    refused("a guessed address", hub.send(hub.http.put(guess).body("x")).await, (404, "unknown_ticket"));
}

fn commands(folder: &Path, up: &Value, agent: &Path) {
    let hub = up["hub"].as_str().unwrap();
    let forbidden = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../adapters/sandbox-wasm/tests/contest/written/imports_environment.wasm"
    );
    let stranger = folder.join("keys/stranger");
    assert_eq!(agon(folder, &["key", "new", "stranger"]).0, 0);
    let stranger = stranger.to_str().unwrap();
    let chain = up["chain"].as_str().unwrap();
    let cases: [(&[&str], i32, &str); 13] = [
        (
            &["submit", forbidden, "--challenge", "compress", "--hub", hub, "--key", "burn"],
            1,
            "remove that import [unloadable]",
        ),
        (&["submit", "/no/such/file", "--challenge", "compress"], 1, "cannot read"),
        (&["key", "show", "nobody"], 1, "agon key new"),
        (&["board", "chess", "--hub", hub], 1, "unknown_challenge"),
        (
            &["submit", agent.to_str().unwrap(), "--challenge", "chess", "--hub", hub, "--key", "burn"],
            1,
            "[unknown_challenge]",
        ),
        (
            &["board", "compress", "--hub", "http://127.0.0.1:1"],
            3,
            "(connection refused): start it with `agon up`",
        ),
        (&["board", "compress", "--hub", chain], 3, "no hub"),
        (
            &["submit", agent.to_str().unwrap(), "--challenge", "compress", "--hub", hub, "--key", stranger],
            1,
            "agon chain register --key",
        ),
        (&["submission", "list", "--status", "bogus", "--hub", hub], 1, "scored"),
        (&["submission", "show", "xyz", "--hub", hub], 2, "agon submission list"),
        (&["node", "--config", "/no/such/agon.toml"], 1, "there is no config at"),
        (&["submit", agent.to_str().unwrap(), "--challenge", "route", "--key", "me"], 1, "agon key new me"),
        (&["up", "--epoch", "0s"], 2, "--help"),
    ];
    for (arguments, expected, says) in cases {
        let (code, stdout, stderr) = agon(folder, arguments);
        assert_eq!(code, expected, "{arguments:?}: {stderr}");
        assert!(stderr.lines().last().unwrap_or("").contains(says), "{arguments:?}: {stderr}");
        assert_eq!(stdout, "", "{arguments:?}");
    }
    assert_eq!(agon(folder, &["sumbit"]).0, 2, "a usage error");
    let (code, _, stderr) = agon(folder, &["up", "--port", "0"]);
    assert_eq!(code, 1);
    assert!(stderr.contains("another agon process"), "{stderr}");
}

/// The key of a keyfile.
fn pair(path: &Path) -> HotkeyPair {
    let keyfile: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut seed = [0; 32];
    let text = keyfile["secretSeed"].as_str().unwrap().trim_start_matches("0x");
    hex::decode_to_slice(text, &mut seed).unwrap();
    HotkeyPair::from_seed(&seed)
}

#[test]
fn bad_input_is_refused_with_a_code_and_leaves_nothing() {
    let _room = beside_others();
    let folder = tempfile::tempdir().unwrap();
    let network = Network::start(folder.path(), &["--validators", "1"]);
    let started = network.event("started", Duration::from_secs(60)).expect("it starts");
    assert!(network.event("entered", Duration::from_secs(60)).is_some(), "the challenges are open");
    let registered = pair(&folder.path().join("keys/burn"));
    let owner = pair(&folder.path().join("keys/owner"));
    let url = started["hub"].as_str().unwrap().to_owned();
    let network_id = started["network"].as_str().unwrap().parse().unwrap();
    let http = agon_embedded::http::client();
    let hub = Hub { http, url: url.clone(), network: network_id, hotkey: registered.clone() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let upload = announcements(&hub, &registered).await;
        malformed(&hub).await;
        uploads(&hub, &upload).await;
        let good = cases(&hub.network, &registered).pop().unwrap();
        actions::refusals(&hub, &owner, &good).await;
        let shown = hub.get(&format!("/v1/submissions?hotkey={}", registered.hotkey())).await.1;
        let on_ledger =
            |item: &&Value| item["status"] != "awaiting_upload" && item["status"] != "awaiting_commitment";
        let announced = shown["items"].as_array().unwrap().iter().filter(on_ledger).count();
        assert_eq!(announced, 0, "nothing is on the ledger: {shown}");
        let code = json!({ "hub": url }).to_string();
        std::fs::write(folder.path().join("agent.wasm"), code).unwrap();
    });
    commands(folder.path(), &started, &folder.path().join("agent.wasm"));
}
