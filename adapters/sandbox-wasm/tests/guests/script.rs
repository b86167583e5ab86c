//! Guests that call their host in a row, and show everything that it answered.

use crate::text::{DATA, Guest, Interface, OUT, escaped};

/// The row of calls of one guest, in one phase.
pub struct Script {
    phase: &'static str,
    guest: Guest,
    data: Vec<u8>,
    body: String,
}

/// Notes the answer of the host, 64 bytes of it.
const NOTE: &str = "(global $noted (mut i32) (i32.const OUT)) \
    (func $note (memory.copy (global.get $noted) (i32.const 64) (i32.const 64)) \
      (memory.fill (i32.const 64) (i32.const 0) (i32.const 64)) \
      (global.set $noted (i32.add (global.get $noted) (i32.const 64)))) \
    (func $heap (memory.copy (global.get $noted) (i32.const 32768) (i32.const 4096)) \
      (global.set $noted (i32.add (global.get $noted) (i32.const 4096))))";

impl Script {
    pub fn new(phase: &'static str, imports: &[Interface]) -> Self {
        let shows = match phase {
            "score" => Some(Interface::Artifacts),
            "weigh" => Some(Interface::State),
            _ => None,
        };
        let guest = imports.iter().chain(&shows).fold(Guest::challenge(), |guest, one| guest.import(*one));
        let guest = guest.fields(&NOTE.replace("OUT", &OUT.to_string()));
        Self { phase, guest, data: Vec::new(), body: String::new() }
    }

    /// Its place and length, once it is data of the guest.
    pub fn bytes(&mut self, bytes: &[u8]) -> String {
        let at = DATA as usize + self.data.len();
        self.data.extend_from_slice(bytes);
        format!("(i32.const {at}) (i32.const {})", bytes.len())
    }

    pub fn does(&mut self, text: &str) {
        self.body.push_str(text);
    }

    /// Calls a function whose last parameter is the place of its result, and notes that.
    pub fn asks(&mut self, function: &str, parameters: &str) {
        self.body.push_str(&format!("(call ${function} {parameters} (i32.const 64)) (call $note) "));
    }

    pub fn get(&mut self, key: &str) {
        let key = self.bytes(key.as_bytes());
        self.asks("get", &key);
    }

    pub fn set(&mut self, key: &[u8], value: &[u8]) {
        let (key, value) = (self.bytes(key), self.bytes(value));
        self.asks("set", &format!("{key} {value}"));
    }

    pub fn remove(&mut self, key: &str) {
        let key = self.bytes(key.as_bytes());
        self.asks("remove", &key);
    }

    pub fn keys(&mut self, prefix: &str, after: Option<&str>, limit: i64) {
        let prefix = self.bytes(prefix.as_bytes());
        let after = self.optional(after);
        self.asks("keys", &format!("{prefix} {after} (i32.const {limit})"));
    }

    pub fn optional(&mut self, text: Option<&str>) -> String {
        match text {
            Some(text) => format!("(i32.const 1) {}", self.bytes(text.as_bytes())),
            None => "(i32.const 0) (i32.const 0) (i32.const 0)".to_owned(),
        }
    }

    pub fn random(&mut self, label: &str, count: i64) {
        let label = self.bytes(label.as_bytes());
        self.asks("random", &format!("{label} (i32.const {count})"));
    }

    pub fn log(&mut self, line: &[u8]) {
        let line = self.bytes(line);
        self.does(&format!("(call $log {line})"));
    }

    pub fn fetch(&mut self, method: &str, url: &str, body: &[u8]) {
        let (method, url, body) =
            (self.bytes(method.as_bytes()), self.bytes(url.as_bytes()), self.bytes(body));
        self.asks("fetch", &format!("{method} {url} (i32.const 0) (i32.const 0) {body}"));
    }

    pub fn piece(&mut self, digest: &str, offset: i64, length: i64) {
        let digest = self.bytes(digest.as_bytes());
        self.asks("piece", &format!("{digest} (i64.const {offset}) (i32.const {length})"));
    }

    /// The guest, which ends by showing its notes and what the host put into its memory.
    pub fn guest(self) -> Guest {
        let noted = "(i32.sub (global.get $noted) (i32.const OUT))";
        let shown = match self.phase {
            "score" => "(call $keep (i32.const OUT) NOTED (i32.const 64)) (i32.const 960)",
            "observe" => {
                "(i32.store offset=132 (i32.const 0) (i32.const OUT)) (i32.store offset=136 (i32.const 0) NOTED) (i32.const 128)"
            }
            "weigh" => {
                "(i32.store8 (i32.const 48) (i32.const 61)) \
                 (call $set (i32.const 48) (i32.const 1) (i32.const OUT) NOTED (i32.const 64)) (i32.const 960)"
            }
            "serve" => {
                "(i32.store16 (i32.const 896) (i32.const 200)) (i32.store (i32.const 900) (i32.const 880)) \
                 (i32.store (i32.const 904) (i32.const 10)) (i32.store (i32.const 908) (i32.const OUT)) \
                 (i32.store (i32.const 912) NOTED) (i32.const 896)"
            }
            _ => "(i32.const 960)",
        };
        let shown = shown.replace("NOTED", noted).replace("OUT", &OUT.to_string());
        let body = format!("{} (call $heap) {shown}", self.body);
        let data = format!("(data (i32.const {DATA}) \"{}\")", escaped(&self.data));
        self.guest.fields(&data).does(self.phase, &body)
    }
}
