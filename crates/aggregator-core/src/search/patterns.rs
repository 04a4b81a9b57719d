//! What the results so far have in common, kept up to date result by result.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::canonical::PageKey;
use crate::text::CleanText;

/// Maximum number of repeated domains in [`Patterns`].
pub const MAX_DOMAINS: usize = 8;

/// What the results so far have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Patterns {
    /// Domains with more than one result, the most frequent first, equally frequent ones by name; at most
    /// [`MAX_DOMAINS`].
    pub domains: Vec<Domain>,
    /// How many results are of each kind, kinds without any left out, in the order of [`ContentKind`].
    pub kinds: Vec<(ContentKind, u32)>,
    /// Results that more than one provider listed.
    pub confirmed: u32,
}

/// A domain with more than one result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The host of the canonical URLs, without `www.`.
    pub name: Arc<str>,
    /// Results there.
    pub results: u32,
}

/// What a page is, as far as its URL tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentKind {
    /// Anything else.
    WebPage,
    /// A text, a table or slides in a file of their own.
    Document,
    /// An image in a file of its own.
    Image,
    /// A film, or a page that shows one.
    Video,
}

impl ContentKind {
    const ALL: [Self; 4] = [Self::WebPage, Self::Document, Self::Image, Self::Video];

    /// Classifies a page: by the ending of its path, and by its host for sites that show little but films.
    pub fn classify(page: &PageKey<'_>) -> Self {
        const DOCUMENT: [&str; 14] =
            ["pdf", "doc", "docx", "odt", "rtf", "txt", "ppt", "pptx", "odp", "xls", "xlsx", "ods", "csv", "epub"];
        const IMAGE: [&str; 8] = ["png", "jpg", "jpeg", "gif", "webp", "svg", "avif", "bmp"];
        const VIDEO: [&str; 6] = ["mp4", "webm", "mov", "avi", "mkv", "m4v"];
        const VIDEO_HOSTS: [&str; 3] = ["youtube.com", "youtu.be", "vimeo.com"];
        if VIDEO_HOSTS.contains(&page.host()) {
            return Self::Video;
        }
        let Some((_, ending)) = page.path().rsplit('/').next().unwrap_or("").rsplit_once('.') else {
            return Self::WebPage;
        };
        let is = |endings: &[&str]| endings.iter().any(|known| ending.eq_ignore_ascii_case(known));
        if is(&DOCUMENT) {
            Self::Document
        } else if is(&IMAGE) {
            Self::Image
        } else if is(&VIDEO) {
            Self::Video
        } else {
            Self::WebPage
        }
    }
}

impl ContentKind {
    #[doc(hidden)]
    #[deprecated(note = "renamed to `classify`")]
    pub fn of(page: &PageKey<'_>) -> Self {
        Self::classify(page)
    }
}

impl std::fmt::Display for ContentKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::WebPage => "web page",
            Self::Document => "document",
            Self::Image => "image",
            Self::Video => "video",
        })
    }
}

/// Counts results as they come, for [`Patterns`]. Each result costs one look-up in a map, however many there are.
#[derive(Debug, Default)]
pub(crate) struct PatternCounter {
    domains: BTreeMap<Arc<str>, u32>,
    repeated: Vec<Domain>,
    kinds: [u32; 4],
    confirmed: u32,
}

impl PatternCounter {
    /// A page that was not known.
    pub(crate) fn found(&mut self, page: &PageKey<'_>) {
        let kind = ContentKind::classify(page);
        self.kinds[kind as usize] += 1;
        let host = page.host();
        let Some(results) = self.domains.get_mut(host) else {
            self.domains.insert(host.into(), 1);
            return;
        };
        *results += 1;
        let results = *results;
        self.repeat(host, results);
    }

    /// A page was confirmed for the first time.
    pub(crate) fn confirmed(&mut self) {
        self.confirmed += 1;
    }

    /// Puts a domain where it belongs among the most frequent.
    fn repeat(&mut self, host: &str, results: u32) {
        let name = match self.repeated.iter().position(|domain| &*domain.name == host) {
            Some(at) => self.repeated.remove(at).name,
            None => match self.domains.get_key_value(host) {
                Some((name, _)) => Arc::clone(name),
                None => return,
            },
        };
        let before = |other: &Domain| other.results > results || (other.results == results && *other.name < *name);
        let at = self.repeated.partition_point(before);
        self.repeated.insert(at, Domain { name, results });
        self.repeated.truncate(MAX_DOMAINS);
    }

    pub(crate) fn patterns(&self) -> Patterns {
        let kinds = ContentKind::ALL.into_iter().zip(self.kinds).filter(|(_, results)| *results > 0);
        Patterns { domains: self.repeated.clone(), kinds: kinds.collect(), confirmed: self.confirmed }
    }
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Providers that are through.
    pub finished: u32,
    /// Providers of the engine.
    pub providers: u32,
    /// Time that has passed of what the search may take, in percent; 0 to 100.
    pub time_percent: u8,
}

impl Progress {
    /// How far the search is, in percent: by providers or by time, whichever is further.
    pub fn percent(self) -> u8 {
        let by_providers = self.finished * 100 / self.providers.max(1);
        self.time_percent.max(by_providers.min(100) as u8)
    }
}

/// A summary of the results so far, emitted after every
/// [`Settings::streaming_batch_size`](crate::Settings::streaming_batch_size) of them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InterimSummary {
    /// Results so far.
    pub results: u32,
    /// What they have in common.
    pub patterns: Patterns,
    /// The titles of the three best so far, best first.
    pub best: Vec<CleanText>,
    /// How far the search is.
    pub progress: Progress,
}

#[doc(hidden)]
#[deprecated(note = "renamed to `InterimSummary`")]
pub type Interim = InterimSummary;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::search::canonical::write_canonical;

    /// What to do with the key of a page.
    fn with_key<T>(url: &str, act: impl FnOnce(&PageKey<'_>) -> T) -> T {
        let mut key = String::new();
        let host = write_canonical(&format!("https://{url}"), &mut key).unwrap();
        act(&PageKey::new(&key, host))
    }

    #[test]
    fn the_url_decides_the_kind() {
        for (url, kind) in [
            ("example.org", ContentKind::WebPage),
            ("example.org/a.pdf", ContentKind::Document),
            ("example.org/A.PDF?download=1", ContentKind::Document),
            ("example.org/pdf", ContentKind::WebPage),
            ("example.org/a.pdf/view", ContentKind::WebPage),
            ("example.org/v1.2/notes", ContentKind::WebPage),
            ("example.org/?file=a.png", ContentKind::WebPage),
            ("example.org/a.jpeg", ContentKind::Image),
            ("example.org/talk.webm", ContentKind::Video),
            ("youtube.com/watch?v=1", ContentKind::Video),
            ("vimeo.com?a=1", ContentKind::Video),
            ("notyoutube.com/watch?v=1", ContentKind::WebPage),
        ] {
            assert_eq!(with_key(url, ContentKind::classify), kind, "{url}");
        }
    }

    #[test]
    fn progress_is_by_what_is_further() {
        let at = |finished, providers, time_percent| Progress { finished, providers, time_percent }.percent();
        assert_eq!([at(0, 4, 0), at(1, 4, 10), at(1, 4, 60), at(4, 4, 10)], [0, 25, 60, 100]);
    }

    proptest! {
        /// Keeping the most frequent up to date gives what sorting all of them would.
        #[test]
        fn the_most_frequent_domains_are_those_that_sorting_gives(hosts in prop::collection::vec(0_u8..20, 0..200)) {
            let mut counter = PatternCounter::default();
            let mut counts = BTreeMap::new();
            for host in &hosts {
                with_key(&format!("{host}.example/{}", counts.len()), |page| counter.found(page));
                *counts.entry(format!("{host}.example")).or_insert(0_u32) += 1;
            }
            let mut sorted: Vec<(String, u32)> = counts.into_iter().filter(|(_, count)| *count > 1).collect();
            sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
            sorted.truncate(MAX_DOMAINS);
            let patterns = counter.patterns();
            let told: Vec<(String, u32)> =
                patterns.domains.iter().map(|domain| (domain.name.to_string(), domain.results)).collect();
            prop_assert_eq!(told, sorted);
            let kinds: u32 = patterns.kinds.iter().map(|(_, results)| results).sum();
            prop_assert_eq!(kinds as usize, hosts.len());
        }
    }
}
