//! The log of the server, and its spans at a collector.

use std::fs;
use std::io::Read as _;
use std::time::{Duration, Instant};

use aggregator_mocks::fault_server::{FaultServer, Script, response};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::Value;

use crate::serve::Server;
use crate::world::World;

const QUESTION: &str = r#"{"query": "how many files does a crossing carry?"}"#;
/// What no log and no span may have: words of question, answer and key.
const HIDDEN: [&str; 3] = ["crossing", "4,096", "canary"];

#[test]
fn each_request_is_a_line_with_what_became_of_its_query() {
    let world = World::new();
    let settings = "[server]\nkeys = [{ name = 'ann', key = '${KEY}' }]\n[log]\nformat = 'json'\n";
    fs::write(world.path("aggregator.toml"), settings).unwrap();
    let server = Server::start(&world, &["serve", "--docs", "docs", "--log-level", "debug"], &[("KEY", "canary-1")]);
    let key = "authorization: Bearer canary-1\r\n";
    server.ask("/v1/query?q=crossing", key, QUESTION);
    server.ask("/v1/query", "", QUESTION);
    let said = server.said.concat();
    let (code, rest) = server.end();
    assert_eq!(code, Some(0));
    for hidden in HIDDEN {
        assert!(!rest.contains(hidden), "{rest}");
    }
    assert!(said.contains(r#""event":"listening""#), "{said}");
    let lines: Vec<Value> = rest.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["request", "request", "ending", "ended"]);
    let asked = &lines[0];
    for (name, value) in [("level", "info"), ("message", "POST /v1/query 200"), ("key", "ann"), ("query", "done")] {
        assert_eq!(asked[name], value, "{asked}");
    }
    let provider = &asked["providers"][0];
    assert_eq!((&provider["name"], &provider["outcome"]), (&"documents".into(), &"ok".into()));
    assert!(provider["hits"].as_u64().unwrap() > 0 && asked["duration_ms"].as_f64().unwrap() > 0.0, "{asked}");
    assert!(asked["first_text_ms"].as_f64().unwrap() <= asked["duration_ms"].as_f64().unwrap(), "{asked}");
    assert!(asked["time"].as_str().unwrap().ends_with('Z') && asked["response"].is_null(), "{asked}");
    let refused = &lines[1];
    assert_eq!((&refused["level"], &refused["message"]), (&"warn".into(), &"POST /v1/query 401".into()));
    assert!(refused["query"].is_null() && refused["key"].is_null(), "{refused}");
}

#[test]
fn what_is_asked_is_in_the_log_on_request() {
    let world = World::new();
    let variables = [("AGGREGATOR_LOG_CONTENT", "true"), ("AGGREGATOR_LOG_LEVEL", "info")];
    let server = Server::start(&world, &["serve", "--docs", "docs"], &variables);
    server.ask("/v1/query", "", QUESTION);
    let (_, rest) = server.end();
    assert!(rest.contains(r#"text="how many files does a crossing carry?""#), "{rest}");
}

/// Whatever a client sends, a line is a line with the fields of the server, and moves no cursor of the terminal.
#[test]
fn hostile_requests_forge_no_line() {
    for format in ["text", "json"] {
        let world = World::new();
        let server = Server::start(&world, &["demo", "--log", format], &[]);
        let paths = [
            "/\u{202e}txt.exe",
            "/\u{85}forged",
            "/\u{2028}2026-01-01T00:00:00.000Z",
            "/%0aerror%20forged",
            "/\u{9b}31m",
            "/a\"level\"=x",
            "/{}%s",
            "/x\u{2028}200\u{2029}key=admin",
            "/x\u{a0}200\u{3000}key=admin",
            &format!("/{}", "long".repeat(1_000)),
        ];
        for path in paths {
            server.ask(path, "user-agent: \u{9b}31m\r\ntraceparent: \u{9b}31m\r\n", "{}");
        }
        let (code, rest) = server.end();
        assert_eq!(code, Some(0));
        let requests: Vec<&str> = rest.lines().filter(|line| line.contains("POST /")).collect();
        let odd = rest.chars().find(|c| *c != '\n' && (c.is_control() || aggregator_core::event::is_unsafe_char(*c)));
        assert_eq!(odd, None, "{rest}");
        // Those that are no request of HTTP at all have no line.
        assert!((3..=paths.len()).contains(&requests.len()), "{rest}");
        for line in requests {
            let words = |text: &str| text.trim_matches('"').split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let message = match format {
                "json" => {
                    let Value::Object(object) = serde_json::from_str(line).unwrap() else { panic!("{line}") };
                    let names: Vec<&str> = object.keys().map(String::as_str).collect();
                    assert_eq!(names, ["duration_ms", "event", "level", "message", "time"], "{line}");
                    assert_eq!(object["event"], "request");
                    words(object["message"].as_str().unwrap())
                }
                _ => {
                    let (time, rest) = line.split_once(" info  ").expect(line);
                    let (message, duration) = rest.rsplit_once(" duration=").expect(line);
                    assert!(words(time).len() == 1 && words(duration).len() == 1, "{line}");
                    words(message)
                }
            };
            let [method, path, status] = &message[..] else { panic!("{line}") };
            assert_eq!((method.as_str(), &path[..1], status.as_str()), ("POST", "/", "404"), "{line}");
        }
    }
}

/// A client leaves in the middle: log and figures have the same word for it.
#[test]
fn what_a_client_leaves_is_dropped_in_log_and_figures() {
    let world = World::new();
    let server = Server::start(&world, &["demo"], &[]);
    server.send("/v1/query", "", QUESTION).read_exact(&mut [0; 200]).unwrap();
    let began = Instant::now();
    while !server.get("/metrics").contains("aggregator_queries_total{outcome=\"dropped\"} 1\n") {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", server.get("/metrics"));
        std::thread::sleep(Duration::from_millis(20));
    }
    let (_, rest) = server.end();
    let lines: Vec<&str> = rest.lines().filter(|line| line.contains("POST /v1/query 200")).collect();
    let [line] = lines[..] else { panic!("{rest}") };
    assert!(line.contains(" response=dropped query=dropped"), "{line}");
}

/// Nobody reads what the server says, and 64 KiB fit into a pipe: requests are answered all the same, and no line is lost.
#[test]
fn a_log_that_nobody_reads_stops_no_request() {
    let world = World::new();
    let server = Server::start(&world, &["demo"], &[]);
    let path = format!("/{}", "x".repeat(250));
    for _ in 0..400 {
        assert!(server.get(&path).starts_with("HTTP/1.1 404"));
    }
    let (code, rest) = server.end();
    let lines = rest.lines().filter(|line| line.contains(&path)).count();
    assert_eq!((code, lines), (Some(0), 400));
    assert!(rest.len() > 100_000, "it did not fill the pipe: {} bytes", rest.len());
}

/// Standard error is a full pipe that the test does not read. The server ends all the same after TERM, without its last lines.
#[test]
fn a_log_that_nobody_reads_stops_no_end() {
    for format in ["text", "json"] {
        let world = World::new();
        let mut server = Server::start(&world, &["demo", "--log", format], &[]);
        let path = format!("/{}", "x".repeat(250));
        for _ in 0..300 {
            assert!(server.get(&path).starts_with("HTTP/1.1 404"));
        }
        server.signal();
        let began = Instant::now();
        let status = loop {
            if let Some(status) = server.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{format}: it does not end");
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(status.code(), Some(0), "{format}");
        let rest = server.rest();
        assert!(rest.matches(&path).count() < 300 && !rest.contains("ended"), "{format}: the pipe was not full");
    }
}

fn spans(collector: &FaultServer) -> Vec<Span> {
    let requests = collector.requests();
    let requests = requests.iter().map(|request| ExportTraceServiceRequest::decode(&request.body[..]).unwrap());
    let resources = requests.flat_map(|request| request.resource_spans);
    resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
}

#[test]
fn spans_of_a_query_reach_the_collector_before_the_end() {
    let collector = FaultServer::start(Script::answering(response::complete(200, &[], b""))).unwrap();
    let world = World::new();
    let settings = format!(
        "[otel]\nendpoint = '{}'\nservice_name = 'ferry'\nheaders = {{ authorization = 'Bearer ${{TOKEN}}' }}\n",
        collector.url()
    );
    fs::write(world.path("aggregator.toml"), settings).unwrap();
    let server = Server::start(&world, &["serve", "--docs", "docs"], &[("TOKEN", "canary-2")]);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    server.ask("/v1/query", &format!("traceparent: 00-{trace}-b7ad6b7169203331-01\r\n"), QUESTION);
    let said = server.said.concat();
    let (code, rest) = server.end();
    assert_eq!(code, Some(0));
    assert!(said.contains(&format!("spans are sent to {}", collector.url())), "{said}");
    assert!(rest.contains("no more spans are sent sent=3 lost=0"), "{rest}");

    let spans = spans(&collector);
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["retrieval documents", "chat extractive", "invoke_workflow answer"]);
    let query = &spans[2];
    assert!(spans.iter().all(|span| span.trace_id == query.trace_id));
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!((hex(&query.trace_id).as_str(), hex(&query.parent_span_id).as_str()), (trace, "b7ad6b7169203331"));
    assert!(spans[..2].iter().all(|call| call.parent_span_id == query.span_id));

    let request = &collector.requests()[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1/traces"));
    assert_eq!(request.header("authorization"), Some("Bearer canary-2"));
    assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
    let sent: Vec<u8> = collector.requests().iter().flat_map(|request| request.body.clone()).collect();
    let has = |text: &str| sent.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(has("ferry") && has("aggregator.time_to_first_text"));
    for hidden in HIDDEN {
        assert!(!has(hidden) && !rest.contains(hidden) && !said.contains(hidden), "{hidden}");
    }
}

/// No query waits for a collector, and its failure is said once.
#[test]
fn a_collector_that_does_not_do_its_work_harms_nobody() {
    let huge = response::complete(200, &[], &vec![b'x'; 1 << 20]);
    for (name, script, says) in [
        ("down", Script::refusing(), "onnection refused"),
        (
            "failing",
            Script::answering(response::complete(500, &[], b"canary")),
            "the collector answered with status 500",
        ),
        ("huge", Script::answering(huge), "larger than 65536 bytes"),
        ("silent", Script::reading().hang(), "within 0.3 s"),
    ] {
        let collector = FaultServer::start(script).unwrap();
        let world = World::new();
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=canary-3".into()),
            ("OTEL_BSP_SCHEDULE_DELAY", "50".into()),
            ("AGGREGATOR_OTEL_TIMEOUT_MS", "300".into()),
        ];
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let server = Server::start(&world, &["serve", "--docs", "docs"], &variables);
        let lost = || {
            let figures = server.get("/metrics");
            let line =
                figures.lines().find_map(|line| line.strip_prefix("aggregator_spans_total{outcome=\"failed\"} "));
            line.map_or(0, |count| count.parse::<u32>().unwrap())
        };
        let began = Instant::now();
        for number in 1..=3 {
            let answer = server.ask("/v1/query", "", &QUESTION.replace("carry", &format!("carry {number}")));
            assert!(answer.contains("event: done"), "{name}: {answer}");
            while lost() < 3 * number {
                assert!(began.elapsed() < Duration::from_secs(60), "{name}: {} were lost", lost());
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let (code, rest) = server.end();
        assert_eq!(code, Some(0), "{name}: {rest}");
        let warnings: Vec<&str> = rest.lines().filter(|line| line.contains("spans could not be sent")).collect();
        assert!(warnings.len() == 1 && warnings[0].contains(says), "{name}: {rest}");
        assert!(rest.contains("no more spans are sent sent=0 lost=9") && !rest.contains("canary"), "{name}: {rest}");
    }
}

/// It takes two of three spans, and repeats what it was sent.
#[test]
fn what_a_collector_says_is_safe_in_the_log() {
    let said =
        format!("Bearer canary-5\u{1b}[2J\n2026\u{2028}error \u{202e}a=b canary\u{200b}-5 {}", "x".repeat(1_000));
    let partial = ExportTracePartialSuccess { rejected_spans: 1, error_message: said };
    let body = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    let collector = FaultServer::start(Script::answering(response::complete(200, &[], &body))).unwrap();
    let world = World::new();
    let headers = "headers = { authorization = 'Bearer ${TOKEN}' }";
    fs::write(world.path("aggregator.toml"), format!("[otel]\nendpoint = '{}'\n{headers}\n", collector.url())).unwrap();
    // The three spans of a query are one batch.
    let variables =
        [("TOKEN", "canary-5"), ("OTEL_BSP_SCHEDULE_DELAY", "600000"), ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "3")];
    let server = Server::start(&world, &["serve", "--docs", "docs"], &variables);
    server.ask("/v1/query", "", QUESTION);
    let began = Instant::now();
    let figures = loop {
        let figures = server.get("/metrics");
        if figures.contains("aggregator_spans_total") {
            break figures;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{figures}");
        std::thread::sleep(Duration::from_millis(20));
    };
    for (outcome, spans) in [("sent", 2), ("failed", 1)] {
        let figure = format!("aggregator_spans_total{{outcome=\"{outcome}\"}} {spans}\n");
        assert!(figures.contains(&figure), "{figures}");
    }
    let (code, rest) = server.end();
    assert_eq!(code, Some(0));
    assert!(!rest.contains("canary"), "{rest}");
    let lost: Vec<&str> = rest.lines().filter(|line| line.contains("spans could not be sent")).collect();
    let [lost] = lost[..] else { panic!("{rest}") };
    let (message, fields) = lost.rsplit_once(' ').unwrap();
    let shown = r#"warn  "spans could not be sent: the collector refused 1 spans: Bearer …[2J 2026 error a=b … xxx"#;
    assert!(message.contains(shown) && message.ends_with("x\"") && message.len() < 300, "{lost}");
    assert_eq!(fields, "spans=1", "{lost}");
    assert!(rest.contains("no more spans are sent sent=2 lost=1"), "{rest}");
}

#[test]
fn what_is_wrong_with_the_collector_is_said_before_documents_are_indexed() {
    let world = World::new();
    for (settings, says) in [
        ("[otel]\nendpoint = 'collector:4318'\n", "otel.endpoint is not an address"),
        ("[otel]\nheaders = { authorization = 'canary-4' }\n", "aggregator.toml: line 2"),
        ("[otel]\nendpoint = 'http://127.0.0.1:1'\nheaders = { a = '${NONE}' }\n", "otel.headers.a: NONE is not set"),
        ("[log]\nlevel = 'loud'\n", "unknown variant `loud`"),
    ] {
        fs::write(world.path("aggregator.toml"), settings).unwrap();
        let ran = world.run(&["serve", "--docs", "docs", "--listen", "127.0.0.1:0"]).ends(2);
        assert!(ran.err.contains(says) && !ran.err.contains("canary") && !ran.err.contains("indexed"), "{}", ran.err);
    }
}
