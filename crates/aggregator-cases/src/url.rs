//! Canonicalisation of 40 URLs: ordinary ones, and those that need the general parser.

use aggregator_core::search::canonical::CanonicalUrl;
use aggregator_mocks::catalog;

use super::metrics;
use super::workload::{Observation, Workload, digest, require};

pub struct Canonicalisation {
    urls: Vec<String>,
    /// Number of URLs with a canonical form, and below it the number of distinct canonical forms.
    valid: u64,
    distinct: u64,
}

/// URLs as the corpus' providers list them, with tracking parameters, in plain ASCII without escapes.
pub fn ordinary() -> Canonicalisation {
    let hits = catalog::corpus().hits(1, "ordinary", 80, 204, 0);
    let plain = |url: &String| url.starts_with("http") && !url.contains(['%', ':', '~']) && url.is_ascii();
    let stripped = |url: &String| plain(&url.replacen("://", "", 1));
    let urls: Vec<String> = hits.iter().map(|hit| hit.url.clone()).filter(stripped).take(40).collect();
    Canonicalisation { urls, valid: 40, distinct: 40 }
}

/// Hostile input: escapes, other scripts, dot segments, long queries, and texts that are not URLs.
pub fn hostile() -> Canonicalisation {
    let parameters = |n: usize| (0..n).map(|i| format!("utm_{i}={i}&p{i}={i}")).collect::<Vec<_>>().join("&");
    let kinds: [String; 10] = [
        "https://bücher.example/größe/straße?q=ü".into(),
        format!("https://example.org/{}", "%41%c3%a9%2f".repeat(60)),
        format!("https://example.org/{}x", "a/../".repeat(150)),
        format!("https://example.org/a?{}", parameters(100)),
        format!("https://{}example.org/", "www.".repeat(60)),
        "HTTPS://USER:pass@EXAMPLE.ORG:443/%7Ea//?&&&#!/route/%41".into(),
        format!("https://example.org/{}", "/".repeat(1_900)),
        "http://2130706433/%zz%%%41".into(),
        format!("javascript:{}", "a".repeat(1_000)),
        format!("https://example.org/{}", "a".repeat(4_000)),
    ];
    let urls = (0..4)
        .flat_map(|n| kinds.clone().map(|url| url.replace("example.org", &format!("e{n}.example.org"))))
        .collect();
    // Of ten kinds, two are rejected: 4 * 8 valid URLs. Three kinds are the same in every round and two are one page:
    // 3 + 4 * 4 distinct forms.
    Canonicalisation { urls, valid: 32, distinct: 19 }
}

impl Workload for Canonicalisation {
    fn run(&mut self) -> u64 {
        let valid = |url: &&String| CanonicalUrl::parse(std::hint::black_box(url)).map(std::hint::black_box).is_ok();
        self.urls.iter().filter(valid).count() as u64
    }

    fn observe(&mut self) -> Result<Observation, String> {
        require(self.urls.len() == 40, || format!("{} URLs instead of 40", self.urls.len()))?;
        let mut keys: Vec<_> = self.urls.iter().filter_map(|url| CanonicalUrl::parse(url).ok()).collect();
        let valid = keys.len() as u64;
        let checksum = digest(keys.iter().map(CanonicalUrl::as_str));
        keys.sort();
        keys.dedup();
        let distinct = keys.len() as u64;
        require((valid, distinct) == (self.valid, self.distinct), || {
            format!(
                "{valid} URLs have a canonical form, {distinct} different ones; expected {} and {}",
                self.valid, self.distinct
            )
        })?;
        Ok(Observation {
            amount: valid,
            checksum,
            counts: vec![(metrics::EVENTS, valid), (metrics::RESULTS, distinct)],
        })
    }
}
