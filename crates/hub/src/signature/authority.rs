//! The hosts under which a hub answers: a signature for another host is for another hub.

use std::net::SocketAddr;

/// Every `host` that counts, each with the port that its scheme leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authorities(Vec<(String, &'static str)>);

impl Authorities {
    /// Those of the address that the world is told, and of the listener itself, which a person beside it may use.
    pub fn new(public_url: &str, listener: Option<SocketAddr>) -> Self {
        let lower = public_url.to_ascii_lowercase();
        let (scheme, rest) = lower.split_once("://").unwrap_or(("http", &lower));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let port = if scheme == "https" { ":443" } else { ":80" };
        let mut known = vec![(shortened(host, port), port)];
        if let Some(address) = listener {
            let mut own = vec![address.to_string()];
            if address.ip().is_loopback() || address.ip().is_unspecified() {
                own.extend(
                    ["127.0.0.1", "[::1]", "localhost"].map(|host| format!("{host}:{}", address.port())),
                );
            }
            known.extend(own.iter().map(|host| (shortened(host, ":80"), ":80")));
        }
        Self(known)
    }

    /// The host as it is signed, if it is one of ours.
    pub fn find(&self, host: &str) -> Option<String> {
        let lower = host.to_ascii_lowercase();
        let mut candidates = self.0.iter().map(|(known, port)| (known, shortened(&lower, port)));
        candidates.find(|(known, candidate)| *known == candidate).map(|(_, candidate)| candidate)
    }

    /// The one that the world is told.
    pub fn public(&self) -> &str {
        self.0.first().map(|(host, _)| host.as_str()).unwrap_or_default()
    }
}

fn shortened(host: &str, port: &str) -> String {
    host.strip_suffix(port).unwrap_or(host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_of_this_hub_count() {
        let own = |text: &str| Some(text.parse().unwrap());
        let cases = [
            ("as configured", "https://Hub.example/", None, "hub.example", Some("hub.example")),
            ("in capitals", "https://hub.example", None, "HUB.example", Some("hub.example")),
            ("its default port", "https://hub.example", None, "hub.example:443", Some("hub.example")),
            ("the port of another scheme", "https://hub.example", None, "hub.example:80", None),
            ("a configured default port", "http://hub.example:80", None, "hub.example", Some("hub.example")),
            ("another port", "http://hub.example:7700", None, "hub.example", None),
            ("another host", "https://hub.example", None, "hub.example.org", None),
            ("nothing", "https://hub.example", None, "", None),
            (
                "the listener",
                "https://hub.example",
                own("10.0.0.7:7700"),
                "10.0.0.7:7700",
                Some("10.0.0.7:7700"),
            ),
            ("not beside it", "https://hub.example", own("10.0.0.7:7700"), "localhost:7700", None),
            (
                "beside it",
                "https://hub.example",
                own("0.0.0.0:7700"),
                "localhost:7700",
                Some("localhost:7700"),
            ),
            ("in IPv6", "https://hub.example", own("[::1]:7700"), "[::1]:7700", Some("[::1]:7700")),
            (
                "a default port of its own",
                "https://hub.example",
                own("127.0.0.1:80"),
                "127.0.0.1",
                Some("127.0.0.1"),
            ),
        ];
        for (desc, public_url, listener, host, expected) in cases {
            let authorities = Authorities::new(public_url, listener);
            assert_eq!(authorities.find(host).as_deref(), expected, "{desc}");
        }
    }
}
