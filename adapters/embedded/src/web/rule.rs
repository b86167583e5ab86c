//! What an exchange may be: its method, address, host, headers and sizes, at the first hop and after each redirect.

use super::{Refusal, WebPolicy};
use crate::limits::{
    WEB_REQUEST_BYTES_MAX, WEB_REQUEST_HEADERS_BYTES_MAX, WEB_REQUEST_HEADERS_MAX, WEB_URL_BYTES_MAX,
};
use agon_port::sandbox::Exchange;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, Url};

/// Headers that frame a message or steer a connection, which are the host's to write, and the one of cookies, since
/// a challenge has no session with anyone.
const RESERVED: [&str; 11] = [
    "connection",
    "content-length",
    "cookie",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// One request that may be sent.
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Hop {
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

/// What holds for one exchange.
pub(super) struct Rules<'a> {
    pub(super) hosts: &'a [String],
    pub(super) policy: WebPolicy,
}

impl Rules<'_> {
    pub(super) fn check(&self, exchange: Exchange) -> Result<Hop, Refusal> {
        sizes(&exchange)?;
        let method = match exchange.method.as_str() {
            "GET" => Method::GET,
            "HEAD" => Method::HEAD,
            "POST" => Method::POST,
            _ => return Err(Refusal::denied("the method is none of GET, HEAD and POST")),
        };
        if method != Method::POST && !exchange.body.is_empty() {
            return Err(Refusal::denied("only a POST has a body"));
        }
        // The parser drops some bytes and rewrites others; what it would change is refused instead.
        if !exchange.url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return Err(Refusal::denied("the address has bytes that must be escaped"));
        }
        let url = Url::parse(&exchange.url).map_err(|_| Refusal::denied("the address cannot be read"))?;
        self.check_address(&url)?;
        Ok(Hop { method, url, headers: headers(&exchange.headers)?, body: exchange.body })
    }

    fn check_address(&self, url: &Url) -> Result<(), Refusal> {
        let Some(host) = url.domain() else {
            return Err(Refusal::denied("the address names no host, or a number instead of one"));
        };
        if !self.hosts.iter().any(|listed| covers(listed, host)) {
            return Err(Refusal::denied(format!("the host {host} is not on the list of the manifest")));
        }
        let scheme = url.scheme();
        if scheme != "https" && !(scheme == "http" && self.policy.plain_http) {
            return Err(Refusal::denied("the address does not begin with https"));
        }
        // The parser leaves out a scheme's own port.
        if url.port().is_some() && !self.policy.any_port {
            return Err(Refusal::denied("the address names a port other than 443"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::denied("the address names a user"));
        }
        if url.fragment().is_some() {
            return Err(Refusal::denied("the address has a fragment"));
        }
        Ok(())
    }

    /// The next hop, as RFC 9110 has it: a POST becomes a GET where that is the custom. A credential stays with the
    /// host, scheme and port that it was meant for.
    pub(super) fn redirected(
        &self,
        from: Hop,
        status: StatusCode,
        location: &HeaderValue,
    ) -> Result<Hop, Refusal> {
        let lost = || Refusal::failed("the redirect leads to no address");
        let location = location.to_str().map_err(|_| lost())?;
        let url = from.url.join(location).map_err(|_| lost())?;
        if url.as_str().len() > WEB_URL_BYTES_MAX {
            return Err(lost());
        }
        self.check_address(&url)?;
        let mut next = Hop { url, ..from };
        if next.url.origin() != from.url.origin() {
            next.headers.remove(AUTHORIZATION);
        }
        let keeps = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        if next.method == Method::POST && !keeps {
            next.method = Method::GET;
            next.body = Vec::new();
            next.headers.remove(CONTENT_TYPE);
        }
        Ok(next)
    }
}

pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Whether an entry of the list covers a host: the name itself, or with `*.` every name below it.
fn covers(listed: &str, host: &str) -> bool {
    match listed.strip_prefix("*.") {
        None => listed == host,
        Some(parent) => {
            let below = host.strip_suffix(parent).and_then(|labels| labels.strip_suffix('.'));
            below.is_some_and(|labels| !labels.is_empty())
        }
    }
}

fn sizes(exchange: &Exchange) -> Result<(), Refusal> {
    let headers: usize = exchange.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    let rest = exchange.method.len() + exchange.url.len() + exchange.body.len();
    if exchange.url.len() > WEB_URL_BYTES_MAX {
        return Err(Refusal::denied(format!("the address has more than {WEB_URL_BYTES_MAX} bytes")));
    }
    if headers > WEB_REQUEST_HEADERS_BYTES_MAX || exchange.headers.len() > WEB_REQUEST_HEADERS_MAX {
        let bounds = format!(
            "the request has more than {WEB_REQUEST_HEADERS_MAX} headers or {WEB_REQUEST_HEADERS_BYTES_MAX} bytes of them"
        );
        return Err(Refusal::denied(bounds));
    }
    if headers + rest > WEB_REQUEST_BYTES_MAX {
        return Err(Refusal::denied(format!("the request has more than {WEB_REQUEST_BYTES_MAX} bytes")));
    }
    Ok(())
}

fn headers(given: &[(String, String)]) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let unclear = |_| Refusal::denied("a header's name is not one");
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(unclear)?;
        if RESERVED.contains(&name.as_str()) || name.as_str().starts_with("proxy-") {
            return Err(Refusal::denied(format!("the header {name} is not the challenge's to write")));
        }
        let value = HeaderValue::from_str(value);
        let value =
            value.map_err(|_| Refusal::denied(format!("the value of the header {name} is not one")))?;
        headers.append(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: WebPolicy = WebPolicy { private_addresses: false, plain_http: false, any_port: false };

    fn exchange(method: &str, url: &str) -> Exchange {
        Exchange { method: method.to_owned(), url: url.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    fn check(exchange: Exchange) -> Result<String, String> {
        let hosts = ["api.example.org".to_owned(), "*.example.net".to_owned()];
        let checked = Rules { hosts: &hosts, policy: STRICT }.check(exchange);
        checked.map(|hop| hop.url.to_string()).map_err(|refusal| match refusal {
            Refusal::Denied(rule) => rule,
            Refusal::Failed(what) => panic!("it failed instead: {what}"),
        })
    }

    #[test]
    fn a_host_is_on_the_list_or_below_an_entry_of_it() {
        for (listed, host, expected) in [
            ("example.org", "example.org", true),
            ("example.org", "api.example.org", false),
            ("example.org", "example.org.", false),
            ("example.org", "badexample.org", false),
            ("*.example.org", "api.example.org", true),
            ("*.example.org", "a.b.example.org", true),
            ("*.example.org", "example.org", false),
            ("*.example.org", ".example.org", false),
            ("*.example.org", "badexample.org", false),
            ("*.example.org", "example.org.evil.net", false),
            ("*.example.org", "api.example.org.", false),
        ] {
            assert_eq!(covers(listed, host), expected, "{listed} covers {host}");
        }
    }

    #[test]
    fn addresses_are_plain_https_on_the_list() {
        for good in [
            "https://api.example.org/",
            "https://API.example.org:443/a?b=c",
            "https://a.example.net/%20",
            "https://a.b.example.net/",
        ] {
            assert!(check(exchange("GET", good)).is_ok(), "{good}: {:?}", check(exchange("GET", good)));
        }
        for (bad, rule) in [
            ("http://api.example.org/", "https"),
            ("ftp://api.example.org/", "https"),
            ("file:///etc/passwd", "names no host"),
            ("https://api.example.org:8443/", "port"),
            ("https://api.example.org:80/", "port"),
            ("https://user@api.example.org/", "user"),
            ("https://:secret@api.example.org/", "user"),
            ("https://api.example.org/#top", "fragment"),
            ("https://api.example.org#@evil.net/", "fragment"),
            ("https://evil.net/?https://api.example.org", "evil.net is not on the list"),
            ("https://api.example.org.evil.net/", "not on the list"),
            ("https://api.example.org@evil.net/", "not on the list"),
            ("https://api.example.org./", "not on the list"),
            ("https://example.net/", "not on the list"),
            ("https://evil.net\\@api.example.org/", "escaped"),
            ("https://api.exam\nple.org/", "escaped"),
            (" https://api.example.org/", "escaped"),
            ("https://api.ex\u{e4}mple.org/", "escaped"),
            ("https://127.0.0.1/", "number"),
            ("https://2130706433/", "number"),
            ("https://0x7f.1/", "number"),
            ("https://0177.0.0.1/", "number"),
            ("https://[::1]/", "number"),
            ("https://[::ffff:10.0.0.1]/", "number"),
            ("https://", "cannot be read"),
            ("api.example.org", "cannot be read"),
            ("", "cannot be read"),
        ] {
            let refused = check(exchange("GET", bad)).expect_err(bad);
            assert!(refused.contains(rule), "{bad}: {refused}");
        }
    }

    #[test]
    fn methods_and_bodies_are_those_of_three() {
        for method in ["GET", "HEAD", "POST"] {
            assert!(check(exchange(method, "https://api.example.org/")).is_ok());
        }
        for method in ["get", "PUT", "DELETE", "CONNECT", "TRACE", "OPTIONS", "GET ", ""] {
            let refused = check(exchange(method, "https://api.example.org/")).expect_err(method);
            assert!(refused.contains("GET, HEAD and POST"), "{refused}");
        }
        let with_body = Exchange { body: vec![1], ..exchange("GET", "https://api.example.org/") };
        assert!(check(with_body).is_err());
    }

    #[test]
    fn headers_that_frame_or_smuggle_are_refused() {
        let with = |name: &str, value: &str| {
            let headers = vec![(name.to_owned(), value.to_owned())];
            check(Exchange { headers, ..exchange("GET", "https://api.example.org/") })
        };
        for name in ["Accept", "authorization", "user-agent", "x-key", "range", "accept-encoding"] {
            assert!(with(name, "value").is_ok(), "{name}");
        }
        for name in RESERVED.into_iter().chain(["Host", "CONTENT-LENGTH", "Proxy-Authorization", "proxy-x"]) {
            assert!(with(name, "value").expect_err(name).contains("not the challenge's"));
        }
        for name in ["", "a b", "a:b", "a\r\nhost", "h\u{f6}st", "host "] {
            assert!(with(name, "value").expect_err(name).contains("name"), "{name:?}");
        }
        for value in ["a\r\nhost: evil.net", "a\nb", "a\0b", "\u{7f}"] {
            assert!(with("x-key", value).expect_err(value).contains("value"), "{value:?}");
        }
    }

    #[test]
    fn every_size_has_its_bound() {
        let url = "https://api.example.org/";
        let body = |bytes: usize| Exchange { body: vec![0; bytes], ..exchange("POST", url) };
        let room = WEB_REQUEST_BYTES_MAX - "POST".len() - url.len();
        assert!(check(body(room)).is_ok());
        assert!(check(body(room + 1)).is_err());
        let headers = |count: usize, bytes: usize| {
            let headers = vec![("x".to_owned(), "v".repeat(bytes - 1)); count];
            check(Exchange { headers, ..exchange("GET", url) })
        };
        assert!(
            headers(WEB_REQUEST_HEADERS_MAX, WEB_REQUEST_HEADERS_BYTES_MAX / WEB_REQUEST_HEADERS_MAX).is_ok()
        );
        assert!(
            headers(WEB_REQUEST_HEADERS_MAX, WEB_REQUEST_HEADERS_BYTES_MAX / WEB_REQUEST_HEADERS_MAX + 1)
                .is_err()
        );
        assert!(headers(WEB_REQUEST_HEADERS_MAX + 1, 2).is_err());
        let long = |bytes: usize| check(exchange("GET", &format!("{url}{}", "a".repeat(bytes - url.len()))));
        assert!(long(WEB_URL_BYTES_MAX).is_ok());
        assert!(long(WEB_URL_BYTES_MAX + 1).is_err());
    }

    #[test]
    fn a_redirect_is_checked_like_the_first_hop_and_takes_no_credential_elsewhere() {
        let hosts = ["*.example.net".to_owned()];
        let rules = Rules { hosts: &hosts, policy: STRICT };
        let first = || {
            let headers = [("authorization", "secret"), ("content-type", "text/plain"), ("accept", "*/*")];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
            let exchange = exchange("POST", "https://a.example.net/x/y");
            rules.check(Exchange { headers, body: vec![7], ..exchange }).unwrap_or_else(|_| panic!())
        };
        let to = |status: u16, location: &'static str| {
            let status = StatusCode::from_u16(status).unwrap();
            rules.redirected(first(), status, &HeaderValue::from_static(location))
        };
        let here = to(307, "z").unwrap_or_else(|_| panic!());
        assert_eq!(here.url.as_str(), "https://a.example.net/x/z");
        assert_eq!((here.method, here.body), (Method::POST, vec![7]));
        assert!(here.headers.contains_key(AUTHORIZATION));
        let there = to(302, "//b.example.net/").unwrap_or_else(|_| panic!());
        assert_eq!((there.method, there.body), (Method::GET, Vec::new()));
        let left: Vec<_> = there.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["accept"]);
        for bad in [
            "https://example.net/",
            "http://a.example.net/",
            "https://a.example.net:444/",
            "//127.0.0.1/",
            "https://[::1]/",
            "https://u@a.example.net/",
            "javascript:1",
        ] {
            assert!(matches!(to(302, bad), Err(Refusal::Denied(_))), "{bad}");
        }
    }
}
