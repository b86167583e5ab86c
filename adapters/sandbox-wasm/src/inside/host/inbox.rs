//! What hotkeys posted to the challenge in the epoch that is weighed.

use super::{Caller, Worked, reply};
use crate::inside::abi;
use crate::inside::desk::{Desk, Kind, astray};
use crate::inside::guest::Guest;
use crate::inside::tally::Function;
use crate::limits::POSTS_AT_ONCE_MAX;
use agon_port::sandbox::{Answer, PostRow, Question};
use wasmtime::component::Linker;

impl Desk {
    fn posts(&self, after: u32, limit: u32) -> Worked<Vec<abi::Post>> {
        self.granted(self.grants.posts_per_epoch > 0, "capabilities.posts_per_epoch")?;
        self.only(&[Kind::Weigh], "inbox.read")?;
        let limit = limit.min(POSTS_AT_ONCE_MAX);
        let Answer::Posts(posts) = self.ask(Question::Posts { after, limit })? else { return Err(astray()) };
        let posts: Vec<abi::Post> = posts.into_iter().map(abi::Post::from).collect();
        let bytes = posts.iter().map(|post| post.hotkey.len() + post.message.len()).sum();
        Ok((posts, bytes))
    }
}

impl From<PostRow> for abi::Post {
    fn from(post: PostRow) -> Self {
        Self { hotkey: post.hotkey.to_string(), sequence: post.sequence, message: post.message }
    }
}

pub fn link(linker: &mut Linker<Guest<Desk>>) -> wasmtime::Result<()> {
    let read = |mut caller: Caller, (after, limit): (u32, u32)| {
        reply(&mut caller, Function::InboxRead, 0, |desk| desk.posts(after, limit))
    };
    linker.instance(abi::INBOX)?.func_wrap("read", read)
}
