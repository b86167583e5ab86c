//! Two ways to have blocks: decide alone, or follow those who decide.

mod backoff;
pub mod follow;
pub mod solo;

pub use follow::FollowOrder;
pub use solo::{Pace, SoloOrder};
