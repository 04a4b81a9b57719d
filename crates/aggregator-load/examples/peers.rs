//! What this tool measures beside others: `cargo run --release -p aggregator-load --example peers -- [ROUNDS] [SECONDS]`.
//!
//! An endpoint in a process of its own answers each request after 50 ms. Fifty connections that ask again at once are put on it by this
//! tool and by those of wrk, hey, oha and Locust that are installed, in turns, so that what the machine does meets all. It prints rate,
//! median and p99 of each run, and the differences of the medians over the rounds to wrk's. What is not installed is named and left out.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use perf_load::report::From;
use perf_load::{Metric, Report};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const CONNECTIONS: u32 = 50;
const ANSWERS_AFTER: Duration = Duration::from_millis(50);

/// What a tool says of a run.
#[derive(Debug, Clone, Copy)]
struct Said {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [only] if only == "endpoint" => endpoint(),
        [first, url, seconds] if first == "load" => load(url, seconds),
        [] => compare(3, 10),
        [rounds] => compare(number(rounds), 10),
        [rounds, seconds] => compare(number(rounds), number(seconds)),
        _ => panic!("usage: peers [ROUNDS] [SECONDS]"),
    }
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is not a number"))
}

/// Prints its address, and answers until it is killed.
fn endpoint() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.set_nodelay(true);
                let mut buffer = vec![0; 4096];
                let mut filled = 0;
                loop {
                    match stream.read(&mut buffer[filled..]).await {
                        Ok(read) if read > 0 => filled += read,
                        _ => return,
                    }
                    if buffer[..filled].windows(4).any(|end| end == b"\r\n\r\n") {
                        filled = 0;
                        tokio::time::sleep(ANSWERS_AFTER).await;
                        let response =
                            b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nan answer";
                        if stream.write_all(response).await.is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
}

struct Endpoint(Child, String);

impl Endpoint {
    fn start() -> Self {
        let mut child = this().arg("endpoint").stdout(Stdio::piped()).spawn().expect("the endpoint starts");
        let mut address = String::new();
        let out = child.stdout.take().expect("it has an output");
        BufReader::new(out).read_line(&mut address).expect("it prints its address");
        Self(child, format!("http://{}", address.trim()))
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn this() -> Command {
    Command::new(std::env::current_exe().expect("this program has a file"))
}

/// This tool, in a process of its own; prints the report.
fn load(url: &str, seconds: &str) {
    #[derive(clap::Parser)]
    struct CommandLine {
        #[command(flatten)]
        options: aggregator_load::Options,
    }
    let folder = std::env::temp_dir().join(format!("peers-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let scenario = folder.join("fifty.toml");
    let text = format!(
        "schema = 1\nname = \"fifty\"\nseed = 1\nduration = \"{seconds}s\"\n[closed]\nusers = {CONNECTIONS}\nthink = {{ constant = \"0s\" }}\n\
         [[queries]]\nname = \"any\"\ntext = \"any\"\n"
    );
    std::fs::write(&scenario, text).expect("a file");
    let scenario = scenario.to_str().expect("a path of characters");
    let arguments = ["load", url, "--api", "get", "--scenario", scenario, "--json"];
    let CommandLine { options } = clap::Parser::parse_from(arguments);
    aggregator_load::run(&options, &perf_load::Stop::default(), &mut std::io::stdout().lock()).expect("it runs");
    let _ = std::fs::remove_dir_all(folder);
}

type Tool = (&'static str, fn(&str, u32) -> Option<Said>);

fn compare(rounds: u32, seconds: u32) {
    let tools: [Tool; 5] =
        [("wrk", wrk), ("aggregator-load", aggregator_load), ("hey", hey), ("oha", oha), ("locust", locust)];
    let mut said: Vec<(&str, Vec<Said>)> = Vec::new();
    println!("{:<17}{:>9}{:>10}{:>10}", "", "per s", "p50 ms", "p99 ms");
    for _ in 0..rounds {
        for (name, tool) in tools {
            let endpoint = Endpoint::start();
            let Some(one) = tool(&endpoint.1, seconds) else {
                println!("{name:<17}not installed, or its output is not understood");
                continue;
            };
            println!("{name:<17}{:>9.1}{:>10.2}{:>10.2}", one.rate, one.p50_ms, one.p99_ms);
            match said.iter_mut().find(|(of, _)| *of == name) {
                Some((_, all)) => all.push(one),
                None => said.push((name, vec![one])),
            }
        }
    }
    let median = |all: &[Said], of: fn(&Said) -> f64| {
        let mut values: Vec<f64> = all.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let Some((_, reference)) = said.iter().find(|(name, _)| *name == "wrk").cloned() else { return };
    println!("\nmedians of {rounds} rounds, beside wrk's");
    for (name, all) in &said {
        let part = |of: fn(&Said) -> f64| 100.0 * (median(all, of) / median(&reference, of) - 1.0);
        let parts = [part(|one| one.rate), part(|one| one.p50_ms), part(|one| one.p99_ms)];
        println!("{name:<17}{:>7.1} %{:>8.1} %{:>8.1} %", parts[0], parts[1], parts[2]);
    }
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn aggregator_load(url: &str, seconds: u32) -> Option<Said> {
    let json = output(this().args(["load", url, &seconds.to_string()]))?;
    let report = Report::from_json(&json).ok()?;
    let e2e = report.distribution(Metric::E2e, From::Actual)?;
    let at = |percent| Some(e2e.percentile(percent)? as f64 / 1e6);
    Some(Said { rate: report.throughput_per_second, p50_ms: at(50.0)?, p99_ms: at(99.0)? })
}

fn wrk(url: &str, seconds: u32) -> Option<Said> {
    let (connections, time) = (format!("-c{CONNECTIONS}"), format!("-d{seconds}s"));
    let text = output(Command::new("wrk").args(["-t1", &connections, &time, "--latency", url]))?;
    let after = |what: &str| text.lines().find_map(|line| line.trim().strip_prefix(what)).map(str::trim);
    let millis = |text: &str| match text {
        text if text.ends_with("us") => text.strip_suffix("us")?.parse::<f64>().ok().map(|micros| micros / 1e3),
        text if text.ends_with("ms") => text.strip_suffix("ms")?.parse().ok(),
        text => text.strip_suffix('s')?.parse::<f64>().ok().map(|seconds| seconds * 1e3),
    };
    let (p50_ms, p99_ms) = (millis(after("50%")?)?, millis(after("99%")?)?);
    Some(Said { rate: after("Requests/sec:")?.parse().ok()?, p50_ms, p99_ms })
}

fn hey(url: &str, seconds: u32) -> Option<Said> {
    let (connections, time) = (CONNECTIONS.to_string(), format!("{seconds}s"));
    let text = output(Command::new("hey").args(["-z", &time, "-c", &connections, url]))?;
    let rate = text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"))?.trim().parse().ok()?;
    let at = |percent: &str| {
        let line = text.lines().map(str::trim).find(|line| line.starts_with(percent) && line.ends_with("secs"))?;
        let seconds: f64 = line.split_whitespace().nth(2)?.parse().ok()?;
        Some(seconds * 1e3)
    };
    Some(Said { rate, p50_ms: at("50%")?, p99_ms: at("99%")? })
}

fn oha(url: &str, seconds: u32) -> Option<Said> {
    let (connections, time) = (CONNECTIONS.to_string(), format!("{seconds}s"));
    let json = output(Command::new("oha").args([
        "--no-tui",
        "--output-format",
        "json",
        "-c",
        &connections,
        "-z",
        &time,
        url,
    ]))?;
    let json: serde_json::Value = serde_json::from_str(&json).ok()?;
    let millis = |name: &str| json["latencyPercentiles"][name].as_f64().map(|seconds| seconds * 1e3);
    Some(Said { rate: json["summary"]["requestsPerSec"].as_f64()?, p50_ms: millis("p50")?, p99_ms: millis("p99")? })
}

fn locust(url: &str, seconds: u32) -> Option<Said> {
    let folder = std::env::temp_dir().join(format!("peers-locust-{}", std::process::id()));
    std::fs::create_dir_all(&folder).ok()?;
    let file = folder.join("locustfile.py");
    let users = "from locust import FastHttpUser, constant, task\n\n\nclass Asks(FastHttpUser):\n    wait_time = constant(0)\n\n    @task\n    \
                 def ask(self):\n        self.client.get(\"/\")\n";
    std::fs::write(&file, users).ok()?;
    let (users, time) = (CONNECTIONS.to_string(), format!("{seconds}s"));
    let mut command = Command::new("locust");
    command.arg("-f").arg(&file).args(["--headless", "-u", &users, "-r", &users, "-t", &time, "--host", url]);
    command.arg("--csv").arg(folder.join("said")).args(["--reset-stats", "--only-summary"]);
    let ran = output(&mut command);
    let table = std::fs::read_to_string(folder.join("said_stats.csv"));
    let _ = std::fs::remove_dir_all(&folder);
    ran?;
    let table = table.ok()?;
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let (head, all) = (lines.next()?, lines.next_back()?);
    let of = |name: &str| all.get(head.iter().position(|one| *one == name)?)?.parse::<f64>().ok();
    Some(Said { rate: of("Requests/s")?, p50_ms: of("50%")?, p99_ms: of("99%")? })
}
