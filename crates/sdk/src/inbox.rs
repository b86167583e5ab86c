//! Messages that hotkeys posted in the epoch that is weighed. Needs `capabilities.posts_per_epoch` in the manifest.

use crate::{Refusal, host};

/// Posts that one question gives at most.
const POSTS_AT_ONCE: u32 = 64;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The hotkey (SS58) that signed it.
    pub hotkey: String,
    pub sequence: u64,
    pub message: Vec<u8>,
}

/// Every post, in the order in which they were decided. In `weigh` only.
pub fn posts() -> Result<Vec<Post>, Refusal> {
    let mut posts = Vec::new();
    loop {
        let more = host::inbox_read(posts.len() as u32, POSTS_AT_ONCE)?;
        let is_last = more.len() < POSTS_AT_ONCE as usize;
        posts.extend(more);
        if is_last {
            return Ok(posts);
        }
    }
}
