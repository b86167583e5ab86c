//! How each route is asked: the same request by every role, and only what signs it differs.

use super::role::{MINER, Role};
use super::routes::{Object, Route};
use crate::support::{Network, VALIDATOR, key, manifest, text};
use agon_hub::signature::{Outgoing, Stamp, sign};
use agon_protocol::View as _;
use agon_types::action::Shift;
use agon_types::key::SigningKey;
use agon_types::{ActionBody, Announcement, Epoch, Manifest, TimeMs};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const ANNOUNCED: &[u8] = b"\0asm\x10 announced";
const UPLOADED: &[u8] = b"\0asm\x11 uploaded";

/// A network that has something behind every address.
pub struct Stage {
    pub network: Network,
    announced: Announcement,
    uploaded: Announcement,
    /// What the miner sent for its ticket, and what others may have seen of it.
    asked: Value,
    /// The path of the ticket's upload address.
    upload: String,
}

impl Stage {
    pub async fn start() -> Self {
        let network = Network::with_challenge().await;
        let announced = network.announcement(MINER, 1, ANNOUNCED);
        network.submit(MINER, ANNOUNCED).await;
        network.epoch(2).await;
        network.until("epoch 1 is sealed", |state| state.seal(Epoch(1)).is_some()).await;
        let uploaded = network.announcement(MINER, 2, UPLOADED);
        let asked = network.submission(&uploaded, MINER);
        let (_, ticket) = network.post_signed("/v1/submissions", &asked, MINER).await;
        let (status, answer) = network.put(&ticket, UPLOADED).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let url = ticket["upload"]["url"].as_str().unwrap();
        let upload = url.strip_prefix("http://hub.test").unwrap().to_owned();
        Self { network, announced, uploaded, asked, upload }
    }

    /// The upload address is told to nobody but its miner, when that one asks for it.
    fn keep_secret(&self, (route, role): (&Route, Role), answer: &str) {
        let token = self.upload.rsplit('/').next().unwrap();
        let to_miner = (route.method, route.path, role) == ("POST", "/v1/submissions", Role::Miner);
        let told = answer.contains(token);
        assert_eq!(told, to_miner, "{} {} tells {} where to upload", route.method, route.path, role.name());
    }

    /// The answer to a role, as text.
    pub async fn ask(&self, route: &Route, role: Role) -> (StatusCode, String) {
        let (path, body) = (self.path(route, role), self.body(route, role));
        let mut request = Request::builder().method(route.method).uri(&path).header("host", "hub.test");
        for (name, value) in self.signature(role, (route.method, &path, &body)) {
            request = request.header(name, value);
        }
        let kind = match (route.method, route.object) {
            (_, Object::OwnersCode) => "application/wasm",
            ("PUT", _) => "application/octet-stream",
            _ => "application/json",
        };
        let request = request.header("content-type", kind).header("accept", "text/html");
        let response = self.network.ask(request.body(Body::from(body)).unwrap()).await;
        let (status, headers) = (response.status(), format!("{:?}", response.headers()));
        // A stream does not end.
        let is_stream = status.is_success() && route.path == "/v1/events";
        let answer = if is_stream { String::new() } else { text(response).await };
        self.keep_secret((route, role), &(headers + &answer));
        (status, answer)
    }

    /// What makes a request a signed one, from whoever can sign one.
    fn signature(
        &self,
        role: Role,
        (method, path, body): (&str, &str, &[u8]),
    ) -> Vec<(&'static str, String)> {
        let Some(pair) = role.request_key() else { return Vec::new() };
        let mut nonce = [0; 16];
        (self.network.parts.random)(&mut nonce);
        let created_at = TimeMs(self.network.clock.0.load(Ordering::SeqCst));
        let stamp = Stamp { created_at, nonce: hex::encode(nonce) };
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let outgoing = Outgoing { method, authority: "hub.test", path, query, body };
        sign(&pair, &self.network.parts.node.genesis().network, &outgoing, &stamp).into()
    }

    fn path(&self, route: &Route, role: Role) -> String {
        let known = if route.object == Object::Uploaded { &self.uploaded } else { &self.announced };
        let name = |part: &str| match part {
            "{id}" if route.path.contains("challenges") => "route".to_owned(),
            "{id}" => self.network.id(known).to_string(),
            "{challenge}" => "route".to_owned(),
            "{digest}" => known.artifact.to_string(),
            "{number}" => "1".to_owned(),
            "{hotkey}" => key(VALIDATOR).hotkey().to_string(),
            "{file}" => "style.css".to_owned(),
            part => part.to_owned(),
        };
        match route.path {
            "/v1/uploads/{token}" if role.knows_upload() => self.upload.clone(),
            // Whoever does not know the address can only guess one.
            "/v1/uploads/{token}" => format!("/v1/uploads/{}", "0".repeat(64)),
            "/v1/blocks" => "/v1/blocks?from=1&limit=1".to_owned(),
            "/v1/challenges/{id}/routes/{path}" => "/v1/challenges/route/routes/echo/word".to_owned(),
            "/v1/vault/{digest}" if route.method == "PUT" => {
                format!("/v1/vault/{}", agon_types::Digest::of(&self.body(route, role)))
            }
            path => path.split('/').map(name).collect::<Vec<_>>().join("/"),
        }
    }

    fn body(&self, route: &Route, role: Role) -> Vec<u8> {
        let action = |action: String| json!({ "action": action }).to_string().into_bytes();
        match (route.method, route.path) {
            ("GET", _) => Vec::new(),
            ("PUT", _) if route.object == Object::OwnersArtifact => b"a data set".to_vec(),
            ("PUT", _) => UPLOADED.to_vec(),
            ("POST", "/v1/submissions") => self.asked.to_string().into_bytes(),
            ("POST", "/v1/challenges") => {
                let share = "0.1".parse().unwrap();
                let manifest = Manifest { id: "new".parse().unwrap(), emission_share: share, ..manifest() };
                action(self.signed(ActionBody::PublishChallenge(Box::new(manifest)), role))
            }
            ("PATCH", _) => {
                let (challenge, shift) = ("route".parse().unwrap(), Shift::Pause);
                action(self.signed(ActionBody::ShiftChallenge { challenge, version: 1, shift }, role))
            }
            ("POST", "/v1/actions") => {
                action(self.signed(ActionBody::Announce(self.announced.clone()), Role::Miner))
            }
            _ => b"{}".to_vec(),
        }
    }

    fn signed(&self, body: ActionBody, role: Role) -> String {
        let pair = role.signing_key();
        let keys: Vec<&dyn SigningKey> = pair.iter().map(AsRef::as_ref).collect();
        self.network.action(body, &keys)
    }
}
