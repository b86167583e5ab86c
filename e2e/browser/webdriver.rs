//! As much of WebDriver as our pages need: sessions, windows, scripts, and what the console said.

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// What Chromium needs to run as root, without a screen, and without asking the world for anything.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];
/// The longest that a script may wait for a page to change.
const SCRIPT_MS: u64 = 90_000;

/// Waits within the page: the function that is its argument is asked after every change, until it has an answer.
/// A reload would end it with an error.
const UNTIL: &str = "
    const done = arguments[arguments.length - 1];
    const look = () => {
        const found = ask();
        if (!found) return false;
        done(found);
        return true;
    };
    if (look()) return;
    const observer = new MutationObserver(() => look() && observer.disconnect());
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });";

/// A chromedriver on a free port, in one process group with the browsers that it starts.
pub struct Driver {
    process: Child,
    /// Open as long as the driver may write to it.
    output: BufReader<ChildStdout>,
    http: reqwest::Client,
    port: u16,
}

impl Driver {
    /// Whatever it and its browsers write goes to the folder.
    pub fn start(folder: &Path) -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .env("TMPDIR", folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("chromedriver is installed, as .ci/run does it");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut driver = Self { process, output, http: agon_embedded::http::client(), port: 0 };
        driver.port = driver.said_port();
        driver
    }

    fn said_port(&mut self) -> u16 {
        let mut lines = (&mut self.output).lines().map_while(Result::ok);
        let said = lines.find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        said.expect("chromedriver says its port")
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("http://127.0.0.1:{}/session{path}", self.port);
        answer(path, self.http.post(url).json(body).send().await).await
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-s", "KILL", "--", &group]).status();
        let _ = self.process.wait();
    }
}

async fn answer(path: &str, sent: Result<reqwest::Response, reqwest::Error>) -> Value {
    let mut body: Value = sent.expect("chromedriver answers").json().await.expect("it answers in JSON");
    let value = body["value"].take();
    assert!(value["error"].is_null(), "{path}: {}: {}", value["error"], value["message"]);
    value
}

/// A browser with a profile of its own.
pub struct Session<'a> {
    driver: &'a Driver,
    id: String,
}

impl<'a> Session<'a> {
    pub async fn open(driver: &'a Driver, profile: &Path, javascript: bool) -> Self {
        let mut flags: Vec<String> = FLAGS.map(str::to_owned).into();
        flags.push(format!("--user-data-dir={}", profile.display()));
        // 1 allows, 2 forbids.
        let scripts = if javascript { 1 } else { 2 };
        let options = json!({
            "args": flags,
            "prefs": { "profile.managed_default_content_settings.javascript": scripts },
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": options,
            "timeouts": { "script": SCRIPT_MS },
        } } });
        let made = driver.post("", &wanted).await;
        Self { driver, id: made["sessionId"].as_str().expect("a session has an id").to_owned() }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.driver.post(&format!("/{}/{path}", self.id), &body).await
    }

    /// Another window, which is then the one at hand.
    pub async fn new_window(&self) -> String {
        let made = self.post("window/new", json!({ "type": "window" })).await;
        let handle = made["handle"].as_str().expect("a window has a handle").to_owned();
        self.switch(&handle).await;
        handle
    }

    pub async fn switch(&self, handle: &str) {
        self.post("window", json!({ "handle": handle })).await;
    }

    pub async fn navigate(&self, url: &str) {
        self.post("url", json!({ "url": url })).await;
    }

    /// What the body of a function returns.
    pub async fn run(&self, body: &str) -> Value {
        self.post("execute/sync", json!({ "script": body, "args": [] })).await
    }

    /// What the body of a function returns, once that is something.
    pub async fn until(&self, body: &str) -> Value {
        let script = format!("const ask = () => {{ {body} }};{UNTIL}");
        self.post("execute/async", json!({ "script": script, "args": [] })).await
    }

    /// The errors on the console of the window at hand since the last look, with those of failed requests.
    pub async fn errors(&self) -> Vec<Value> {
        let said = self.post("se/log", json!({ "type": "browser" })).await;
        let said = said.as_array().cloned().expect("a log is a list");
        said.into_iter().filter(|entry| entry["level"] == "SEVERE").collect()
    }

    pub async fn close(self) {
        let path = format!("/{}", self.id);
        let url = format!("http://127.0.0.1:{}/session{path}", self.driver.port);
        answer(&path, self.driver.http.delete(url).send().await).await;
    }
}
