use proptest::prelude::*;

use super::*;
use crate::step_counter;

fn canonical(url: &str) -> String {
    CanonicalUrl::parse(url).unwrap_or_else(|error| panic!("{url}: {error}")).0
}

fn general(url: &str) -> Result<String, UrlError> {
    let mut key = String::new();
    match general_path(trimmed(url), MAX_WRAPPERS, &mut key) {
        Ok(_) => Ok(key),
        Err(WriteError::Error(error)) => Err(error),
        Err(WriteError::TooDeep) => Err(UrlError::TooLong),
    }
}

fn fast(url: &str) -> Option<String> {
    let mut key = String::new();
    write_parts(fast_path(url)?, MAX_WRAPPERS, &mut key).unwrap();
    Some(key)
}

#[test]
fn variants_of_a_page_have_one_key() {
    for (key, variants) in [
        (
            "example.org/a/b",
            &[
                "https://example.org/a/b",
                "http://example.org/a/b/",
                "https://www.example.org/a/b//",
                "HTTPS://EXAMPLE.ORG/a/b",
                "https://example.org.:443/a/b",
                "http://example.org:80/a/b",
                "https://example.org/a/b#section-2",
                "https://example.org/a/b#:~:text=streams",
                "https://example.org/a/b?utm_source=x&UTM_medium=y",
                "https://example.org/a/b?&fbclid=1&&",
                "https://example.org/a/b?%75tm_source=x",
                "https://example.org/a/./c/../b",
                "https://example.org/%61/b",
                "  https://example.org/a/b\n",
                "https:\\\\example.org\\a\\b",
            ][..],
        ),
        (
            "example.org",
            &[
                "https://example.org",
                "http://www.example.org/",
                "https://example.org/?gclid=1#x",
                "https://example.org/#/",
            ],
        ),
        (
            "example.org/w?b=2&id=7",
            &["https://example.org/w?id=7&b=2", "https://example.org/w/?utm_id=0&id=7&b=2&mc_eid=z"],
        ),
        ("xn--bcher-kva.example/%C3%A4", &["https://bücher.example/ä", "https://xn--bcher-kva.example/%c3%a4"]),
        ("example.org:8443/x", &["https://example.org:8443/x", "http://www.example.org:8443/x/"]),
        ("app.example#/inbox", &["https://app.example/#/inbox", "http://app.example#/inbox"]),
        ("[::1]/x", &["http://[::1]/x", "http://[0:0::1]:80/x/"]),
        ("127.0.0.1", &["http://127.0.0.1", "http://0x7f.1/", "http://2130706433"]),
        ("example.org/100%25", &["https://example.org/100%", "https://example.org/100%25"]),
        ("example.org/x", &["https://user@example.org/x"]),
        ("user:pass@example.org/x", &["https://user:pass@example.org/x"]),
        ("example.org/Moore's_law_(1965)", &["https://example.org/Moore%27s_law_%281965%29"]),
        ("example.org/C++", &["https://example.org/C%2B%2B", "https://example.org/C++"]),
        // Ways to write an accent, and others that only look like one letter.
        (
            "example.org/%E1%BA%B9%CC%81x",
            &[
                "https://example.org/e\u{301}\u{323}x",
                "https://example.org/%65%CC%A3%cc%81x",
                "https://example.org/\u{e9}\u{323}x",
            ],
        ),
        ("example.org/K%E2%84", &["https://example.org/%e2%84%aa%e2%84"]),
        ("example.org/a%3Bb", &["https://example.org/a\u{37e}b", "https://example.org/a%3bb"]),
        // What a piece of text and an escape are composed of stays apart from what follows.
        ("example.org/%2F%CC%87", &["https://example.org/%2f%cc%87"]),
        ("example.org/%E2%80%8C", &["https://example.org/\u{200c}", "https://example.org/%e2%80%8c"]),
        ("example.org/a", &["\u{a0}https://example.org/a\u{2028}", "https://example.org/a\r\n"]),
        ("example.org/a?q=x+y", &["https://example.org/a?q=x%20y", "https://example.org/a?q=x+y"]),
        ("example.org/a?x[]=1&x[]=0", &["https://example.org/a?x%5B%5D=1&x[]=0"]),
        ("example.org/a?b=c=d", &["https://example.org/a?b=c%3Dd"]),
        ("example.org/a?b&a", &["https://example.org/a?b&a"]),
        (
            "example.org/docs",
            &["https://example.org/docs/index.html", "https://example.org/docs/index.htm?utm_id=1#top"],
        ),
        ("example.org/blob/main/index.html", &["https://example.org/blob/main/index.html"]),
        ("example.org/a?id=1", &["https://example.org/a;JSESSIONID=0A?id=1"]),
        ("example.org/a#gid=7", &["https://example.org/a#gid=7", "https://example.org/a#gid=7:~:text=x"]),
        ("example.org/a.PDF", &["https://example.org/a.PDF#page=7"]),
        // Found by the properties below.
        ("0..", &["https://0../"]),
        ("www..", &["https://www../"]),
        ("a.org", &["https://www.www.a.org/"]),
    ] {
        for variant in variants {
            assert_eq!(canonical(variant), key, "{variant}");
        }
    }
}

#[test]
fn different_pages_keep_different_keys() {
    let pages = [
        "https://example.org/a",
        "https://example.org/A",
        "https://m.example.org/a",
        "https://de.example.org/a",
        "https://example.org/a?ref=1",
        "https://example.org/a?source=1",
        "https://example.org/a?id=1",
        "https://example.org/a?id=2",
        "https://example.org/a?id=1&x=1",
        "https://example.org/a?x=1&x=2",
        "https://example.org/a?x=2&x=1",
        "https://example.org/a?x&y",
        "https://example.org/a?y&x",
        "https://example.org/a?q=a%3Bb",
        "https://example.org/a?q=a;b",
        "https://example.org/a?q%3Da=b",
        "https://example.org/a?q=a=b",
        "https://example.org/a%3Bv=1",
        "https://example.org/a%5Cb",
        "https://example.org/a%2541",
        "https://example.org/a+b",
        "https://example.org/a%20b",
        "https://example.org/a/index.php",
        "https://example.org/a/blob/x/index.html",
        "https://example.org/a/blob/x",
        "https://example.org/a#x=1",
        "https://example.org/a#x=2",
        "https://example.org/%C3%A9",
        "https://example.org/e",
        "https://example.org/a?q=a+b",
        "https://example.org/a?q=a%26b",
        "https://example.org/a%2Fb",
        "https://example.org/a/b",
        "https://example.org/a;v=1",
        "https://example.org/a#/route",
        "https://example.org:8080/a",
        "https://www.com/a",
        "https://com/a",
    ];
    let keys: std::collections::BTreeSet<_> = pages.iter().map(|page| canonical(page)).collect();
    assert_eq!(keys.len(), pages.len(), "{keys:#?}");
}

#[test]
fn what_is_no_web_page_is_refused() {
    for (url, error) in [
        ("", UrlError::Malformed),
        ("example.org/a", UrlError::Malformed),
        ("/relative", UrlError::Malformed),
        ("https://", UrlError::Malformed),
        ("https:///.", UrlError::Malformed),
        ("https://exa mple.org/", UrlError::Malformed),
        ("javascript:alert(1)", UrlError::Scheme),
        ("data:text/html,x", UrlError::Scheme),
        ("ftp://example.org/", UrlError::Scheme),
        ("file:///etc/passwd", UrlError::Scheme),
    ] {
        assert_eq!(CanonicalUrl::parse(url), Err(error), "{url}");
    }
    let long = |bytes: usize| format!("https://example.org/{}", "a".repeat(bytes - 20));
    assert!(CanonicalUrl::parse(&long(2_048)).is_ok());
    assert_eq!(CanonicalUrl::parse(&long(2_049)), Err(UrlError::TooLong));
}

#[test]
fn ordinary_urls_take_the_fast_path() {
    for url in [
        "https://example.org",
        "https://www.example.org/a/b-c_d/e.html?id=7&utm_source=x#top",
        "http://docs.example.net/2026/11/23/a(b),c;d=e~f",
    ] {
        assert!(fast(url).is_some(), "{url}");
    }
}

#[test]
fn sites_with_several_addresses_have_one() {
    for (key, variants) in [
        (
            "doi.org/10.1000/a%C3%84/b",
            &["https://dx.doi.org/10.1000/A%c3%84/B", "https://www.doi.org/10.1000%2FAÄ%2fb"][..],
        ),
        (
            "arxiv.org/abs/2301.00001v2",
            &[
                "https://arxiv.org/pdf/2301.00001v2.pdf",
                "https://arxiv.org/abs/2301.00001v2?context=cs.LG",
                "http://export.arxiv.org/html/2301.00001v2",
            ],
        ),
        (
            "en.wikipedia.org/wiki/AC/DC",
            &["https://en.m.wikipedia.org/wiki/AC%2FDC", "https://en.wikipedia.org/w/index.php?title=AC/DC"],
        ),
        ("en.wikipedia.org/wiki/Who%3F_%23_%25", &["https://en.wikipedia.org/w/index.php?title=Who?+%23_%25"]),
        ("de.wiktionary.org/wiki/a_b", &["https://de.wiktionary.org/wiki/a%20b"]),
        (
            "youtube.com/watch?list=7&v=abcdefghi_-",
            &[
                "https://youtu.be/abcdefghi_-?list=7&t=9",
                "https://youtube.com/live/abcdefghi_-?list=7",
                "https://m.youtube.com/watch?v=abcdefghi_-&t=9&list=7",
            ],
        ),
        ("x.com/a/status/1", &["https://mobile.twitter.com/A/status/1?s=20&t=x"]),
        (
            "github.com/a/b.c",
            &[
                "https://github.com/A/B.c?tab=readme-ov-file#top",
                "https://www.github.com/a/b.c.git",
                "https://github.com/a/b.C/",
            ],
        ),
        (
            "github.com/a/b/blob/Main/X.git?tab=readme-ov-file",
            &["https://github.com/A/B/blob/Main/X.git?tab=readme-ov-file"],
        ),
        (
            "reddit.com/comments/1abc",
            &[
                "https://redd.it/1abc",
                "https://old.reddit.com/r/a/comments/1abc/some_title/?rdt=7",
                "https://www.reddit.com/r/a/comments/1abc/?share_id=x",
            ],
        ),
        ("superuser.com/questions/7", &["https://superuser.com/q/7/8", "https://superuser.com/questions/7/a?rq=1"]),
        ("tex.stackexchange.com/questions/7", &["https://tex.stackexchange.com/q/7"]),
        ("commons.wikimedia.org/wiki/File:A.jpg", &["https://commons.m.wikimedia.org/wiki/File:A.jpg"]),
        ("wikidata.org/wiki/Q42", &["https://m.wikidata.org/wiki/Q42"]),
        ("en.wikipedia.org/wiki/A", &["https://en.wikipedia.org/wiki/A?wprov=sfla1"]),
        ("pmc.ncbi.nlm.nih.gov/articles/PMC7/pdf", &["https://www.ncbi.nlm.nih.gov/pmc/articles/PMC7/pdf/"]),
        ("bbc.com/news/world-7", &["https://www.bbc.co.uk/news/world-7"]),
        ("cnn.com/2020/01/01/a", &["https://edition.cnn.com/2020/01/01/a/index.html"]),
        ("datatracker.ietf.org/doc/html/rfc9110", &["https://tools.ietf.org/html/rfc9110#section-3"]),
        ("learn.microsoft.com/en-us/a", &["https://docs.microsoft.com/en-us/a/"]),
        ("a.blogspot.com/2020/01/b.html", &["https://a.blogspot.com/2020/01/b.html?m=1"]),
        ("drive.google.com/file/d/A/view", &["https://drive.google.com/file/d/A/view?usp=sharing"]),
        ("example.org/a", &["https://example.org/a#gsc.tab=0"]),
        (
            "stackoverflow.com/questions/7",
            &["https://stackoverflow.com/q/7/8", "https://stackoverflow.com/questions/7/some-title"],
        ),
        (
            "amazon.co.uk/dp/B000000000?th=1",
            &[
                "https://www.amazon.co.uk/Some-Name/dp/B000000000/ref=sr_1_2?keywords=x&th=1",
                "https://www.amazon.co.uk/gp/aw/d/B000000000?tag=x-21&th=1",
            ],
        ),
        ("pubmed.ncbi.nlm.nih.gov/7", &["https://www.ncbi.nlm.nih.gov/pubmed/7/"]),
    ] {
        for variant in variants {
            assert_eq!(canonical(variant), key, "{variant}");
        }
    }
}

#[test]
fn what_is_only_like_a_known_site_is_left_alone() {
    for url in [
        "doi.org/about",
        "doi.org.example/10.1/A",
        "example.org/10.1/A",
        "youtu.be/short",
        "x.com/a?s=20",
        "stackoverflow.com/questions/tagged/7",
        "amazon.com/dp/x",
        "github.com/a?tab=repositories",
        "github.com/a/b?tab=security-ov-file",
        "github.com/a/.git",
        "reddit.com/r/a/comments/1abc/some_title/c0ffee",
        "redd.it/a/b",
        "superuser.com/users/7/a",
        "ncbi.nlm.nih.gov/pmc/about",
        "bbc.co.uk/iplayer/7",
        "bbc.co.uk/news/uk",
        "edition.cnn.com/europe",
        "tools.ietf.org/html/draft-7",
        "medium.com/search?source=x",
        "example.org/a?usp=sharing",
        "example.blogspot.com/a?m=0",
        "link.zhihu.com/a?target=https://example.org/",
        "youtube.com/embed/abcdefghi_-",
        "example.org/a#gsc.tab=0&gsc.q=b",
        "amazon.example.org/Name/dp/B0000",
        "m.wikipedia.org/wiki/a%20b",
        "m.example.org/a",
        "google.example/url?q=https://example.org/",
        "google.com/search?q=https://example.org/",
        "google.com/url?q=https://a.example/&url=https://b.example/",
        "google.com/url?q=https://a.example/&q=https://b.example/",
        "google.com/url?q=ftp://a.example/",
        "google.com/amp/page",
        "facebook.com/sharer?u=https://example.org/",
        "bing.com/ck/a?u=a1L3NlYXJjaA",
        "user:pass@google.com/url?q=https://a.example/",
        "google.com:8080/url?q=https://a.example/",
    ] {
        assert_eq!(canonical(&format!("https://{url}")), url);
    }
}

/// An address in `count` nested wrappers, each of which escapes the one within it.
fn wrapped(url: &str, times: usize) -> String {
    (0..times).fold(url.to_owned(), |url, _| {
        let escaped = url.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        format!("https://duckduckgo.com/l/?uddg={escaped}")
    })
}

#[test]
fn wrappers_are_looked_into_and_not_too_deep() {
    // Escaping all characters triples the length each time, so the innermost address is short.
    let short = "http://a.b/?c";
    assert_eq!([1, 2].map(|times| canonical(&wrapped(short, times))), ["a.b?c", "a.b?c"]);
    let plain = |times| "https://google.com/url?q=".repeat(times) + "https://example.org/a";
    assert_eq!([1, 2, 3].map(|times| canonical(&plain(times))), ["example.org/a"; 3]);
    assert_eq!(canonical(&plain(4)), &plain(4)["https://".len()..]);
    // What leads nowhere is a page of its own.
    assert_eq!(canonical("https://google.com/url?q=https://"), "google.com/url?q=https://");
    for wrapper in [
        "www.google.de/imgres?imgurl=x&imgrefurl=https%3A%2F%2Fexample.org%2Fa",
        "search.aol.com/click/_ylt=x/RU=https%3a%2f%2fexample.org%2fa/RK=0",
        "link.zhihu.com/?target=https%3A//example.org/a",
        "link.csdn.net/?target=https%3A//example.org/a",
        "link.juejin.cn/?target=https%3A//example.org/a",
        "slack-redir.net/link?url=https%3A//example.org/a",
        "t.me/iv?url=https%3A//example.org/a&rhash=1",
    ] {
        assert_eq!(canonical(&format!("https://{wrapper}")), "example.org/a", "{wrapper}");
    }
}

#[test]
fn host_and_path_are_separate() {
    for (url, host, path) in [
        ("https://www.example.org/?p=1", "example.org", ""),
        ("https://example.org#!/a", "example.org", ""),
        ("https://example.org?x=a/b", "example.org", ""),
        ("https://user:p%2Fw@example.org:8080/a/b?c", "example.org", "/a/b"),
        ("http://[::1]:81/x", "[::1]", "/x"),
        ("https://google.com/url?q=https://example.org/a", "example.org", "/a"),
        ("https://youtu.be/abcdefghi_-", "youtube.com", "/watch"),
    ] {
        let mut key = "before".to_owned();
        let range = write_canonical(url, &mut key).unwrap();
        let page = PageKey::new(&key["before".len()..], range);
        assert_eq!((page.host(), page.path()), (host, path), "{url}");
    }
}

/// Each takes steps in proportion to its length, writes no more than its escapes need, and is its own key.
#[test]
fn what_strangers_may_send_is_bounded() {
    let filled = |start: &'static str, piece: &'static str| {
        move |bytes: usize| start.to_owned() + &piece.repeat((bytes - start.len()) / piece.len())
    };
    for url in [
        filled("https://google.com/url?q=", "https://google.com/url?q="),
        filled("https://google.com/url?q=", "https%3A%2F%2Fgoogle.com%2Furl%3Fq%3D"),
        filled("https://google.com/url?", "q=https://a.example/&"),
        filled("https://google.com/amp/", "s/google.com/amp/"),
        filled("https://a.cdn.ampproject.org/c/", "s/a.cdn.ampproject.org/c/"),
        filled("https://duckduckgo.com/l/?uddg=", "%"),
        filled("https://duckduckgo.com/l/?uddg=http", "%3"),
        filled("https://duckduckgo.com/l/?uddg=https%3A%2F%2Fa.example%2F", "%ff"),
        filled("https://bing.com/ck/a?u=a1", "aHR0"),
        filled("https://bing.com/ck/a?u=a1aHR0cHM6Ly9", "_"),
        filled("https://bing.com/ck/a?u=a1", "a1"),
        filled("https://r.search.yahoo.com/", "RU=https%3a%2f%2fa.example/"),
        filled("https://example.org/e", "\u{301}"),
        filled("https://example.org/e", "\u{301}\u{323}\u{345}"),
        filled("https://example.org/", "e%cc%81%ff"),
        filled("https://example.org/", "\u{1d160}"),
        filled("https://example.org/?", "b=%cc%81&a=e%cc%81&"),
        filled("https://example.org/?", "z&a=&"),
        filled("https://example.org/?z=1&", "a=2&=&"),
        filled("https://example.org/", "index.html/"),
        filled("https://example.org/", ";jsessionid="),
        filled("https://example.org/#", "=&"),
        filled("https://doi.org/10.1/", "%2f%2F%c3"),
        filled("https://en.wikipedia.org/w/index.php?title=", "+%2f%"),
        filled("https://www.amazon.de/", "dp/"),
        filled("https://", "m."),
    ] {
        let steps = |bytes: usize| {
            step_counter::take_count();
            let _ = CanonicalUrl::parse(&url(bytes));
            step_counter::take_count()
        };
        let quarter = Settings::MAX_URL_BYTES / 4;
        let [half, most, whole] = [2, 3, 4].map(|quarters| steps(quarters * quarter));
        let url = url(Settings::MAX_URL_BYTES);
        // A further quarter takes as many steps as the one before. Where a piece is cut, it is a few more or fewer.
        assert!(
            whole + half <= 2 * most + 128,
            "half, three quarters and all take {half}, {most}, {whole} steps: {url}"
        );
        // Three wrappers, each decoded and written.
        assert!(whole <= 8 * url.len() as u64, "{whole} steps for {} bytes: {url}", url.len());
        if let Ok(CanonicalUrl(key)) = CanonicalUrl::parse(&url) {
            // A byte becomes three when it is escaped, and a character up to three times as long by its normal form.
            assert!(key.len() <= 9 * url.len(), "{} bytes become {}: {url}", url.len(), key.len());
            assert_eq!(canonical_of_any_length(&key), Ok(key), "{url}");
        }
    }
}

/// A key may be longer than a URL.
fn canonical_of_any_length(key: &str) -> Result<String, UrlError> {
    general(&format!("https://{key}"))
}

/// Text made of the pieces at which parsers disagree.
fn url_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z0-9]{1,6}",
        1 => prop::sample::select(vec![
            "/", "//", "/.", "/..", "/./", "/../", ".", "..", "?", "&", "=", "#", "#/", "#!", "%", "%2", "%2e", "%2F", "%41",
            "%c3%a9", "%00", "%cc%81", "e%cc%a3", "\u{301}", "\u{37e}", "\u{212a}", "%e2", "%27", "%2B", "%3B", "%3D", ";", ";jsessionid=1",
            "/index.html", "/index.php", "=1", "b=", "%20", ":", ":80", ":443", ":8080", "@", "www.", "xn--", "xn--bcher-kva", "utm_source=1", "&fbclid=x&",
            "gclid", "é", "ß", "İ", "\u{200b}", "\u{ad}", " ", "\t", "\n", "\\", "|", "^", "'", "\"", "<", "[", "]", "{", "~", "_",
            "-", "--", "0x7f", "127.1", "1", "+", ",", ";", "!", "*", "(", "$", "A", "ORG",
        ]).prop_map(str::to_owned),
    ];
    let scheme = prop::sample::select(vec![
        "https://",
        "https://en.wikipedia.org/",
        "https://en.m.wikipedia.org/wiki/",
        "https://doi.org/10.1/",
        "https://youtu.be/",
        "https://github.com/A/b",
        "https://redd.it/",
        "https://reddit.com/r/a/comments/",
        "https://superuser.com/q/1",
        "https://ncbi.nlm.nih.gov/pmc/articles/PMC",
        "https://edition.cnn.com/20",
        "https://link.zhihu.com/?target=",
        "https://arxiv.org/pdf/",
        "https://www.google.de/url?q=",
        "https://google.com/amp/",
        "https://r.search.yahoo.com/RU=",
        "http://",
        "https://www.",
        "HTTP://",
        "https:/",
        "https:",
        "ftp://",
        "",
    ]);
    (scheme, prop::collection::vec(piece, 0..12)).prop_map(|(scheme, pieces)| scheme.to_owned() + &pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn both_paths_agree(url in url_like()) {
        if let Some(key) = fast(&url) {
            prop_assert_eq!(Ok(key), general(&url));
        }
    }

    /// An escaped slash and a dot are decoded to nothing that a parser would take for a way up.
    #[test]
    fn titles_and_names_hide_no_dot_segment(segment in prop::sample::select(vec!["%2F%2e", "a%2F..", "%2f.%2Fb", "..%2F..", "%2e%2e"])) {
        for site in ["https://en.m.wikipedia.org/wiki/", "https://doi.org/10.1000/", "https://dx.doi.org/10.1/a"] {
            let key = canonical(&format!("{site}{segment}/"));
            prop_assert_eq!(canonical(&format!("https://{key}")), key);
        }
    }

    #[test]
    fn canonical_is_idempotent(url in url_like()) {
        if let Ok(CanonicalUrl(key)) = CanonicalUrl::parse(&url) {
            prop_assert_eq!(canonical(&format!("https://{key}")), key);
        }
    }

    /// What is left of a path without its session has to be the path of the key.
    #[test]
    fn without_a_session_no_segment_is_another(segment in "(a|b\\.|\\.|%2e|%2E|/|%2F){1,5}") {
        for site in ["https://example.org/", "https://en.wikipedia.org/wiki/"] {
            let key = canonical(&format!("{site}{segment};jsessionid=1"));
            prop_assert_eq!(canonical(&format!("https://{key}")), key);
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = CanonicalUrl::parse(&text);
        let _ = CanonicalUrl::parse(&format!("https://example.org/{text}"));
    }

    #[test]
    fn variants_agree(host in "[a-z]{1,8}\\.(org|com)", path in "(/[a-zA-Z0-9_~-][a-zA-Z0-9._~-]{0,7}){0,4}", id in 0u32..9) {
        let plain = canonical(&format!("https://{host}{path}?id={id}"));
        for variant in [
            format!("http://www.{host}:80{path}/?id={id}"),
            format!("https://{}{path}?utm_source=a&id={id}&fbclid=b#frag", host.to_uppercase()),
            format!("https://{host}{path}//?&id=%3{id}"),
        ] {
            prop_assert_eq!(canonical(&variant), plain.as_str());
        }
    }
}
