//! Merging and ranking: many lists become one, whatever order their items arrive in.
//!
//! Results are the same page when their [canonical URL](super::canonical) is the same. The rank is weighted reciprocal
//! rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009): a page's score is the sum over providers of
//! `weight / (60 + rank)`, where the rank counts a provider's hits from 1. A provider that lists a page twice counts
//! with its better position only.
//!
//! Scores are summed as whole numbers of 2^-40, because integer addition does not depend on the order of arrival and
//! floating-point addition does. Equal scores are ordered by canonical URL, so that the order is total.

use std::hash::Hasher as _;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashTable;
use siphasher::sip::SipHasher13;

use super::canonical::{HostRange, PageKey, UrlError, trimmed, write_canonical, write_file};
use crate::provider::Hit;
use crate::settings::Settings;
use crate::source::{ProviderName, RankedSource, ResultId, Source};
use crate::text::{CleanText, is_unsafe_char, printable_ascii_prefix};

/// The constant of reciprocal rank fusion; 60 in the paper and in every implementation that was surveyed.
pub const RRF_K: u32 = 60;

/// Scores are counted in units of 2^-40: the rounding of one provider's share is below 10^-12.
const UNITS_PER_ONE: f64 = (1_u64 << 40) as f64;

/// How much a provider's ranks count; 1 unless set.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Weight(f64);

/// A weight that is no positive number up to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a weight of {given} is not above 0 and at most 1000")]
pub struct WeightError {
    given: f64,
}

impl Weight {
    /// Checks a weight.
    ///
    /// # Errors
    /// When it is not above 0 and at most 1,000; NaN is not.
    pub fn new(weight: f64) -> Result<Self, WeightError> {
        if weight > 0.0 && weight <= 1_000.0 { Ok(Self(weight)) } else { Err(WeightError { given: weight }) }
    }

    /// The term of the reciprocal rank fusion for a rank, in units of 2^-40. With 64 providers of weight 1,000 the sum stays
    /// below 2^51.
    fn rrf_score(self, rank: u32) -> u64 {
        (self.0 * UNITS_PER_ONE / (f64::from(RRF_K) + f64::from(rank))).round() as u64
    }
}

impl Default for Weight {
    fn default() -> Self {
        Self(1.0)
    }
}

/// A provider whose ranked hits are merged, with the weight of its ranks.
#[derive(Debug, Clone)]
pub struct RankedProvider {
    /// Position among the providers in name order, below 64; ties go to the lower one.
    pub index: u8,
    /// Name of the provider.
    pub name: ProviderName,
    /// Weight of the provider's ranks.
    pub weight: Weight,
}

/// The results of one query so far, in their current order.
#[derive(Debug)]
pub struct ResultSet {
    hash_keys: (u64, u64),
    /// All canonical URLs, one after the other: one growing block instead of one block per result.
    keys: String,
    entries: Vec<Entry>,
    /// Indices into `entries`, by hash of the canonical URL.
    table: HashTable<u32>,
    /// Indices into `entries`, best first.
    order: Vec<u32>,
}

#[derive(Debug)]
struct Entry {
    /// Where in `keys` its canonical URL begins, and how long that is.
    key: u32,
    key_bytes: u16,
    /// Where in the canonical URL its host is.
    host: HostRange,
    hash: u64,
    score: u64,
    /// One bit for each provider that listed it.
    providers: u64,
    best_rank: u32,
    best_provider: u8,
    source: Arc<Source>,
}

/// What became of a hit.
#[derive(Debug, Clone, PartialEq)]
pub enum Merged {
    /// A page that was not known.
    New(RankedResult),
    /// A known page, confirmed by another provider.
    Confirmed(RankedResult),
    /// A known page, listed again by the same provider: nothing changed.
    Repeated,
    /// The hit is not a page that can be shown.
    Rejected(RejectReason),
}

/// The reason for which a hit is not a page that can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    /// The URL has no canonical form.
    #[error(transparent)]
    Url(UrlError),
    /// The URL holds characters that would have to be removed before it could be shown, and would then be another one.
    #[error("the URL hides characters")]
    Hidden,
}

/// A result with its current rank and score.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedResult {
    /// Number of the result within the query.
    pub id: ResultId,
    /// Rank of the result, from 1.
    pub rank: u32,
    /// Fused score of the result, a sum of RRF terms, above 0.
    pub score: f64,
    /// The page as its best-ranked provider shows it.
    pub source: Arc<Source>,
}

impl ResultSet {
    /// An empty set. The seed keys the hash table: URLs are chosen by strangers, so it should not be guessable.
    pub fn new(hash_seed: u64) -> Self {
        Self {
            hash_keys: (hash_seed, hash_seed.rotate_left(32) ^ 0x9e37_79b9_7f4a_7c15),
            keys: String::new(),
            entries: Vec::new(),
            table: HashTable::new(),
            order: Vec::new(),
        }
    }

    /// Reserves memory for about `results` results.
    pub fn reserve(&mut self, results: usize) {
        self.entries.reserve(results);
        self.order.reserve(results);
        let entries = &self.entries;
        self.table.reserve(results, |&index| entries[index as usize].hash);
        // A canonical URL of a search result has about 45 bytes in the corpus; a wrong guess costs one reallocation.
        self.keys.reserve(results * 48);
    }

    /// Distinct results.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a provider's hit at its rank, counted from 1.
    pub fn add(&mut self, provider: &RankedProvider, rank: u32, hit: Hit) -> Merged {
        let start = self.keys.len();
        match write_canonical(&hit.url, &mut self.keys) {
            Ok(host) => self.add_page(provider, rank, hit, start, host, CleanText::single_line),
            Err(error) => Merged::Rejected(RejectReason::Url(error)),
        }
    }

    /// As [`add`](Self::add), for a provider of documents of this machine: a hit may be a file, and its snippet keeps its
    /// lines.
    pub fn add_local(&mut self, provider: &RankedProvider, rank: u32, hit: Hit) -> Merged {
        let start = self.keys.len();
        let host = match write_canonical(&hit.url, &mut self.keys) {
            Err(UrlError::Scheme) => write_file(&hit.url, &mut self.keys),
            web => web,
        };
        match host {
            Ok(host) => self.add_page(provider, rank, hit, start, host, CleanText::multi_line),
            Err(error) => Merged::Rejected(RejectReason::Url(error)),
        }
    }

    /// Adds a hit whose key was appended to the others, from `start`.
    #[inline]
    fn add_page(
        &mut self,
        provider: &RankedProvider,
        rank: u32,
        hit: Hit,
        start: usize,
        host: HostRange,
        clean: impl Fn(String) -> CleanText,
    ) -> Merged {
        let plain = printable_ascii_prefix(hit.url.as_bytes());
        let is_plain = plain == hit.url.len() && !hit.url.starts_with(' ') && !hit.url.ends_with(' ');
        let hit = match is_plain {
            true => hit,
            false => match shown_url(hit.url) {
                Some(url) => Hit { url, ..hit },
                None => {
                    self.keys.truncate(start);
                    return Merged::Rejected(RejectReason::Hidden);
                }
            },
        };
        let key = &self.keys[start..];
        let mut hasher = SipHasher13::new_with_keys(self.hash_keys.0, self.hash_keys.1);
        hasher.write(key.as_bytes());
        let hash = hasher.finish();
        let same = |&index: &u32| {
            let entry = &self.entries[index as usize];
            entry.hash == hash && self.keys[entry.key()] == *key
        };
        let known = self.table.find(hash, same);
        #[cfg(feature = "seeded-faults")]
        let known = known.filter(|_| !crate::seeded_fault::is_active(crate::seeded_fault::Fault::KeptDuplicate));
        if let Some(&index) = known {
            self.keys.truncate(start);
            return self.confirm(index, provider, rank, hit, clean);
        }
        let index = self.entries.len() as u32;
        self.entries.push(Entry {
            key: start as u32,
            // A URL is short, and its key at most nine times as long.
            key_bytes: (self.keys.len() - start) as u16,
            host,
            hash,
            score: provider.weight.rrf_score(rank),
            providers: 1 << provider.index,
            best_rank: rank,
            best_provider: provider.index,
            source: to_source(provider, hit, clean),
        });
        let entries = &self.entries;
        self.table.insert_unique(hash, index, |&index| entries[index as usize].hash);
        let at = self.position_of(index);
        self.order.insert(at, index);
        Merged::New(self.ranked_result(index, at))
    }

    #[inline]
    fn confirm(
        &mut self,
        index: u32,
        provider: &RankedProvider,
        rank: u32,
        hit: Hit,
        clean: impl Fn(String) -> CleanText,
    ) -> Merged {
        let bit = 1 << provider.index;
        // A provider's hits come in rank order, so its first mention was its best.
        if self.entries[index as usize].providers & bit != 0 {
            return Merged::Repeated;
        }
        let before = self.position_of(index);
        self.order.remove(before);
        let entry = &mut self.entries[index as usize];
        entry.providers |= bit;
        entry.score += provider.weight.rrf_score(rank);
        if (rank, provider.index) < (entry.best_rank, entry.best_provider) {
            (entry.best_rank, entry.best_provider) = (rank, provider.index);
            entry.source = to_source(provider, hit, clean);
        }
        let at = self.position_of(index);
        self.order.insert(at, index);
        Merged::Confirmed(self.ranked_result(index, at))
    }

    /// The position of a result in the order, or the position to insert it at: the number of results that are better.
    fn position_of(&self, index: u32) -> usize {
        let this = &self.entries[index as usize];
        self.order.partition_point(|&other| {
            #[cfg(feature = "seeded-faults")]
            if crate::seeded_fault::is_active(crate::seeded_fault::Fault::OrderOfArrival) {
                let score = self.entries[other as usize].score;
                return score > this.score || (score == this.score && other < index);
            }
            let other = &self.entries[other as usize];
            other.score > this.score || (other.score == this.score && self.keys[other.key()] < self.keys[this.key()])
        })
    }

    fn ranked_result(&self, index: u32, at: usize) -> RankedResult {
        let entry = &self.entries[index as usize];
        RankedResult {
            id: ResultId(index),
            rank: at as u32 + 1,
            score: score(entry.score),
            source: Arc::clone(&entry.source),
        }
    }

    /// The best results in order, numbered from 1.
    pub fn best(&self, max_results: usize) -> Arc<[RankedSource]> {
        let ranked = |(at, &index): (usize, &u32)| {
            let RankedResult { id, rank, score, source } = self.ranked_result(index, at);
            RankedSource { number: rank, id, score, source }
        };
        self.order.iter().enumerate().take(max_results).map(ranked).collect()
    }

    /// The number of providers that listed a result of this set.
    pub fn provider_count(&self, id: ResultId) -> u32 {
        self.entries.get(id.0 as usize).map_or(0, |entry| entry.providers.count_ones())
    }

    /// The canonical URL of a result of this set.
    pub fn page(&self, id: ResultId) -> Option<PageKey<'_>> {
        self.entries.get(id.0 as usize).map(|entry| PageKey::new(&self.keys[entry.key()], entry.host.clone()))
    }
}

fn score(units: u64) -> f64 {
    #[cfg(feature = "seeded-faults")]
    if crate::seeded_fault::is_active(crate::seeded_fault::Fault::NegativeScores) {
        return -1.0;
    }
    units as f64 / UNITS_PER_ONE
}

impl Entry {
    fn key(&self) -> Range<usize> {
        let start = self.key as usize;
        start..start + usize::from(self.key_bytes)
    }
}

/// A URL as it can be shown: without the white space around it, joiners between letters escaped, else as it is. `None` where
/// other characters would have to be removed.
#[cold]
fn shown_url(url: String) -> Option<String> {
    const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];
    let trimmed = trimmed(&url);
    if trimmed.len() == url.len() && !url.chars().any(is_unsafe_char) {
        return Some(url);
    }
    let url = trimmed;
    if url.chars().any(|c| is_unsafe_char(c) && !JOINERS.contains(&c)) {
        return None;
    }
    Some(url.replace(JOINERS[0], "%E2%80%8C").replace(JOINERS[1], "%E2%80%8D"))
}

#[inline]
fn to_source(provider: &RankedProvider, hit: Hit, clean: impl Fn(String) -> CleanText) -> Arc<Source> {
    let mut title = CleanText::single_line(hit.title);
    title.truncate(Settings::MAX_TITLE_BYTES);
    let mut snippet = clean(hit.snippet);
    snippet.truncate(Settings::MAX_SNIPPET_BYTES);
    // Checked by `add`: there is nothing in it to remove.
    let url = CleanText::from_clean(hit.url);
    Arc::new(Source { url, title, snippet, provider: provider.name.clone() })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn provider(index: u8, weight: f64) -> RankedProvider {
        RankedProvider { index, name: ProviderName::new(&format!("p{index}")), weight: Weight::new(weight).unwrap() }
    }

    fn hit(url: &str, title: &str) -> Hit {
        Hit { url: url.into(), title: title.into(), snippet: "s".into() }
    }

    fn page(number: u32) -> String {
        format!("https://example.org/{number}")
    }

    #[test]
    fn a_confirmed_result_rises_and_shows_its_best_ranked_provider() {
        let (a, b) = (provider(0, 1.0), provider(1, 1.0));
        let mut set = ResultSet::new(0);
        set.add(&a, 1, hit("https://example.org/first", "first"));
        set.add(&a, 2, hit("https://example.org/second", "from a"));
        let Merged::Confirmed(placed) = set.add(&b, 1, hit("http://www.example.org/second/", "from b")) else {
            panic!("the same page was not recognised")
        };
        assert_eq!((placed.id, placed.rank), (ResultId(1), 1));
        assert_eq!((placed.source.title.as_str(), placed.source.provider.as_str()), ("from b", "p1"));
        assert!((placed.score - (1.0 / 62.0 + 1.0 / 61.0)).abs() < 1e-11);
        assert_eq!(set.page(ResultId(1)).unwrap().as_str(), "example.org/second");
    }

    #[test]
    fn equal_ranks_show_the_provider_that_comes_first_by_name() {
        for order in [[0, 1], [1, 0]] {
            let mut set = ResultSet::new(0);
            for index in order {
                set.add(&provider(index, 1.0), 3, hit(&page(1), &format!("from {index}")));
            }
            assert_eq!(set.best(1)[0].source.title.as_str(), "from 0");
        }
    }

    #[test]
    fn passages_of_a_file_are_results_of_their_own_and_keep_their_lines() {
        let provider = provider(0, 1.0);
        let mut set = ResultSet::new(0);
        let passage = |url: &str| Hit { snippet: "one\n\ttwo\u{202e}\r\n".into(), ..hit(url, "a\nb") };
        for (rank, url) in (1..).zip(["file:///d/a%20b.md#install", "file:///d/a%20b.md#usage", "file:///d/a%20b.md"]) {
            let Merged::New(placed) = set.add_local(&provider, rank, passage(url)) else { panic!("{url} was known") };
            assert_eq!((placed.source.url.as_str(), placed.source.title.as_str()), (url, "a b"));
            assert_eq!(placed.source.snippet.as_str(), "one\n\ttwo\n");
        }
        assert_eq!(set.add_local(&provider, 4, passage("file://localhost/d/a%20b.md#usage")), Merged::Repeated);
        let key = set.page(ResultId(1)).unwrap();
        assert_eq!((key.as_str(), key.host(), key.path()), ("/d/a%20b.md#usage", "/d/a%20b.md", "/d/a%20b.md"));
        // A page of the web beside them is the one that others find.
        set.add_local(&provider, 5, passage("https://example.org/x/#y"));
        assert!(matches!(set.add(&self::provider(1, 1.0), 1, hit("http://example.org/x", "t")), Merged::Confirmed(_)));
    }

    #[test]
    fn what_is_no_file_of_this_machine_is_refused_and_leaves_no_key() {
        let provider = provider(0, 1.0);
        let mut set = ResultSet::new(0);
        let long = format!("file:///{}", "a".repeat(Settings::MAX_URL_BYTES));
        for (url, error) in [
            ("file://elsewhere/share/a.md", UrlError::Scheme),
            ("ftp://example.org/a", UrlError::Scheme),
            ("/d/a.md", UrlError::Malformed),
            (&long, UrlError::TooLong),
        ] {
            assert_eq!(set.add_local(&provider, 1, hit(url, "t")), Merged::Rejected(RejectReason::Url(error)), "{url}");
        }
        let of_the_web = set.add(&provider, 1, hit("file:///d/a.md", "t"));
        assert_eq!(of_the_web, Merged::Rejected(RejectReason::Url(UrlError::Scheme)));
        assert!(set.keys.is_empty());
    }

    #[test]
    fn a_provider_cannot_vote_twice() {
        let a = provider(0, 1.0);
        let mut set = ResultSet::new(0);
        set.add(&a, 1, hit(&page(1), "t"));
        assert_eq!(set.add(&a, 2, hit(&page(1), "t")), Merged::Repeated);
        assert_eq!(set.best(9)[0].score, score(Weight::default().rrf_score(1)));
    }

    #[test]
    fn urls_that_cannot_be_shown_are_refused_and_leave_nothing_behind() {
        let a = provider(0, 1.0);
        let mut set = ResultSet::new(0);
        for bad in [
            "https://example.org/\u{202e}x",
            "https://exam\u{200b}ple.org/",
            "https://example.org/a\nb",
            "\u{feff}https://example.org/",
            "mailto:x@example.org",
        ] {
            assert!(matches!(set.add(&a, 1, hit(bad, "t")), Merged::Rejected(_)), "{bad:?}");
        }
        assert!(set.is_empty() && set.keys.is_empty());
    }

    #[test]
    fn white_space_around_and_joiners_within_a_url_do_no_harm() {
        let (a, b) = (provider(0, 1.0), provider(1, 1.0));
        for (given, shown) in [
            (" https://example.org/a\r\n", "https://example.org/a"),
            ("\u{a0}https://example.org/b\u{2028}", "https://example.org/b"),
            ("https://fa.example.org/می\u{200c}خواهم", "https://fa.example.org/می%E2%80%8Cخواهم"),
            ("https://example.org/\u{1f468}\u{200d}\u{1f469}", "https://example.org/\u{1f468}%E2%80%8D\u{1f469}"),
        ] {
            let mut set = ResultSet::new(0);
            let Merged::New(placed) = set.add(&a, 1, hit(given, "t")) else { panic!("{given:?} was refused") };
            assert_eq!(placed.source.url.as_str(), shown);
            assert!(matches!(set.add(&b, 1, hit(shown, "t")), Merged::Confirmed(_)), "{shown} is another page");
        }
    }

    #[test]
    fn every_rank_has_a_share() {
        let mut set = ResultSet::new(0);
        for (index, rank) in (0..).zip([1, 1_000, u32::MAX]) {
            assert!(matches!(set.add(&provider(index, 1.0), rank, hit(&page(rank), "t")), Merged::New(_)));
        }
        assert!(set.best(3).windows(2).all(|pair| pair[0].score > pair[1].score));
    }

    #[test]
    fn weights_are_checked() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1_000.1] {
            assert!(Weight::new(bad).is_err(), "{bad}");
        }
        assert!(Weight::new(1_000.0).is_ok() && Weight::new(f64::MIN_POSITIVE).is_ok());
    }

    /// Some providers' lists: page numbers, best first, with repetitions.
    fn lists() -> impl Strategy<Value = Vec<(f64, Vec<u32>)>> {
        prop::collection::vec((0.1f64..10.0, prop::collection::vec(0u32..30, 0..20)), 1..6)
    }

    /// Adds all hits, taking the next one from the list that `picks` chooses.
    fn merge(lists: &[(f64, Vec<u32>)], picks: &[usize], hash_seed: u64) -> ResultSet {
        let mut set = ResultSet::new(hash_seed);
        let mut next = vec![0; lists.len()];
        let mut picks = picks.iter().copied().chain(0..);
        while next.iter().zip(lists).any(|(&at, list)| at < list.1.len()) {
            let chosen = picks.next().unwrap() % lists.len();
            if let Some(&number) = lists[chosen].1.get(next[chosen]) {
                next[chosen] += 1;
                let title = format!("{number} from {chosen}");
                set.add(&provider(chosen as u8, lists[chosen].0), next[chosen] as u32, hit(&page(number), &title));
            }
        }
        set
    }

    fn shown(set: &ResultSet) -> Vec<(u32, String, String, f64)> {
        let best = set.best(usize::MAX);
        best.iter().map(|s| (s.number, s.source.url.to_string(), s.source.title.to_string(), s.score)).collect()
    }

    proptest! {
        #[test]
        fn i4_the_order_is_the_same_for_every_arrival_order(
            lists in lists(),
            one in prop::collection::vec(0usize..6, 0..100),
            other in prop::collection::vec(0usize..6, 0..100),
            seed: u64,
        ) {
            prop_assert_eq!(shown(&merge(&lists, &one, 0)), shown(&merge(&lists, &other, seed)));
        }

        #[test]
        fn i4_the_order_is_total_and_scores_follow_the_formula(lists in lists(), picks in prop::collection::vec(0usize..6, 0..100)) {
            let set = merge(&lists, &picks, 1);
            let shown = shown(&set);
            let mut expected: BTreeMap<u32, f64> = BTreeMap::new();
            for (weight, list) in &lists {
                let mut seen = BTreeSet::new();
                for (at, &number) in list.iter().enumerate() {
                    if seen.insert(number) {
                        *expected.entry(number).or_default() += weight / (61.0 + at as f64);
                    }
                }
            }
            prop_assert_eq!(shown.len(), expected.len());
            for (number, url, _, score) in &shown {
                let page: u32 = url.rsplit('/').next().unwrap().parse().unwrap();
                prop_assert!((score - expected[&page]).abs() < 1e-10, "{}: {} is not {}", number, score, expected[&page]);
            }
            for pair in shown.windows(2) {
                prop_assert!(pair[0].3 > pair[1].3 || (pair[0].3 == pair[1].3 && pair[0].1 < pair[1].1));
            }
        }
    }
}
