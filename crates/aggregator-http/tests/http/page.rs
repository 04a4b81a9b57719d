//! The page: how it is served, and what must not be in it. What it does is tested in a browser, by `browser/run`.

use std::collections::BTreeSet;

use aggregator_http::{ClientKey, Service, Settings};

use crate::client::*;

const PATHS: [(&str, &str); 3] = [
    ("/", "text/html; charset=utf-8"),
    ("/page.css", "text/css; charset=utf-8"),
    ("/page.js", "text/javascript; charset=utf-8"),
];

fn with_a_key() -> Service {
    let mut settings = Settings::default();
    settings.keys = vec![ClientKey::new("one", "key-1")];
    service_with(settings, |gateway| gateway).0
}

#[tokio::test(start_paused = true)]
async fn the_page_needs_no_key_and_may_load_only_itself() {
    let service = with_a_key();
    for (path, kind) in PATHS {
        let response = get(&service, path).await;
        assert_eq!(response.status, 200, "{path}");
        for (name, value) in [
            ("content-type", kind),
            ("cache-control", "no-cache"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            (
                "content-security-policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                 base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
        ] {
            assert_eq!(response.header(name), Some(value), "{name} of {path}");
        }
    }
    assert_eq!(get(&service, "/v1/models").await.status, 401, "the key is needed for what the page asks");
    assert_eq!(post(&service, "/", "{}").await.status, 405);
    assert_eq!(get(&service, "/page.mjs").await.status, 401, "nothing beside the three files is open");
}

#[tokio::test(start_paused = true)]
async fn a_browser_that_has_the_page_is_not_sent_it_again() {
    let service = with_a_key();
    let mut tags = BTreeSet::new();
    for (path, _) in PATHS {
        let first = get(&service, path).await;
        let tag = first.header("etag").unwrap().to_owned();
        for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let again = ask(&service, &request("GET", path, &[("if-none-match", &known)], "")).await;
            assert_eq!((again.status, again.body.as_str()), (304, ""), "{path} with {known}");
            assert_eq!(again.header("etag"), Some(tag.as_str()));
            assert!(again.header("content-security-policy").is_some());
        }
        let other = ask(&service, &request("GET", path, &[("if-none-match", "\"other\"")], "")).await;
        assert_eq!(other.body, first.body);
        tags.insert(tag);
    }
    assert_eq!(tags.len(), 3, "each file has a tag of its own");
}

/// What would load something of another place, or make markup, script or style of a text.
fn forbidden(text: &str) -> Vec<&'static str> {
    const WORDS: [&str; 24] = [
        "http://",
        "https://",
        "\"//",
        "'//",
        "`//",
        "(//",
        "=//",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "setHTMLUnsafe",
        "createContextualFragment",
        "document.write",
        "DOMParser",
        "srcdoc",
        "eval",
        "Function(",
        "import(",
        "javascript:",
        "style=",
        ".style",
        "<style",
        "@import",
        "url(",
    ];
    WORDS.into_iter().filter(|word| text.contains(word)).collect()
}

#[tokio::test(start_paused = true)]
async fn the_page_loads_nothing_of_others_and_makes_no_markup_of_texts() {
    let (service, _) = service();
    for (path, _) in PATHS {
        let text = get(&service, path).await.body;
        assert_eq!(forbidden(&text), Vec::<&str>::new(), "in {path}");
        assert_eq!(text.matches("onclick").count() + text.matches("onerror").count(), 0, "{path}");
    }
    let html = get(&service, "/").await.body;
    let loads = html.split(['"', '>']).filter(|part| part.ends_with(".js") || part.ends_with(".css"));
    assert_eq!(loads.collect::<Vec<_>>(), ["page.css", "page.js"]);
    let scripts: Vec<&str> = html.split("<script").skip(1).collect();
    assert_eq!(scripts.len(), 1);
    assert!(scripts[0].starts_with(" type=\"module\" src=\"page.js\"></script>"), "no script stands in the page");
    assert!(html.contains("<noscript>") && html.contains("<html lang=\"en\">"));
}

#[test]
fn what_is_forbidden_is_found() {
    for bad in [
        "fetch('//cdn.example/a.js')",
        "@import \"https://fonts.example\"",
        "p.innerHTML = text",
        "<p style=\"x\">",
        "p.style.color",
        "a.href = 'javascript:x'",
        "background: url(x.png)",
    ] {
        assert_ne!(forbidden(bad), Vec::<&str>::new(), "{bad}");
    }
    assert_eq!(forbidden("url.protocol === 'https:' // a link\n/* a comment */"), Vec::<&str>::new());
}
