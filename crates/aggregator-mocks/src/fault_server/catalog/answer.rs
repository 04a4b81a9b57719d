//! Good answers of each service, in the pieces in which the service makes them.

use std::time::Duration;

use super::super::response;
use super::entry::Service;
use super::outcome::ExpectedOutcome;

/// The longest pause of a script between two pieces. A client's limits should be at least ten times as long.
pub const PAUSE: Duration = Duration::from_millis(5);

/// The hits of a good search.
pub const HITS: usize = 3;

/// The text of a good answer. It has characters of one, two and four bytes, and two citations, of which one is cut.
pub const TEXT: &str = "Zürich has 443,037 inhabitants [1]. Crabs 🦀 walk sideways [2].";

/// The pieces of [`TEXT`] as models yield them.
const TEXT_PIECES: [&str; 4] = ["Zür", "ich has 443,037 inhabitants [", "1]. Crabs 🦀 walk ", "sideways [2]."];

/// An answer without a fault.
pub(super) struct Answer {
    pub(super) service: Service,
    pub(super) content_type: &'static str,
    /// A search is one piece; a model's are its events or lines.
    pub(super) pieces: Vec<Vec<u8>>,
    /// What a client makes of it.
    pub(super) outcome: ExpectedOutcome,
}

impl Answer {
    pub(super) fn of(service: Service) -> Self {
        let (pieces, outcome) = match service {
            Service::Brave | Service::Searxng => (vec![search_body(service, &hits())], ExpectedOutcome::Hits(HITS)),
            _ => (model_pieces(service), ExpectedOutcome::Text(TEXT)),
        };
        Self { service, content_type: content_type(service), pieces, outcome }
    }

    pub(super) fn body(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    /// Offset of a place in the middle of the body that is between two bytes of a character, and of a piece.
    pub(super) fn within_character(&self) -> usize {
        let body = self.body();
        // The first byte of the ü; every answer has one.
        body.iter().position(|&byte| byte == 0xc3).map_or(body.len() / 2, |first| first + 1)
    }

    /// The head of a 200 with the type of the body and these headers.
    pub(super) fn head(&self, headers: &[(&str, &str)]) -> Vec<u8> {
        response::head(200, &[&[("Content-Type", self.content_type)], headers].concat())
    }

    /// A 200 with this body instead, complete.
    pub(super) fn with_body(&self, body: &[u8]) -> Vec<u8> {
        response::complete(200, &[("Content-Type", self.content_type)], body)
    }

    /// A 200 in chunks, one a piece.
    pub(super) fn chunked(&self, pieces: &[Vec<u8>]) -> Vec<u8> {
        let chunks: Vec<_> = pieces.iter().map(|piece| response::chunk(piece)).collect();
        [self.head(&CHUNKED), chunks.concat(), response::LAST_CHUNK.to_vec()].concat()
    }
}

pub(super) const CHUNKED: [(&str, &str); 2] = [("Transfer-Encoding", "chunked"), ("Connection", "close")];

fn content_type(service: Service) -> &'static str {
    match service {
        Service::Brave | Service::Searxng => "application/json",
        Service::OpenAi | Service::Anthropic => "text/event-stream; charset=utf-8",
        Service::Ollama => "application/x-ndjson",
    }
}

fn hits() -> [String; HITS] {
    let hit = |name: &str, title: &str| (format!("https://example.org/{name}"), title.to_owned());
    [hit("alder", "Alders of Zürich"), hit("birch?a=1&b=2", "Birch 🦀"), hit("cedar", "Cedar \\\"quoted\\\"")]
        .map(|(url, title)| format!(r#""title":"{title}","url":"{url}""#))
}

/// A search's body with these hits, each the inside of a JSON object that has title and URL.
pub(super) fn search_body(service: Service, hits: &[String]) -> Vec<u8> {
    let texts = match service {
        Service::Brave => r#""type":"search_result","subtype":"generic","description":"It <strong>grows</strong>""#,
        _ => {
            concat!(
                r#""content":"It grows","engine":"local","engines":["local"],"positions":[1],"score":1.0,"#,
                r#""publishedDate":null"#,
            )
        }
    };
    let results: Vec<_> = hits.iter().map(|hit| format!("{{{hit},{texts}}}")).collect();
    around_results(service, &format!("[{}]", results.join(",")))
}

/// A search's body with this JSON where its list of results is.
pub(super) fn around_results(service: Service, results: &str) -> Vec<u8> {
    match service {
        Service::Brave => format!(
            "{{\"type\":\"search\",\"query\":{{\"original\":\"trees\",\"more_results_available\":true}},\
                 \"web\":{{\"type\":\"search\",\"results\":{results}}}}}"
        ),
        _ => format!(
            "{{\"query\":\"trees\",\"results\":{results},\"answers\":[],\"corrections\":[],\"infoboxes\":[],\
                 \"suggestions\":[],\"unresponsive_engines\":[]}}"
        ),
    }
    .into_bytes()
}

fn model_pieces(service: Service) -> Vec<Vec<u8>> {
    let mut pieces = start(service);
    pieces.extend(TEXT_PIECES.map(|piece| text(service, piece)));
    pieces.extend(end(service));
    pieces
}

/// What a model's stream begins with before any text.
pub(super) fn start(service: Service) -> Vec<Vec<u8>> {
    match service {
        Service::OpenAi => vec![openai(r#"{"role":"assistant","content":""}"#, "null")],
        Service::Anthropic => vec![
            anthropic(concat!(
                r#"{"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","#,
                r#""model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"#,
                r#""output_tokens":1}}}"#,
            )),
            anthropic(r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#),
            anthropic(r#"{"type":"ping"}"#),
        ],
        _ => Vec::new(),
    }
}

/// One piece of a model's text; no character of it may need an escape.
pub(super) fn text(service: Service, text: &str) -> Vec<u8> {
    match service {
        Service::OpenAi => openai(&format!(r#"{{"content":"{text}"}}"#), "null"),
        Service::Anthropic => anthropic(&format!(
            r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#
        )),
        _ => ollama(&format!(r#""message":{{"role":"assistant","content":"{text}"}},"done":false"#)),
    }
}

/// What a model's stream ends with.
pub(super) fn end(service: Service) -> Vec<Vec<u8>> {
    end_because(
        service,
        match service {
            Service::Anthropic => "end_turn",
            _ => "stop",
        },
    )
}

/// The same, for another reason.
pub(super) fn end_because(service: Service, reason: &str) -> Vec<Vec<u8>> {
    match service {
        Service::OpenAi => vec![openai("{}", &format!("\"{reason}\"")), OPENAI_USAGE.to_vec(), OPENAI_DONE.to_vec()],
        Service::Anthropic => vec![
            anthropic(r#"{"type":"content_block_stop","index":0}"#),
            anthropic(&format!(
                "{{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"{reason}\",\"stop_sequence\":null}},\
                     \"usage\":{{\"output_tokens\":12}}}}"
            )),
            anthropic(r#"{"type":"message_stop"}"#),
        ],
        _ => vec![ollama(&format!(
            "\"message\":{{\"role\":\"assistant\",\"content\":\"\"}},\"done\":true,\"done_reason\":\"{reason}\",\
                 \"total_duration\":5,\"prompt_eval_count\":9,\"eval_count\":12"
        ))],
    }
}

pub(super) const OPENAI_DONE: &[u8] = b"data: [DONE]\n\n";

pub(super) const OPENAI_USAGE: &[u8] = b"data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\
\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12,\"total_tokens\":21}}\n\n";

/// An event of OpenAI's with one choice; both parts are JSON.
pub(super) fn openai(delta: &str, finish_reason: &str) -> Vec<u8> {
    format!(
        "data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":\
         [{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish_reason}}}]}}\n\n"
    )
    .into_bytes()
}

/// An event of Anthropic's, named by the `type` that its JSON begins with.
pub(super) fn anthropic(json: &str) -> Vec<u8> {
    let name = json.split('"').nth(3).unwrap_or_default();
    format!("event: {name}\ndata: {json}\n\n").into_bytes()
}

/// A line of Ollama's with these fields.
pub(super) fn ollama(fields: &str) -> Vec<u8> {
    format!("{{\"model\":\"m\",\"created_at\":\"2026-11-01T00:00:00Z\",{fields}}}\n").into_bytes()
}
