//! Properties of the analysis of any text.

use std::sync::Arc;

use aggregator_core::Query;
use aggregator_core::analysis::{Analysis, AnalysisSettings, Analyzer};
use aggregator_core::provider::{QueryLimit, SearchRequest};
use proptest::prelude::*;
use tokio::time::Instant;

fn analyze(text: &str) -> Analysis {
    Analyzer::new(AnalysisSettings::default()).unwrap().analyze(text)
}

/// Pieces that the rules look for, in any order, and any other text between them.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            " ", "\n", "\t", "\u{3000}", "\u{a0}", "?", "! ", ". ", "。", "？", ", ", "：", ": ", "```", "`", "(", ")", "{", "}",
            ";", "1. ", "2. ", "3) ", "\n- ", "compare ", " and ", " vs ", "what is ", "difference between ", "和", "と",
            "区别", "违い", "TypeError: ", "error", "main()", "x = 5", "fn ", "SELECT ", "0x80070005", "10:12:33", "l'",
            "java ", "it ", "苹果", "mercury", "a\u{301}", "İ", "ß", "👩‍👩‍👧", "\u{200b}", "\u{202e}", "2+2", "for ", "Dr. ",
            "than ", "better ", "'", "’", "\"", "main.rs:4:5:", "¿", "«", "»",
        ])
        .prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn segments_are_in_order_within_the_text_and_on_character_boundaries(text in text()) {
        let analysis = analyze(&text);
        let mut end = 0;
        for segment in &analysis.segments {
            prop_assert!(segment.span.start >= end && segment.span.end > segment.span.start, "{segment:?}");
            prop_assert!(text.get(segment.span.clone()).is_some(), "{segment:?}");
            end = segment.span.end;
        }
        prop_assert!(analysis.segments.len() <= 5 && analysis.sub_queries.len() <= 5);
        for open in &analysis.ambiguity.open {
            prop_assert!(text.get(open.span.clone()).is_some_and(|open| !open.is_empty()), "{open:?}");
        }
    }

    #[test]
    fn scores_are_the_sums_of_their_parts_and_at_most_one(text in text()) {
        let analysis = analyze(&text);
        let complexity = analysis.complexity;
        let sum: u32 = complexity.factors.iter().map(|factor| factor.contribution.thousandths()).sum();
        prop_assert_eq!(sum, complexity.score.thousandths());
        let ambiguity = &analysis.ambiguity;
        let sum: u32 = [ambiguity.meaning, ambiguity.reference, ambiguity.conflict].iter().map(|part| part.thousandths()).sum();
        prop_assert_eq!(sum, ambiguity.score.thousandths());
        prop_assert_eq!(ambiguity.score.thousandths() > 0, ambiguity.is_ambiguous());
        let input = analysis.input;
        let shares = [input.prose, input.code, input.error].iter().map(|share| share.thousandths()).sum::<u32>();
        prop_assert!(shares == 0 || (998..=1_000).contains(&shares), "{input:?}");
        for score in [complexity.score, ambiguity.score, input.confidence] {
            prop_assert!((0.0..=1.0).contains(&score.get()));
        }
    }

    #[test]
    fn white_space_of_another_kind_does_not_change_the_type(
        text in text(),
        spaces in prop::collection::vec(prop::sample::select(vec![" ", "\n", "\t", "  ", "\r\n", "\u{3000}", " \n\n "]), 1..8),
    ) {
        let mut other = String::new();
        let mut turn = 0;
        let mut inside = false;
        for c in text.chars() {
            if !c.is_whitespace() {
                other.push(c);
            } else if !inside {
                other.push_str(spaces[turn % spaces.len()]);
                turn += 1;
            }
            inside = c.is_whitespace();
        }
        // A text that becomes too long is cut.
        prop_assume!(text.chars().count() <= 2_000 && other.chars().count() <= 2_000);
        prop_assert_eq!(analyze(&text).input, analyze(&other).input);
    }

    #[test]
    fn the_same_text_gives_the_same_analysis(text in text()) {
        prop_assert_eq!(analyze(&text), analyze(&text));
    }

    #[test]
    fn what_is_unsuitable_comes_with_a_suggestion(text in text()) {
        let suitability = analyze(&text).suitability;
        prop_assert!(suitability.is_suitable() || !suitability.suggestions.is_empty());
    }

    #[test]
    fn what_is_sent_is_the_text_or_bounded_and_of_its_words(text in text(), chars in 1u32..60, words in 1u32..12) {
        let Ok(query) = Query::new(text) else { return Ok(()) };
        let limit = QueryLimit { chars, words };
        let request = SearchRequest::new(Arc::new(query), 1, Instant::now()).with_query_limit(limit);
        let (whole, sent) = (request.query.text().as_str(), request.text());
        prop_assert!(limit.allows(sent), "{sent:?}");
        prop_assert!(!sent.is_empty() && sent.trim() == sent && !sent.contains('\n'), "{sent:?}");
        prop_assert!(!limit.allows(whole) || sent == whole, "{sent:?}");
        let mut rest = whole.chars();
        prop_assert!(sent.chars().filter(|c| !c.is_whitespace()).all(|c| rest.any(|of| of == c)), "{sent:?} of {whole:?}");
    }
}
