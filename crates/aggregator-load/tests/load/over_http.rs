//! Load on servers: ours, and ones that fail.

use std::sync::Arc;

use aggregator_core::event::EventKind;
use aggregator_gateway::Gateway;
use aggregator_http::{Offers, ServeLimits, Service, Settings};
use aggregator_load::{Api, HttpTarget, ServerSettings};
use aggregator_mocks::fault_server::{FaultServer, Script, response};
use aggregator_mocks::{Pace, catalog};
use aggregator_providers::http::PlainHttp;
use futures::StreamExt as _;
use perf_load::report::From;
use perf_load::{Metric, Query, Report, Run, Scenario, Weighted};
use tokio::net::TcpListener;

use crate::support::scenario;

/// Twenty users who ask twice, of mocks that answer at once.
fn small(more: &str) -> Scenario {
    scenario(&format!(
        "[closed]\nusers = 20\nqueries_per_user = 2\n[[stages]]\nkind = \"hold\"\nduration = \"20s\"\n[target]\nprofile = \"floor\"\n{more}"
    ))
}

fn settings(url: String) -> ServerSettings {
    ServerSettings { url, api: None, model: None, key: None, plain_http: PlainHttp::Loopback, is_demo: false }
}

async fn loaded(settings: ServerSettings, scenario: &Scenario) -> Report {
    let target = HttpTarget::new(settings, scenario).await.unwrap();
    Run::new(scenario, Arc::new(target)).run(&mut ()).await
}

/// The server of this project over the mocks of a scenario, and its address.
async fn server(mocks: &str) -> String {
    let gateway = |name: &str| {
        let engine = catalog::scenario(name).engine(&catalog::corpus(), Pace::Instant, None);
        Gateway::builder(engine).single_flight(false).build().unwrap()
    };
    let service = Service::new(Offers::new("floor", gateway(mocks), gateway(mocks)), Settings::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(aggregator_http::serve(listener, service, ServeLimits::default(), std::future::pending()));
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_answer_of_our_server_is_compared_with_what_it_must_be() {
    let url = server("floor").await;
    let report = loaded(ServerSettings { is_demo: true, ..settings(url) }, &small("")).await;
    let requests = report.requests;
    assert_eq!((requests.started, requests.succeeded), (40, 40), "{:?}", report.errors);
    let of = |metric, from| report.distribution(metric, from).unwrap().n;
    assert_eq!(
        [of(Metric::Ttfh, From::Intended), of(Metric::Ttfe, From::Intended), of(Metric::Results, From::Neither)],
        [40; 3]
    );
    assert_eq!(report.distribution(Metric::Results, From::Neither).unwrap().min, 10);

    // The same server, if it were that of another scenario.
    let other = small("").target;
    let mut wrong = small("");
    wrong.target = perf_load::TargetSettings { profile: Some("floor".into()), ..other };
    let url = server("standard").await;
    let report = loaded(ServerSettings { is_demo: true, ..settings(url) }, &wrong).await;
    assert_eq!(report.errors.keys().collect::<Vec<_>>(), ["wrong-answer-results-are-missing"], "{:?}", report.errors);
    assert_eq!(report.requests.failed, 40);
}

/// The query of a scenario, whose answer has to contain a text.
fn expecting(scenario: &Scenario, text: &str) -> Arc<Query> {
    let text = toml::Value::from(vec![text.to_owned()]);
    let expect = toml::Table::from_iter([("contains".to_owned(), text)]);
    Arc::new(Query { expect, ..(*scenario.queries[0].query).clone() })
}

/// How the answer of the mocks begins.
async fn first_words() -> String {
    let engine = catalog::scenario("standard").engine(&catalog::corpus(), Pace::Instant, None);
    let events = engine.run(aggregator_core::Query::new("what does a promise cost?").unwrap());
    let texts = events.filter_map(async |event| match event.kind {
        EventKind::AnswerDelta { text } => Some(text.as_str().to_owned()),
        _ => None,
    });
    texts.take(5).collect::<Vec<_>>().await.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chat_completions_are_load_as_well() {
    let url = server("standard").await + "/v1/chat/completions";
    let mut scenario = small("");
    scenario.queries[0].query = expecting(&scenario, &first_words().await);
    let report = loaded(settings(url.clone()), &scenario).await;
    assert_eq!(report.requests.succeeded, 40, "{:?}", report.errors);
    assert_eq!(report.distribution(Metric::Sources, From::Neither).unwrap().min, 1);
    assert!(report.distribution(Metric::Chunks, From::Neither).unwrap().min > 100);

    // The same question, of which something else is expected.
    let mut both = scenario.clone();
    let other = Query { name: "two".to_owned(), ..(*expecting(&both, "never said")).clone() };
    both.queries.push(Weighted { query: Arc::new(other), weight: 1.0 });
    let report = loaded(settings(url.clone()), &both).await;
    assert!(report.requests.succeeded > 0 && report.requests.failed > 0, "{:?}", report.requests);
    assert_eq!(report.errors.keys().collect::<Vec<_>>(), ["wrong-answer-an-expected-text-is-missing"]);

    scenario.queries[0].query = expecting(&scenario, "never said");
    let report = loaded(settings(url), &scenario).await;
    assert_eq!(
        report.errors.into_iter().collect::<Vec<_>>(),
        [("wrong-answer-an-expected-text-is-missing".to_owned(), 40)]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_of_a_server_have_names() {
    let events = "id: 0\nevent: status\ndata: {\"schema\":1,\"seq\":0,\"at_us\":0,\"type\":\"status\",\"stage\":\"searching\"}\n\n";
    let garbage = format!("{events}id: 1\nevent: result\ndata: no json\n\n");
    let error = "data: {\"error\":{\"message\":\"out of memory\",\"type\":\"server_error\"}}\n\n".to_owned();
    let answering = |status, kind, body: &str| {
        Script::answering(response::complete(status, &[("content-type", kind)], body.as_bytes()))
    };
    let sse = |body: &str| answering(200, "text/event-stream", body);
    let json = |status| answering(status, "application/json", "{}");
    let cases = [
        (json(429), Api::Query, "rate-limited"),
        (json(503), Api::Query, "overloaded"),
        (json(500), Api::Query, "status-500"),
        (sse(events), Api::Query, "no-end"),
        (sse(&garbage), Api::Query, "protocol"),
        (sse(&error), Api::Chat, "server-error"),
        (sse("data: {\"choices\":[]}\n\ndata: [DONE]\n\n"), Api::Chat, "wrong-answer-no-text"),
    ];
    for (script, api, kind) in cases {
        let server = FaultServer::start(script).unwrap();
        let report = loaded(ServerSettings { api: Some(api), ..settings(server.url()) }, &small("")).await;
        assert_eq!(report.errors.into_iter().collect::<Vec<_>>(), [(kind.to_owned(), 40)], "{kind}");
    }
    // Nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let report = loaded(settings(format!("http://{free}")), &small("")).await;
    assert_eq!(report.errors.into_iter().collect::<Vec<_>>(), [("connection".to_owned(), 40)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_is_said_before_the_run() {
    let said = async |settings: ServerSettings, scenario: &Scenario| {
        HttpTarget::new(settings, scenario).await.unwrap_err().to_string()
    };
    let at = |url: &str| settings(url.to_owned());
    let faulty = small("[[target.faults]]\nname = \"rate-limited\"\nshare = \"10%\"\n");
    let expects = |text: &str| small(&format!("[[queries]]\nname = \"two\"\ntext = \"what\"\nexpect = {text}\n"));
    let chat = || at("http://127.0.0.1/v1/chat/completions");
    let get = || ServerSettings { api: Some(Api::Get), ..at("http://127.0.0.1/page") };
    let texts = [
        said(chat(), &expects("{ min_results = 1 }")).await,
        said(get(), &expects("{ contains = [\"x\"] }")).await,
        said(at("ftp://example.org"), &small("")).await,
        said(at("http://127.0.0.1/somewhere"), &small("")).await,
        said(at("http://user:secret@127.0.0.1/"), &small("")).await,
        said(at("http://127.0.0.1/"), &faulty).await,
    ];
    insta::assert_snapshot!(texts.join("\n"));
}
