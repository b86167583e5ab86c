//! HTTPS to the hosts that the manifest names. What is refused here never reaches the node; whoever connects checks
//! every address again.

use super::refused::{Refused, bounded};
use super::{Caller, Worked, reply};
use crate::inside::abi;
use crate::inside::desk::{Desk, Kind, astray};
use crate::inside::guest::{Guest, charge};
use crate::inside::tally::Function;
use crate::limits;
use agon_port::sandbox::{Answer, Exchange, Question, Recording};
use agon_types::codec;
use agon_types::limits::RECORDING_BYTES_MAX;
use wasmtime::component::Linker;

/// Every exchange of a run in its order.
#[derive(Debug, Default)]
pub struct Recorder {
    exchanges: Vec<(Exchange, Answer)>,
    bytes: usize,
}

impl Recorder {
    fn keep(&mut self, exchange: Exchange, answer: Answer) -> Result<(), Refused> {
        let pair = (exchange, answer);
        let bytes = self.bytes + codec::encode(&pair).len();
        bounded(bytes, RECORDING_BYTES_MAX, "the recording")?;
        self.exchanges.push(pair);
        self.bytes = bytes;
        Ok(())
    }

    pub fn into_recording(self, observed: Vec<u8>) -> Recording {
        Recording { exchanges: self.exchanges, observed }
    }
}

impl Desk {
    fn fetch(&mut self, request: abi::WebRequest, bytes: usize) -> Worked<abi::WebResponse> {
        self.granted(!self.grants.hosts.is_empty(), "capabilities.hosts")?;
        self.only(&[Kind::Observe], "web.fetch")?;
        bounded(bytes, limits::REQUEST_BYTES_MAX, "the request")?;
        if self.recorder.exchanges.len() >= limits::EXCHANGES_MAX {
            let max = limits::EXCHANGES_MAX;
            return Err(Refused::Exceeded(format!("{max} exchanges are made already")));
        }
        if !["GET", "HEAD", "POST"].contains(&request.method.as_str()) {
            return Err(Refused::Denied("use GET, HEAD or POST".to_owned()));
        }
        let host = host_of(&request.url)?;
        if !self.grants.hosts.iter().any(|granted| is_granted(granted, host)) {
            return Err(Refused::Denied(format!("the manifest does not grant the host {host:?}")));
        }
        let abi::WebRequest { method, url, headers, body } = request;
        let exchange = Exchange { method, url, headers, body };
        let answer = self.ask_raw(Question::Fetch(exchange.clone()))?;
        self.recorder.keep(exchange, answer.clone())?;
        match answer {
            Answer::Fetched { status, headers, body } => {
                let bytes = pairs_bytes(&headers) + body.len();
                bounded(bytes, limits::ANSWER_BYTES_MAX, "the answer")?;
                Ok((abi::WebResponse { status, headers, body }, bytes))
            }
            Answer::Denied(words) => Err(Refused::Denied(words)),
            Answer::Failed(words) => Err(Refused::Failed(words)),
            _ => Err(astray()),
        }
    }
}

fn pairs_bytes(pairs: &[(String, String)]) -> usize {
    pairs.iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// The host of an address. One with a user, a port or anything else before its path is refused: nothing that two
/// readers could understand differently.
fn host_of(url: &str) -> Result<&str, Refused> {
    let rest = url.strip_prefix("https://");
    let rest = rest.ok_or_else(|| Refused::Denied("use an address that begins with https://".to_owned()))?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    match !host.is_empty() && host.bytes().all(plain) {
        true => Ok(host),
        false => Err(Refused::Denied("name the host in lower case, without user and port".to_owned())),
    }
}

fn is_granted(granted: &str, host: &str) -> bool {
    match granted.strip_prefix('*') {
        // With its dot, so that only what stands below the name fits.
        Some(below) => host.len() > below.len() && host.ends_with(below),
        None => host == granted,
    }
}

pub fn link(linker: &mut Linker<Guest<Desk>>) -> wasmtime::Result<()> {
    let fetch = |mut caller: Caller, (request,): (abi::WebRequest,)| {
        let bytes =
            request.method.len() + request.url.len() + pairs_bytes(&request.headers) + request.body.len();
        charge(&mut caller, limits::HEADER_FUEL * request.headers.len() as u64)?;
        reply(&mut caller, Function::WebFetch, bytes, |desk| desk.fetch(request, bytes))
    };
    linker.instance(abi::WEB)?.func_wrap("fetch", fetch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_an_address_is_plain_or_refused() {
        for (url, host) in [
            ("https://api.example.org", Some("api.example.org")),
            ("https://api.example.org/a@b:1", Some("api.example.org")),
            ("https://api.example.org?x", Some("api.example.org")),
            ("https://api.example.org#x", Some("api.example.org")),
            ("http://api.example.org", None),
            ("HTTPS://api.example.org", None),
            ("https://", None),
            ("https:///etc", None),
            ("https://user@api.example.org", None),
            ("https://api.example.org:444", None),
            ("https://API.example.org", None),
            ("https://[::1]/", None),
            ("https://api.example.org\\@evil.org", None),
            ("https://api.example.org\t.evil.org", None),
        ] {
            assert_eq!(host_of(url).ok(), host, "{url}");
        }
    }

    #[test]
    fn a_grant_fits_its_name_or_what_is_below_it() {
        for (granted, host, fits) in [
            ("example.org", "example.org", true),
            ("example.org", "a.example.org", false),
            ("*.example.org", "a.example.org", true),
            ("*.example.org", "a.b.example.org", true),
            ("*.example.org", "example.org", false),
            ("*.example.org", ".example.org", false),
            ("*.example.org", "evilexample.org", false),
        ] {
            assert_eq!(is_granted(granted, host), fits, "{granted} {host}");
        }
    }
}
