//! Which results become sources: relevant ones, and not ten times the same.
//!
//! Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): sources are chosen one by one, each time the one with
//! the largest `(1 - diversity) * relevance - diversity * similarity`, where the similarity is that to the most similar
//! source chosen before. All figures are whole thousandths, so that the choice is the same on every machine.
//!
//! Relevance is judged by words, which is a guess: many good pages share few with the query, and pages about something else
//! share some. So only pages with next to nothing of what the best has are left out, and a minimum number stays.

use crate::analysis::{QueryTerms, Score, terms};
use crate::settings::by_name::settings;
use crate::source::{RankedSource, ResultId};

/// Maximum number of results, best first, among which sources are chosen, unless more sources are wanted.
pub const MAX_CANDIDATES: usize = 256;

/// Maximum number of chosen sources with which the other results are compared. Together with
/// the next limit it bounds what one poll does.
const MAX_COMPARED: usize = 100;

/// Maximum number of subject words in the sketch of a result, by which results are compared. The words with the smallest hashes
/// are taken (bottom-k sketch; Broder, "On the resemblance and containment of documents", 1997). Most titles and snippets have
/// fewer.
const SKETCH_LEN: usize = 64;

settings! {
    /// Selection of sources.
    pub struct SelectionSettings {
        /// Minimum relevance of a source, as a share of the best one's. The reference system announces 0.7 and applies no
        /// threshold; its relevance is 0.7 for every page with a title and a description.
        relevance_threshold: f64 = 0.25, 0.0 => 1.0;
        /// Minimum number of sources, the most relevant results, independent of the threshold: relevance is judged by words,
        /// which not every good page shares with the query.
        min_sources: u32 = 3, 1 => 1_000;
        /// Weight of similarity to other sources against relevance: at 0 only relevance counts. The default is the reference
        /// system's.
        diversity_factor: f64 = 0.3, 0.0 => 1.0;
    }
}

/// The reason for which a result became a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SelectionReason {
    /// The result is among the most relevant ones, and would be a source without the diversity factor, too.
    Relevant,
    /// The result differs from the sources that were chosen before it. More relevant results resemble them.
    Different,
    /// The result is below the threshold. Without it there would be too few sources.
    Needed,
}

#[doc(hidden)]
#[deprecated(note = "renamed to `SelectionReason`")]
pub type Why = SelectionReason;

impl std::fmt::Display for SelectionReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Relevant => "relevant",
            Self::Different => "different from the others",
            Self::Needed => "needed for enough sources",
        })
    }
}

/// A result that became a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The result that was selected.
    pub id: ResultId,
    /// One quarter of it is its score as a share of the best score, three quarters are how much its title and snippet have of
    /// the query's subject words: the mean over those that any result has, of each the share of its pieces of three letters
    /// in one word, if that is at least a half. The score alone, if no result has any.
    pub relevance: Score,
    /// To the most similar source chosen before it: the share of subject words that both have of those that either has,
    /// but at least a half within a domain.
    pub similarity: Score,
    /// Why it was chosen.
    pub why: SelectionReason,
}

/// What was selected, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Selection {
    /// What was selected, in the order of the sources.
    pub choices: Vec<Choice>,
    /// Results that are less relevant than the threshold.
    pub below_threshold: u32,
    /// Results that were relevant enough, and others were chosen.
    pub passed_over: u32,
    /// Results behind the best [`MAX_CANDIDATES`].
    pub not_considered: u32,
}

/// A result that may be chosen.
struct Candidate<'a> {
    source: &'a RankedSource,
    host: &'a str,
    /// At most [`SKETCH_LEN`] of them.
    terms: Vec<u64>,
    /// Score of the result as a share of the best.
    by_score: u32,
    /// How much the result has of the query's words, in sum.
    found: u32,
    relevance: u32,
    /// Whether it is below the threshold and kept all the same.
    needed: bool,
    /// To what was chosen so far.
    similarity: u32,
    why: Option<SelectionReason>,
}

/// Selects sources from `results`: the best of `all` results, best first, with the host of each. The selection keeps their
/// order.
pub(crate) fn select<'a>(
    results: impl Iterator<Item = (&'a RankedSource, &'a str)>,
    all: usize,
    query: &str,
    max_sources: usize,
    settings: &SelectionSettings,
) -> Selection {
    let diversity = Score::nearest(settings.diversity_factor).thousandths();
    let query_terms = QueryTerms::new(query);
    let (mut best_score, mut had) = (0.0, 0);
    let candidate = |(source, host): (&'a RankedSource, &'a str)| {
        best_score = f64::max(best_score, source.score);
        let (title, snippet) = (&source.source.title, &source.source.snippet);
        let mut terms = terms(title);
        terms.extend(crate::analysis::terms(snippet));
        terms.sort_unstable();
        terms.dedup();
        terms.truncate(SKETCH_LEN);
        let found = query_terms.coverage_in([title, snippet]);
        had |= found.words;
        let by_score = (source.score / best_score * 1_000.0) as u32;
        Candidate {
            source,
            host,
            terms,
            by_score,
            found: found.shares,
            relevance: 0,
            needed: false,
            similarity: 0,
            why: None,
        }
    };
    let mut selection = Selection::default();
    let mut candidates: Vec<Candidate<'_>> = results.map(candidate).collect();
    selection.not_considered = all.saturating_sub(candidates.len()) as u32;
    // Words that no page has tell nothing about any of them.
    let words = had.count_ones();
    for candidate in &mut candidates {
        let found = candidate.found.checked_div(words);
        candidate.relevance = found.map_or(candidate.by_score, |found| (candidate.by_score + 3 * found) / 4);
    }
    leave_out(&mut candidates, max_sources, settings, &mut selection);
    choose(&mut candidates, max_sources, diversity);
    for Candidate { source, relevance, similarity, why, .. } in &candidates {
        match why {
            None => selection.passed_over += 1,
            Some(why) => selection.choices.push(Choice {
                id: source.id,
                relevance: Score::from_thousandths(*relevance),
                similarity: Score::from_thousandths(*similarity),
                why: *why,
            }),
        }
    }
    selection
}

/// Leaves out what is below the threshold, but no more than leaves enough.
fn leave_out(
    candidates: &mut Vec<Candidate<'_>>,
    max_sources: usize,
    settings: &SelectionSettings,
    selection: &mut Selection,
) {
    let threshold = Score::nearest(settings.relevance_threshold).thousandths();
    let best = candidates.iter().map(|candidate| candidate.relevance).max().unwrap_or(0);
    let passes = |candidate: &Candidate<'_>| candidate.relevance * 1_000 >= threshold * best;
    let relevant = candidates.iter().filter(|candidate| passes(candidate)).count();
    let needed = (settings.min_sources as usize).min(max_sources).saturating_sub(relevant);
    if needed > 0 {
        let mut others: Vec<_> = candidates.iter_mut().filter(|candidate| !passes(candidate)).collect();
        // A stable sort: of equally relevant ones the better ranked.
        others.sort_by_key(|candidate| std::cmp::Reverse(candidate.relevance));
        others.into_iter().take(needed).for_each(|candidate| candidate.needed = true);
    }
    let before = candidates.len();
    candidates.retain(|candidate| candidate.needed || passes(candidate));
    selection.below_threshold = (before - candidates.len()) as u32;
}

/// Marks those that are chosen.
fn choose(candidates: &mut [Candidate<'_>], max_sources: usize, diversity: u32) {
    // Those that would be chosen if only relevance counted; of equally relevant ones the better ranked.
    let mut by_relevance: Vec<usize> = (0..candidates.len()).collect();
    by_relevance.sort_by_key(|&index| (std::cmp::Reverse(candidates[index].relevance), index));
    let mut relevant = vec![false; candidates.len()];
    by_relevance.iter().take(max_sources).for_each(|&index| relevant[index] = true);
    for round in 0..max_sources.min(candidates.len()) {
        let value = |candidate: &Candidate<'_>| {
            i64::from(1_000 - diversity) * i64::from(candidate.relevance)
                - i64::from(diversity) * i64::from(candidate.similarity)
        };
        let open = candidates.iter().enumerate().filter(|(_, candidate)| candidate.why.is_none());
        // The first of equals: the better ranked.
        let Some((chosen, _)) = open.min_by_key(|(index, candidate)| (std::cmp::Reverse(value(candidate)), *index))
        else {
            return;
        };
        candidates[chosen].why = Some(match relevant[chosen] {
            _ if candidates[chosen].needed => SelectionReason::Needed,
            true => SelectionReason::Relevant,
            false => SelectionReason::Different,
        });
        if round >= MAX_COMPARED {
            continue;
        }
        let (host, terms) = (candidates[chosen].host, std::mem::take(&mut candidates[chosen].terms));
        for other in candidates.iter_mut().filter(|candidate| candidate.why.is_none()) {
            other.similarity = other.similarity.max(similarity(other, host, &terms));
        }
    }
}

fn similarity(candidate: &Candidate<'_>, host: &str, terms: &[u64]) -> u32 {
    let shared = crate::analysis::shared(&candidate.terms, terms);
    let in_words = share(shared, candidate.terms.len() + terms.len() - shared);
    if candidate.host == host { in_words.max(500) } else { in_words }
}

/// In thousandths; nothing of nothing is nothing.
fn share(part: usize, whole: usize) -> u32 {
    (part * 1_000).checked_div(whole).unwrap_or(0) as u32
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::source::{ProviderName, Source};
    use crate::text::CleanText;

    /// Results with these hosts and titles, best first.
    fn results(pages: &[(&'static str, &str)]) -> Vec<(RankedSource, &'static str)> {
        let result = |(index, &(host, title)): (usize, &(&'static str, &str))| {
            let source = Source {
                url: CleanText::single_line(format!("https://{host}/{index}")),
                title: CleanText::single_line(title),
                snippet: CleanText::default(),
                provider: ProviderName::new("p"),
            };
            let number = index as u32 + 1;
            let score = 1.0 / f64::from(60 + number);
            (RankedSource { number, id: ResultId(index as u32), score, source: Arc::new(source) }, host)
        };
        pages.iter().enumerate().map(result).collect()
    }

    fn selected(pages: &[(&'static str, &str)], query: &str, max_sources: usize, settings: [f64; 2]) -> Selection {
        let [relevance_threshold, diversity_factor] = settings;
        selected_by(
            pages,
            query,
            max_sources,
            SelectionSettings { relevance_threshold, min_sources: 1, diversity_factor },
        )
    }

    fn selected_by(
        pages: &[(&'static str, &str)],
        query: &str,
        max_sources: usize,
        settings: SelectionSettings,
    ) -> Selection {
        let results = results(pages);
        select(results.iter().map(|(source, host)| (source, *host)), results.len(), query, max_sources, &settings)
    }

    fn ids(selection: &Selection) -> Vec<u32> {
        selection.choices.iter().map(|choice| choice.id.0).collect()
    }

    const PAGES: [(&str, &str); 5] = [
        ("a.example", "Ownership in Rust explained"),
        ("a.example", "Ownership in Rust explained again"),
        ("b.example", "Ownership in Rust explained once more"),
        ("c.example", "Borrowing and lifetimes: a tour of Rust ownership for beginners"),
        ("d.example", "Gardening in spring"),
    ];

    #[test]
    fn relevance_alone_takes_the_relevant_and_diversity_takes_others() {
        let by_relevance = selected(&PAGES, "rust ownership", 2, [0.0, 0.0]);
        assert_eq!(ids(&by_relevance), [0, 1]);
        assert!(by_relevance.choices.iter().all(|choice| choice.why == SelectionReason::Relevant));
        let diverse = selected(&PAGES, "rust ownership", 2, [0.6, 0.5]);
        assert_eq!(ids(&diverse), [0, 3], "{diverse:?}");
        assert_eq!(diverse.choices[1].why, SelectionReason::Different);
        assert!(diverse.choices[1].similarity < Score::from_thousandths(500));
        assert_eq!((diverse.below_threshold, diverse.passed_over), (1, 2), "the garden, and twice the same");
    }

    #[test]
    fn the_threshold_is_a_share_of_the_best_which_is_kept() {
        assert_eq!(ids(&selected(&PAGES, "rust ownership", 5, [0.0, 0.3])), [0, 1, 2, 3, 4]);
        assert_eq!(ids(&selected(&PAGES, "rust ownership", 5, [0.6, 0.3])), [0, 1, 2, 3]);
        assert_eq!(selected(&[], "rust", 5, [0.3, 0.3]), Selection::default());
        let best = selected(&[PAGES[4], PAGES[0]], "rust ownership borrow checker", 5, [1.0, 0.3]);
        assert_eq!(
            (ids(&best), best.choices[0].why),
            (vec![1], SelectionReason::Relevant),
            "the best is not the best ranked"
        );
        // No page has more than a half of what is asked, and the best is kept with what is nearly as good.
        let pages = [("a.example", "Rust ownership"), ("b.example", "Rust"), ("c.example", "Lifetimes and borrowing")];
        let half = selected(&pages, "rust ownership lifetimes borrowing", 5, [0.7, 0.3]);
        assert_eq!(ids(&half), [0, 2], "{half:?}");
        assert!(half.choices.iter().all(|choice| choice.relevance < Score::from_thousandths(700)));
    }

    #[test]
    fn words_that_no_page_has_say_nothing() {
        let with = selected(&PAGES, "rust ownership quantum chromodynamics", 5, [0.6, 0.3]);
        assert_eq!(with, selected(&PAGES, "rust ownership", 5, [0.6, 0.3]));
        // With nothing to go by, the providers are believed.
        let nothing = selected(&PAGES, "quantum chromodynamics", 5, [0.9, 0.3]);
        assert_eq!(ids(&nothing), [0, 1, 2, 3, 4]);
        assert_eq!(nothing.choices[0].relevance, Score::ONE);
    }

    #[test]
    fn enough_sources_are_kept_whatever_their_relevance() {
        let pages = [PAGES[4], ("e.example", "Tulips"), PAGES[0], ("f.example", "A shell script")];
        let kept = |min_sources, max_sources| {
            let settings = SelectionSettings { relevance_threshold: 0.9, min_sources, diversity_factor: 0.3 };
            let selection = selected_by(&pages, "rust ownership", max_sources, settings);
            assert_eq!(selection.choices.len() + selection.below_threshold as usize, 4, "{selection:?}");
            let needed = selection.choices.iter().filter(|choice| choice.why == SelectionReason::Needed).count();
            (ids(&selection), needed)
        };
        assert_eq!(kept(1, 5), (vec![2], 0));
        assert_eq!(kept(2, 5), (vec![0, 2], 1), "of equally relevant ones the better ranked");
        assert_eq!(kept(3, 5), (vec![0, 1, 2], 2));
        assert_eq!(kept(1_000, 5), (vec![0, 1, 2, 3], 3), "there are no more");
        assert_eq!(kept(3, 2), (vec![0, 2], 1), "no more than are wanted");
        assert_eq!(kept(3, 1), (vec![2], 0));
    }

    #[test]
    fn other_forms_of_the_words_are_relevant_too() {
        let kept = |query, pages: &[&'static str]| {
            let pages: Vec<_> = pages.iter().map(|&title| ("a.example", title)).collect();
            ids(&selected(&pages, query, 5, [0.5, 0.0]))
        };
        assert_eq!(
            kept("how do vaccines work", &["Gardening", "What a vaccine does", "How vaccination works"]),
            [1, 2]
        );
        assert_eq!(
            kept("miten rokotteet toimivat", &["Puutarha", "Rokotteen toiminta", "Miksi lapsi rokotetaan?"]),
            [1, 2]
        );
        assert_eq!(kept("aşılar nasıl çalışır", &["Bahçe", "Aşıların çalışma ilkesi"]), [1]);
        assert_eq!(kept("백신은 어떻게 작용하나요", &["정원 가꾸기", "백신이 작용하는 원리"]), [1]);
        assert_eq!(kept("วัคซีนทำงานอย่างไร", &["สวนดอกไม้", "หลักการทำงานของวัคซีน"]), [1]);
    }

    #[test]
    fn by_default_what_is_about_something_else_is_left_out() {
        let tulips: Vec<_> = (0..19).map(|number| format!("Tulip {number} in spring")).collect();
        let mut pages: Vec<_> = tulips.iter().map(|title| ("t.example", title.as_str())).collect();
        pages.insert(3, PAGES[0]);
        let chosen = selected_by(&pages, "rust ownership", 20, SelectionSettings::default());
        assert_eq!((ids(&chosen), chosen.below_threshold), (vec![0, 1, 3], 17), "the relevant one, and enough");
        // With nothing to go by, the providers are believed.
        assert_eq!(selected_by(&pages, "?", 20, SelectionSettings::default()).choices.len(), 20);
    }

    #[test]
    fn however_long_and_many_the_pages_choosing_is_bounded() {
        let words: Vec<_> =
            (0..1_000).map(|page| (0..700).map(|word| format!("{page}x{word} ")).collect::<String>()).collect();
        let pages: Vec<_> = words.iter().map(|title| ("t.example", &title[..])).collect();
        let results = results(&pages);
        let settings = SelectionSettings { relevance_threshold: 0.0, min_sources: 1, diversity_factor: 0.5 };
        let candidates = results.iter().map(|(source, host)| (source, *host)).take(MAX_CANDIDATES);
        let selection = select(candidates, results.len(), "rust", 20, &settings);
        assert_eq!((selection.choices.len(), selection.passed_over, selection.not_considered), (20, 236, 744));
    }

    proptest! {
        #[test]
        fn each_result_is_chosen_or_listed_as_left_out(
            pages in prop::collection::vec((0_usize..5, 0_usize..4, 0_usize..4), 0..40),
            max_sources in 1_usize..20,
            min_sources in 1_u32..20,
            threshold in 0.0..1.0_f64,
            diversity in 0.0..1.0_f64,
        ) {
            const HOSTS: [&str; 5] = ["a.example", "b.example", "c.example", "d.example", "e.example"];
            const WORDS: [&str; 4] = ["rust", "ownership", "garden", "spring"];
            let titles: Vec<_> = pages.iter().map(|&(_, a, b)| format!("{} {}", WORDS[a], WORDS[b])).collect();
            let pages: Vec<_> = pages.iter().zip(&titles).map(|(&(host, ..), title)| (HOSTS[host], title.as_str())).collect();
            let settings =
                SelectionSettings { relevance_threshold: threshold, min_sources, diversity_factor: diversity };
            let selection = selected_by(&pages, "rust ownership", max_sources, settings);
            let sum = selection.choices.len() + (selection.below_threshold + selection.passed_over) as usize;
            prop_assert_eq!((sum, selection.not_considered), (pages.len(), 0));
            prop_assert!(selection.choices.len() <= max_sources);
            prop_assert!(ids(&selection).is_sorted());
            prop_assert!(selection.choices.len() >= max_sources.min(min_sources as usize).min(pages.len()));
            prop_assert_eq!(selection.choices.is_empty(), pages.is_empty());
        }
    }
}
