//! Texts of strangers in streams and errors: an independent parser finds the events that it would find with harmless texts.

use std::convert::Infallible;

use aggregator_core::event::{CleanText, is_clean};
use aggregator_core::{Chunk, Engine, Hit, ProviderError, ProviderErrorKind, Query};
use aggregator_gateway::Gateway;
use aggregator_http::{Offers, Service, Settings};
use aggregator_mocks::hostile::{HostileText, texts};
use aggregator_wire::{Event, EventKind};
use eventsource_stream::Eventsource as _;
use futures::{FutureExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::*;
use crate::planned::Plan;

const HARMLESS: &str = "Tides turn twice a day.";
const IN_MEMORY: &str = "the whole body is there";

/// Name, id and data of an event.
type Parsed = (String, String, String);

/// The events of a body that comes in pieces, as `eventsource-stream` reads them, and `sse-stream` too.
fn parsed(body: &str) -> Vec<Parsed> {
    let pieces =
        || body.as_bytes().chunks(1_009).map(|piece| Ok::<_, Infallible>(bytes::Bytes::copy_from_slice(piece)));
    let first = futures::stream::iter(pieces()).eventsource().map(|event| {
        let event = event.expect("the stream is UTF-8");
        (event.event, event.id, event.data)
    });
    let first: Vec<Parsed> = first.collect().now_or_never().expect(IN_MEMORY);
    let second = sse_stream::SseByteStream::new(futures::stream::iter(pieces())).filter_map(async |event| {
        let event = event.expect("the stream is UTF-8");
        Some((event.event.unwrap_or("message".into()), event.id.unwrap_or_default(), event.data?))
    });
    let second: Vec<Parsed> = Box::pin(second).collect().now_or_never().expect(IN_MEMORY);
    assert_eq!(first, second, "two parsers disagree");
    first
}

/// A text as the name of a provider, which has at most 64 bytes.
fn as_name(text: &str) -> String {
    let mut name = CleanText::single_line(text).into_string();
    name.truncate(name.floor_char_boundary(64));
    // Cleaned again it would be another one: the engine cleans what it is given.
    if name.trim().is_empty() { "web".into() } else { format!("\u{1b}{name}") }
}

/// A service of these providers, the first of which is the model too.
fn served(plans: &[Plan]) -> Service {
    let searching = || plans.iter().cloned().fold(Engine::builder().hash_seed(0), |engine, plan| engine.provider(plan));
    let [answering, searching] = [searching().model(plans[0].clone()), searching()]
        .map(|engine| Gateway::builder(engine.build().unwrap()).build().unwrap());
    Service::new(Offers::new("aggregator", answering, searching), Settings::default())
}

/// A service to which everything that a stranger writes is this text: what was found, who found it, what went wrong, and what a
/// model says.
fn hostile(text: &str) -> Service {
    let hit = Hit::new("https://a.example/tide", text).with_snippet(text);
    let broken = ProviderError::new(ProviderErrorKind::Other, text);
    let mut plan = Plan::answering([Ok(Chunk::Text("It is [1].\n".into())), Ok(Chunk::Text(text.into()))]);
    (plan.provider, plan.hits) = (as_name(text), vec![Ok(hit), Err(broken)]);
    served(&[plan])
}

/// A service whose providers fail, each with one of the texts, which is also in its name.
fn failing(texts: &[&str]) -> Service {
    let providers = texts.iter().zip(10..).map(|(text, number)| {
        let mut plan = Plan::finding([Err(ProviderError::new(ProviderErrorKind::Other, *text))]);
        plan.provider = as_name(&format!("{number}{text}"));
        plan
    });
    served(&providers.collect::<Vec<_>>())
}

/// A service whose model fails with this text.
fn breaking(text: &str) -> Service {
    let error = ProviderError::new(ProviderErrorKind::Other, text);
    served(&[Plan::answering([Ok(Chunk::Text("The tide".into())), Err(error)])])
}

/// What the stranger asks: the text where it is a question, else another one.
fn question(text: &str) -> &str {
    if Query::new(text).is_ok() { text } else { "q" }
}

/// A body of `/v1/query` with the text as the question and the turns before it.
fn query_of(text: &str) -> String {
    json!({"query": question(text), "turns": [{"question": text, "answer": text}]}).to_string()
}

fn chat_of(text: &str, streams: bool) -> String {
    let message = |role: &str, text: &str| json!({"role": role, "content": text});
    let asked = match text.starts_with("### Task:") {
        // A front end asks for a title by such a text, and that is answered without the engine.
        true => "q",
        false => question(text),
    };
    let messages = [message("system", text), message("user", text), message("assistant", text), message("user", asked)];
    json!({"messages": messages, "stream": streams, "stream_options": {"include_usage": true}, "x_source_list": true})
        .to_string()
}

/// All strings of a document, its keys too.
fn strings<'a>(value: &'a Value, all: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => all.push(text),
        Value::Array(values) => values.iter().for_each(|value| strings(value, all)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            all.push(key);
            strings(value, all);
        }),
        _ => {}
    }
}

/// Parses a document, and checks that no string in it contains a control character or an invisible one.
fn clean_json(data: &str) -> Value {
    let value: Value = serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}"));
    let mut all = Vec::new();
    strings(&value, &mut all);
    let unclean = all.iter().find(|text| !is_clean(text));
    assert_eq!(unclean, None, "{data}");
    value
}

/// The names of events without citations, which a text may have, and with pieces of text next to each other as one.
fn outline(mut names: Vec<String>) -> Vec<String> {
    names.retain(|name| name != "citation");
    names.dedup_by(|one, other| one == other && one == "answer_delta");
    names
}

/// The events of `/v1/query`: each is numbered and named by the server alone.
async fn native(service: &Service, text: &str) -> Vec<Event> {
    let response = post(service, "/v1/query", &query_of(text)).await;
    assert_eq!(response.status, 200, "{}", response.body);
    let events = parsed(&response.body).into_iter().enumerate().map(|(at, (name, id, data))| {
        let json = clean_json(&data);
        assert_eq!((id, Some(&*name)), (at.to_string(), json["type"].as_str()));
        let event = Event::from_json_line(&data).unwrap();
        assert!(event.kind != EventKind::Unknown && json["seq"] == at, "{data}");
        event
    });
    events.collect()
}

fn names(events: &[Event]) -> Vec<String> {
    let name = |event: &Event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned();
    outline(events.iter().map(name).collect())
}

/// The chunks of a chat, each with the names of its fields.
async fn chat(service: &Service, text: &str) -> (Vec<Value>, Vec<String>) {
    let response = post(service, "/v1/chat/completions", &chat_of(text, true)).await;
    assert_eq!(response.status, 200, "{}", response.body);
    let mut events = parsed(&response.body);
    assert_eq!(events.pop().unwrap().2, "[DONE]");
    let chunks: Vec<Value> = events
        .into_iter()
        .map(|(name, id, data)| {
            assert_eq!((name.as_str(), id.as_str()), ("message", ""), "no client gets a name or an id here");
            clean_json(&data)
        })
        .collect();
    let fields = |value: &Value| value.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>().join(" "));
    let shape = |chunk: &Value| {
        let delta = chunk["choices"].get(0).map(|choice| &choice["delta"]);
        format!("{} / {}", fields(chunk).unwrap(), delta.and_then(fields).unwrap_or_default())
    };
    let mut shapes: Vec<String> = chunks.iter().map(shape).collect();
    shapes.dedup_by(|one, other| one == other && one.ends_with(" / content"));
    (chunks, shapes)
}

/// What of a text has to be there: all of it, but for citations of nothing.
fn is_shown(shown: &str, text: &str, invented: u32) -> bool {
    match invented {
        // What follows a joiner was not known when it was sent.
        0 => shown.trim_end_matches('\u{200d}') == text.trim_end_matches('\u{200d}'),
        _ => {
            let mut rest = text.chars();
            shown.chars().all(|c| rest.any(|other| other == c))
        }
    }
}

#[tokio::test(start_paused = true)]
async fn streams_have_the_events_that_they_have_with_harmless_texts() {
    let calm = hostile(HARMLESS);
    let calm_events = names(&native(&calm, HARMLESS).await);
    let (_, calm_chunks) = chat(&calm, HARMLESS).await;
    assert!(calm_events.len() >= 8 && calm_chunks.len() >= 9, "{calm_events:?} {calm_chunks:?}");
    for (at, HostileText { kind, text, must_not, .. }) in texts().into_iter().enumerate() {
        let about = format!("{kind}: {text:.80?}, so {must_not}");
        let service = hostile(&text);
        let events = native(&service, &text).await;
        assert_eq!(names(&events), calm_events, "{about}");

        let EventKind::Done { summary } = &events.last().unwrap().kind else { panic!("{about}") };
        let (source, answer) = (&summary.sources[0].source, summary.answer.as_ref().unwrap());
        let line = CleanText::single_line(&*text);
        for (shown, most) in [(&source.title, 512), (&source.snippet, 4_096)] {
            assert!(
                line.starts_with(shown.as_str()) && (shown.len() > most - 4 || shown.len() == line.len()),
                "{about}"
            );
        }
        let said: String = events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::AnswerDelta { text } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let whole = CleanText::multi_line(format!("It is [1].\n{text}"));
        assert!(is_shown(&said, &whole, answer.invented), "{about}: {said:?}");
        for event in &events {
            if let EventKind::Citation { number, .. } = event.kind {
                assert_eq!(number, 1, "{about}: there is one source");
            }
        }

        let (chunks, shapes) = chat(&service, &text).await;
        assert_eq!(shapes, calm_chunks, "{about}");
        let content = |chunk: &Value| chunk["choices"][0]["delta"]["content"].as_str().unwrap_or_default().to_owned();
        let streamed: String = chunks.iter().map(content).collect();
        assert!(streamed.starts_with(&said), "{about}: {streamed}");
        let list = &streamed[said.len()..];
        assert!(list.starts_with("\n\nSources:\n[1] ") && list.lines().count() == 4, "{about}: {list:?}");
        // Made of the same events, so a part of them will do.
        if at % 8 == 0 {
            let response = post(&service, "/v1/chat/completions", &chat_of(&text, false)).await;
            assert_eq!(clean_json(&response.body)["choices"][0]["message"]["content"], *streamed, "{about}");
        }
    }
}

/// The names of providers in the figures: the values of a label, without their escapes.
async fn counted_providers(service: &Service) -> Vec<String> {
    let figures = get(service, "/metrics").await.body;
    let counted = figures.lines().filter_map(|line| line.strip_prefix("aggregator_provider_calls_total{provider=\""));
    let name = |line: &str| {
        let (mut name, mut rest) = (String::new(), line.chars());
        loop {
            match rest.next() {
                Some('\\') => name.push(rest.next().expect("an escaped character")),
                Some('"') => break,
                other => name.push(other.expect("the end of the label")),
            }
        }
        assert_eq!(rest.as_str(), ",outcome=\"error\"} 1", "{line}");
        name
    };
    counted.map(name).collect()
}

/// The error that ends a chat, which is no event with a name.
async fn error_of(service: &Service, text: &str) -> String {
    let response = post(service, "/v1/chat/completions", &chat_of(text, true)).await;
    let (name, id, data) = parsed(&response.body).pop().unwrap();
    assert_eq!((name.as_str(), id.as_str()), ("message", ""));
    let message = clean_json(&data)["error"]["message"].as_str().unwrap().to_owned();
    assert!(!message.contains(['\n', '\t']), "{message:?}");
    message
}

#[tokio::test(start_paused = true)]
async fn what_services_say_of_their_failures_forges_nothing() {
    let texts = texts();
    let all: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    for some in all.chunks(60) {
        let (service, calm) = (failing(some), failing(&vec![HARMLESS; some.len()]));
        let events = native(&service, "q").await;
        assert_eq!(names(&events), names(&native(&calm, "q").await));
        let asked = events.iter().filter_map(|event| match &event.kind {
            EventKind::ProviderFinished(report) => Some(report.provider.clone()),
            _ => None,
        });
        let (asked, mut counted) = (asked.collect::<Vec<_>>(), counted_providers(&service).await);
        counted.sort();
        assert!(
            asked.len() == some.len() && asked.iter().all(|name| counted.binary_search(name).is_ok()),
            "{counted:?}"
        );
        let message = error_of(&service, "q").await;
        let refused = post(&service, "/v1/search", r#"{"query": "q"}"#).await;
        assert_eq!((refused.status, clean_json(&refused.body)["error"]["message"].as_str()), (502, Some(&*message)));
        let whole = post(&service, "/v1/chat/completions", &chat_of("q", false)).await;
        assert_eq!((whole.status, clean_json(&whole.body)["error"]["message"].as_str()), (502, Some(&*message)));
    }
    // The same way into the same place: every third one will do.
    for text in all.into_iter().step_by(3) {
        let (message, line) = (error_of(&breaking(text), "q").await, CleanText::single_line(text));
        let shown = line.floor_char_boundary(190);
        assert!(message.contains(&line[..shown]), "{message:?} says {text:?}");
    }
}

/// An address is shown as it is, or its hit is dropped and counted.
#[tokio::test(start_paused = true)]
async fn an_address_is_kept_as_a_text_or_counted() {
    for texts in texts().chunks(50) {
        let forms = texts.iter().flat_map(|HostileText { text, .. }| {
            [text.clone(), format!("https://a.example/{text}"), format!("https://{text}/x"), format!("{text}://x")]
        });
        let forms: Vec<String> = forms.collect();
        let mut plan = Plan::finding(forms.iter().map(|url| Ok(Hit::new(url.as_str(), "Tides"))));
        plan.settings.max_hits = 200;
        let engine = Engine::builder().hash_seed(0).settings(plan.settings.clone()).provider(plan).build().unwrap();
        let events = native(&service_of(engine, Settings::default(), |gateway| gateway), "q").await;
        // Joiners are seen as escapes, and white space around it is not.
        let shown = |form: &String| {
            let form = form.trim_matches(|c: char| c <= ' ' || c.is_whitespace());
            form.replace('\u{200c}', "%E2%80%8C").replace('\u{200d}', "%E2%80%8D")
        };
        let given: Vec<String> = forms.iter().map(shown).collect();
        let mut emitted = 0;
        for event in &events {
            let EventKind::Result(found) = &event.kind else { continue };
            let url = &found.source.url;
            assert!(given.contains(url), "{url}");
            let scheme = url::Url::parse(url).unwrap_or_else(|error| panic!("{error}: {url}")).scheme().to_owned();
            assert!(matches!(&*scheme, "http" | "https"), "{url}");
            emitted += 1;
        }
        let EventKind::Done { summary } = &events.last().unwrap().kind else { panic!("{:?}", events.last()) };
        let hits = &summary.hits;
        assert_eq!(
            (hits.emitted, hits.emitted + hits.merged + hits.dropped.invalid_url),
            (emitted, forms.len() as u32)
        );
    }
}

/// Headers that this server sends; no text of a stranger is in any of them.
const HEADERS: [&str; 15] = [
    "access-control-allow-origin",
    "allow",
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "etag",
    "referrer-policy",
    "retry-after",
    "transfer-encoding",
    "www-authenticate",
    "x-accel-buffering",
    "x-content-type-options",
];

/// Checks a refusal or an answer, whatever was asked: its head is the server's alone, and what it says is clean.
fn check_response(response: &Response, about: &str) {
    for line in response.head.lines().skip(1) {
        let name = line.split_once(": ").unwrap_or_else(|| panic!("{about}: {line:?}")).0;
        assert!(HEADERS.contains(&name), "{about}: {line:?}");
    }
    assert!(!response.head.contains("evil"), "{about}: {}", response.head);
    match response.header("content-type") {
        Some("application/json") => {
            let json = clean_json(&response.body);
            if let Some(message) = json["error"]["message"].as_str() {
                assert!(response.status >= 400 && !message.contains(['\n', '\t']), "{about}: {message:?}");
                assert!(message.chars().count() <= 900, "{about}: an error repeats {} bytes", message.len());
            }
        }
        // Hyper itself refuses what is no HTTP.
        None => assert!(response.status >= 400 && response.body.is_empty(), "{about}: {}", response.body),
        Some(_) => {}
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_client_sends_is_not_repeated_as_a_line_a_header_or_a_hidden_character() {
    let mut settings = Settings::default();
    settings.origins = vec!["https://front.example".into()];
    let (service, probe) = service_with(settings, |gateway| gateway);
    for (at, HostileText { kind, text, .. }) in texts().into_iter().enumerate() {
        let message =
            json!([{"role": text, "content": "q"}, {"role": "user", "content": [{"type": text, "text": "q"}]}]);
        let requests = [
            ("/v1/query", json!({"query": "q", "model": text})),
            ("/v1/query", json!({"query": "q", "mode": text})),
            ("/v1/query", json!({"query": "q", text.as_str(): 1})),
            ("/v1/search", json!({"query": "q", "max_results": text})),
            ("/v1/chat/completions", json!({"messages": message})),
            ("/v1/chat/completions", json!({"messages": [{"role": "user", "content": text}], "model": text})),
        ];
        // Each text in some of these places, and each kind of texts in all.
        for (path, body) in [&requests[at % 6], &requests[(at + 2) % 6]] {
            let response = post(&service, path, &body.to_string()).await;
            assert!((400..500).contains(&response.status), "{kind}, {body}: {}", response.status);
            check_response(&response, &body.to_string());
        }
        check_response(&post(&service, "/v1/query", &text).await, "a body");
    }
    assert_eq!(probe.calls().len(), 0, "none of it asks an engine");
}

/// Responses one after the other, each as long as its head says.
fn responses(mut bytes: &[u8]) -> Vec<Response> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").expect("a whole head") + 4;
        let length = parse(&bytes[..head]).header("content-length").map(|length| length.parse::<usize>().unwrap());
        let (response, rest) = bytes.split_at(head + length.expect("no answer is a stream"));
        all.push(parse(response));
        bytes = rest;
    }
    all
}

/// As bytes of a request, whatever they are: a text may be a whole other request.
#[tokio::test(start_paused = true)]
async fn a_head_of_hostile_texts_is_refused_or_means_nothing() {
    let (service, _) = service();
    for (at, HostileText { kind, text, .. }) in texts().into_iter().enumerate() {
        let heads = [
            format!("GET /{text} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
            format!("GET /v1/models/{text} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
            format!("{text} / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
            format!("GET /v1/models HTTP/1.1\r\nhost: localhost\r\norigin: {text}\r\nconnection: close\r\n\r\n"),
            format!("GET /v1/models HTTP/1.1\r\nconnection: close\r\nhost: {text}\r\n\r\n"),
            format!(
                "POST /v1/query HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nlast-event-id: {text}\r\ncontent-type: {text}\r\n\
                 content-length: 2\r\n\r\n{{}}"
            ),
        ];
        for head in [&heads[at % 6], &heads[(at + 2) % 6]] {
            let mut connection = Connection::open(&service);
            // What it does not read, because it has refused the beginning, is lost.
            let _ = connection.stream.write_all(head.as_bytes()).await;
            let mut read = Vec::new();
            connection.stream.read_to_end(&mut read).await.unwrap();
            for response in responses(&read) {
                check_response(&response, &format!("{kind}: {head:?}"));
            }
        }
    }
}
