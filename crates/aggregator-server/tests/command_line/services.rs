//! Questions to search services and models of the settings: servers of this machine that play what real ones sent.

use std::fs;

use aggregator_mocks::fault_server::catalog::{self, Service};
use aggregator_mocks::fault_server::{FaultServer, Script, response};
use aggregator_wire::{Event, EventKind};

use crate::world::{Ran, World};

const KEY: &str = "canary-77ac01";

/// A server that answers as a service does.
fn good(service: Service) -> FaultServer {
    FaultServer::start(Script::answering(catalog::good_response(service))).unwrap()
}

/// A server that plays a fault of a service.
fn faulty(service: Service, fault: &str) -> FaultServer {
    let entries = catalog::entries_of(service);
    let entry = entries.into_iter().find(|entry| entry.fault == fault).expect("it is in the table of faults");
    FaultServer::start(entry.script("http://127.0.0.2:9")).unwrap()
}

/// A user with an instance of SearXNG and a model behind chat completions.
struct User {
    world: World,
    searxng: FaultServer,
    openai: FaultServer,
}

impl User {
    /// Without pages: those that the servers name are on the web.
    fn new(searxng: FaultServer, openai: FaultServer) -> Self {
        Self::with_pages(searxng, openai, false)
    }

    fn with_pages(searxng: FaultServer, openai: FaultServer, read_pages: bool) -> Self {
        let user = Self { world: World::new(), searxng, openai };
        let settings = format!(
            "[search]\nread_pages = {read_pages}\n\n[search.searxng]\nbase = '{}'\n\n[models.gpt]\nservice = 'openai'\nmodel = 'gpt-5-mini'\nbase = '{}/v1'\n\
             key = '${{GPT_KEY}}'\nprice = {{ input = 0.25, output = 2.0 }}\n",
            user.searxng.url(),
            user.openai.url()
        );
        user.settings(&settings);
        user
    }

    fn settings(&self, text: &str) {
        fs::write(self.world.path("aggregator.toml"), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, KEY)
    }

    fn run_with(&self, arguments: &[&str], key: &str) -> Ran {
        let mut command = self.world.command(arguments);
        let output = command.env("GPT_KEY", key).output().unwrap();
        let mut ran = Ran::of(output, &self.world.path(""));
        for text in [&mut ran.out, &mut ran.err] {
            assert!(!text.contains(KEY), "{text}");
            *text = text.replace(&self.searxng.url(), "SEARXNG").replace(&self.openai.url(), "OPENAI");
        }
        ran
    }
}

#[test]
fn a_question_is_answered_by_the_services_of_the_settings() {
    let user = User::new(good(Service::Searxng), good(Service::OpenAi));
    let ran = user.run(&["ask", "how many inhabitants has Zürich?"]).ends(0);
    insta::assert_snapshot!("answered", ran.shown());
    let asked = user.searxng.requests();
    assert!(asked[0].target.starts_with("/search?q=how+many+inhabitants"), "{}", asked[0].target);
    let asked = user.openai.requests();
    assert_eq!((asked.len(), asked[0].target.as_str()), (1, "/v1/chat/completions"));
    assert_eq!(asked[0].header("authorization"), Some(&*format!("Bearer {KEY}")));

    // Of several models the settings choose one.
    let settings = fs::read_to_string(user.world.path("aggregator.toml")).unwrap();
    let two = format!("[answer]\nmodel = 'gpt'\n{settings}{}", "[models.other]\nservice = 'ollama'\nmodel = 'm'\n");
    user.settings(&two);
    assert_eq!(user.run(&["ask", "how many inhabitants has Zürich?"]).ends(0).out, ran.out);
    user.settings(&settings);
    let listed = user.run(&["search", "inhabitants of Zürich"]).ends(0);
    assert!(listed.out.contains("  1. ") && user.openai.requests().len() == 2, "{}", listed.shown());
    // The documents are asked beside the services, and alone if that is wanted.
    let both = user.run(&["ask", "--docs", "docs", "--model", "extractive", "how many files does a crossing carry?"]);
    assert!(both.ends(0).out.contains("4,096"));
    let requests = user.searxng.counts().requests;
    let offline = user.run(&["ask", "--offline", "--docs", "docs", "how many files does a crossing carry?"]).ends(0);
    assert!(offline.out.contains("4,096"));
    assert_eq!((user.searxng.counts().requests, user.openai.counts().requests), (requests, 2));
}

#[test]
fn what_a_service_did_not_give_is_said_below_what_there_is() {
    let user = User::new(good(Service::Searxng), faulty(Service::OpenAi, "error-in-text"));
    let cut = user.run(&["ask", "how many inhabitants has Zürich?"]).ends(4);
    insta::assert_snapshot!("model_failed", cut.shown());
    let user = User::new(faulty(Service::Searxng, "json-not-allowed"), good(Service::OpenAi));
    let ran = user.run(&["ask", "--docs", "docs", "--model", "extractive", "how many files does a crossing carry?"]);
    insta::assert_snapshot!("search_failed", ran.ends(0).shown());
    let alone = user.run(&["ask", "how many files does a crossing carry?"]).ends(4);
    insta::assert_snapshot!("all_failed", alone.shown());
}

#[test]
fn what_fails_for_a_moment_is_asked_again() {
    // Each the first time only.
    let once = |service: Service, fault: &'static str| {
        FaultServer::start_with(move |number, _| {
            let entries = catalog::entries_of(service);
            let entry = entries.into_iter().find(|entry| entry.fault == fault && number == 0);
            entry.map_or_else(|| Script::answering(catalog::good_response(service)), |entry| entry.script(""))
        })
        .unwrap()
    };
    let user = User::new(once(Service::Searxng, "503"), once(Service::OpenAi, "cut-after-head"));
    let ran = user.run(&["ask", "how many inhabitants has Zürich?"]).ends(0);
    assert!(ran.out.contains("443,037") && !ran.err.contains("503"), "{}", ran.shown());
    let retries: Vec<_> = ran.err.lines().filter(|line| line.contains("is asked again ")).collect();
    assert!(
        matches!(retries[..], [search, model] if search.starts_with("searxng: ") && model.starts_with("gpt: ")),
        "{}",
        ran.err
    );
    assert_eq!((user.searxng.counts().requests, user.openai.counts().requests), (2, 2));
    let user = User::new(faulty(Service::Searxng, "503"), good(Service::OpenAi));
    let mut command = user.world.command(&["ask", "how many inhabitants has Zürich?"]);
    command.env("GPT_KEY", KEY).env("AGGREGATOR_SERVICES_RETRIES", "0");
    assert_eq!(command.output().unwrap().status.code(), Some(4));
    assert_eq!(user.searxng.counts().requests, 1);
}

#[test]
fn check_asks_each_service_once_and_says_what_to_do() {
    let user = User::new(good(Service::Searxng), good(Service::OpenAi));
    insta::assert_snapshot!("check_well", user.run(&["check"]).ends(0).shown());
    assert_eq!((user.searxng.counts().requests, user.openai.counts().requests), (1, 1));
    assert!(!user.run(&["check", "--offline"]).ends(0).out.contains("models.gpt"));
    assert_eq!(user.openai.counts().requests, 1);
    let user = User::new(faulty(Service::Searxng, "json-not-allowed"), faulty(Service::OpenAi, "401-quoting"));
    insta::assert_snapshot!("check_refused", user.run(&["check"]).ends(4).shown());
    let user = User::new(faulty(Service::Searxng, "refuse"), faulty(Service::OpenAi, "redirect-307"));
    insta::assert_snapshot!("check_wrong_address", user.run(&["check"]).ends(4).shown());
    insta::assert_snapshot!("check_without_key", user.run_with(&["check"], "").ends(4).shown());
}

/// What `ask` and `serve` would refuse, and a store of limits that does not answer.
#[test]
fn check_finds_what_would_end_the_other_commands() {
    let user = User::new(good(Service::Searxng), good(Service::OpenAi));
    let searxng = format!("[search.searxng]\nbase = '{}'\n", user.searxng.url());
    // Nothing listens at the first port.
    let address = user.world.path("redis");
    fs::write(&address, "redis://127.0.0.1:1").unwrap();
    let redis = format!("[redis]\naddress = '${{file:{}}}'\n", address.display());
    for (settings, code, says) in [
        (format!("{searxng}[limits.serxng]\nrequests = 1\n"), 2, "[limits.serxng] is of no service"),
        (format!("[answer]\nmodel = 'other'\n{searxng}"), 2, "other"),
        (format!("{searxng}{redis}"), 4, "redis: "),
    ] {
        user.settings(&settings);
        let ran = user.run(&["check"]).ends(code);
        let line = ran.out.lines().chain(ran.err.lines()).find(|line| line.contains(says));
        assert!(line.is_some(), "{says}: {}", ran.shown());
    }
    user.settings(&searxng);
    user.run(&["check"]).ends(0);
}

#[test]
fn providers_are_listed_with_limits_and_prices() {
    let user = User::new(good(Service::Searxng), good(Service::OpenAi));
    fs::write(
        user.world.path("tavily.toml"),
        include_str!("../../../aggregator-providers/examples/tavily.toml").replace("TAVILY_API_KEY", "GPT_KEY"),
    )
    .unwrap();
    user.settings(
        "[search.brave]\nkey = '${GPT_KEY}'\ncountry = 'DE'\n\n[search.described.tavily]\nfile = 'tavily.toml'\n\n\
         [models.claude]\nservice = 'anthropic'\nmodel = 'claude-sonnet-4-5'\nmax_tokens = 900\n\
         price = { input = 3, output = 15 }\n\n[models.local]\nservice = 'ollama'\nmodel = 'qwen3:4b'\n\n\
         [limits.tavily]\nrequests = 100\nper_ms = 60_000\nburst = 5\n[limits.claude]\nrequests = 1\n",
    );
    let ran = user.run(&["providers"]).ends(2);
    insta::assert_snapshot!("providers", ran.shown());
    assert_eq!(user.searxng.counts().requests + user.openai.counts().requests, 0);
    user.settings("");
    insta::assert_snapshot!("no_providers", user.run(&["providers"]).ends(0).shown());
}

#[test]
fn what_is_wrong_with_the_settings_is_said_with_its_place() {
    let user = User::new(good(Service::Searxng), good(Service::OpenAi));
    let model = "[models.gpt]\nservice = 'openai'\nmodel = 'm'\n";
    let searxng = "[search.searxng]\nbase = 'http://127.0.0.1:9'\n";
    let mut errors = Vec::new();
    for (settings, arguments) in [
        ("[search.bing]\n".to_owned(), &["ask", "x"][..]),
        ("[search.brave]\nkey = 'canary-77ac01'\n".to_owned(), &["ask", "x"]),
        ("[search.brave]\n".to_owned(), &["ask", "x"]),
        ("[search.searxng]\nbase = 'localhost:8080'\n".to_owned(), &["ask", "x"]),
        ("[search.described.x]\nfile = 'none.toml'\n".to_owned(), &["ask", "x"]),
        (format!("{model}base = 'http://127.0.0.1:9'\n[limits.gtp]\nrequests = 1\n"), &["ask", "--docs", "docs", "x"]),
        ("[limits.brave]\nrequests = 0\n".to_owned(), &["ask", "x"]),
        ("[limits.brave]\nrequests = 1\nper_ms = 0\n".to_owned(), &["ask", "x"]),
        ("[services]\nbreaker_open_ms = 5\n".to_owned(), &["ask", "x"]),
        (format!("{searxng}[redis]\naddress = 'redis://:canary-77ac01@127.0.0.1'\n"), &["ask", "x"]),
        (format!("{searxng}[redis]\naddress = '${{NO_SUCH}}'\n"), &["ask", "x"]),
        (format!("{searxng}[redis]\naddress = '${{GPT_KEY}}'\n"), &["ask", "x"]),
        ("[server]\nlisten = '0.0.0.0'\n".to_owned(), &["serve"]),
        ("[server]\nrunning = 0\n".to_owned(), &["serve"]),
        ("[models.extractive]\nservice = 'ollama'\nmodel = 'm'\n".to_owned(), &["ask", "--docs", "docs", "x"]),
        ("[server]\nlisten = '0.0.0.0:0'\n".to_owned(), &["serve", "--docs", "docs"]),
        ("[server]\nkeys = [{ name = 'a', key = '${NO_SUCH}' }]\n".to_owned(), &["serve", "--docs", "docs"]),
        ("[models.gpt]\nservice = 'gemini'\nmodel = 'm'\n".to_owned(), &["ask", "x"]),
        (format!("{model}context_tokens = 3\n"), &["ask", "--docs", "docs", "x"]),
        (
            format!("{model}price = {{ input = -1, output = 2 }}\nkey = '${{GPT_KEY}}'\n"),
            &["ask", "--docs", "docs", "x"],
        ),
        (format!("{model}base = 'http://example.org'\nkey = '${{GPT_KEY}}'\n"), &["ask", "--docs", "docs", "x"]),
        (format!("[answer]\nmodel = 'other'\n{model}"), &["ask", "--docs", "docs", "x"]),
        (format!("{model}{}", model.replace("gpt", "claude")), &["ask", "--docs", "docs", "x"]),
        (model.to_owned(), &["ask", "--docs", "docs", "--model", "claude", "x"]),
        (model.to_owned(), &["ask", "--docs", "docs", "--offline", "--model", "gpt", "x"]),
        (String::new(), &["ask", "--docs", "docs", "--model", "gpt", "x"]),
        (String::new(), &["ask", "x"]),
    ] {
        user.settings(&settings);
        // Before it there may be what was indexed.
        let ran = user.run(arguments).ends(2);
        errors.push(ran.err.lines().filter(|line| !line.contains("passages:")).collect::<Vec<_>>().join("\n"));
    }
    insta::assert_snapshot!("settings_errors", errors.join("\n"));
}

/// The addresses that this instance of SearXNG finds are on this machine, so none of them is asked.
#[test]
fn pages_in_private_networks_are_not_read() {
    let page = FaultServer::start(Script::reading()).unwrap();
    let results = format!(
        r#"{{"results":[{{"url":"{0}/a","title":"A page","content":"The tide turns every six hours."}},
            {{"url":"http://[::ffff:127.0.0.1]/b","title":"Another","content":"Tides."}}]}}"#,
        page.url()
    );
    let head =
        response::head(200, &[("Content-Type", "application/json"), ("Content-Length", &results.len().to_string())]);
    let searxng = FaultServer::start(Script::answering([&head[..], results.as_bytes()].concat())).unwrap();
    let user = User::with_pages(searxng, good(Service::OpenAi), true);
    let ran = user.run(&["ask", "--json", "--model", "extractive", "when does the tide turn?"]).ends(0);
    let events: Vec<Event> = ran.out.lines().map(|line| Event::from_json_line(line).unwrap()).collect();
    let read =
        events.iter().filter_map(|event| if let EventKind::PageRead(page) = &event.kind { Some(page) } else { None });
    let why: Vec<_> = read.map(|page| format!("{:?}", page.outcome)).collect();
    assert_eq!(why.len(), 2, "{}", ran.out);
    // A port that no page has, and an address of this machine.
    assert!(why.iter().any(|why| why.contains("port")) && why.iter().any(|why| why.contains("private")), "{why:?}");
    assert_eq!(page.counts().accepted, 0);
    user.settings(&format!("[search]\nread_pages = false\n[search.searxng]\nbase = '{}'\n", user.searxng.url()));
    let ran = user.run(&["ask", "--json", "when does the tide turn?"]).ends(0);
    assert!(!ran.out.contains("page_read"), "{}", ran.out);
}

const QUESTION: &str = r#"{"id": 7, "query": "When does the harbour of Velm close?", "answer": [["21:30", "half past nine"]], "positive": ["The harbour of Velm closes at 21:30.", "On Sundays, too, the harbour of Velm closes at 21:30."], "negative": ["The harbour of Orra closes early.", "The museum of Velm closes at 17:00.", "Velm has a harbour and a castle.", "Ships sound their horns.", "Boats need a permit."]}
"#;

/// A model that answers questions from passages well, and judges answers.
#[test]
fn a_model_of_the_settings_is_measured_and_judges() {
    let says = |text: &str| {
        let events = format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n\
             data: {{\"choices\":[{{\"index\":0,\"delta\":{{}},\"finish_reason\":\"stop\"}}]}}\n\ndata: [DONE]\n\n"
        );
        Script::answering(response::complete(200, &[("Content-Type", "text/event-stream")], events.as_bytes()))
    };
    let model = FaultServer::start_with(move |_, request| {
        let body = String::from_utf8_lossy(&request.body);
        match (body.contains("You check answers"), body.contains("harbour of Velm closes at 21:30")) {
            (true, _) => says("RIGHT"),
            (false, true) => says("It closes at 21:30 [1]."),
            (false, false) => says("The passages do not say."),
        }
    });
    let user = User::new(good(Service::Searxng), model.unwrap());
    fs::write(user.world.path("rgb.json"), QUESTION).unwrap();
    let eval = |options: &[&str]| user.run(&[&["eval", "--dataset", "rgb.json"], options].concat());
    let row = |ran: &Ran, name: &str| ran.out.lines().find(|line| line.contains(name)).map(str::to_owned);
    let ran = eval(&["--model", "gpt", "--judge", "gpt"]).ends(0);
    for name in ["answer/noise-0 ", "judge/answered", "judge/agreement"] {
        assert!(row(&ran, name).is_some_and(|row| row.contains("1.000")), "{name}: {}", ran.shown());
    }
    // The limit of the model is kept, and a model that fails is wrong and ends nothing.
    let failing = User::new(good(Service::Searxng), faulty(Service::OpenAi, "refuse"));
    fs::write(failing.world.path("rgb.json"), QUESTION).unwrap();
    let ran = failing.run(&["eval", "--dataset", "rgb.json", "--model", "gpt", "--judge", "gpt"]).ends(4);
    assert!(row(&ran, "answer/noise-0 ").is_some_and(|row| row.contains("0.000")), "{}", ran.shown());
    assert!(ran.err.contains("6 of 6 answers failed") && row(&ran, "adherence").is_none(), "{}", ran.shown());
    let mut errors = Vec::new();
    for options in [
        &["--model", "gtp"][..],
        &["--judge", "gpt"],
        &["--model", "gpt", "--model-command", "cat"],
        &["--model", "extractive"],
    ] {
        errors.push(eval(options).ends(2).err);
    }
    insta::assert_snapshot!("eval_errors", errors.concat());
}

/// `aggregator config` prints what can be read again.
#[test]
fn the_sections_of_services_are_printed_and_read_back() {
    let user = User::new(good(Service::Searxng), good(Service::OpenAi));
    let shown = user.world.run(&["config"]).ends(0).out.replace("DIR/", user.world.path("").to_str().unwrap());
    assert!(shown.contains("[models.gpt]") && shown.contains("key = \"${GPT_KEY}\""), "{shown}");
    user.settings(&shown);
    user.run(&["ask", "how many inhabitants has Zürich?"]).ends(0);
}
