//! Which passages of a page fit a query.

use crate::analysis::QueryTerms;
use crate::text::CleanText;

/// Passages of a page that are looked at; a page of 512 KiB has about a thousand.
const MAX_PASSAGES: usize = 2_000;

/// Longest passage in bytes that is kept whole; a longer one is cut.
const MAX_PASSAGE_BYTES: usize = 1_200;

/// Between two passages that do not follow each other on the page.
const GAP: &str = " … ";

/// The passages that have most of the words of a query, in the order of the page, together at most `max_bytes` long; one line.
/// `None` if no passage has any of its words.
pub fn fitting(query: &str, passages: &[String], max_bytes: usize) -> Option<CleanText> {
    let terms = QueryTerms::new(query);
    let mut found: Vec<Passage> = Vec::new();
    for (number, text) in passages.iter().take(MAX_PASSAGES).enumerate() {
        let coverage = terms.coverage_in([text, ""]);
        if coverage.shares > 0 {
            found.push(Passage { number, words: coverage.words.count_ones(), shares: coverage.shares });
        }
    }
    // More words first, then more of each, then the earlier one.
    found.sort_by_key(|passage| (std::cmp::Reverse((passage.words, passage.shares)), passage.number));
    let mut left = max_bytes;
    let mut kept: Vec<(usize, CleanText)> = Vec::new();
    for Passage { number, .. } in found {
        // A page breaks its lines where it likes.
        let words: Vec<&str> = passages[number].split_whitespace().collect();
        let mut text = CleanText::single_line(words.join(" "));
        text.truncate(MAX_PASSAGE_BYTES.min(max_bytes));
        let bytes = text.len() + if kept.is_empty() { 0 } else { GAP.len() };
        if text.is_empty() || bytes > left {
            continue;
        }
        left -= bytes;
        kept.push((number, text));
    }
    kept.sort_by_key(|(number, _)| *number);
    let mut whole = String::with_capacity(max_bytes - left);
    let mut last = None;
    for (number, text) in &kept {
        match last {
            None => {}
            Some(last) if last + 1 == *number => whole.push(' '),
            Some(_) => whole.push_str(GAP),
        }
        whole.push_str(text);
        last = Some(*number);
    }
    (!whole.is_empty()).then(|| CleanText::single_line(whole))
}

struct Passage {
    number: usize,
    /// Words of the query that it has.
    words: u32,
    /// The sum of the shares of each, in thousandths.
    shares: u32,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(passages: &[&str]) -> Vec<String> {
        passages.iter().map(|&passage| passage.to_owned()).collect()
    }

    fn shown(query: &str, passages: &[&str], max_bytes: usize) -> Option<String> {
        fitting(query, &page(passages), max_bytes).map(CleanText::into_string)
    }

    #[test]
    fn the_passages_with_the_words_of_the_query_are_kept_in_the_order_of_the_page() {
        let passages = [
            "Cookies help us to make this site better.",
            "The tide turns every six hours.",
            "A crossing waits for the tide.",
            "Our ferries are painted white.",
            "With the option `--no-tide` a crossing begins at once.",
        ];
        let query = "why does a crossing wait for the tide?";
        let expected = "The tide turns every six hours. A crossing waits for the tide. … With the option `--no-tide` a \
                        crossing begins at once.";
        assert_eq!(shown(query, &passages, 4_096).as_deref(), Some(expected));
        // The best one comes first where there is room for one.
        assert_eq!(shown(query, &passages, 40).as_deref(), Some("A crossing waits for the tide."));
        assert_eq!(shown("which wines go with oysters?", &passages, 4_096), None);
        assert_eq!(shown(query, &[], 4_096), None);
    }

    #[test]
    fn what_a_page_says_is_one_clean_line() {
        let passages = ["The tide\n\nturns\u{202e} now.", "\u{1b}[2J"];
        assert_eq!(shown("when does the tide turn?", &passages, 4_096).as_deref(), Some("The tide turns now."));
    }

    proptest! {
        #[test]
        fn passages_are_bounded_and_clean(query in ".{0,40}", passages in prop::collection::vec(".{0,80}", 0..20), max in 0_usize..300) {
            if let Some(text) = fitting(&query, &passages, max) {
                prop_assert!(text.len() <= max && !text.is_empty());
                prop_assert!(crate::text::is_clean(&text));
            }
        }
    }
}
