//! Sites that show one page under several addresses, by rules that hold for the whole site.
//!
//! | site | rule |
//! |---|---|
//! | doi.org | `dx.doi.org` is its old name; the case of a DOI says nothing (DOI Handbook, section 3.4), nor does an escaped slash in it |
//! | arxiv.org | `/pdf/…` and `/pdf/….pdf` are `/abs/…`; versions stay apart, also from the page without one |
//! | Wikipedia and its sisters | `m.` goes; a space is `_`; `/w/index.php` with a title and nothing else is `/wiki/…` |
//! | YouTube | `m.youtube.com` and `youtu.be/…` are `/watch?v=…`; where a visitor came from and where the film starts goes |
//! | X | `twitter.com` and `mobile.` are its names; `s` and `t` of a post say who shared it |
//! | Reddit, Facebook, The Guardian | `old.`, `new.`, `np.`; `m.`; `amp.` are other looks |
//! | Spotify | `si` says who shared it |
//! | Stack Overflow | the number of a question selects it, what follows does not |
//! | Amazon | the ten characters after `/dp/` or `/gp/product/` select an article of a country's shop |
//! | PubMed | `ncbi.nlm.nih.gov/pubmed/…` is its old address |
//!
//! What stays apart, because it is doubtful: a DOI and the publisher's page; an archived or translated copy; `/shorts/` and
//! `/embed/` of YouTube; `m.` and `amp.` of other sites; `/amp` at the end of a path, which may be what a page is about.

use std::borrow::Cow;

use super::escapes::{Part, decode, push_text};
use super::page::Page;
use super::query::{value, without};

/// The last eight bytes of hosts that rules know: those of this file, and wrappers.
const ENDINGS: [&[u8; 8]; 31] = [
    b".doi.org",
    b"rxiv.org",
    b"edia.org",
    b"nary.org",
    b"uote.org",
    b"ooks.org",
    b"urce.org",
    b"news.org",
    b"sity.org",
    b"yage.org",
    b"tube.com",
    b"youtu.be",
    b"tter.com",
    b"le.x.com",
    b"ddit.com",
    b"book.com",
    b"dian.com",
    b"tify.com",
    b"flow.com",
    b".nih.gov",
    b"ckgo.com",
    b"bing.com",
    b"ahoo.com",
    b"gram.com",
    b"m.vk.com",
    b"y.vk.com",
    b"edin.com",
    b"nity.com",
    b"mblr.com",
    b"look.com",
    b"ject.org",
];

/// The same as numbers, found by hash.
const SLOTS: [u64; 1 << SLOT_BITS] = {
    let mut slots = [0; 1 << SLOT_BITS];
    let mut index = 0;
    while index < ENDINGS.len() {
        let ending = u64::from_le_bytes(*ENDINGS[index]);
        // One look decides: another multiplier is needed if two endings meet.
        assert!(slots[slot(ending)] == 0);
        slots[slot(ending)] = ending;
        index += 1;
    }
    slots
};
const SLOT_BITS: u32 = 7;

const fn slot(ending: u64) -> usize {
    (ending.wrapping_mul(MULTIPLIER) >> (u64::BITS - SLOT_BITS)) as usize
}
const MULTIPLIER: u64 = 0xa9ec_0806_705f_ca17;

/// Whether rules may know this host. Most hosts cost one look.
#[inline]
pub(super) fn may_be_known(host: &str) -> bool {
    let host = host.as_bytes();
    let Some(ending) = host.last_chunk() else { return true };
    let ending = u64::from_le_bytes(*ending);
    SLOTS[slot(ending)] == ending || matches!(host, [b'g', b'o', b'o', b'g', ..] | [b'a', b'm', b'a', b'z', ..])
}

/// The address of a page by which its site is known, where it has several.
pub(super) fn rewritten(page: Page<'_>) -> Page<'_> {
    let Page { host, path, query } = page;
    let host = match one_name(&host) {
        Some(name) => Cow::Owned(name),
        None => host,
    };
    let page = Page { host, path, query };
    match &*page.host {
        "doi.org" if page.path.starts_with("/10.") => match doi(&page.path) {
            path if is_plain(&path) => Page { path: path.into(), ..page },
            _ => page,
        },
        "arxiv.org" => match page.path.strip_prefix("/pdf/") {
            Some(paper) => {
                let path = ["/abs/", paper.strip_suffix(".pdf").unwrap_or(paper)].concat().into();
                Page { path, ..page }
            }
            None => page,
        },
        "youtube.com" if page.path == "/watch" => {
            let query = without(&page.query, &["feature", "ab_channel", "si", "pp", "t"]).into();
            Page { query, ..page }
        }
        "youtu.be" => film(page),
        "x.com" if page.path.contains("/status/") => {
            let query = without(&page.query, &["s", "t", "ref_url"]).into();
            Page { query, ..page }
        }
        "open.spotify.com" => Page { query: without(&page.query, &["si"]).into(), ..page },
        "stackoverflow.com" => question(page),
        "ncbi.nlm.nih.gov" => {
            match page.path.strip_prefix("/pubmed").filter(|number| is_number(number.trim_start_matches('/'))) {
                Some(number) => Page { host: "pubmed.ncbi.nlm.nih.gov".into(), path: number.to_owned().into(), ..page },
                None => page,
            }
        }
        host if host.starts_with("amazon.") => article(page),
        host if is_wiki(host) => wiki(page),
        _ => page,
    }
}

/// The name of a host that has several.
fn one_name(host: &str) -> Option<String> {
    let name = match host {
        "dx.doi.org" => "doi.org",
        "m.youtube.com" => "youtube.com",
        "twitter.com" | "mobile.twitter.com" | "m.twitter.com" | "mobile.x.com" => "x.com",
        "old.reddit.com" | "new.reddit.com" | "np.reddit.com" => "reddit.com",
        "m.facebook.com" => "facebook.com",
        "amp.theguardian.com" => "theguardian.com",
        _ => {
            let (language, wiki) = host.split_once(".m.")?;
            let name = [language, ".", wiki].concat();
            return is_wiki(&name).then_some(name);
        }
    };
    Some(name.to_owned())
}

fn is_wiki(host: &str) -> bool {
    let Some((language, site)) = host.split_once('.') else { return false };
    let sites =
        ["wikipedia", "wiktionary", "wikiquote", "wikibooks", "wikisource", "wikinews", "wikiversity", "wikivoyage"];
    language.len() > 1 && site.strip_suffix(".org").is_some_and(|site| sites.contains(&site))
}

/// A page of a wiki by its title.
fn wiki(page: Page<'_>) -> Page<'_> {
    let title = match page.path.strip_prefix("/wiki/") {
        Some(title) => decode(title),
        None if page.path == "/w/index.php" && !page.query.contains('&') => {
            value(&page.query, "title").and_then(|title| decode(&title.replace('+', " ")))
        }
        None => None,
    };
    let Some(title) = title.filter(|title| !title.is_empty() && is_plain(title)) else { return page };
    let mut path = "/wiki/".to_owned();
    for (index, segment) in title.replace(' ', "_").split('/').enumerate() {
        if index > 0 {
            path.push('/');
        }
        push_text(segment, Part::Path, &mut path);
    }
    let query = if page.path.starts_with("/wiki/") { page.query } else { "".into() };
    Page { host: page.host, path: path.into(), query }
}

/// The path of a DOI: in lower case, except for the digits of escapes.
fn doi(path: &str) -> String {
    let mut lower = String::with_capacity(path.len());
    for (index, piece) in path.split('%').enumerate() {
        let (escape, text) = piece.split_at(if index == 0 { 0 } else { piece.len().min(2) });
        match escape {
            "" => {}
            "2F" => lower.push('/'),
            _ => lower.extend(["%", escape]),
        }
        lower.extend(text.chars().map(|c| c.to_ascii_lowercase()));
    }
    lower
}

/// A film by its short address.
fn film(page: Page<'_>) -> Page<'_> {
    let Some(id) = page.path.strip_prefix('/').filter(|id| id.len() == 11 && !id.contains('%')) else { return page };
    let query = [&*without(&page.query, &["feature", "si", "pp", "t", "v"]), "&v=", id].concat();
    Page { host: "youtube.com".into(), path: "/watch".into(), query: query.into() }
}

fn question(page: Page<'_>) -> Page<'_> {
    let mut segments = page.path.split('/').skip(1);
    match (segments.next(), segments.next()) {
        (Some("questions" | "q"), Some(number)) if is_number(number) => {
            let path = ["/questions/", number].concat().into();
            Page { path, ..page }
        }
        _ => page,
    }
}

/// An article of a shop by its number.
fn article(page: Page<'_>) -> Page<'_> {
    let behind = |before: &str| page.path.split_once(before).map(|(_, number)| number.split('/').next().unwrap_or(""));
    let number = behind("/dp/").or_else(|| behind("/gp/product/"));
    let is_article =
        |number: &&str| number.len() == 10 && number.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let Some(number) = number.filter(is_article) else { return page };
    // Where a visitor came from, and what was searched for there.
    const CAME_FROM: [&str; 10] =
        ["keywords", "sr", "qid", "ref", "ref_", "pd_rd_r", "pd_rd_w", "pd_rd_wg", "pf_rd_p", "pf_rd_r"];
    let path = ["/dp/", number].concat().into();
    Page { path, query: without(&page.query, &CAME_FROM).into(), host: page.host }
}

/// Whether a path has no segment that leads elsewhere: an escaped slash before `.` hides one, which decoding would bring out.
fn is_plain(path: &str) -> bool {
    !path.split('/').any(|segment| matches!(segment, "." | ".."))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
