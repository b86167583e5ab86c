//! What single worlds show: each kind of peer, a cut network, and that the watch sees what it watches for.

mod peers;
mod watched;
