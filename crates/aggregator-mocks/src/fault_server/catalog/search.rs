//! Bodies of searches that are JSON, and odd.

use super::super::response::complete;
use super::super::script::Script;
use super::answer::{Answer, HITS, around_results, search_body};
use super::entry::{Entry, Service};
use super::outcome::ExpectedOutcome::{Auth, ContentType, Hits, InvalidResponse, Request, ServiceError, TooLarge};

pub(super) fn entries(answer: &Answer) -> Vec<Entry> {
    let service = answer.service;
    let entry = |fault, does, body: &[u8]| Entry::new(service, fault, does, Script::answering(answer.with_body(body)));
    let results = |json: &str| around_results(service, json);
    let good = answer.body();
    let hit = |url: &str| format!(r#""title":"a","url":{url}"#);
    let without_url = [hit(r#""https://example.org/alder""#), r#""title":"b""#.to_owned(), hit("null")];
    let strange_urls = ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//no-scheme", "http://"];
    let strange_urls = strange_urls.map(|url| hit(&format!("\"{url}\"")));
    let many: Vec<_> = (0..500).map(|number| hit(&format!(r#""https://example.org/{number}""#))).collect();
    let nested = ["[".repeat(100_000), "]".repeat(100_000)].concat();
    let content_type = answer.content_type;
    let mut all = vec![
        entry("nothing-found", "an empty list", &results("[]")).expect(Hits(0)),
        entry("results-null", "null instead of the list", &results("null")).or(Hits(0)),
        entry("results-no-list", "an object instead of the list", &results(r#"{"0":{}}"#)),
        entry("results-of-numbers", "a list of numbers", &results("[1,2,3]")).or(Hits(0)),
        entry("root-no-object", "a list instead of the object", b"[]"),
        entry(
            "fields-of-other-types",
            "titles and texts that are numbers, lists and null",
            &results(concat!(
                r#"[{"url":"https://example.org/alder","title":1,"content":[],"description":{},"engines":"x","#,
                r#""score":"high"}]"#,
            )),
        )
        .expect(Hits(1))
        .or(InvalidResponse),
        entry("hits-without-url", "of three hits, one has a URL", &search_body(service, &without_url))
            .expect(Hits(1))
            .or(InvalidResponse),
        entry("hits-of-strange-urls", "URLs that no reader should follow", &search_body(service, &strange_urls))
            .expect(Hits(0))
            .or(Hits(strange_urls.len())),
        entry("500-hits", "500 hits, however many were asked for", &search_body(service, &many))
            .expect(Hits(many.len())),
        entry("deep", "100,000 lists in each other", &results(&nested)),
        entry(
            "number-overflow",
            "a score that no number has room for",
            &results(r#"[{"url":"https://example.org/alder","title":"a","score":1e999}]"#),
        )
        .or(Hits(1)),
        entry(
            "lone-surrogate",
            "half of a character, escaped",
            &results(r#"[{"url":"https://example.org/alder","title":"\ud83e"}]"#),
        )
        .or(Hits(1)),
        entry(
            "duplicate-keys",
            "each key twice",
            &results(r#"[{"url":"https://example.org/a","url":"https://example.org/b","title":"a","title":"b"}]"#),
        )
        .or(Hits(1)),
        entry("text-behind", "something behind the end of the JSON", &[&*good, b"}"].concat()).or(Hits(HITS)),
        entry("space-behind", "spaces and line feeds behind the end of the JSON", &[&*good, b" \r\n\n"].concat())
            .expect(Hits(HITS)),
        Entry::made(service, "title-of-5-mib", "a title of 5 MiB", move |_| {
            let title = "a".repeat(5 << 20);
            let hit = format!(r#""title":"{title}","url":"https://example.org/alder""#);
            Script::answering(complete(200, &[("Content-Type", content_type)], &search_body(service, &[hit])))
        })
        .expect(TooLarge),
    ];
    match service {
        Service::Brave => {
            all.push(
                entry("no-web", "nothing but the type, as for a query that finds nothing", br#"{"type":"search"}"#)
                    .expect(Hits(0)),
            );
            let error = concat!(
                r#"{"type":"ErrorResponse","error":{"id":"e1","status":500,"code":"INTERNAL","#,
                r#""detail":"failed"},"time":1}"#,
            )
            .as_bytes();
            all.push(
                entry("error-with-200", "an error with status 200", error).expect(ServiceError).or(InvalidResponse),
            );
        }
        _ => {
            let unresponsive = concat!(
                r#"{"query":"trees","results":[],"answers":[],"corrections":[],"infoboxes":[],"suggestions":[],"#,
                r#""unresponsive_engines":[["local","timeout"],["brave","HTTP error"]]}"#,
            )
            .as_bytes();
            all.push(
                entry("engines-unresponsive", "no results, because no engine answered", unresponsive)
                    .expect(Hits(0))
                    .or(ServiceError),
            );
            let forbidden = complete(403, &[("Content-Type", "text/html; charset=utf-8")], b"<h1>403 Forbidden</h1>");
            all.push(
                Entry::new(
                    service,
                    "json-not-allowed",
                    "the instance does not answer in JSON",
                    Script::answering(forbidden),
                )
                .status(403)
                .expect(Auth)
                .or(Request),
            );
            let page = complete(200, &[("Content-Type", "text/html; charset=utf-8")], b"<html>results</html>");
            all.push(
                Entry::new(service, "json-ignored", "the instance answers with its page", Script::answering(page))
                    .expect(ContentType),
            );
            all.push(
                entry("recorded", "bytes of a real instance with an offline engine", RECORDED)
                    .expect(Hits(RECORDED_HITS)),
            );
        }
    }
    all
}

/// The body of searx behind Werkzeug 2.2.2, recorded on 2026-11-28.
const RECORDED: &[u8] = include_bytes!("recorded/searx.json");
const RECORDED_HITS: usize = 6;
