//! Sites that show one page under several addresses, by rules that hold for the whole site.
//!
//! | site | rule |
//! |---|---|
//! | doi.org | `dx.doi.org` is its old name; the case of a DOI says nothing (DOI Handbook, section 3.4), nor does an escaped
//! slash in it |
//! | arxiv.org | `/pdf/…`, `/pdf/….pdf` and `/html/…` are `/abs/…`; `export.` is a mirror; versions stay apart, also from the
//! page without one |
//! | Wikipedia and its sisters | `m.` goes; a space is `_`; `/w/index.php` with a title and nothing else is `/wiki/…` |
//! | YouTube | `m.youtube.com`, `youtu.be/…` and `/live/…` are `/watch?v=…`; where a visitor came from and where the film
//! starts goes |
//! | X | `twitter.com` and `mobile.` are its names; the case of a person's name says nothing; `s` and `t` of a post say who
//! shared it |
//! | Reddit | `old.`, `new.`, `np.` are other looks; the number of a post selects it, its title does not; `redd.it/…` is a
//! short address |
//! | Facebook, IMDb, The Guardian | `m.`; `amp.` are other looks |
//! | GitHub | the case of an owner and a repository says nothing, nor does `.git`; `tab=readme-ov-file` is what the front page
//! shows |
//! | Stack Overflow, Stack Exchange | the number of a question selects it, what follows does not |
//! | Amazon | the ten characters after `/dp/`, `/gp/product/` or `/gp/aw/d/` select an article of a country's shop |
//! | PubMed | `ncbi.nlm.nih.gov/pubmed/…` is its old address, `…/pmc/…` that of PubMed Central |
//! | BBC, CNN | `bbc.co.uk` has the articles of `bbc.com` under `/news/…`; `edition.` has the articles of `cnn.com`, and
//! another front page |
//! | Microsoft, IETF | `docs.microsoft.com`, and for RFCs `tools.ietf.org`, are old names |
//! | Blogger | `m=1` is another look |
//! | others | parameters that say who shared a page: `left_out` |
//!
//! What stays apart, because it is doubtful: a DOI and the publisher's page; an archived or translated copy; `/shorts/` and
//! `/embed/` of YouTube; `m.` and `amp.` of other sites; `/amp` at the end of a path, which may be what a page is about; the
//! case of a title's first letter in Wikipedia, which some languages tell apart.

use std::borrow::Cow;

use super::escapes::{Component, decode, push_text};
use super::page::Page;
use super::query::{value, without};

/// The last eight bytes of hosts that rules know: those of this file, and wrappers.
const ENDINGS: [&[u8; 8]; 54] = [
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
    b"soft.com",
    b"ietf.org",
    b"data.org",
    b"wiki.org",
    b"bili.com",
    b"imes.com",
    b"dium.com",
    b"imdb.com",
    b"ogle.com",
    b"thub.com",
    b"user.com",
    b"ault.com",
    b"untu.com",
    b"flow.net",
    b"ange.com",
    b"spot.com",
    b"bc.co.uk",
    b".aol.com",
    b"hihu.com",
    b"csdn.net",
    b"uejin.cn",
    b"edir.net",
    b".cnn.com",
];

/// The endings of [`ENDINGS`] as numbers, found by hash.
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
const MULTIPLIER: u64 = 0xc0c1_c5a8_1b40_9f4b;

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
    let names = if query.is_empty() { &[] } else { left_out(&host, &path) };
    let query = if names.is_empty() { query } else { without(&query, names).into() };
    let page = Page { host, path, query };
    match &*page.host {
        "doi.org" if page.path.starts_with("/10.") => match doi(&page.path) {
            path if is_plain(&path) => Page { path: path.into(), ..page },
            _ => page,
        },
        "arxiv.org" => match ["/pdf/", "/html/"].into_iter().find_map(|format| page.path.strip_prefix(format)) {
            Some(paper) => {
                let path = ["/abs/", paper.strip_suffix(".pdf").unwrap_or(paper)].concat().into();
                Page { path, ..page }
            }
            None => page,
        },
        "youtube.com" => film(page, "/live/"),
        "youtu.be" => film(page, "/"),
        "x.com" if page.path.contains("/status/") => lower_case(page, 1),
        "github.com" => repository(page),
        "reddit.com" => post(page),
        "redd.it" => match page.path.strip_prefix('/').filter(|id| is_code(id)) {
            Some(id) => {
                let path = ["/comments/", id].concat().into();
                Page { host: "reddit.com".into(), path, ..page }
            }
            None => page,
        },
        "superuser.com" | "serverfault.com" | "askubuntu.com" | "mathoverflow.net" | "stackoverflow.com" => {
            question(page)
        }
        host if host.ends_with(".stackexchange.com") || host.ends_with(".stackoverflow.com") => question(page),
        "ncbi.nlm.nih.gov" => old_address(page),
        "bbc.co.uk" if page.path.starts_with("/news/") && page.path.bytes().any(|b| b.is_ascii_digit()) => {
            Page { host: "bbc.com".into(), ..page }
        }
        "edition.cnn.com" if page.path.starts_with("/20") => Page { host: "cnn.com".into(), ..page },
        "tools.ietf.org" => match page.path.strip_prefix("/html/rfc").filter(|number| is_number(number)) {
            Some(number) => {
                let path = ["/doc/html/rfc", number].concat().into();
                Page { host: "datatracker.ietf.org".into(), path, ..page }
            }
            None => page,
        },
        host if host.ends_with(".blogspot.com") && value(&page.query, "m") == Some("1") => {
            Page { query: without(&page.query, &["m"]).into(), ..page }
        }
        host if host.starts_with("amazon.") => article(page),
        host if is_wiki(host) => wiki(page),
        _ => page,
    }
}

/// Parameters that say who shared a page or where a visitor came from, which only these sites name so.
fn left_out(host: &str, path: &str) -> &'static [&'static str] {
    match host {
        "youtube.com" if path == "/watch" => &["feature", "ab_channel", "si", "pp", "t"],
        "x.com" if path.contains("/status/") => &["s", "t", "ref_url"],
        "arxiv.org" => &["context"],
        "bilibili.com" => &["spm_id_from", "vd_source", "share_source", "share_medium", "share_plat", "share_tag"],
        "docs.google.com" | "drive.google.com" => &["usp"],
        "imdb.com" => &["ref_"],
        "linkedin.com" => &["trk", "trkInfo"],
        "medium.com" if path.starts_with("/@") => &["source", "sk"],
        "nytimes.com" => &["smid", "smtyp"],
        "open.spotify.com" => &["si"],
        "reddit.com" => &["share_id", "rdt"],
        "theguardian.com" => &["CMP"],
        _ if is_wiki(host) => &["wprov"],
        _ => &[],
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
        "m.imdb.com" => "imdb.com",
        "m.wikidata.org" => "wikidata.org",
        "m.mediawiki.org" => "mediawiki.org",
        "export.arxiv.org" => "arxiv.org",
        "docs.microsoft.com" => "learn.microsoft.com",
        "amp.theguardian.com" => "theguardian.com",
        _ => {
            let (language, wiki) = host.split_once(".m.")?;
            let name = [language, ".", wiki].concat();
            return (is_wiki(&name) || wiki == "wikimedia.org").then_some(name);
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
        push_text(segment, Component::Path, &mut path);
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

/// A film by its number behind this.
fn film<'a>(page: Page<'a>, before: &str) -> Page<'a> {
    let Some(id) = page.path.strip_prefix(before).filter(|id| id.len() == 11 && !id.contains('%')) else { return page };
    let query = [&*without(&page.query, &["feature", "si", "pp", "t", "v"]), "&v=", id].concat();
    Page { host: "youtube.com".into(), path: "/watch".into(), query: query.into() }
}

/// A repository by its owner and name, and the files in it.
fn repository(page: Page<'_>) -> Page<'_> {
    let mut page = lower_case(page, 2);
    if page.path.split('/').count() == 3 {
        let name = page.path.trim_end_matches(".git");
        if name.len() < page.path.len() && !name.ends_with('/') {
            page.path = name.to_owned().into();
        }
        if value(&page.query, "tab") == Some("readme-ov-file") {
            page.query = without(&page.query, &["tab"]).into();
        }
    }
    page
}

/// A page whose first segments may be written in any case.
fn lower_case(page: Page<'_>, segments: usize) -> Page<'_> {
    let end = page.path.match_indices('/').nth(segments).map_or(page.path.len(), |(slash, _)| slash);
    let (head, rest) = page.path.split_at(end);
    // The digits of an escape are in upper case.
    if head.contains('%') || !head.bytes().any(|b| b.is_ascii_uppercase()) {
        return page;
    }
    let path = (head.to_ascii_lowercase() + rest).into();
    Page { path, ..page }
}

/// A post by its number. What has a comment's number behind its title is a page of that comment.
fn post(page: Page<'_>) -> Page<'_> {
    let mut segments = page.path.split('/').skip(1);
    let id = match (segments.next(), segments.next(), segments.next(), segments.next(), segments.nth(1)) {
        (Some("r" | "user"), Some(_), Some("comments"), Some(id), None) if is_code(id) => id,
        _ => return page,
    };
    let path = ["/comments/", id].concat().into();
    Page { path, ..page }
}

/// A paper by the address that it had before.
fn old_address(page: Page<'_>) -> Page<'_> {
    if let Some(number) = page.path.strip_prefix("/pubmed/").filter(|number| is_number(number)) {
        let path = ["/", number].concat().into();
        return Page { host: "pubmed.ncbi.nlm.nih.gov".into(), path, ..page };
    }
    match page.path.strip_prefix("/pmc/articles/PMC") {
        Some(rest) if is_number(rest.split('/').next().unwrap_or("")) => {
            let path = ["/articles/PMC", rest].concat().into();
            Page { host: "pmc.ncbi.nlm.nih.gov".into(), path, ..page }
        }
        _ => page,
    }
}

fn question(page: Page<'_>) -> Page<'_> {
    let mut segments = page.path.split('/').skip(1);
    match (segments.next(), segments.next()) {
        (Some("questions" | "q"), Some(number)) if is_number(number) => {
            let path = ["/questions/", number].concat().into();
            Page { path, query: without(&page.query, &["rq", "lq", "noredirect"]).into(), host: page.host }
        }
        _ => page,
    }
}

/// An article of a shop by its number.
fn article(page: Page<'_>) -> Page<'_> {
    let behind = |before: &str| page.path.split_once(before).map(|(_, number)| number.split('/').next().unwrap_or(""));
    let number = ["/dp/", "/gp/product/", "/gp/aw/d/"].into_iter().find_map(behind);
    let is_article =
        |number: &&str| number.len() == 10 && number.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let Some(number) = number.filter(is_article) else { return page };
    // Where a visitor came from, what was searched for there, and who recommends it.
    const CAME_FROM: [&str; 20] = [
        "ascsubtag",
        "camp",
        "creative",
        "creativeASIN",
        "crid",
        "dib",
        "dib_tag",
        "keywords",
        "linkCode",
        "linkId",
        "pd_rd_r",
        "pd_rd_w",
        "pd_rd_wg",
        "pf_rd_p",
        "pf_rd_r",
        "qid",
        "ref",
        "ref_",
        "sr",
        "tag",
    ];
    let path = ["/dp/", number].concat().into();
    Page { path, query: without(&page.query, &CAME_FROM).into(), host: page.host }
}

/// Whether a path has no segment that leads elsewhere: an escaped slash before `.` hides one, which decoding would bring out.
fn is_plain(path: &str) -> bool {
    !path.split('/').any(|segment| matches!(segment, "." | ".."))
}

/// Whether this can be the number of a post: digits and small letters.
fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
