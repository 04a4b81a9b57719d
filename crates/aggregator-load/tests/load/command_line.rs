//! The program: exit codes, reports, interrupts.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use perf_load::Report;

const SCENARIO: &str = r#"
schema = 1
name = "example"
seed = 3
timeout = "20s"
thresholds = ["ttft.p95 < 2s", "errors.rate < 2%"]
[closed]
users = 100
queries_per_user = 2
think = { between = ["100ms", "2s"] }
[[stages]]
kind = "hold"
duration = "60s"
[target]
profile = "standard"
[[queries]]
name = "one"
text = "what does a promise cost?"
"#;

struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.write("example.toml", SCENARIO);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aggregator-load"));
        command.current_dir(self.0.path()).args(arguments);
        command
    }

    #[track_caller]
    fn run(&self, arguments: &[&str], code: i32) -> Output {
        let output = self.command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}{}", text(&output.stdout), text(&output.stderr));
        output
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_scenario_in_virtual_time_has_a_report_that_repeats() {
    let world = World::new();
    let output = world.run(&["example.toml", "--virtual", "--out", "reports", "--raw", "raw.jsonl"], 0);
    insta::assert_snapshot!(text(&output.stdout));
    let read = |name: &str| fs::read_to_string(world.path(name)).unwrap();
    let report = Report::from_json(&read("reports/report.json")).unwrap();
    assert_eq!(report.requests.succeeded, 200);
    assert!(text(&output.stdout).starts_with(&read("reports/report.txt")));
    assert!(read("reports/report.svg").starts_with("<svg"));
    assert_eq!(read("raw.jsonl").lines().count(), 200);
    let again = world.run(&["example.toml", "--virtual", "--json"], 0);
    assert_eq!(Report::from_json(&text(&again.stdout)).unwrap(), report);
}

#[test]
fn a_threshold_that_is_not_met_or_not_shown_is_no_pass() {
    let world = World::new();
    world.write("slow.toml", &SCENARIO.replace("ttft.p95 < 2s", "ttft.p95 < 500ms"));
    let output = world.run(&["slow.toml", "--virtual"], 1);
    assert!(text(&output.stdout).ends_with("FAIL (exit 1): 1 of 2 thresholds are not met\n"));
    world.write("few.toml", &SCENARIO.replace("users = 100", "users = 5"));
    let output = world.run(&["few.toml", "--virtual"], 4);
    assert!(text(&output.stdout).contains("INSUFFICIENT"), "{}", text(&output.stdout));
    // Every client leaves before the end, so nothing was seen of a whole answer.
    let leaving = "[client.cancel]\nshare = \"100%\"\nafter = { events = 1 }\n[target]";
    world.write(
        "left.toml",
        &SCENARIO.replace(", \"errors.rate < 2%\"", "").replace("ttft.p95 < 2s", "send_lag.max < 1s"),
    );
    world.write("left.toml", &fs::read_to_string(world.path("left.toml")).unwrap().replace("[target]", leaving));
    let output = world.run(&["left.toml", "--virtual"], 4);
    assert!(
        text(&output.stdout).ends_with("INCONCLUSIVE (exit 4): no request has ended\n"),
        "{}",
        text(&output.stdout)
    );
}

/// Without a scenario there are a few users, and a server that is not there, or answers wrongly, is no pass.
#[test]
fn a_server_without_a_scenario_has_to_answer() {
    let world = World::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = world.run(&[&format!("http://{free}"), "--json", "--out", "reports"], 1);
    let report = Report::from_json(&text(&output.stdout)).unwrap();
    assert_eq!(report.errors.into_iter().collect::<Vec<_>>(), [("connection".to_owned(), 30)]);
    assert!(report.process.is_none(), "the generator is not the server");
}

#[test]
fn the_limit_is_between_two_levels() {
    let world = World::new();
    // The engine has no limit in virtual time, so none is found, and that is said.
    let output = world.run(&["example.toml", "--virtual", "--find-limit", "50..100", "--level-seconds", "30"], 0);
    insta::assert_snapshot!(text(&output.stdout));
    world.write("slow.toml", &SCENARIO.replace("ttft.p95 < 2s", "ttft.p95 < 500ms"));
    let arguments =
        ["slow.toml", "--virtual", "--find-limit", "99.6..100", "--level-seconds", "10", "--raw", "raw.jsonl"];
    let output = world.run(&arguments, 1);
    insta::assert_snapshot!(text(&output.stdout));
    let raw = fs::read_to_string(world.path("raw.jsonl")).unwrap();
    assert!(raw.lines().count() > 200 && raw.ends_with("}\n"), "{}", raw.lines().count());
    // What cannot be kept is said, also after a search.
    for search in [&[][..], &["--find-limit", "100..100", "--level-seconds", "1"]] {
        let output = world.run(&[&["slow.toml", "--virtual", "--raw", "/dev/full"], search].concat(), 2);
        assert!(text(&output.stderr).contains("/dev/full cannot be written"), "{}", text(&output.stderr));
    }
}

#[test]
fn the_same_load_is_written_for_locust() {
    let world = World::new();
    let output = world.run(&["example.toml", "--locust", "locustfile.py", "--model", "small", "--key", "LLM_KEY"], 0);
    insta::assert_snapshot!(text(&output.stdout));
    let file = fs::read_to_string(world.path("locustfile.py")).unwrap();
    for part in ["small", "LLM_KEY", "what does a promise cost?"] {
        assert!(file.contains(part), "{part}: {file}");
    }
    world.write(
        "open.toml",
        &SCENARIO.replace(
            "[closed]\nusers = 100\nqueries_per_user = 2\nthink = { between = [\"100ms\", \"2s\"] }",
            "[open]\nrate = 5",
        ),
    );
    let output = world.run(&["open.toml", "--locust", "locustfile.py"], 2);
    assert!(text(&output.stderr).contains("Locust has users only"), "{}", text(&output.stderr));
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_run() {
    let world = World::new();
    world.write("open.toml", &SCENARIO.replace("users = 100", "user = 100"));
    let cases: [&[&str]; 9] = [
        &["absent.toml"],
        &["open.toml"],
        &["http://127.0.0.1:1", "--scenario", "example.toml", "--url", "http://127.0.0.1:2"],
        &["http://127.0.0.1:1", "--virtual"],
        &["example.toml", "--scenario", "example.toml"],
        &["example.toml", "--virtual", "--find-limit", "10..1"],
        &["example.toml", "--virtual", "--find-limit", "10..2000000"],
        &["example.toml", "--virtual", "--process", "1"],
        &["example.toml", "--url", "http://127.0.0.1:1", "--key", "A_KEY_THAT_IS_NOT_SET"],
    ];
    let said: Vec<String> = cases.iter().map(|arguments| text(&world.run(arguments, 2).stderr)).collect();
    insta::assert_snapshot!(said.join("---\n"));
}

#[test]
fn a_run_that_is_interrupted_reports_the_part_that_ran() {
    let world = World::new();
    let arguments = ["example.toml", "--out", "reports"];
    let child = world
        .command(&arguments)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(700));
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stdout));
    let report = Report::from_json(&fs::read_to_string(world.path("reports/report.json")).unwrap()).unwrap();
    assert_eq!(report.end, perf_load::report::RunEnd::Interrupted);
    assert!(text(&output.stdout).ends_with("INCOMPLETE (exit 130): the run was interrupted\n"));
}
