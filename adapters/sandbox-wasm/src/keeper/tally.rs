//! The calls of a run that passed through its keeper. They are what the log gets of a cage that did not live to tell.

use agon_port::sandbox::{Answer, Calls, Question, Verdict};

/// Calls so far; consecutive ones of one kind are one entry.
#[derive(Debug, Default)]
pub struct Tally(Vec<Calls>);

/// A question, as the log sees it.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    name: &'static str,
    bytes: usize,
}

impl Tally {
    pub fn asked(question: &Question) -> Asked {
        let (name, bytes) = match question {
            Question::StateGet(key) => ("state.get", key.len()),
            Question::StateList { prefix, after, .. } => {
                ("state.keys", prefix.len() + after.as_ref().map_or(0, String::len))
            }
            Question::Posts { .. } => ("inbox.read", 0),
            Question::Submissions { .. } => ("submissions.read", 0),
            Question::Fetch(exchange) => {
                let headers: usize =
                    exchange.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
                ("web.fetch", exchange.method.len() + exchange.url.len() + headers + exchange.body.len())
            }
            Question::ArtifactRead { .. } => ("artifacts.read", 0),
            Question::ArtifactKeep(bytes) => ("artifacts.keep", bytes.len()),
        };
        Asked { name, bytes }
    }

    pub fn answered(&mut self, asked: Asked, answer: &Answer) {
        let (verdict, bytes) = match answer {
            Answer::State(value) => (Verdict::Granted, value.as_ref().map_or(0, Vec::len)),
            Answer::Keys(keys) => (Verdict::Granted, keys.iter().map(String::len).sum()),
            Answer::Posts(posts) => (Verdict::Granted, posts.iter().map(|post| post.message.len()).sum()),
            Answer::Submissions(entries) => {
                (Verdict::Granted, entries.iter().map(|entry| entry.label.len()).sum())
            }
            Answer::Fetched { body, .. } | Answer::Artifact(body) => (Verdict::Granted, body.len()),
            Answer::Kept(digest) => (Verdict::Granted, digest.0.len()),
            Answer::Denied(_) => (Verdict::Denied, 0),
            Answer::Failed(_) | Answer::Broken(_) => (Verdict::Failed, 0),
        };
        let (bytes_in, bytes_out) = (asked.bytes as u64, bytes as u64);
        match self.0.last_mut() {
            Some(last) if last.name == asked.name && last.verdict == verdict => {
                last.count += 1;
                last.bytes_in += bytes_in;
                last.bytes_out += bytes_out;
            }
            _ => self.0.push(Calls { name: asked.name.to_owned(), verdict, count: 1, bytes_in, bytes_out }),
        }
    }

    pub fn into_calls(self) -> Vec<Calls> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_one_kind_in_a_row_are_one_entry() {
        let mut tally = Tally::default();
        let get = Tally::asked(&Question::StateGet("key".to_owned()));
        for answer in [Answer::State(None), Answer::State(Some(vec![0; 5])), Answer::Denied("no".to_owned())]
        {
            tally.answered(get, &answer);
        }
        tally.answered(get, &Answer::State(None));
        let counts: Vec<_> = tally
            .into_calls()
            .into_iter()
            .map(|calls| (calls.verdict, calls.count, calls.bytes_out))
            .collect();
        assert_eq!(counts, [(Verdict::Granted, 2, 5), (Verdict::Denied, 1, 0), (Verdict::Granted, 1, 0)]);
    }
}
