//! Those who listen, in a process of their own: each of them checks that no number is left out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Silence after which what was not heard is lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// What one reader found.
#[derive(Default)]
struct Found {
    frames: u64,
    /// Numbers that were left out without a word.
    lost: u64,
    bytes: u64,
    /// The stream ended early.
    cut: u64,
}

/// What a stream is read with: the line that has begun, and the number of the last event.
struct Lines {
    line: Vec<u8>,
    last: u64,
    found: Found,
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) {
        self.found.bytes += bytes.len() as u64;
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            if self.line.is_empty() {
                self.line(&rest[..end]);
            } else {
                self.line.extend_from_slice(&rest[..end]);
                let line = std::mem::take(&mut self.line);
                self.line(&line);
            }
            rest = &rest[end + 1..];
        }
        self.line.extend_from_slice(rest);
    }

    fn line(&mut self, line: &[u8]) {
        let Some(number) = line.strip_prefix(b"id: ") else { return };
        let number: u64 = std::str::from_utf8(number).unwrap().parse().unwrap();
        assert!(number > self.last, "event {number} came after event {}", self.last);
        self.found.lost += number - self.last - 1;
        self.found.frames += 1;
        self.last = number;
    }
}

async fn ask(socket: &mut TcpStream, after: u64) {
    let request = format!("GET /v1/events?after={after} HTTP/1.1\r\nhost: hub\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
}

/// When the first frame of all came, in nanoseconds since the beginning.
struct Times {
    begun: Instant,
    first: AtomicU64,
}

async fn read(mut socket: TcpStream, (after, count): (u64, u64), times: Arc<Times>) -> Found {
    let mut lines = Lines { line: Vec::new(), last: after, found: Found::default() };
    let mut buffer = vec![0; 64 << 10];
    while lines.last < after + count {
        match timeout(PATIENCE, socket.read(&mut buffer)).await {
            Ok(Ok(read @ 1..)) => lines.take(&buffer[..read]),
            Ok(Ok(0) | Err(_)) => {
                lines.found.cut = 1;
                break;
            }
            Err(_) => {
                lines.found.lost += after + count - lines.last;
                break;
            }
        }
        if lines.found.frames > 0 {
            times.first.fetch_min(times.begun.elapsed().as_nanos() as u64, Ordering::Relaxed);
        }
    }
    lines.found
}

/// So many readers, until each has so many events after a number. Says when all of them listen, then what they found.
pub async fn run(address: SocketAddr, (after, count): (u64, u64), readers: usize) {
    let times = Arc::new(Times { begun: Instant::now(), first: AtomicU64::new(u64::MAX) });
    let mut sockets = Vec::new();
    for _ in 0..readers {
        let mut socket = TcpStream::connect(address).await.unwrap();
        ask(&mut socket, after).await;
        let mut head = [0; 12];
        socket.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
        sockets.push(socket);
    }
    println!("ready");
    let mut reading = JoinSet::new();
    for socket in sockets {
        reading.spawn(read(socket, (after, count), times.clone()));
    }
    let mut all = Found::default();
    while let Some(found) = reading.join_next().await {
        let found = found.unwrap();
        all.frames += found.frames;
        all.lost += found.lost;
        all.bytes += found.bytes;
        all.cut += found.cut;
    }
    let took = times.begun.elapsed().as_nanos() as u64 - times.first.load(Ordering::Relaxed);
    println!("{took} {} {} {} {}", all.frames, all.lost, all.cut, all.bytes);
}

/// So many readers that read nothing until standard input ends; then says how many of them are cut.
pub async fn stall(address: SocketAddr, readers: usize) {
    let mut sockets = Vec::new();
    for _ in 0..readers {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(16 << 10).unwrap();
        let mut socket = socket.connect(address).await.unwrap();
        ask(&mut socket, 0).await;
        sockets.push(socket);
    }
    println!("ready");
    tokio::task::block_in_place(|| std::io::stdin().lines().for_each(drop));
    let mut ending = JoinSet::new();
    for mut socket in sockets {
        ending.spawn(async move {
            let mut bytes = Vec::new();
            timeout(Duration::from_secs(5), socket.read_to_end(&mut bytes)).await.is_ok()
        });
    }
    let cut = ending.join_all().await.into_iter().filter(|cut| *cut).count();
    println!("{cut}");
}
