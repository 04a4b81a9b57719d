//! Each threshold moved, each kind of text once, and work that grows as the text does.

use super::*;
use crate::provider::QueryLimit;
use crate::step_counter;

fn with(change: impl FnOnce(&mut AnalysisSettings)) -> Analyzer {
    let mut settings = AnalysisSettings::default();
    change(&mut settings);
    Analyzer::new(settings).unwrap()
}

fn analyze(text: &str) -> Analysis {
    with(|_| ()).analyze(text)
}

fn reason(text: &str) -> Option<UnsuitableReason> {
    analyze(text).suitability.reason
}

// --- Settings. ---

#[test]
fn invalid_settings_make_no_analyzer() {
    let settings = AnalysisSettings { max_segments: 0, ..AnalysisSettings::default() };
    assert_eq!(Analyzer::new(settings).unwrap_err().to_string(), "max_segments = 0 is not between 1 and 50");
}

#[test]
fn min_complexity_score_moves_the_levels() {
    let text = "why does bread rise more slowly when the kitchen is cold?";
    let level = |min| with(|s| s.min_complexity_score = min).analyze(text).complexity.level;
    let score = analyze(text).complexity.score.get();
    assert_eq!(level(score), Level::VeryComplex);
    assert_eq!(level(score + 0.001), Level::Complex);
    assert_eq!(level(0.8), Level::Moderate);
    assert_eq!(level(0.0), Level::VeryComplex);
    let suggests = |min| with(|s| s.min_complexity_score = min).analyze(text).suitability.suggestions;
    assert_eq!(suggests(0.8), []);
    assert_eq!(suggests(0.1), [Suggestion::AskInParts]);
}

#[test]
fn min_confidence_score_decides_what_is_ambiguous() {
    let open = |text: &str, min| {
        let open = with(|s| s.min_confidence_score = min).analyze(text).ambiguity.open;
        open.iter().map(|open| (text[open.span.clone()].to_owned(), open.confidence.thousandths())).collect::<Vec<_>>()
    };
    assert_eq!(open("jaguar pictures", 0.8), [("jaguar".into(), 800)]);
    assert_eq!(open("jaguar pictures", 0.801), []);
    assert_eq!(open("jaguar", 0.9), [("jaguar".into(), 900)], "nothing else could settle it");
    assert_eq!(open("how do I fix it?", 0.7), [("it".into(), 700)]);
    assert_eq!(open("how do I fix it?", 0.71), []);
    assert_eq!(open("java compiler", 0.41), [], "the rest settles it");
    assert_eq!(open("java compiler", 0.4), [("java".into(), 400)]);
    assert_eq!(open("java compiler island", 0.9), [("java".into(), 900)], "the rest speaks for two meanings");
}

#[test]
fn input_type_confidence_threshold_decides_what_is_mixed() {
    let text = "see below: fn main() { let s = String::new(); drop(s); }";
    let guess = |min| with(|s| s.input_type_confidence_threshold = min).analyze(text).input;
    let share = guess(0.0).code.get();
    assert!((0.5..0.8).contains(&share), "{share}");
    assert_eq!(guess(0.8).input_type, InputType::Mixed);
    assert_eq!(guess(share).input_type, InputType::Code);
    assert_eq!(guess(share).confidence.get(), share);
    assert_eq!(guess(share + 0.001).input_type, InputType::Mixed);
    let confidence = guess(share + 0.001).confidence.thousandths();
    assert!((500..=505).contains(&confidence), "{confidence}");
}

#[test]
fn enable_segmentation_decides_whether_anything_is_cut() {
    let text = "What is tea? What is coffee?";
    let cut = |enabled| {
        let analysis = with(|s| s.enable_segmentation = enabled).analyze(text);
        (analysis.segments.len(), analysis.sub_queries)
    };
    assert_eq!(cut(true), (2, vec!["What is tea?".to_owned(), "What is coffee?".to_owned()]));
    assert_eq!(cut(false), (1, vec![]));
    let whole = with(|s| s.enable_segmentation = false).analyze(text).segments;
    assert_eq!(whole[0].span, 0..text.len());
}

#[test]
fn max_segments_limits_segments_and_sub_queries_and_loses_no_text() {
    let text = "Who? ".repeat(7) + "And why?";
    for max in [1, 2, 5, 8, 50] {
        let analysis = with(|s| s.max_segments = max).analyze(&text);
        assert_eq!(analysis.segments.len(), max.min(8) as usize);
        assert_eq!(analysis.segments.last().unwrap().span.end, text.len());
        assert!(analysis.sub_queries.len() <= max as usize);
    }
    let compared = with(|s| s.max_segments = 2).analyze("tea vs coffee vs cocoa");
    assert_eq!(compared.sub_queries, ["tea", "coffee"]);
}

#[test]
fn lines_and_tags_are_seen_before_anything_is_removed() {
    let items = |text: &str| {
        let segments = analyze(text).segments;
        segments.iter().filter(|segment| segment.kind == SegmentKind::Item).count()
    };
    let lines = "what is meant by these?\n- mount point\n- copy on write";
    assert_eq!((items(lines), items(&lines.replace('\n', " "))), (2, 0));
    let tags = "<dependency><artifactId>core</artifactId><version>2</version></dependency>";
    assert_eq!(analyze(tags).input.input_type, InputType::Code);
}

#[test]
fn max_chars_is_the_longest_text_that_suits() {
    let analysis = with(|s| s.max_chars = 5).analyze("tee é");
    assert!(analysis.suitability.is_suitable(), "characters count, not bytes");
    let analysis = with(|s| s.max_chars = 5).analyze("tee éa");
    assert_eq!(analysis.suitability.reason, Some(UnsuitableReason::TooLong { chars: 6, most: 5 }));
    assert_eq!(analysis.suitability.suggestions, [Suggestion::Shorten]);
    assert_eq!(reason(&"word ".repeat(3_200)), None);
    assert_eq!(reason(&"words".repeat(3_201)), Some(UnsuitableReason::TooLong { chars: 16_005, most: 16_000 }));
}

#[test]
fn a_text_within_the_limit_is_sent_as_it_is_and_a_longer_one_is_bounded() {
    let text = "größte Städte der Welt";
    let search = |chars, words| shorten(text, QueryLimit { chars, words });
    assert_eq!(search(22, 4), None);
    assert_eq!(search(400, 3).as_deref(), Some("größte Städte Welt"));
    assert_eq!(search(21, 50).as_deref(), Some("größte Städte Welt"));
    assert_eq!(search(13, 50).as_deref(), Some("größte Städte"));
    assert_eq!(search(12, 50).as_deref(), Some("größte Welt"));
    assert_eq!(search(3, 50).as_deref(), Some("der"));
    assert_eq!(shorten("größte", QueryLimit { chars: 3, words: 1 }).as_deref(), Some("grö"));
}

// --- Suitability. ---

#[test]
fn sums_are_sums_and_nothing_else_is() {
    for sum in [
        "12 * (3 - 4)",
        "what is 17 * 23?",
        "(1 + 2) / 3",
        "2 + 2 =",
        "calculate 3.5 / 7 + 2",
        "wie viel ist 1,5 × 4",
        "¿cuánto es 45 / 9?",
        "сколько будет 6 * 9",
        "计算 25 * 4",
        "36 / 4 を計算して",
        "23*17",
        "2+2=",
        "10 + 20 + 30",
    ] {
        assert_eq!(reason(sum), Some(UnsuitableReason::Arithmetic), "{sum}");
    }
    for other in [
        "compare C - and D",
        "C++ vs C",
        "x = 5 in python error",
        "what is 1984 about",
        "what is 1984",
        "2024-2025",
        "9/11",
        "555-1234",
        "2026-05-01",
        "+1 555 123",
        "24/7",
        "1 + x",
        "5 - 3 leeds united",
        "3 4",
        "1 +",
        "= 2",
        "(1 + 2",
        "1 + 2)",
        "()",
        "C - D",
        "- / =",
        "what is + in regex",
        "100 %",
        "2+2",
        "2+2=5",
        "-3 + 5",
        "2^10",
        "4×4",
        "5·18",
        "1939 - 1945",
        "what is 9/11",
        "what is 10-4",
        "6-4 6-3",
        "10.0.0.0/8",
        "100+100+100",
    ] {
        assert_ne!(reason(other), Some(UnsuitableReason::Arithmetic), "{other}");
    }
}

#[test]
fn what_cannot_be_searched_says_why_and_what_to_do() {
    for (text, expected) in [
        ("", UnsuitableReason::Empty),
        (" \n\t\u{3000}", UnsuitableReason::Empty),
        ("\u{200b} \u{202e}", UnsuitableReason::Empty),
        ("?!?", UnsuitableReason::NoWords),
        ("。。。", UnsuitableReason::NoWords),
        ("fn main() {\n    let x = 5;\n    println!(\"hello {x}\");\n}", UnsuitableReason::OnlyCode),
    ] {
        let suitability = analyze(text).suitability;
        assert_eq!(suitability.reason, Some(expected), "{text:?}");
        assert!(!suitability.suggestions.is_empty(), "{text:?}");
    }
    assert_eq!(analyze("mercury").suitability.suggestions, [Suggestion::SayWhichMeaning]);
}

// --- Segments and search strings. ---

#[test]
fn segments_say_what_they_are() {
    use SegmentKind::*;
    for (text, expected) in [
        (
            "I sort pairs. ```rust\npairs.sort();\n``` Why is it slow?",
            &[(Statement, "I sort pairs."), (Code, "rust\npairs.sort();"), (Question, "Why is it slow?")][..],
        ),
        ("Topics: 1. tea 2. coffee", &[(Statement, "Topics:"), (Item, "tea"), (Item, "coffee")]),
        ("Dr. Meier lives here. Really?!", &[(Statement, "Dr. Meier lives here."), (Question, "Really?!")]),
        ("茶とは？珈琲とは？", &[(Question, "茶とは？"), (Question, "珈琲とは？")]),
        ("ValueError: no. How can I fix that?", &[(Error, "ValueError: no."), (Question, "How can I fix that?")]),
        ("``` ```", &[(Statement, "``` ```")]),
    ] {
        let segments = analyze(text).segments;
        let found: Vec<_> = segments.iter().map(|segment| (segment.kind, &text[segment.span.clone()])).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn sub_queries_can_be_searched_alone() {
    for (text, expected) in [
        ("compare C - and D", &["C", "D"][..]),
        ("tea vs coffee vs cocoa for breakfast", &["tea for breakfast", "coffee for breakfast", "cocoa for breakfast"]),
        ("what is the difference between TCP and UDP?", &["TCP", "UDP"]),
        ("Topics: 1. tea 2. coffee", &["tea", "coffee"]),
        ("绿茶和红茶有什么区别", &["绿茶", "红茶"]),
        ("who was Ada Lovelace?", &[]),
    ] {
        assert_eq!(analyze(text).sub_queries, expected, "{text}");
    }
}

#[test]
fn what_stands_between_segments_belongs_to_none() {
    let texts = |text: &str| -> Vec<String> {
        analyze(text).segments.iter().map(|segment| text[segment.span.clone()].to_owned()).collect()
    };
    let code = texts("look at this:\n```\nfn main() {}\n```\n!!\nwhy does it fail");
    assert_eq!(code, ["look at this:", "fn main() {}", "why does it fail"]);
    assert_eq!(texts("1. apples are good\n2. !\n3. pears are good"), ["apples are good", "pears are good"]);
}

#[test]
fn a_long_text_is_searched_by_what_it_asks() {
    let noise = "2026-03-01T10:12:33Z INFO request served from 10.0.0.17 in 12 ms\n".repeat(20);
    let frames = "    at com.example.shop.Cart.total(Cart.java:118)\n".repeat(40);
    let listing = "    let total = items.iter().map(|item| item.price).sum::<u64>();\n".repeat(30);
    let story = "We moved to another town last year and the house is old. ".repeat(12);
    let brave = QueryLimit { chars: 400, words: 50 };
    for (text, wanted, unwanted) in [
        (
            format!("{noise}2026-03-01T10:12:40Z ERROR pool exhausted: too many clients\nwhat should I do?"),
            &["pool exhausted: too many clients"][..],
            &["10:12:33", "10:12:40"][..],
        ),
        (
            format!("Exception in thread main java.lang.IllegalStateException: cart is closed\n{frames}"),
            &["java.lang.IllegalStateException: cart is closed"],
            &["Cart.java:118"],
        ),
        (
            format!("why is malloc() slower than calloc() here?\n```c\n{listing}```\n"),
            &["why is malloc() slower than calloc() here?"],
            &["```"],
        ),
        (
            format!("{story}Which colour goes with a red brick wall?"),
            &["Which colour goes with a red brick wall?"],
            &[],
        ),
        (listing.clone(), &["let total"], &[]),
    ] {
        let sent = shorten(&text, brave).unwrap();
        assert!(brave.allows(&sent) && !sent.is_empty(), "{sent}");
        assert!(wanted.iter().all(|piece| sent.contains(piece)), "{sent}");
        assert!(!unwanted.iter().any(|piece| sent.contains(piece)), "{sent}");
    }
}

// --- Hostile texts. ---

/// Counted, not timed: the same on a busy machine.
#[test]
fn work_grows_as_the_text_does() {
    let analyzer = with(|s| s.max_chars = 100_000);
    let steps = |text: &str| {
        step_counter::take_count();
        analyzer.analyze(text);
        shorten(text, QueryLimit { chars: 400, words: 50 });
        step_counter::take_count()
    };
    let pieces = [
        "(",
        "[{",
        ")",
        "`",
        "``` ",
        "``",
        "a",
        "a ",
        "x( ? ",
        "'",
        "l'",
        "e\u{301}",
        "\u{301}",
        ". ",
        "。",
        "- ",
        "\n- ",
        "1. ",
        "1. 2. ",
        "Error: ",
        "error ",
        "ERROR 10:12:33 ",
        "a: ",
        "main.rs:1:2: ",
        "and ",
        "compare a and ",
        "vs ",
        "it ",
        "java ",
        "苹",
        "苹果",
        "和",
        "の",
        "中国",
        "ー",
        "\u{20000}",
        "\u{3000}",
        "<a ",
        "{ } ",
        "f(x); ",
        "x = ",
        "? ",
        "Why? ",
        "1+",
        "-",
        "((1)",
        "A.",
        "a.b ",
        "SELECT ",
        "\u{200b}",
        "\u{202e} ",
        "\r\n",
    ];
    for piece in pieces {
        let text = |chars: usize| piece.repeat(chars / piece.chars().count());
        let (short, long) = (steps(&text(2_000)), steps(&text(32_000)));
        let min = 1_000;
        assert!(long <= 16 * (short + min), "{piece:?}: {short} steps for 2,000 characters, {long} for 32,000");
        assert!(short <= 60 * 2_000, "{piece:?}: {short} steps for 2,000 characters");
    }
}

#[test]
fn work_is_bounded_by_the_longest_text() {
    let analyzer = with(|_| ());
    step_counter::take_count();
    analyzer.analyze(&"why is f(x) slow? ".repeat(889));
    let longest = step_counter::take_count();
    analyzer.analyze(&"why is f(x) slow? ".repeat(100_000));
    assert!(step_counter::take_count() <= longest + longest / 50);
}
