//! What is asked, and what answers: made-up services whose times are those of the measurement.

use std::sync::Arc;
use std::time::Duration;

use aggregator_core::Engine;
use aggregator_core::model::{AnswerRequest, ChunkStream};
use aggregator_core::{Chunk, LanguageModel, ProviderError};
use aggregator_gateway::{AdmissionSettings, Gateway};
use aggregator_http::{Offers, Service, Settings};
use aggregator_http_bench::{Endpoint, Recorded, record, request};
use aggregator_mocks::{List, Pace, ScriptedModel, ScriptedProvider, Step, Style, catalog};
use bytes::Bytes;
use futures::stream::Stream;
use serde_json::json;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Hits of a query, so that a stream has ten events that are no text.
const HITS: u32 = 3;
/// Pieces of an answer.
pub const DELTAS: usize = 40;
/// Time between two pieces.
const GAP: Duration = Duration::from_millis(20);
/// Time of the search, and of the model to its first piece.
const LATENCY: Duration = Duration::from_millis(110);
/// Pieces of an answer that then stands still, and for how long.
const HELD_DELTAS: u32 = 10;
const HELD_FOR: Duration = Duration::from_secs(50);

/// Streams that a server takes at the same time: more than there are.
pub const PLACES: u32 = 20_000;

/// The engine that streams an answer over a second.
pub const STREAMED: &str = "streamed";
/// The engine that stands still in the middle of an answer.
pub const HELD: &str = "held";

fn engine(model: impl LanguageModel + 'static) -> Engine {
    let (corpus, list) = (catalog::corpus(), List { pool: 12, repeats: 0 });
    let search = [Step::Wait(LATENCY), Step::Emit { items: HITS, every: Duration::ZERO }];
    let provider = ScriptedProvider::new("web", &search, Pace::Scripted, &corpus, list, 0);
    Engine::builder().provider(provider).model(model).build().expect("it has a provider and a model")
}

fn model(script: &[Step]) -> ScriptedModel {
    let style = Style { sources: HITS, citations: 0, invented: 0 };
    ScriptedModel::new("writer", script, Pace::Scripted, &catalog::corpus(), style, 0)
}

fn streamed() -> Engine {
    let waits = [LATENCY].into_iter().chain(std::iter::repeat_n(GAP, DELTAS - 1)).collect();
    engine(model(&[Step::EmitAfter(waits)]))
}

fn held() -> Engine {
    let script = [Step::Wait(LATENCY), Step::Emit { items: HELD_DELTAS, every: GAP }, Step::Wait(HELD_FOR)];
    engine(SaysWhenDropped(model(&script)))
}

/// The server under measurement.
pub fn service() -> Service {
    let gateway = |engine| {
        let gateway = Gateway::builder(engine).admission(AdmissionSettings::default().running(PLACES));
        gateway.build().expect("the settings are within their ranges")
    };
    let offers = Offers::new(STREAMED, gateway(streamed()), gateway(streamed())).with(HELD, gateway(held()));
    Service::new(offers, Settings::default())
}

/// The request for a stream of one of the engines.
pub fn ask(engine: &str, query: &str) -> Bytes {
    request("POST", "/v1/query", "", &json!({"query": query, "model": engine}).to_string())
}

/// A stream of an engine as the bare endpoint sends it, with the times at which its pieces are due.
pub fn recorded(engine: &str) -> Recorded {
    record(&Endpoint::Server(service(), watch::channel(false).0), &ask(engine, "how late is an event?"))
}

/// When each frame of a stream is due, and how many of them are text.
pub fn due(recorded: &Recorded) -> (Arc<[Duration]>, usize) {
    let (mut due, mut deltas) = (Vec::new(), 0);
    for (at, piece) in &recorded.pieces {
        let piece = String::from_utf8_lossy(piece);
        due.extend(std::iter::repeat_n(*at, piece.matches("\n\n").count()));
        deltas += piece.matches("event: answer_delta\n").count();
    }
    (due.into(), deltas)
}

/// The first piece with text of the answer.
pub fn first_delta(recorded: &Recorded) -> usize {
    let is_delta = |(_, piece): &(Duration, Bytes)| String::from_utf8_lossy(piece).contains("event: answer_delta\n");
    recorded.pieces.iter().position(is_delta).expect("an answer has text")
}

/// A model that prints the query and the time when an answer is dropped before its end.
struct SaysWhenDropped(ScriptedModel);

impl LanguageModel for SaysWhenDropped {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn shows(&self, request: &AnswerRequest) -> usize {
        self.0.shows(request)
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        let query = request.query.text().to_string();
        Box::pin(Watched { answer: self.0.answer(request), query, ended: false })
    }
}

struct Watched {
    answer: ChunkStream,
    query: String,
    ended: bool,
}

impl Stream for Watched {
    type Item = Result<Chunk, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.answer.as_mut().poll_next(cx);
        self.ended |= matches!(polled, Poll::Ready(None));
        polled
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.ended {
            println!("dropped {} {}", unix_micros(), self.query);
        }
    }
}

/// The time of day, which two processes of a machine have in common.
pub fn unix_micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_micros() as u64)
}
