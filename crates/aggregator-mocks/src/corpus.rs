//! The pages that mock providers find: real prose in `benches-data/corpus.toml`.

use std::sync::Arc;

use aggregator_core::provider::Hit;
use aggregator_settings::ParseError;
use serde::Deserialize;

use crate::random::seeded_u64;

/// Pages to be found. Each section of each document is one page.
#[derive(Debug)]
pub struct Corpus {
    pages: Vec<Page>,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Address of the page, in the form the corpus gives it.
    pub url: String,
    /// Title of the page.
    pub title: String,
    /// Text of the page.
    pub text: String,
}

/// What a mock provider finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct List {
    /// Pages about the topic, shared by all providers.
    pub pool: u32,
    /// Hits at the end of the list that repeat earlier ones under another address.
    pub repeats: u32,
}

/// Why a text is no corpus.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// Not TOML of this shape.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// Another version of the format.
    #[error("schema {0} is not the version this library reads (1)")]
    Schema(u32),
    /// Nothing can be found in it.
    #[error("the corpus has no sections")]
    Empty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: u32,
    document: Vec<Document>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "id")]
    _id: String,
    title: String,
    url: String,
    #[serde(rename = "near_duplicate_of", default)]
    _near_duplicate_of: Option<String>,
    section: Vec<Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    slug: String,
    heading: String,
    text: String,
}

/// Length of a snippet in characters, before the marks that show it was cut. Snippets of a search engine measured 153
/// to 165 (5th percentile 124 to 130, 95th 165), cut at a word and ended with an ellipsis.
pub const SNIPPET_CHARS: usize = 155;

impl Corpus {
    /// Reads a corpus.
    ///
    /// # Errors
    /// [`CorpusError`] says where it is wrong.
    pub fn from_toml(text: &str) -> Result<Self, CorpusError> {
        let file: File = toml::from_str(text).map_err(|error| ParseError::new(text, &error))?;
        if file.schema != 1 {
            return Err(CorpusError::Schema(file.schema));
        }
        let page = |document: &Document, section: Section| Page {
            url: match document.url.contains('?') {
                true => format!("{}&part={}", document.url, section.slug),
                false => format!("{}/{}", document.url, section.slug),
            },
            title: format!("{} - {}", section.heading, document.title),
            text: section.text,
        };
        let mut pages = Vec::new();
        for mut document in file.document {
            let sections = std::mem::take(&mut document.section);
            pages.extend(sections.into_iter().map(|section| page(&document, section)));
        }
        if pages.is_empty() { Err(CorpusError::Empty) } else { Ok(Self { pages }) }
    }

    /// All pages, in file order.
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// The list that a provider of this name finds for this seed, best first.
    ///
    /// `pool` pages are about the topic of the seed; every provider finds some of them, so lists overlap. Addresses come
    /// in the forms that real services give: about half carry tracking parameters, another scheme or host name, a
    /// trailing slash or a fragment. The last `repeats` hits are pages listed before, in another form.
    pub fn hits(&self, seed: u64, provider: &str, hits: u32, pool: u32, repeats: u32) -> Arc<[Hit]> {
        self.hits_with(seed, provider, hits, List { pool, repeats }, |page, _| snippet(&self.pages[page].text))
    }

    /// The list of [`Self::hits`], with texts of other lengths: `chars` says how many characters the text of a
    /// hit has, which is met to a word. What the section of a hit is short of, the sections after it make up for.
    pub fn hits_of(
        &self,
        seed: u64,
        provider: &str,
        hits: u32,
        list: List,
        chars: impl Fn(u32) -> usize,
    ) -> Arc<[Hit]> {
        self.hits_with(seed, provider, hits, list, |page, hit| self.passage(page, chars(hit)))
    }

    /// `text` makes the text of a hit from the index of its page and its own.
    fn hits_with(
        &self,
        seed: u64,
        provider: &str,
        hits: u32,
        list: List,
        text: impl Fn(usize, u32) -> String,
    ) -> Arc<[Hit]> {
        let List { pool, repeats } = list;
        let pages = self.pages.len() as u64;
        let pool = u64::from(pool).clamp(1, pages);
        let topic = seeded_u64(seed, "topic", 0) % pages;
        let start = seeded_u64(seed, provider, 1) % pool;
        // A stride without common divisor visits every page of the pool once.
        let stride = (1..=pool).filter(|&s| gcd(s, pool) == 1);
        let strides: Vec<u64> = stride.collect();
        let stride = strides[(seeded_u64(seed, provider, 2) % strides.len() as u64) as usize];
        let fresh = hits.saturating_sub(repeats);
        let hit = |index: u32| {
            let (position, form) = match index < fresh {
                true => (index, seeded_u64(seed, provider, 16 + u64::from(index))),
                false => (index - fresh, 3),
            };
            let at = ((topic + (start + u64::from(position) * stride) % pool) % pages) as usize;
            let page = &self.pages[at];
            Hit::new(variant(&page.url, form), &page.title).with_snippet(text(at, index))
        };
        (0..hits).map(hit).collect()
    }

    /// About `chars` characters from the beginning of a page, the mark of the cut included.
    fn passage(&self, page: usize, chars: usize) -> String {
        const CUT: &str = " ...";
        let target = chars.saturating_sub(CUT.len()).max(1);
        let (mut text, mut length) = (String::new(), 0);
        let pages = self.pages[page..].iter().chain(&self.pages[..page]).cycle();
        for word in pages.flat_map(|page| page.text.split_inclusive(' ').chain([" "])) {
            let trimmed = word.trim_end().chars().count();
            // The cut that is nearer to the length: before this word or behind it.
            if length + trimmed > target {
                if length > 0 && length + trimmed - target > target.saturating_sub(length) {
                    break;
                }
                text.push_str(word);
                break;
            }
            text.push_str(word);
            length += word.chars().count();
        }
        text.truncate(text.trim_end().len());
        text.push_str(CUT);
        text
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The beginning of a text as search engines show it.
fn snippet(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(SNIPPET_CHARS) else { return text.to_owned() };
    let cut = text[..end].rfind(' ').unwrap_or(end);
    format!("{} ...", &text[..cut])
}

/// Another address of the same page; canonicalisation has to undo it.
fn variant(url: &str, form: u64) -> String {
    let with_parameter = |parameters: &str| match url.contains('?') {
        true => format!("{url}&{parameters}"),
        false => format!("{url}?{parameters}"),
    };
    let host_and_path = url.strip_prefix("https://").unwrap_or(url);
    match form % 16 {
        0 => format!("http://{host_and_path}"),
        1 => with_parameter("utm_source=newsletter&utm_medium=email&utm_campaign=autumn"),
        2 => with_parameter("gclid=EAIaIQobChMI8-3x&fbclid=IwAR0x3"),
        3 => format!("{url}#section"),
        4 if !url.contains('?') => format!("{url}/"),
        5 => match host_and_path.strip_prefix("www.") {
            Some(rest) => format!("https://{rest}"),
            None => format!("https://www.{host_and_path}"),
        },
        6 => with_parameter("srsltid=AfmBOop").replacen("https://", "HTTPS://", 1),
        7 => url.replacen("-", "%2D", 1),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aggregator_core::search::canonical::CanonicalUrl;

    use super::*;
    use crate::catalog;

    #[test]
    fn the_corpus_is_what_its_header_says() {
        let corpus = catalog::corpus();
        assert!(corpus.pages().len() >= 24 * 6);
        let keys: BTreeSet<_> = corpus.pages().iter().map(|page| CanonicalUrl::parse(&page.url).unwrap()).collect();
        assert_eq!(keys.len(), corpus.pages().len(), "two pages have one canonical URL");
        let lengths: Vec<usize> = corpus.pages().iter().map(|page| snippet(&page.text).chars().count()).collect();
        let mean = lengths.iter().sum::<usize>() / lengths.len();
        assert!(
            (150..=160).contains(&mean) && lengths.iter().all(|l| (130..=163).contains(l)),
            "mean {mean}: {lengths:?}"
        );
    }

    #[test]
    fn every_form_of_an_address_is_the_same_page() {
        for page in catalog::corpus().pages() {
            let key = CanonicalUrl::parse(&page.url).unwrap();
            for form in 0..16 {
                let variant = variant(&page.url, form);
                assert_eq!(CanonicalUrl::parse(&variant).unwrap(), key, "{variant}");
            }
        }
    }

    #[test]
    fn a_passage_is_as_long_as_it_should_be_to_a_word() {
        let corpus = catalog::corpus();
        for page in 0..corpus.pages().len() {
            for chars in [80, 130, 155, 236, 590, 1_745] {
                let passage = corpus.passage(page, chars);
                // Half of the longest word of the corpus, rounded up.
                assert!(passage.chars().count().abs_diff(chars) <= 10, "{chars} characters: {passage}");
                assert!(passage.ends_with(" ...") && !passage.contains("  "), "{passage}");
                let beginning = passage.trim_end_matches(" ...");
                let text = &corpus.pages()[page].text;
                assert!(text.starts_with(beginning) || beginning.starts_with(text.as_str()), "{passage}");
            }
        }
    }

    #[test]
    fn lists_depend_on_seed_and_name_only_and_overlap() {
        let corpus = catalog::corpus();
        let list = |seed, name| corpus.hits(seed, name, 10, 24, 1);
        assert_eq!(list(1, "a"), list(1, "a"));
        assert_ne!(list(1, "a"), list(2, "a"));
        let pages =
            |hits: &[Hit]| hits.iter().map(|hit| CanonicalUrl::parse(&hit.url).unwrap()).collect::<BTreeSet<_>>();
        let (a, b) = (pages(&list(1, "a")), pages(&list(1, "b")));
        assert_eq!(a.len(), 9, "the last of ten is a repetition");
        assert!(a.intersection(&b).count() > 0 && a != b);
    }
}
