//! Actions that are forged, meant for another network, sent again, or come to a challenge that is not open.

use super::{Case, Hub, refused, request};
use agon_types::{Action, ActionBody, Digest, Epoch, Height, HotkeyPair, Manifest, NetworkId, Signed, codec};
use serde_json::{Value, json};

/// The rules of a challenge that never opens.
fn closed() -> Manifest {
    let text = include_str!("../../challenges/compress/manifest.toml");
    let manifest: Manifest = toml::from_str(text).unwrap();
    let id = "closed".parse().unwrap();
    let emission_share = "0.01".parse().unwrap();
    Manifest { id, emission_share, not_before_epoch: Epoch(1_000_000), code: Digest::of(b"code"), ..manifest }
}

fn publication(network: &NetworkId, owner: &HotkeyPair) -> Signed<Action> {
    let body = ActionBody::PublishChallenge(Box::new(closed()));
    Signed::new(network, Action { expires_at_height: Height(1_000), body }, &[owner])
}

async fn send(hub: &Hub, action: &Signed<Action>) -> (u16, Value) {
    let body = json!({ "action": hex::encode(codec::encode(action)) });
    hub.send(hub.http.post(format!("{}/v1/actions", hub.url)).json(&body)).await
}

/// `good` is an announcement that nothing is wrong about.
pub async fn refusals(hub: &Hub, owner: &HotkeyPair, good: &Case) {
    let stranger = HotkeyPair::from_seed(&[8; 32]);
    let of_stranger = publication(&hub.network, &stranger);
    refused("not the owner", send(hub, &of_stranger).await, (403, "not_owner"));
    let forged = Signed { endorsements: publication(&hub.network, owner).endorsements, ..of_stranger };
    let forged = Signed { body: Action { expires_at_height: Height(999), ..forged.body }, ..forged };
    refused("a forged action", send(hub, &forged).await, (401, "bad_signature"));
    let elsewhere = publication(&"elsewhere".parse().unwrap(), owner);
    refused("an action for another network", send(hub, &elsewhere).await, (401, "bad_signature"));

    let action = publication(&hub.network, owner);
    let (status, first) = send(hub, &action).await;
    assert_eq!(status, 200, "{first}");
    let (status, again) = send(hub, &action).await;
    assert_eq!((status, &again["already"]), (200, &json!(true)), "sent again, it changes nothing: {again}");

    let mut late = good.clone();
    late.announcement.challenge = "closed".parse().unwrap();
    let request = hub.signed("/v1/submissions", &request(&late), 3_000);
    refused("a closed challenge", hub.send(request).await, (409, "challenge_closed"));
}
