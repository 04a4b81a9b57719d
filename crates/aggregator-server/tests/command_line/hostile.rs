//! Texts of strangers on a terminal: what services find, say and write, what is in documents and their names, and what is in settings.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::process::Command;

use aggregator_core::event::{CleanText, is_unsafe_char};
use aggregator_mocks::fault_server::catalog::{self, Service};
use aggregator_mocks::fault_server::{FaultServer, Script, response};
use aggregator_mocks::hostile::{HostileText, texts};
use serde_json::json;

use crate::world::World;

/// What was printed as to a terminal: with the styles of the program itself, which are taken out again.
#[derive(Debug)]
struct Printed {
    out: String,
    err: String,
}

/// Runs the program as if its output were a terminal's, and checks that nothing is in it that a terminal obeys.
#[track_caller]
fn printed(mut command: Command) -> Printed {
    let output = command.env("CLICOLOR_FORCE", "1").output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| {
        let text = String::from_utf8(bytes).expect("UTF-8");
        // Bold, dim, and the end of both; in a text of a stranger none of them stands alone.
        let plain = ["\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m"].iter().fold(text, |text, style| text.replace(style, ""));
        let joins = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
        let unsafe_line = plain.lines().find(|line| line.chars().any(|c| is_unsafe_char(c) && c != '\t' && !joins(c)));
        assert_eq!(unsafe_line, None);
        plain
    });
    assert!(!err.contains("panicked"), "{err}");
    Printed { out, err }
}

fn json_response(status: u16, body: &str) -> Script {
    let head =
        response::head(status, &[("Content-Type", "application/json"), ("Content-Length", &body.len().to_string())]);
    Script::answering([&head[..], body.as_bytes()].concat())
}

/// A number that a request asks about.
fn number_in(target: &str) -> usize {
    target.rsplit_once("/n").and_then(|(_, rest)| rest.split(['?', '/', ' ']).next()?.parse().ok()).expect(target)
}

#[test]
fn what_services_find_and_a_model_writes() {
    let world = World::new();
    let texts = texts();
    let results = texts.iter().enumerate().map(|(number, HostileText { text, .. })| {
        json!({"url": format!("https://a.example/{number}"), "title": text, "content": text})
    });
    let results = json!({"results": results.collect::<Vec<_>>()}).to_string();
    let searxng = FaultServer::start_with(move |_, _| json_response(200, &results)).unwrap();
    let pieces = texts.iter().map(|HostileText { text, .. }| {
        let chunk = json!({"choices": [{"index": 0, "delta": {"content": format!("{text} [1]\n")}}]});
        format!("data: {chunk}\n\n")
    });
    let answer = pieces.collect::<String>()
        + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let head = response::head(200, &[("Content-Type", "text/event-stream")]);
    let openai = FaultServer::start(Script::answering([&head[..], answer.as_bytes()].concat())).unwrap();
    let settings = format!(
        "[search]\nread_pages = false\n[search.searxng]\nbase = '{}'\n[models.gpt]\nservice = 'openai'\nmodel = 'm'\nbase = '{}/v1'\n\
         [engine]\nmax_hits = 1000\nmax_sources = 1000\nmax_answer_bytes = 10000000\n",
        searxng.url(),
        openai.url()
    );
    fs::write(world.path("aggregator.toml"), settings).unwrap();
    let listed = printed(world.command(&["search", "--limit", "1000", "tides"])).out;
    let answered = printed(world.command(&["ask", "tides"])).out;
    let events = printed(world.command(&["ask", "--json", "tides"])).out;
    let last: serde_json::Value = serde_json::from_str(events.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "done", "{last:.300}");
    let (mut titles, mut said) = (0, 0);
    for HostileText { text, .. } in &texts {
        let (line, block) = (CleanText::single_line(&**text), CleanText::multi_line(&**text));
        // What a service puts around a title is no part of it.
        let title = line[..line.floor_char_boundary(500)].trim();
        titles += usize::from(listed.contains(title));
        said += usize::from(answered.contains(block.as_str()));
    }
    assert_eq!(titles, texts.len(), "each is shown as a text");
    // But those whose citations are of nothing.
    assert!(said >= texts.len() - 30, "{said} of {}", texts.len());
}

/// A search service that a file describes, at an address of its own.
fn described(address: &str, number: usize) -> String {
    format!(
        "name = \"n{number}\"\nurl = \"{address}/n{number}?q={{query}}\"\nmax_hits = 5\n\n[fields]\n\
         hits = \"/results\"\nurl = \"/url\"\ntitle = \"/title\"\nsnippet = [\"/content\"]\nerror = \"/error\"\n"
    )
}

#[test]
fn what_services_say_of_their_failures() {
    let world = World::new();
    let texts: Vec<String> = texts().into_iter().map(|text| text.text).collect();
    let said = texts.clone();
    let server = FaultServer::start_with(move |_, request| {
        json_response(500, &json!({"error": said[number_in(&request.target)], "results": []}).to_string())
    })
    .unwrap();
    let mut sections = toml::Table::new();
    for (number, text) in texts.iter().enumerate() {
        let file = format!("n{number}.toml");
        fs::write(world.path(&file), described(&server.url(), number)).unwrap();
        sections.insert(format!("{number} {text}"), toml::Table::from_iter([("file".to_owned(), file.into())]).into());
    }
    let write = |described: toml::Table| {
        let search = toml::Table::from_iter([
            ("read_pages".to_owned(), false.into()),
            ("described".to_owned(), described.into()),
        ]);
        let all = toml::Table::from_iter([("search".to_owned(), search.into())]);
        fs::write(world.path("aggregator.toml"), format!("[services]\nretries = 0\n{all}")).unwrap();
    };
    write(sections.clone());
    let checked = printed(world.command(&["check"])).out;
    assert!(checked.lines().count() >= texts.len(), "{checked}");
    assert!(checked.contains("<script>alert(1)</script>"), "{checked}");
    printed(world.command(&["providers"]));
    // As many as an engine takes.
    for part in [0, 4] {
        let some = sections.iter().skip(part).step_by(9).take(60).map(|(name, file)| (name.clone(), file.clone()));
        write(some.collect());
        printed(world.command(&["ask", "tides"]));
    }
}

/// Names of files may have every character but two.
fn as_file_name(number: usize, text: &str) -> String {
    let mut name = format!("{number} {}", text.replace(['/', '\0'], "_"));
    name.truncate(name.floor_char_boundary(200));
    name
}

#[test]
fn documents_and_their_names() {
    let world = World::new();
    for (number, HostileText { text, .. }) in texts().iter().enumerate() {
        // Every other text, in three forms.
        let (1, number) = (number % 2, number / 2) else { continue };
        let name = as_file_name(number, text);
        let path = world.path("docs").join(match number % 3 {
            0 => format!("{name}.md"),
            1 => format!("{name}.txt"),
            // A kind that is not read.
            _ => name,
        });
        let written =
            format!("# Tide {text}\n\nThe tide turns every six hours, says {text}\n\n## {text}\n\nTides of {text}.\n");
        // Some are longer than what is read.
        fs::write(path, if number % 6 == 0 { written.repeat(200) } else { written }).unwrap();
    }
    fs::write(world.path("aggregator.toml"), "[documents]\nmax_file_bytes = 20000\n").unwrap();
    let indexed = printed(world.command(&["index", "--all", "--docs", "docs"]));
    assert!(indexed.err.lines().count() > 30, "{indexed:?}");
    let found = printed(world.command(&["search", "--docs", "docs", "--limit", "500", "tide"]));
    assert!(found.out.lines().count() > 100, "{}", found.out);
    printed(world.command(&["ask", "--docs", "docs", "when does the tide turn?"]));
    printed(world.command(&["ask", "--json", "--docs", "docs", "when does the tide turn?"]));
}

/// What a folder has in its settings may be a stranger's, and so may a command that somebody was told to run.
#[test]
fn settings_and_arguments() {
    let world = World::new();
    // Of each kind one text with characters that matter, on one line and on several.
    let mut of_kinds: BTreeMap<String, String> = BTreeMap::new();
    for HostileText { kind, text, .. } in texts() {
        if text.chars().any(is_unsafe_char) && !text.contains('\0') && text.len() < 400 {
            of_kinds.entry(kind).or_insert(text);
        }
    }
    assert!(of_kinds.len() >= 6, "{:?}", of_kinds.keys());
    let lines = of_kinds.values().map(String::as_str).collect::<Vec<_>>().join(" ");
    for text in [lines.replace('\n', " "), lines] {
        let quoted = toml::Value::String(text.clone()).to_string();
        let settings = [
            format!("[answer]\nmodel = {quoted}\n"),
            format!("[{quoted}]\nx = 1\n"),
            format!("[engine]\n{quoted} = 1\n"),
            format!("[documents]\nfolders = [{quoted}]\nmax_file_bytes = {quoted}\n"),
            format!("[models.{quoted}]\nservice = {quoted}\nmodel = 'm'\n"),
            format!("[search.searxng]\nbase = {quoted}\n"),
            format!(
                "[models.{quoted}]\nservice = 'ollama'\nmodel = {quoted}\nbase = 'http://127.0.0.1:1'\n[limits.{quoted}]\nrequests = 1\n"
            ),
            format!("x = {text}\n"),
        ];
        for (at, settings) in settings.iter().enumerate() {
            fs::write(world.path("aggregator.toml"), settings).unwrap();
            let command = ["ask", "config", "check", "providers"][at % 4];
            let arguments = if command == "ask" { &["ask", "--docs", "docs", "q"][..] } else { &[command] };
            printed(world.command(arguments));
        }
        fs::remove_file(world.path("aggregator.toml")).unwrap();
        let text = OsString::from(text);
        for (before, after) in [
            (&["ask", "--docs", "docs", "--model"][..], &["q"][..]),
            (&["ask", "--docs"], &["q"]),
            (&["ask", "--docs", "docs", "--deadline"], &["q"]),
            (&["--config"], &["config"]),
            (&["serve", "--listen"], &[]),
            (&[], &[]),
        ] {
            let mut command = world.command(before);
            command.arg(&text).args(after);
            printed(command);
        }
        printed(world.command(&["ask", &format!("--{}", text.to_string_lossy())]));
    }
    // What a model says when it refuses a key, and what there is beside it.
    let refused = catalog::entries_of(Service::OpenAi).into_iter().find(|entry| entry.fault == "401-quoting").unwrap();
    let server = FaultServer::start(refused.script("")).unwrap();
    let settings = format!("[models.\"\u{202e}m\"]\nservice = 'openai'\nmodel = 'm'\nbase = '{}'\n", server.url());
    fs::write(world.path("aggregator.toml"), settings).unwrap();
    printed(world.command(&["ask", "--docs", "docs", "when does the tide turn?"]));
}
