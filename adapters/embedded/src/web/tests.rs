//! Exchanges with real servers on this machine, most of which mean no good.

use super::*;
use crate::limits::{WEB_ANSWER_HEADERS_BYTES_MAX, WEB_ANSWER_HEADERS_MAX};
use agon_port::web::contract::{Server, answer, send};
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

const LOCAL: [u8; 4] = [127, 0, 0, 1];
/// Another address of this machine, which the tests call private.
const INNER: [u8; 4] = [127, 0, 0, 2];
/// One answer, with one address.
const AT_HOME: &[&[[u8; 4]]] = &[&[LOCAL]];
const BYTES_ALLOWED: usize = 64 << 10;

/// Answers that a test prepared: one after another, the last one for ever.
#[derive(Default)]
struct Script {
    answers: Mutex<BTreeMap<String, Vec<Vec<IpAddr>>>>,
    asked: AtomicUsize,
}

impl Script {
    fn of(names: &[(&str, &[&[[u8; 4]]])]) -> Arc<Self> {
        let address = |octets: &[u8; 4]| IpAddr::from(*octets);
        let answers = names.iter().map(|(name, answers)| {
            let answers = answers.iter().map(|addresses| addresses.iter().map(address).collect());
            ((*name).to_owned(), answers.collect())
        });
        Arc::new(Self { answers: Mutex::new(answers.collect()), asked: AtomicUsize::new(0) })
    }

    fn usual() -> Arc<Self> {
        let names = ["a.example.test", "b.example.test", "x.a.example.test", "deep.a.example.test"];
        Self::of(&names.map(|name| (name, AT_HOME)))
    }
}

#[async_trait]
impl Names for Script {
    async fn look_up(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut all = self.answers.lock().unwrap();
        let answers = all.get_mut(host).ok_or(io::ErrorKind::NotFound)?;
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }
}

const HERE: WebPolicy = WebPolicy { private_addresses: false, plain_http: true, any_port: true };

fn is_not_inner(address: IpAddr) -> bool {
    address != IpAddr::from(INNER)
}

fn parts(names: Arc<Script>) -> Parts {
    Parts { names, is_public: is_not_inner, ..Parts::of(HERE) }
}

fn web(names: Arc<Script>) -> CheckedWeb {
    CheckedWeb::with(HERE, parts(names))
}

fn impatient() -> CheckedWeb {
    let parts = Parts { time_max: Duration::from_millis(300), ..parts(Script::usual()) };
    CheckedWeb::with(HERE, parts)
}

async fn ask(web: &CheckedWeb, method: &str, url: String) -> Answer {
    let exchange = Exchange { method: method.to_owned(), url, headers: Vec::new(), body: Vec::new() };
    web.fetch(exchange, &["*.example.test".to_owned()], BYTES_ALLOWED).await
}

async fn get(web: &CheckedWeb, server: &Server, path: &str) -> Answer {
    ask(web, "GET", format!("http://a.example.test:{}{path}", server.address.port())).await
}

#[track_caller]
fn failed(answer: &Answer, with: &str) {
    assert!(matches!(answer, Answer::Failed(what) if what.contains(with)), "{answer:?}");
}

#[track_caller]
fn denied(answer: &Answer, with: &str) {
    assert!(matches!(answer, Answer::Denied(rule) if rule.contains(with)), "{answer:?}");
}

/// Sends a beginning, and then the same piece until the other side has enough.
async fn forever(mut stream: TcpStream, head: &[u8], piece: &[u8]) {
    let _ = stream.write_all(head).await;
    while stream.write_all(piece).await.is_ok() {}
}

/// The same, but so slowly that something always comes and it never ends.
async fn drip(mut stream: TcpStream, head: &[u8], piece: &[u8]) {
    let _ = stream.write_all(head).await;
    while stream.write_all(piece).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn the_checked_web_keeps_the_contract() {
    agon_port::web::contract::check(&web(Script::usual())).await;
}

#[tokio::test]
async fn the_strict_policy_reaches_no_server_of_this_machine() {
    let server = Server::answering(|_| answer("200 OK", "", b"")).await;
    let strict = CheckedWeb::new(WebPolicy::default());
    denied(&get(&strict, &server, "/").await, "https");
    let port = server.address.port();
    denied(&ask(&strict, "GET", format!("https://a.example.test:{port}/")).await, "port");
    // Real addresses of this machine are refused by the real rule, whatever the name.
    let policy = WebPolicy { plain_http: true, any_port: true, ..WebPolicy::default() };
    let parts = Parts { names: Script::usual(), ..Parts::of(policy) };
    denied(&get(&CheckedWeb::with(policy, parts), &server, "/").await, "not public");
    let policy = WebPolicy { private_addresses: true, ..policy };
    let parts = Parts { names: Script::usual(), ..Parts::of(policy) };
    assert!(matches!(get(&CheckedWeb::with(policy, parts), &server, "/").await, Answer::Fetched { .. }));
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_checked_at_every_connection() {
    let visits = Arc::new(AtomicUsize::new(0));
    let counter = visits.clone();
    let server = Server::answering(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        answer("200 OK", "", b"")
    })
    .await;
    let trap = TcpListener::bind((IpAddr::from(INNER), server.address.port()));
    let names = Script::of(&[("a.example.test", &[&[LOCAL], &[INNER], &[LOCAL, INNER], &[INNER, LOCAL]])]);
    let web = web(names.clone());
    assert!(matches!(get(&web, &server, "/").await, Answer::Fetched { .. }));
    assert_eq!(names.asked.load(Ordering::SeqCst), 1, "what was checked is what was connected to");
    for _ in 0..3 {
        denied(&get(&web, &server, "/").await, "a.example.test has an address that is not public");
    }
    assert_eq!(visits.load(Ordering::SeqCst), 1, "a mixed name is refused whole");
    // Some systems have only one address of their own.
    if let Ok(trap) = trap {
        trap.set_nonblocking(true).unwrap();
        assert_eq!(trap.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock, "nobody has knocked inside");
    }
}

#[tokio::test]
async fn a_redirect_is_followed_on_the_list_only_and_never_inside() {
    let names = Script::of(&[("a.example.test", &[&[LOCAL]]), ("b.example.test", &[&[INNER]])]);
    let web = web(names.clone());
    let server = Server::answering(|request| {
        let path = request.split(' ').nth(1).unwrap();
        let port = request.lines().find_map(|line| line.strip_prefix("host: a.example.test:")).unwrap();
        let to = match path {
            "/off" => format!("http://evil.test:{port}/"),
            "/inner" => format!("http://b.example.test:{port}/"),
            "/number" => format!("http://127.0.0.2:{port}/"),
            "/mapped" => format!("http://[::ffff:127.0.0.2]:{port}/"),
            "/file" => "file:///etc/passwd".to_owned(),
            "/loop" => "/loop".to_owned(),
            "/3" | "/2" | "/1" => format!("/{}", path[1..].parse::<u8>().unwrap() - 1),
            "/4" => "/3".to_owned(),
            "/bytes" => "/\u{fc}".to_owned(),
            _ => return answer("200 OK", "", path.as_bytes()),
        };
        answer("302 Found", &format!("location: {to}\r\n"), b"")
    })
    .await;
    denied(&get(&web, &server, "/off").await, "the host evil.test is not on the list");
    denied(&get(&web, &server, "/inner").await, "the host b.example.test has an address that is not public");
    denied(&get(&web, &server, "/number").await, "number");
    denied(&get(&web, &server, "/mapped").await, "number");
    denied(&get(&web, &server, "/file").await, "no host");
    denied(&get(&web, &server, "/loop").await, "at most 3 redirects");
    assert!(matches!(get(&web, &server, "/3").await, Answer::Fetched { body, .. } if body == b"/0"));
    denied(&get(&web, &server, "/4").await, "at most 3 redirects");
    failed(&get(&web, &server, "/bytes").await, "leads to no address");
}

#[tokio::test]
async fn too_much_is_refused_and_never_cut() {
    let web = web(Script::usual());
    let server = Server::start(LOCAL, |request, stream| async move {
        match request.split(' ').nth(1).unwrap() {
            "/length" => send(stream, answer("200 OK", "", &vec![0; BYTES_ALLOWED + 1])).await,
            "/endless" => forever(stream, b"HTTP/1.1 200 OK\r\n\r\n", &[0; 4096]).await,
            "/chunks" => {
                let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                forever(stream, head, b"4\r\nbomb\r\n").await;
            }
            "/claim" => {
                send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\nabc".to_vec()).await;
            }
            "/many" => {
                send(stream, answer("200 OK", &"x: y\r\n".repeat(WEB_ANSWER_HEADERS_MAX + 1), b"")).await
            }
            "/large" => {
                let header = format!("x: {}\r\n", "y".repeat(WEB_ANSWER_HEADERS_BYTES_MAX));
                send(stream, answer("200 OK", &header, b"")).await;
            }
            "/flood" => {
                forever(stream, b"HTTP/1.1 200 OK\r\n", b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n").await
            }
            "/line" => forever(stream, b"", &[b'H'; 4096]).await,
            _ => {
                send(
                    stream,
                    answer("200 OK", &"x: y\r\n".repeat(WEB_ANSWER_HEADERS_MAX - 1), &vec![0; BYTES_ALLOWED]),
                )
                .await
            }
        }
    })
    .await;
    assert!(
        matches!(get(&web, &server, "/").await, Answer::Fetched { body, .. } if body.len() == BYTES_ALLOWED)
    );
    for path in ["/length", "/endless", "/chunks"] {
        failed(&get(&web, &server, path).await, "more than 65536 bytes");
    }
    failed(&get(&web, &server, "/claim").await, "broke off");
    failed(&get(&web, &server, "/large").await, "more than 32768 bytes of headers");
    for path in ["/many", "/flood", "/line"] {
        failed(&get(&web, &server, path).await, "no answer that can be read");
    }
}

#[tokio::test]
async fn what_is_not_whole_is_no_answer() {
    let web = web(Script::usual());
    let server = Server::answering(|request| match request.split(' ').nth(1).unwrap() {
        "/short" => b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort".to_vec(),
        "/chunk" => b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nshort".to_vec(),
        "/size" => b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nbad\r\n".to_vec(),
        "/two" => b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_vec(),
        "/sign" => b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nab".to_vec(),
        "/head" => b"HTTP/1.1 200 OK\r\nx: y".to_vec(),
        "/none" => Vec::new(),
        "/noise" => b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(),
        "/more" => b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok, and more".to_vec(),
        _ => answer("200 OK", "", b""),
    })
    .await;
    for path in ["/short", "/chunk", "/size"] {
        failed(&get(&web, &server, path).await, "broke off");
    }
    for path in ["/two", "/sign", "/head", "/none", "/noise"] {
        failed(&get(&web, &server, path).await, "a.example.test gave no answer that can be read");
    }
    let more = get(&web, &server, "/more").await;
    assert!(matches!(more, Answer::Fetched { body, .. } if body == b"ok"), "what follows belongs to nobody");
}

#[tokio::test]
async fn a_slow_server_ends_with_the_time_of_the_exchange() {
    let web = impatient();
    let server = Server::start(LOCAL, |request, stream| async move {
        match request.split(' ').nth(1).unwrap() {
            "/head" => drip(stream, b"HTTP/1.1 200 ", b"O").await,
            "/headers" => drip(stream, b"HTTP/1.1 200 OK\r\n", b"x: y\r\n").await,
            "/body" => drip(stream, b"HTTP/1.1 200 OK\r\n\r\n", b"b").await,
            _ => std::future::pending().await,
        }
    })
    .await;
    for path in ["/silent", "/head", "/headers", "/body"] {
        let begun = std::time::Instant::now();
        let answer = get(&web, &server, path).await;
        failed(&answer, "took too long");
        assert!(begun.elapsed() < Duration::from_secs(5), "{path}");
    }
}

#[tokio::test]
async fn a_head_has_no_body_whatever_its_length_says() {
    let web = web(Script::usual());
    let server = Server::answering(|request| {
        assert!(request.starts_with("HEAD / HTTP/1.1\r\n"), "{request}");
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", BYTES_ALLOWED * 2).into_bytes()
    })
    .await;
    let url = format!("http://a.example.test:{}/", server.address.port());
    let Answer::Fetched { status: 200, headers, body } = ask(&web, "HEAD", url).await else { panic!() };
    assert_eq!(headers, [("content-length".to_owned(), "131072".to_owned())]);
    assert!(body.is_empty());
}

#[tokio::test]
async fn nothing_is_added_or_unpacked() {
    let web = web(Script::usual());
    let server = Server::answering(|request| {
        let packed = b"content-encoding: gzip\r\nset-cookie: a=b\r\nx: \xff\xfey\r\ncontent-length: 3\r\n\r\n\x1f\x8b\x08";
        assert!(!request.contains("cookie"), "{request}");
        assert!(!request.contains("accept-encoding"), "{request}");
        assert!(request.contains("user-agent: agon\r\n"), "{request}");
        [b"HTTP/1.1 200 OK\r\n".as_slice(), packed].concat()
    })
    .await;
    for _ in 0..2 {
        let Answer::Fetched { headers, body, .. } = get(&web, &server, "/").await else { panic!() };
        assert_eq!(body, b"\x1f\x8b\x08");
        assert!(headers.contains(&("x".to_owned(), "\u{fffd}\u{fffd}y".to_owned())), "{headers:?}");
    }
}

#[tokio::test]
async fn a_host_without_address_or_server_fails_in_the_same_words_everywhere() {
    let web = web(Script::of(&[("a.example.test", &[&[LOCAL]]), ("b.example.test", &[&[]])]));
    let server = Server::answering(|_| Vec::new()).await;
    let port = server.address.port();
    drop(server);
    failed(&ask(&web, "GET", "http://c.example.test/".to_owned()).await, "c.example.test has no address");
    failed(&ask(&web, "GET", "http://b.example.test/".to_owned()).await, "b.example.test has no address");
    let url = format!("https://a.example.test:{port}/");
    failed(&ask(&web, "GET", url).await, "no safe connection to a.example.test could be made");
}

/// Serves one exchange over TLS with the certificate of `*.example.test`.
fn serve_tls(connections: usize) -> (SocketAddr, std::thread::JoinHandle<()>) {
    let certificate = rustls::pki_types::CertificateDer::from_slice(include_bytes!("tests/certificate.der"));
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(include_bytes!("tests/key.der").as_slice());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key.into()).unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind((IpAddr::from(LOCAL), 0)).unwrap());
    let address = listener.local_addr().unwrap();
    let serve = move || {
        for _ in 0..connections {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            // A client that does not trust us hangs up here.
            if stream.read(&mut [0; 4096]).is_ok() {
                let _ = stream.write_all(&answer("200 OK", "", b"safe"));
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    };
    (address, std::thread::spawn(serve))
}

fn trusting() -> ClientConfig {
    let certificate = rustls::pki_types::CertificateDer::from_slice(include_bytes!("tests/certificate.der"));
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    config.with_root_certificates(roots).with_no_client_auth()
}

#[tokio::test]
async fn https_goes_to_the_host_that_the_certificate_names() {
    let (address, server) = serve_tls(3);
    let port = address.port();
    let trusting = CheckedWeb::with(HERE, Parts { tls: trusting(), ..parts(Script::usual()) });
    let safe = ask(&trusting, "GET", format!("https://a.example.test:{port}/")).await;
    assert!(matches!(&safe, Answer::Fetched { body, .. } if body == b"safe"), "{safe:?}");
    let other = ask(&trusting, "GET", format!("https://deep.a.example.test:{port}/")).await;
    failed(&other, "no safe connection to deep.a.example.test");
    let strange = ask(&web(Script::usual()), "GET", format!("https://a.example.test:{port}/")).await;
    failed(&strange, "no safe connection to a.example.test");
    server.join().unwrap();
}
