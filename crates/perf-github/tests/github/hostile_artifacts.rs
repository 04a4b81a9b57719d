//! Artifacts of a change that means harm: none is read beyond its limits, and no text of one is shown.

use crate::stand_in::archives::{self, blocks, zip};
use crate::stand_in::program::{child, comment, limits};
use crate::stand_in::{StandIn, Storage, TOKEN, artifact, event};
use perf_github::check::CheckConclusion;
use perf_github::client::Client;
use perf_github::comment::Done;
use perf_github::token::Token;
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};
use serde_json::{Value, json};

/// The reason of a check without a verdict, for the artifact with these bytes.
#[track_caller]
fn refusal(archive: Vec<u8>) -> String {
    let server = StandIn::start(archive);
    match comment(&server, &event("failure")).unwrap() {
        Done::Shown { check: CheckConclusion::Neutral, .. } => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(server.own_comments(), [""; 0]);
    let state = server.state();
    state.checks[0]["output"]["summary"].as_str().unwrap().to_owned()
}

#[test]
fn an_artifact_of_two_gibibytes_is_not_downloaded() {
    let server = StandIn::start(archives::of(&archives::green()));
    server.state().artifacts = vec![artifact(5, 2 << 30)];
    let done = comment(&server, &event("success")).unwrap();
    assert!(matches!(done, Done::Shown { check: CheckConclusion::Neutral, .. }), "{done:?}");
    assert!(!server.was_asked("GET /blob"));
}

#[test]
fn a_download_ends_at_its_limit_whatever_was_stated() {
    for storage in [Storage::Length(2 << 30, vec![0; 64]), Storage::Endless, Storage::Bytes(vec![0; (2 << 20) + 1])] {
        let server = StandIn::start(Vec::new());
        server.state().storage = storage.clone();
        let error = comment(&server, &event("success")).unwrap_err().to_string();
        assert!(error.contains("larger than 2097152 bytes"), "{error}");
        assert_eq!(server.state().checks.len(), 0);
    }
    // Less than stated is a lost connection, which is tried again and then told.
    let server = StandIn::start(Vec::new());
    server.state().storage = Storage::Length(1_000, vec![0; 64]);
    let error = comment(&server, &event("success")).unwrap_err().to_string();
    assert!(error.contains("the network is at fault"), "{error}");
    assert_eq!(server.state().requests.iter().filter(|request| request.to_storage).count(), 4);
}

#[test]
fn a_redirect_leads_to_https_and_not_in_circles() {
    let server = StandIn::start(Vec::new());
    for to in ["http://storage.example/blob", "ftp://127.0.0.1/", "/blob", "file:///etc/passwd", "javascript:x"] {
        server.state().storage = Storage::Redirect(to.to_owned());
        let error = comment(&server, &event("success")).unwrap_err().to_string();
        assert!(error.contains("redirects to an address that is not https") && !error.contains(to), "{error}");
    }
    let circle = format!("http://{}/blob", server.storage);
    server.state().storage = Storage::Redirect(circle);
    let error = comment(&server, &event("success")).unwrap_err().to_string();
    assert!(error.contains("more than 3 times"), "{error}");
}

#[test]
fn a_token_is_sent_to_https_only() {
    for bad in ["http://api.example", "ftp://127.0.0.1", "api.github.com", "https://user:secret@api.example", ""] {
        let client = Client::new(bad, Token::new(TOKEN).unwrap(), limits());
        assert!(client.is_err_and(|error| !error.to_string().contains("secret@")), "{bad}");
    }
    for good in ["https://api.github.com", "http://127.0.0.1:1", "http://[::1]:1/", "http://localhost:1"] {
        assert!(Client::new(good, Token::new(TOKEN).unwrap(), limits()).is_ok(), "{good}");
    }
    assert!(!format!("{:?}", Client::new("https://x.y", Token::new(TOKEN).unwrap(), limits())).contains(TOKEN));
    for bad in ["", " ", "a b", "a\nb", "é"] {
        assert!(Token::new(bad).is_none(), "{bad:?}");
    }
}

#[test]
fn an_archive_that_grows_without_end_is_refused() {
    let bomb = zip(&[("summary.json", &vec![b' '; 64 << 20])]);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    assert!(refusal(bomb.clone()).contains("is larger than 1048576 bytes"));
    // The size that the archive states, in both of its headers, is a lie.
    let size = (64_u32 << 20).to_le_bytes();
    let mut lie = bomb;
    let places: Vec<usize> = (0..lie.len() - 4).filter(|&at| lie[at..at + 4] == size).collect();
    assert!(!places.is_empty());
    for at in places {
        lie[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    let refusal = refusal(lie);
    assert!(refusal.contains("is larger than") || refusal.contains("cannot be read"), "{refusal}");
}

#[test]
fn names_that_leave_the_folder_mean_nothing() {
    let red = archives::red().to_string();
    for name in [
        "../summary.json",
        "/summary.json",
        "./summary.json",
        "a/../summary.json",
        "..\\summary.json",
        "C:\\summary.json",
        "dir/summary.json",
        "SUMMARY.JSON",
        "summary.json/",
        "summary.json\0.txt",
        "\u{202e}summary.json",
    ] {
        let shown = refusal(zip(&[(name, red.as_bytes())]));
        assert!(shown.contains("has no entry `summary.json`"), "{name:?}: {shown}");
    }
    // Beside the summary they are not read, and nothing is written.
    let server = StandIn::start(zip(&[
        ("../../evil.sh", b"#!/bin/sh"),
        ("summary.json", red.as_bytes()),
        ("/etc/passwd", b"root"),
    ]));
    let done = comment(&server, &event("failure")).unwrap();
    assert!(matches!(done, Done::Shown { check: CheckConclusion::Failure, .. }), "{done:?}");
}

#[test]
fn what_is_no_archive_or_too_many_files_is_refused() {
    for bytes in
        [Vec::new(), b"PK".to_vec(), vec![0; 10_000], b"<html>".to_vec(), archives::red().to_string().into_bytes()]
    {
        assert!(refusal(bytes).contains("its archive cannot be read"));
    }
    let whole = archives::of(&archives::red());
    for cut in [whole.len() / 2, whole.len() - 1] {
        assert!(refusal(whole[..cut].to_vec()).contains("its archive cannot be read"), "{cut}");
    }
    let names: Vec<String> = (0..11).map(|n| format!("{n}")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    assert!(refusal(zip(&entries)).contains("has 11 entries"));
}

#[test]
fn numbers_that_are_none_are_refused() {
    let red = archives::red().to_string();
    for (from, to) in [
        ("\"head\":62", "\"head\":NaN"),
        ("\"head\":62", "\"head\":1e999"),
        ("\"head\":62", "\"head\":-5"),
        ("\"mde_percent\":6.5", "\"mde_percent\":NaN"),
        ("\"mde_percent\":6.5", "\"mde_percent\":1e999"),
        ("\"mde_percent\":6.5", "\"mde_percent\":1e300"),
        ("\"median_percent\":2.8", "\"median_percent\":Infinity"),
        ("\"rules_loosened\":2", "\"rules_loosened\":1e999"),
    ] {
        assert!(red.contains(from), "{from}");
        let shown = refusal(zip(&[("summary.json", red.replacen(from, to, 1).as_bytes())]));
        assert!(shown.contains("it is not the JSON of a summary (line 1, column "), "{to}: {shown}");
    }
}

/// Texts that mean something to Markdown, HTML, GitHub, a shell, a terminal or the log of a workflow.
const INJECTIONS: [&str; 16] = [
    "[evil](https://evil.example)",
    "![evil](https://evil.example/x.png)",
    "<img src=https://evil.example>",
    "</sub></details><h1>evil",
    "@evil-team",
    "evil | evil | evil",
    "`evil`",
    "evil\n\n# evil",
    "https://evil.example",
    "www.evil.example",
    "evil#1",
    "$(evil)",
    "'; evil; '",
    "\u{202e}evil\u{1b}[2J",
    "::error::evil",
    "<!-- perf-gate -->evil",
];

/// Every place of a summary that has a text, except the names of fields.
fn texts(json: &Value, at: String, out: &mut Vec<String>) {
    match json {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| texts(value, format!("{at}/{name}"), out)),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| texts(item, format!("{at}/{n}"), out)),
        Value::String(_) => out.push(at),
        _ => {}
    }
}

#[test]
fn a_text_that_means_something_is_refused_in_every_place() {
    let red = archives::red();
    let mut places = Vec::new();
    texts(&red, String::new(), &mut places);
    assert!(places.len() > 30, "{places:?}");
    // The reader is the same in every place, so each place has some of the texts.
    for (n, place) in places.iter().enumerate() {
        for injection in INJECTIONS.iter().skip(n % 4).step_by(4) {
            let mut json = red.clone();
            *json.pointer_mut(place).unwrap() = json!(injection);
            let shown = refusal(archives::of(&json));
            assert!(!shown.contains("evil"), "{place}: {shown}");
        }
    }
    let names = INJECTIONS.map(|injection| {
        let mut json = red.clone();
        json[injection] = json!(1);
        refusal(archives::of(&json))
    });
    assert!(names.iter().all(|shown| !shown.contains("evil")), "{names:?}");
}

#[test]
fn the_log_shows_no_text_of_the_artifact_either() {
    let mut json = archives::red();
    json["rows"][0]["case"] = json!("::error::evil");
    json["##[evil]"] = json!("evil");
    let server = StandIn::start(archives::of(&json));
    let output = child(&server, &event("failure"));
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("the summary is not as the gate writes it") && !text.contains("evil"), "{text}");
}

/// The names that the grammar allows are as near to markup as they come.
#[test]
fn names_of_the_grammar_are_no_markup() {
    let mut json = archives::red();
    let nearest = ["www.evil.com/a/b", "0/1/2", "gh-1/a/b", "1.-a/b-/c.", "a--b/--c/1"];
    let nearest = nearest.map(|name| name.replace("/--", "/x--"));
    json["rows"] = nearest.iter().map(|name| blocks(name, 1, 2, "REGRESSED")).collect();
    json["rows"][0]["harness"] = json!("GH-1");
    json["rows"][1]["metric"] = json!("a-");
    json["harnesses"][0]["package"] = json!("__init__");
    json["verdicts"] = json!({ "REGRESSED": 5 });
    let server = StandIn::start(archives::of(&json));
    comment(&server, &event("failure")).unwrap();
    let [body] = server.own_comments().try_into().unwrap();
    let mut links = Vec::new();
    let mut html = Vec::new();
    let mut plain = String::new();
    let mut in_code = false;
    for event in Parser::new_ext(&body, Options::all()) {
        match event {
            Event::Start(Tag::Link { link_type, dest_url, .. }) => links.push((link_type, dest_url.to_string())),
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => in_code = false,
            Event::Html(text) | Event::InlineHtml(text) => html.push(text.trim().to_owned()),
            Event::Text(text) if !in_code => plain.push_str(&text),
            Event::Start(tag @ (Tag::Image { .. } | Tag::FootnoteDefinition(_))) => panic!("{tag:?}"),
            _ => {}
        }
    }
    assert_eq!(links, [(LinkType::Inline, "https://github.example/octo/perf/actions/runs/99".to_owned())]);
    let own = [
        "<!-- perf-gate -->",
        "<!-- perf-gate run 42.1 -->",
        "<details><summary>Reproduce</summary>",
        "</details>",
        "<sub>",
        "</sub>",
    ];
    assert_eq!(html, own);
    for sign in ["@", "www", "GH-1", "gh-1", "evil", "#"] {
        assert!(!plain.contains(sign), "{sign}: {plain}");
    }
}
