//! The running network as `agon doctor` looks at it: the hub, its ledger, its version, its clock, the chain.

use super::Finding;
use crate::cli::Global;
use crate::client::Client;
use crate::limits::SKEW_SECONDS_MAX;
use crate::output::Failure;
use crate::up;
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);
/// A ledger that is as high as before after this long stands still; a busy one grows many times within it.
const GROWTH: Duration = Duration::from_secs(10);
/// Where `agon up` listens unless it is told otherwise: the hub and the chain.
const USUAL: [u16; 2] = [7700, 7701];
/// Between two looks at it.
const POLL: Duration = Duration::from_millis(300);

const CLOCK_REMEDY: &str = "set the clock of this machine; a time service keeps it right";

/// What there is to say about the network. Without a hub, only that and the chain.
pub async fn findings(global: &Global) -> Result<Vec<Finding>, Failure> {
    let hub = Client::of(global)?;
    let start = "start one with `agon up`, or name another with --hub";
    let network = match in_time(look(&hub)).await {
        Ok(network) => network,
        Err(problem) => {
            let chain = Err("without a hub nobody says which network it is for".to_owned());
            return Ok(vec![
                Finding::new("hub", Err(problem), start),
                Finding::new(
                    "ports",
                    ports(USUAL),
                    "stop the program that listens there, or choose others with `agon up --port`",
                ),
                Finding::new("chain", chain, "mend what is said of the hub first"),
            ]);
        }
    };
    let height = |network: &Value| network["height"].as_u64().unwrap_or(0);
    Ok(vec![
        Finding::new("hub", Ok(shown(&network)), start),
        Finding::new(
            "ledger",
            grows(&hub, height(&network), GROWTH).await,
            "look into the log of the node that decides blocks, and start it again",
        ),
        Finding::new("version", same_version(&network), "use the agon of the network's version"),
        Finding::new("hub clock", in_time(skew(global)).await, CLOCK_REMEDY),
        Finding::new(
            "chain",
            in_time(chain(global, &network)).await,
            "start one with `agon up`, or mend the address of it in agon.toml",
        ),
    ])
}

/// What `agon up` needs before it can start.
fn ports(needed: [u16; 2]) -> Result<String, String> {
    let bind = |port: u16| std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port));
    let taken: Vec<String> = needed.iter().filter(|port| bind(**port).is_err()).map(u16::to_string).collect();
    let [hub, chain] = needed;
    match taken.is_empty() {
        true => Ok(format!("{hub} and {chain} are free for `agon up`")),
        false => Err(format!("in use: {}", taken.join(", "))),
    }
}

/// The finding's remedy stands beside it, so only the cause is left of what a command would say.
async fn look(hub: &Client) -> Result<Value, String> {
    let problem = match hub.get("/v1/network").await {
        Ok(network) => return Ok(network),
        Err(failure) => text(failure),
    };
    Err(problem.rsplit_once(": ").map_or(problem.clone(), |(cause, _)| cause.to_owned()))
}

/// Whoever hangs is not well either.
async fn in_time<T>(answer: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let answer = tokio::time::timeout(ANSWER, answer).await;
    answer.unwrap_or_else(|_| Err(format!("no answer within {} s", ANSWER.as_secs())))
}

fn shown(network: &Value) -> String {
    let name = network["network"].as_str().unwrap_or_default();
    format!("network {name}, height {}, epoch {}", network["height"], network["epoch"])
}

/// Looks at the height until it is a higher one.
async fn grows(hub: &Client, height: u64, within: Duration) -> Result<String, String> {
    let looks = within.as_millis() / POLL.as_millis();
    for _ in 0..looks {
        tokio::time::sleep(POLL).await;
        let now = in_time(look(hub)).await?["height"].as_u64().unwrap_or(0);
        if now > height {
            return Ok(format!("grows: height {now} after {height}"));
        }
    }
    Err(format!("stands at height {height} for {} s", within.as_secs()))
}

fn same_version(network: &Value) -> Result<String, String> {
    let (ours, theirs) = (env!("CARGO_PKG_VERSION"), network["version"].as_str().unwrap_or("unknown"));
    if ours == theirs {
        Ok(format!("{ours}, as the network"))
    } else {
        Err(format!("{ours}, and the network has {theirs}"))
    }
}

async fn chain(global: &Global, network: &Value) -> Result<String, String> {
    let url = up::chain_url(global, global.chain.clone());
    let network = serde_json::from_value(network["network"].clone()).map_err(|error| error.to_string())?;
    let client = crate::chain::client(network, &url).map_err(text)?;
    let head = client.head().await.map_err(|error| error.to_string())?;
    Ok(format!("development chain at {url}, block {}", head.number))
}

/// How far the hub's clock is from ours, by the date of an answer.
async fn skew(global: &Global) -> Result<String, String> {
    let hub = up::address_of(global, ("hub", global.hub.clone()), "http://127.0.0.1:7700");
    let hub = agon_embedded::http::base(&hub)?;
    let answer = agon_embedded::http::client().get(format!("{hub}/healthz")).send().await;
    let answer = answer.map_err(|error| crate::client::cause(&error))?;
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok()).unwrap_or_default();
    let theirs = seconds(date).ok_or_else(|| format!("the hub's date cannot be read: `{date}`"))?;
    let ours = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    apart(ours, theirs)
}

fn apart(ours: u64, theirs: u64) -> Result<String, String> {
    let found = match ours.abs_diff(theirs) {
        // The date has whole seconds.
        0 | 1 => "the same as ours".to_owned(),
        seconds if ours < theirs => format!("{seconds} s ahead of ours"),
        seconds => format!("{seconds} s behind ours"),
    };
    if ours.abs_diff(theirs) > SKEW_SECONDS_MAX { Err(found) } else { Ok(found) }
}

/// Seconds since 1970 of the date in an answer, such as `Fri, 20 Nov 2026 22:10:56 GMT`.
fn seconds(date: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let fields: Vec<&str> = date.split([' ', ':']).collect();
    let [_, day, month, year, hour, minute, second, "GMT"] = fields[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? as u64;
    let number = |text: &str| text.parse::<u64>().ok();
    // Years that begin in March have their leap day last.
    let (year, of_year) =
        if month < 2 { (number(year)?.checked_sub(1)?, month + 10) } else { (number(year)?, month - 2) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * of_year + 2) / 5 + number(day)?;
    let days = days.checked_sub(719_469)?;
    Some(((days * 24 + number(hour)?) * 60 + number(minute)?) * 60 + number(second)?)
}

fn text(failure: Failure) -> String {
    match failure {
        Failure::Refused(text)
        | Failure::Unreachable(text)
        | Failure::Usage(text)
        | Failure::Internal(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;

    /// A hub that gives these heights, one after another, and then the last one again.
    fn hub_with(heights: &'static [u64]) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let request = BufReader::new(&stream).lines().map_while(Result::ok);
                request.take_while(|line| !line.is_empty()).for_each(drop);
                let body = json!({ "height": heights[number.min(heights.len() - 1)] }).to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\nx-request-id: 1\r\ncontent-length: {}",
                    body.len()
                );
                write!(stream, "{head}\r\n\r\n{body}").unwrap();
            }
        });
        Client::new(&format!("http://{address}")).unwrap()
    }

    #[tokio::test]
    async fn a_ledger_that_stands_still_is_a_finding() {
        let within = Duration::from_secs(1);
        let grown = grows(&hub_with(&[5, 6]), 5, within).await;
        assert_eq!(grown, Ok("grows: height 6 after 5".to_owned()));
        let stands = grows(&hub_with(&[5]), 5, within).await;
        assert_eq!(stands, Err("stands at height 5 for 1 s".to_owned()));
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_hub_is_one_short_cause() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_eq!(
            ports([port, 1]).unwrap_err().split(": ").last().unwrap().split(',').next().unwrap(),
            port.to_string()
        );
        drop(taken);
        let hub = format!("http://127.0.0.1:{port}");
        let cause = look(&Client::new(&hub).unwrap()).await.unwrap_err();
        assert_eq!(cause, format!("the hub at {hub} is not reachable (connection refused)"));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_hangs_is_a_finding() {
        let hangs = in_time(std::future::pending::<Result<(), String>>()).await;
        assert_eq!(hangs, Err("no answer within 5 s".to_owned()));
    }

    #[test]
    fn dates_of_answers_are_times() {
        let cases = [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Tue, 29 Feb 2000 00:00:00 GMT", Some(951_782_400)),
            ("Wed, 01 Mar 2000 00:00:00 GMT", Some(951_868_800)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Fri, 20 Nov 2026 22:10:56 GMT", Some(1_795_212_656)),
            ("Fri, 20 Now 2026 22:10:56 GMT", None),
            ("Fri, 20 Nov 2026 22:10:56 CET", None),
            ("Fri, 01 Jan 0000 00:00:00 GMT", None),
            ("", None),
        ];
        for (date, expected) in cases {
            assert_eq!(seconds(date), expected, "{date}");
        }
    }

    #[test]
    fn a_clock_may_be_a_minute_off_and_no_more() {
        let cases = [
            (1_000, 1_001, Ok("the same as ours")),
            (1_000, 1_060, Ok("60 s ahead of ours")),
            (1_060, 1_000, Ok("60 s behind ours")),
            (1_000, 1_061, Err("61 s ahead of ours")),
            (1_061, 1_000, Err("61 s behind ours")),
        ];
        for (ours, theirs, expected) in cases {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(apart(ours, theirs), expected, "{ours} {theirs}");
        }
    }

    #[test]
    fn another_version_is_a_finding() {
        assert!(same_version(&json!({ "version": env!("CARGO_PKG_VERSION") })).is_ok());
        let other = same_version(&json!({ "version": "0.0.9" }));
        assert!(other.is_err_and(|found| found.ends_with("the network has 0.0.9")));
        assert!(same_version(&json!({})).is_err());
    }
}
