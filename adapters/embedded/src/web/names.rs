//! Names and their addresses: looked up once for each connection, and given on only if all of them are public.
//!
//! One address that is not public refuses the whole name. A name that mixes them is either wrong or an attack, and
//! the outcome must not depend on which of its addresses comes first.

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// A name with an address where no challenge has any business.
#[derive(Debug, thiserror::Error)]
#[error("an address is not public")]
pub(super) struct NotPublic;

/// Where the addresses of a name come from.
#[async_trait]
pub(super) trait Names: Send + Sync + 'static {
    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the operating system.
pub(super) struct SystemNames {
    /// Names are whole, so neither search domains nor this machine's list of hosts give them another meaning.
    pub(super) absolute: bool,
}

#[async_trait]
impl Names for SystemNames {
    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let host = if self.absolute { format!("{host}.") } else { host.to_owned() };
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// The resolver that connections are made with.
pub(super) struct CheckedNames {
    pub(super) names: Arc<dyn Names>,
    pub(super) is_public: fn(IpAddr) -> bool,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, is_public) = (self.names.clone(), self.is_public);
        Box::pin(async move {
            let found = names.look_up(name.as_str()).await?;
            if found.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            if !found.iter().all(|address| is_public(*address)) {
                return Err(NotPublic.into());
            }
            // Port 0 stands for the one of the scheme, or of the address.
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
