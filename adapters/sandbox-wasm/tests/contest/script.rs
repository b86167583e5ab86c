//! Scripts for `written/does.wat`, and what it says of them.

/// What the challenge does, one instruction after the other.
#[derive(Clone, Default)]
pub struct Script(Vec<u8>);

impl Script {
    pub fn bytes(self) -> Vec<u8> {
        self.0
    }

    /// For a phase that gets its script as text.
    pub fn text(self) -> String {
        String::from_utf8(self.0).expect("a script without numbers above 127 and such bytes is text")
    }

    fn op(mut self, op: u8) -> Self {
        self.0.push(op);
        self
    }

    fn number(mut self, number: u32) -> Self {
        self.0.extend((0..5).map(|at| (number >> (7 * at) & 0x7f) as u8));
        self
    }

    fn bytes_of(mut self, text: &[u8]) -> Self {
        self = self.number(text.len() as u32);
        self.0.extend_from_slice(text);
        self
    }

    fn text_of(self, text: &str) -> Self {
        self.bytes_of(text.as_bytes())
    }

    pub fn random(self, label: &str, count: u32) -> Self {
        self.op(0).text_of(label).number(count)
    }

    pub fn get(self, key: &str) -> Self {
        self.op(1).text_of(key)
    }

    pub fn keys(self, prefix: &str, after: &str, limit: u32) -> Self {
        self.op(2).text_of(prefix).text_of(after).number(limit)
    }

    pub fn set(self, key: &str, value: &str) -> Self {
        self.op(3).text_of(key).text_of(value).number(0)
    }

    /// With so many bytes of whatever stands there.
    pub fn set_large(self, key: &str, bytes: u32) -> Self {
        self.op(3).text_of(key).text_of("").number(bytes)
    }

    pub fn remove(self, key: &str) -> Self {
        self.op(4).text_of(key)
    }

    pub fn inbox(self, after: u32, limit: u32) -> Self {
        self.op(5).number(after).number(limit)
    }

    pub fn submissions(self, after: &str, limit: u32) -> Self {
        self.op(6).text_of(after).number(limit)
    }

    /// With a body of so many bytes.
    pub fn fetch(self, method: &str, url: &str, body: u32) -> Self {
        self.op(7).text_of(method).text_of(url).text_of("").number(body)
    }

    pub fn read(self, digest: &str, offset: u32, length: u32) -> Self {
        self.op(8).text_of(digest).number(offset).number(length)
    }

    pub fn keep(self, bytes: &str) -> Self {
        self.op(9).text_of(bytes).number(0)
    }

    pub fn keep_large(self, bytes: u32) -> Self {
        self.op(9).text_of("").number(bytes)
    }

    pub fn log(self, line: &[u8]) -> Self {
        self.op(10).bytes_of(line).number(0)
    }

    pub fn log_large(self, bytes: u32) -> Self {
        self.op(10).text_of("").number(bytes)
    }

    pub fn new_agent(self, place: u32, seat: u32) -> Self {
        self.op(11).number(place).number(seat)
    }

    pub fn call(self, place: u32, input: &[u8]) -> Self {
        self.op(12).number(place).bytes_of(input).number(0)
    }

    pub fn drop_agent(self, place: u32) -> Self {
        self.op(13).number(place)
    }

    pub fn panic(self) -> Self {
        self.op(14)
    }

    pub fn loop_on(self) -> Self {
        self.op(15)
    }

    pub fn grow(self, pages: u32) -> Self {
        self.op(16).number(pages)
    }

    pub fn recurse(self) -> Self {
        self.op(17)
    }

    pub fn error(self, reason: u32, words: &str) -> Self {
        self.op(18).number(reason).text_of(words)
    }

    pub fn score(self, score: u32, metrics: u32) -> Self {
        self.op(19).number(score).number(metrics)
    }

    pub fn points(self, submission: &str, points: u32) -> Self {
        self.op(20).text_of(submission).number(points)
    }

    pub fn answer(self, status: u32, content_type: &str, body: u32) -> Self {
        self.op(21).number(status).text_of(content_type).number(body)
    }
}
