//! Spans to a collector on loopback, in real time: that takes them, is down, slow, or answers with errors.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator_core::{Chunk, Usage};
use aggregator_observe::otel::{Client, Posting, Reply, SpanCounts, Telemetry, TelemetrySettings};
use aggregator_observe::{Measure, Metrics, Observer};
use bytes::Bytes;
use futures::FutureExt as _;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::Registry;

use crate::world::*;

/// Posts on a connection of its own.
#[derive(Debug)]
struct Plain(SocketAddr);

impl Client for Plain {
    fn post(&self, body: Bytes) -> Posting {
        let address = self.0;
        async move {
            let sent = async {
                let mut stream = TcpStream::connect(address).await?;
                let head = format!("POST /v1/traces HTTP/1.1\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(&body).await?;
                let mut response = Vec::new();
                stream.read_to_end(&mut response).await?;
                std::io::Result::Ok(response)
            };
            let response = sent.await.map_err(|error| format!("{CANARY}\n: {error}"))?;
            let end = response.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or("no response")?;
            let status = String::from_utf8_lossy(&response[9..12]).parse().map_err(|_| "no status")?;
            Ok(Reply { status, body: response[end + 4..].to_vec().into() })
        }
        .boxed()
    }

    fn without_keys(&self, text: &str) -> String {
        text.replace(KEY, "…")
    }
}

/// A key of the client.
const KEY: &str = "key-7f3b2c";

/// A collector: what it was sent, and how it answers.
#[derive(Clone, Default)]
struct Collector {
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
    status: u16,
    body: Vec<u8>,
    wait: Duration,
}

impl Collector {
    fn answering(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    async fn start(&self) -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (address, collector) = (listener.local_addr().unwrap(), self.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = collector.answer(stream).await;
            }
        });
        address
    }

    async fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (mut request, mut piece) = (Vec::new(), [0; 4_096]);
        loop {
            let length = stream.read(&mut piece).await?;
            request.extend_from_slice(&piece[..length]);
            let Some(head) = request.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let text = String::from_utf8_lossy(&request[..head]).into_owned();
            let stated: usize = text.rsplit_once(": ").unwrap().1.parse().unwrap();
            if request.len() >= head + 4 + stated {
                self.bodies.lock().unwrap().push(request.split_off(head + 4));
                break;
            }
        }
        tokio::time::sleep(self.wait).await;
        stream.write_all(format!("HTTP/1.1 {} X\r\n\r\n", self.status).as_bytes()).await?;
        stream.write_all(&self.body).await?;
        stream.shutdown().await
    }

    fn spans(&self) -> Vec<Span> {
        self.bodies.lock().unwrap().iter().flat_map(|body| spans_in(body)).collect()
    }
}

/// The spans of a request.
fn spans_in(body: &[u8]) -> Vec<Span> {
    let resources = ExportTraceServiceRequest::decode(body).unwrap().resource_spans;
    resources.into_iter().flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
}

/// Spans of a batch, and those that wait at most: the defaults of OpenTelemetry.
const BATCH: u64 = 512;
const QUEUE: u64 = 2_048;

fn settings() -> TelemetrySettings {
    TelemetrySettings::new("observe-test").version("1.2.3").timeout(Duration::from_millis(300))
}

/// Asks some questions, and ends.
async fn asked(address: SocketAddr, observer: &Observer, questions: usize) -> SpanCounts {
    let telemetry = Telemetry::start(settings(), Plain(address), Handle::current(), observer);
    let subscriber = Registry::default().with(telemetry.layer());
    let installed = tracing::subscriber::set_default(subscriber);
    let chunks = vec![(Duration::ZERO, text("It turns [1].")), (Duration::ZERO, Ok(Chunk::Usage(Usage::new(5, 2))))];
    let engine = engine(observer, Planned::new("web", vec![(Duration::ZERO, hit(1))]), Planned::new("writer", chunks));
    for _ in 0..questions {
        let events = read(observer.query(&question(), None).around(engine.run(question()))).await;
        assert!(events.last().unwrap().kind.is_terminal());
    }
    drop(installed);
    telemetry.shutdown(Duration::from_secs(10)).await
}

#[tokio::test]
async fn the_end_sends_what_waits_and_none_of_it_is_content() {
    let (collector, (observer, lines)) = (Collector::answering(200), observer());
    let address = collector.start().await;
    let counts = asked(address, &observer, 200).await;
    assert_eq!((counts.ended, counts.sent, counts.failed, counts.remaining()), (600, 600, 0, 0));
    let spans = collector.spans();
    assert_eq!(spans.len(), 600);
    let query = spans.iter().find(|span| span.name == "invoke_workflow answer").unwrap();
    let children = spans.iter().filter(|span| span.parent_span_id == query.span_id).count();
    assert_eq!(children, 2);
    let bodies = collector.bodies.lock().unwrap();
    let all: Vec<u8> = bodies.concat();
    let has = |text: &str| all.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(has("observe-test") && has("1.2.3") && has("gen_ai.usage.input_tokens"));
    assert!(!has(CANARY) && !has("https://1.") && !has("It turns"));
    assert!(!lines.take().iter().any(|line| line.contains("error: Some")));
}

/// On one thread, too: the client is polled while the processor's thread waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_threads_send_as_well() {
    let (collector, (observer, _)) = (Collector::answering(200), observer());
    let counts = asked(collector.start().await, &observer, 3).await;
    assert_eq!((counts.sent, collector.spans().len()), (9, 9));
}

#[tokio::test]
async fn a_collector_that_fails_costs_spans_and_nothing_else() {
    let closed = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        listener.local_addr().unwrap()
    };
    let slow = Collector { wait: Duration::from_secs(60), ..Collector::answering(200) }.start().await;
    let failing = Collector::answering(500).start().await;
    for (address, says) in [
        (closed, "onnection refused"),
        (slow, "the collector has not answered within 0.3 s"),
        (failing, "the collector answered with status 500"),
    ] {
        let (observer, lines) = observer();
        let counts = asked(address, &observer, 2).await;
        assert_eq!((counts.ended, counts.sent, counts.failed), (6, 0, 6), "{says}");
        let exports: Vec<_> = lines.take().into_iter().filter(|line| line.starts_with("export")).collect();
        assert!(exports.len() == 1 && exports[0].contains(says) && exports[0].contains("is_news: true"), "{exports:?}");
        assert!(!exports[0].contains("\\n"), "{exports:?}");
    }
}

/// A collector that takes some of the spans, and says why not all.
fn refusing(rejected_spans: i64, error_message: &str) -> Collector {
    let partial = ExportTracePartialSuccess { rejected_spans, error_message: error_message.into() };
    let body = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    Collector { body, ..Collector::answering(200) }
}

/// Six spans in one batch. With none refused, the message is a warning; what is no count of them is as near to one as it can be.
#[tokio::test]
async fn only_the_spans_that_a_collector_refuses_are_lost() {
    for (refused, lost) in [(0, 0), (1, 1), (2, 2), (6, 6), (7, 6), (i64::MAX, 6), (-1, 0)] {
        let (observer, lines) = observer();
        let counts = asked(refusing(refused, "too many").start().await, &observer, 2).await;
        assert_eq!((counts.ended, counts.sent, counts.failed, counts.remaining()), (6, 6 - lost, lost, 0), "{refused}");
        let exports: Vec<_> = lines.take().into_iter().filter(|line| line.starts_with("export")).collect();
        let [export] = &exports[..] else { panic!("{exports:?}") };
        assert!(export.contains(&format!("spans: 6, lost: {lost}, ")), "{export}");
        let error = format!("Some(\"the collector refused {refused} spans: too many\"), is_news: true");
        assert!(export.contains(if lost > 0 { &error } else { "None, is_news: false" }), "{export}");
    }
}

/// Its text is on one line, without keys, and short, wherever a key stands in it.
#[tokio::test]
async fn what_a_collector_says_is_made_safe_to_show() {
    let long = format!("{}{KEY}", "x".repeat(200 - "the collector refused 1 spans: ".len() - 4));
    for (said, shown) in [
        ("too\u{1b}[2J many\n2026-01-01\u{2028}forged\u{202e}", Some("too[2J many 2026-01-01 forged")),
        (&format!("no such key: {KEY}."), Some("no such key: ….")),
        (&format!("no such key: {}\u{200b}{}", &KEY[..5], &KEY[5..]), Some("no such key: …")),
        (&long, None),
    ] {
        let (observer, lines) = observer();
        asked(refusing(1, said).start().await, &observer, 1).await;
        let lines = lines.take();
        let export = lines.iter().find(|line| line.starts_with("export")).unwrap();
        let (_, error) = export.split_once("error: Some(\"").unwrap();
        let (error, _) = error.rsplit_once("\"), ").unwrap();
        assert!(error.len() <= 200 && !error.contains(&KEY[..4]), "{error}");
        if let Some(shown) = shown {
            assert_eq!(error, format!("the collector refused 1 spans: {shown}"));
        }
    }
}

#[tokio::test]
async fn what_is_no_response_of_a_collector_is_taken_for_a_success() {
    let garbage = Collector { body: vec![0xff; 1_000], ..Collector::answering(204) };
    let (observer, _) = observer();
    assert_eq!(asked(garbage.start().await, &observer, 1).await.sent, 3);
}

/// A failure is news once, and so is the success after it.
#[tokio::test]
async fn failures_are_news_once() {
    #[derive(Default)]
    struct News(Mutex<Vec<(bool, bool)>>);
    impl Metrics for News {
        fn record(&self, measure: &Measure<'_>) {
            if let Measure::Export(export) = measure {
                self.0.lock().unwrap().push((export.error.is_some(), export.is_news));
            }
        }
    }
    #[derive(Debug)]
    struct Script(Mutex<Vec<u16>>);
    impl Client for Script {
        fn post(&self, _: Bytes) -> Posting {
            let status = self.0.lock().unwrap().pop().unwrap();
            async move { Ok(Reply { status, body: Bytes::new() }) }.boxed()
        }

        fn without_keys(&self, text: &str) -> String {
            text.to_owned()
        }
    }
    let news = Arc::<News>::default();
    let observer = Observer::new().with_metrics(news.clone());
    let script = Script(Mutex::new(vec![200, 200, 503, 503, 200]));
    let telemetry = Telemetry::start(settings(), script, Handle::current(), &observer);
    let installed = tracing::subscriber::set_default(Registry::default().with(telemetry.layer()));
    for sent in 1..=5 {
        drop(observer.query(&question(), None));
        // One that does not fill a batch comes with the timer only.
        (1..BATCH).for_each(|_| drop(observer.query(&question(), None)));
        while telemetry.counts().remaining() > 0 {
            tokio::time::sleep(MS).await;
        }
        assert_eq!(telemetry.counts().ended, sent * BATCH);
    }
    drop(installed);
    telemetry.shutdown(Duration::from_secs(10)).await;
    let seen = news.0.lock().unwrap().clone();
    assert_eq!(seen, [(false, false), (true, true), (true, false), (false, true), (false, false)]);
}

/// A client whose requests wait until the test lets them end.
#[derive(Debug, Clone)]
struct Gate {
    posts: Arc<Mutex<Vec<Vec<u8>>>>,
    begun: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    fn closed() -> Self {
        let closed = || Arc::new(Semaphore::new(0));
        Self { posts: Arc::default(), begun: closed(), open: closed() }
    }
}

impl Client for Gate {
    fn post(&self, body: Bytes) -> Posting {
        let gate = self.clone();
        async move {
            gate.begun.add_permits(1);
            gate.open.acquire().await.map_err(|error| error.to_string())?.forget();
            gate.posts.lock().unwrap().push(body.to_vec());
            Ok(Reply { status: 200, body: Bytes::new() })
        }
        .boxed()
    }

    fn without_keys(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// While a batch is under way, the queue fills: what does not fit is dropped and counted, and the rest is sent.
#[tokio::test]
async fn spans_that_come_too_fast_are_dropped_and_counted() {
    let (gate, observer) = (Gate::closed(), Observer::new());
    let settings = settings().timeout(Duration::from_secs(60));
    let telemetry = Telemetry::start(settings, gate.clone(), Handle::current(), &observer);
    let installed = tracing::subscriber::set_default(Registry::default().with(telemetry.layer()));
    (0..BATCH).for_each(|_| drop(observer.query(&question(), None)));
    gate.begun.acquire().await.unwrap().forget();
    (0..QUEUE + 700).for_each(|_| drop(observer.query(&question(), None)));
    assert_eq!((telemetry.counts().sent, telemetry.counts().remaining()), (0, BATCH + QUEUE + 700));
    drop(installed);
    gate.open.add_permits(100);
    let counts = telemetry.shutdown(Duration::from_secs(60)).await;
    let sent: Vec<Span> = gate.posts.lock().unwrap().iter().flat_map(|body| spans_in(body)).collect();
    assert_eq!(sent.len() as u64, BATCH + QUEUE);
    assert_eq!((counts.ended, counts.sent, counts.failed), (BATCH + QUEUE + 700, BATCH + QUEUE, 0));
    assert_eq!(counts.remaining(), 700, "they were dropped");
}

/// An end that may take no longer does not wait for a collector.
#[tokio::test]
async fn what_is_not_sent_in_time_is_lost() {
    let (gate, observer) = (Gate::closed(), Observer::new());
    let settings = settings().timeout(Duration::from_secs(20));
    let telemetry = Telemetry::start(settings, gate.clone(), Handle::current(), &observer);
    let installed = tracing::subscriber::set_default(Registry::default().with(telemetry.layer()));
    (0..3).for_each(|_| drop(observer.query(&question(), None)));
    drop(installed);
    let counts = telemetry.shutdown(Duration::from_millis(50)).await;
    assert_eq!((counts.ended, counts.sent, counts.remaining()), (3, 0, 3));
    assert!(gate.posts.lock().unwrap().is_empty());
}
