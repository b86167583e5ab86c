//! What every adapter of the web must do, and a small server that answers however a test wants.

use super::*;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

const REQUEST_BYTES: usize = 1 << 20;

/// A server on this machine that reads whole requests and leaves the rest to its test; it ends when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Serves at any free port of an address; `handle` gets each request, head and body, and its connection.
    pub async fn start<F, D>(at: [u8; 4], handle: F) -> Self
    where
        F: Fn(String, TcpStream) -> D + Send + Sync + 'static,
        D: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(SocketAddr::from((at, 0))).await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let task = tokio::spawn(serve(listener, Arc::new(handle)));
        Self { address, task }
    }

    /// Answers every request with these bytes, and closes the connection.
    pub async fn answering(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let answer = Arc::new(answer);
        Self::start([127, 0, 0, 1], move |request, stream| send(stream, answer(&request))).await
    }
}

async fn serve<F, D>(listener: TcpListener, handle: Arc<F>)
where
    F: Fn(String, TcpStream) -> D + Send + Sync + 'static,
    D: Future<Output = ()> + Send + 'static,
{
    let mut open = JoinSet::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        let handle = handle.clone();
        open.spawn(async move {
            let Some(request) = read(&mut stream).await else { return };
            handle(request, stream).await;
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Sends bytes and closes. Whoever has heard enough may be gone before the end.
pub async fn send(mut stream: TcpStream, bytes: Vec<u8>) {
    if stream.write_all(&bytes).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

/// An answer with a body, and its length.
pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    while bytes.len() < REQUEST_BYTES {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(Some(0), |length| length.parse().ok())? {
                return Some(text.into_owned());
            }
        }
    }
    None
}

/// Runs with a web that finds `a.example.test` and `b.example.test` at 127.0.0.1, and speaks plain HTTP at any port.
pub async fn check(web: &dyn Web) {
    let server = Server::answering(scripted).await;
    let asker = Asker { web, port: server.address.port() };
    asker.fetched().await;
    asker.refused().await;
    drop(server);
    let failed = asker.ask("GET", "a.example.test", "/", b"").await;
    assert!(!matches!(failed, Answer::Fetched { .. }), "nobody is there any more: {failed:?}");
}

struct Asker<'a> {
    web: &'a dyn Web,
    port: u16,
}

impl Asker<'_> {
    async fn ask(&self, method: &str, host: &str, path: &str, body: &[u8]) -> Answer {
        self.ask_listed(&["a.example.test".to_owned()], (method, host, path), body).await
    }

    async fn ask_listed(&self, listed: &[String], of: (&str, &str, &str), body: &[u8]) -> Answer {
        let (method, host, path) = of;
        let url = format!("http://{host}:{}{path}", self.port);
        let headers = vec![("X-Asked".to_owned(), "yes".to_owned())];
        let exchange = Exchange { method: method.to_owned(), url, headers, body: body.to_vec() };
        self.web.fetch(exchange, listed, 100).await
    }

    async fn fetched(&self) {
        let expected = [("a", "3"), ("a", "1"), ("b", "2"), ("content-length", "3")];
        let headers = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let expected = Answer::Fetched { status: 418, headers, body: b"yes".to_vec() };
        assert_eq!(
            self.ask("GET", "a.example.test", "/", b"").await,
            expected,
            "names in lower case, in order"
        );
        let bodies = [("/echo", b"posted".to_vec()), ("/full", vec![7; 100]), ("/moved", b"yes".to_vec())];
        for (path, expected) in bodies {
            let sent = if path == "/echo" { b"posted".as_slice() } else { b"" };
            let method = if path == "/echo" { "POST" } else { "GET" };
            let answer = self.ask(method, "a.example.test", path, sent).await;
            assert!(
                matches!(&answer, Answer::Fetched { body, .. } if *body == expected),
                "{path}: {answer:?}"
            );
        }
    }

    async fn refused(&self) {
        let over = self.ask("GET", "a.example.test", "/over", b"").await;
        assert!(matches!(over, Answer::Failed(_)), "a longer body is no answer, and never cut: {over:?}");
        for (method, host, path) in [
            ("GET", "b.example.test", "/"),
            ("GET", "x.a.example.test", "/"),
            ("GET", "127.0.0.1", "/"),
            ("GET", "a.example.test", "/away"),
            ("PUT", "a.example.test", "/"),
        ] {
            let denied = self.ask(method, host, path, b"").await;
            assert!(matches!(denied, Answer::Denied(_)), "{method} {host} {path}: {denied:?}");
        }
        let denied = self.ask_listed(&[], ("GET", "a.example.test", "/"), b"").await;
        assert!(matches!(denied, Answer::Denied(_)), "an empty list lists nothing: {denied:?}");
    }
}

fn scripted(request: &str) -> Vec<u8> {
    let path = request.split(' ').nth(1).unwrap_or_default();
    let port = request.lines().find_map(|line| line.strip_prefix("host: a.example.test:"));
    let port = port.unwrap_or_default();
    match path {
        "/" if request.contains("x-asked: yes") => answer("418 A Teapot", "B: 2\r\nA: 3\r\nA: 1\r\n", b"yes"),
        "/echo" => answer("200 OK", "", request.rsplit("\r\n\r\n").next().unwrap_or_default().as_bytes()),
        "/full" => answer("200 OK", "", &[7; 100]),
        "/over" => answer("200 OK", "", &[7; 101]),
        "/moved" => answer("302 Found", "location: /\r\n", b""),
        "/away" => answer("302 Found", &format!("location: http://b.example.test:{port}/\r\n"), b""),
        _ => answer("404 Not Found", "", b""),
    }
}
