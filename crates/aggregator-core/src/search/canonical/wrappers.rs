//! Addresses that only lead to another one: what search engines and platforms put around links that leave them.

use super::escapes::decode;
use super::page::Page;
use super::query::value;
use crate::step_counter::count_step;

/// The address that a page leads to: it begins with `http://` or `https://`, and is not checked further.
pub(super) fn target(page: &Page<'_>) -> Option<String> {
    let (path, query) = (&*page.path, &*page.query);
    let of = |name| value(query, name).and_then(plain);
    match &*page.host {
        "duckduckgo.com" if path == "/l" => of("uddg"),
        "bing.com" if path == "/ck/a" => web_address(base64(value(query, "u")?.strip_prefix("a1")?)?),
        "r.search.yahoo.com" | "search.aol.com" => {
            let mut segments = path.split('/').filter_map(|segment| segment.strip_prefix("RU="));
            let target = segments.next().and_then(plain);
            if segments.next().is_some() { None } else { target }
        }
        "facebook.com" | "l.facebook.com" | "lm.facebook.com" if path == "/l.php" => of("u"),
        "l.instagram.com" if path.is_empty() => of("u"),
        "youtube.com" if path == "/redirect" => of("q"),
        "out.reddit.com" => of("url"),
        "slack-redir.net" if path == "/link" => of("url"),
        "t.me" if path == "/iv" => of("url"),
        "link.zhihu.com" | "link.csdn.net" | "link.juejin.cn" if path.is_empty() => of("target"),
        "vk.com" | "m.vk.com" | "away.vk.com" if path == "/away.php" => of("to"),
        "linkedin.com" if path == "/redir/redirect" => of("url"),
        "steamcommunity.com" if path == "/linkfilter" => one_of(of("url"), of("u")),
        "t.umblr.com" if path == "/redirect" => of("z"),
        host if host.ends_with(".safelinks.protection.outlook.com") => of("url"),
        // A cache holds copies of other sites' pages under the address of the copied one.
        host if host.ends_with(".cdn.ampproject.org") => {
            let copied = ["/c", "/v", "/a", "/wp"].iter().find_map(|kind| path.strip_prefix(kind))?;
            under_path(copied, query)
        }
        host if is_google(host) => match path {
            "/url" => one_of(of("url"), of("q")),
            "/imgres" => of("imgrefurl"),
            _ => under_path(path.strip_prefix("/amp")?, query),
        },
        _ => None,
    }
}

/// Whether this is Google's search of some country: `google` before one of the endings that countries have.
fn is_google(host: &str) -> bool {
    let Some(ending) = host.strip_prefix("google.") else { return false };
    let country = ending.strip_prefix("co.").or_else(|| ending.strip_prefix("com.")).unwrap_or(ending);
    ending == "com" || (country.len() == 2 && country.bytes().all(|b| b.is_ascii_lowercase()))
}

/// A wrapper with its target in two parameters leads to two pages, so only one of them is accepted.
fn one_of(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => None,
        (one, other) => one.or(other),
    }
}

/// The address in a parameter in normal form, where `+` is a space.
fn plain(value: &str) -> Option<String> {
    web_address(decode(&value.replace('+', " "))?)
}

/// The address in a path: `/s/` for https, `/` for http.
fn under_path(path: &str, query: &str) -> Option<String> {
    let (scheme, rest) = match path.strip_prefix("/s/") {
        Some(rest) => ("https://", rest),
        None => ("http://", path.strip_prefix('/')?),
    };
    let host = rest.split('/').next()?;
    // The viewer has pages of its own beside it, and their names have no dot.
    if !host.contains('.') {
        return None;
    }
    let question = if query.is_empty() { "" } else { "?" };
    Some([scheme, rest, question, query].concat())
}

fn web_address(url: String) -> Option<String> {
    let begins = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    (begins("https://") || begins("http://")).then_some(url)
}

/// Text in base64 for URLs (RFC 4648, section 5), with or without padding.
fn base64(text: &str) -> Option<String> {
    let digits = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0_u32, 0);
    for &digit in digits {
        count_step();
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    // What is left over of a whole text is less than a digit, and zero.
    if held >= 6 || bits != 0 {
        return None;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_strictly() {
        for (text, read) in [
            ("aHR0cHM6Ly9hLm9yZy8", Some("https://a.org/")),
            ("aHR0cHM6Ly9hLm9yZy8=", Some("https://a.org/")),
            ("", Some("")),
            ("aA", Some("h")),
            // One digit too many, bits that are no byte, a character that is no digit, bytes that are no text.
            ("aHR0c", None),
            ("aB", None),
            ("aA!", None),
            ("_w", None),
        ] {
            assert_eq!(base64(text).as_deref(), read, "{text}");
        }
    }

    #[test]
    fn google_is_known_in_every_country_and_only_there() {
        for (host, google) in [
            ("google.com", true),
            ("google.de", true),
            ("google.co.uk", true),
            ("google.com.au", true),
            ("google.example", false),
            ("google.com.example.org", false),
            ("notgoogle.com", false),
            ("translate.google.com", false),
        ] {
            assert_eq!(is_google(host), google, "{host}");
        }
    }
}
