//! Properties of every answer: each sentence is one of a source, and only its own citations are read as citations.

use aggregator_core::internals::{CitationScanner, Scanned};
use aggregator_core::model::Purpose;
use aggregator_extract::{ExtractiveModel, NO_ANSWER, Options, units};
use aggregator_words::Language;
use proptest::prelude::*;

mod support;

/// Snippets of what the rules are about, in any order.
fn snippets() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "Cats sleep all day. ",
        "Do cats dream? ",
        "It is known that cats purr",
        ".",
        " ",
        "\n",
        "\n\n",
        "    ",
        "\t",
        "`",
        "``",
        "```",
        "```rust\n",
        "\n```\n",
        "~~~",
        "\n~~~\n",
        "[1]",
        "[2]",
        "[0]",
        "[12]",
        "[1, 2]",
        "[1-3]",
        "[^1]",
        "[",
        "]",
        "(",
        ")",
        "argv[1]",
        "cats[1] ",
        "x = ",
        "return ",
        "> ",
        "- ",
        "* ",
        "1. ",
        "# ",
        "## Cats\n",
        "| cats | 2 |\n",
        "【1】",
        "［１］",
        "\\[1\\]",
        "\\",
        "[1]: ",
        "[Source 1]",
        "[Quelle 2]",
        "{",
        "}",
        "=",
        "->",
        "$",
        "<",
        "e.g. ",
        "cats.rs ",
        "v1.2.3 ",
        "猫は眠る。",
        "“Cats!” ",
        "…",
        ": ",
        "Cats:\n",
        "- cats eat\n",
        "cats_sleep ",
        "\"a\":",
        "🐈",
        "é",
        "***",
        "===\n",
        "Their cats, however, wake early. ",
        "!",
        "?",
    ]);
    prop::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
}

fn without_references(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        kept.push_str(&rest[..open]);
        let inside = &rest[open + 1..];
        let length = inside.find(|c: char| !c.is_ascii_digit() && !"^, -–".contains(c)).unwrap_or(inside.len());
        if length > 0 && inside[length..].starts_with(']') {
            rest = &inside[length + 1..];
        } else {
            kept.push('[');
            rest = inside;
        }
    }
    kept + rest
}

/// What is compared: all but white space, references and the marks of quotations.
fn bare(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '>').collect();
    without_references(&text)
}

/// How many texts are tried: `PROPTEST_CASES`, or fewer than proptest would, since each is answered twice.
fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn every_piece_is_of_the_source_that_it_cites_and_nothing_else_is_read_as_a_citation(
        texts in prop::collection::vec(snippets(), 1..5),
        question in prop::sample::select(vec!["cats", "do cats sleep?", "猫は眠る", "cats_sleep argv", "what is it"]),
        sentences in 1_u32..8,
    ) {
        let pages: Vec<(&str, &str)> = texts.iter().map(|text| ("About cats", text.as_str())).collect();
        let sources = support::sources(&pages);
        let model = ExtractiveModel::with_options(Options::default().sentences(sentences));
        let given = support::read(&model, support::request(question, sources.clone()));
        let again = support::read(&model, support::request(question, sources.clone()));
        prop_assert_eq!(&given.pieces, &again.pieces);
        prop_assert_eq!(given.usages, 1);

        let mut expected = Vec::new();
        let mut at = 0;
        for piece in &given.pieces {
            if piece == NO_ANSWER {
                prop_assert_eq!(given.pieces.len(), 1);
                continue;
            }
            at += piece.len();
            let open = piece.rfind('[').expect("a citation");
            let number: usize = piece[open + 1..piece.len() - 1].parse().expect("a number");
            let text = bare(&piece[..open]);
            prop_assert!(!piece[..open].trim().is_empty());
            prop_assert!(bare(&sources[number - 1].source.snippet).contains(&text), "{piece:?}");
            expected.push((at - (piece.len() - open), number as u32));
        }
        let mut scanner = CitationScanner::new(sources.len() as u32);
        given.pieces.iter().for_each(|piece| scanner.push(piece.clone()));
        scanner.finish();
        let (mut found, mut text) = (Vec::new(), String::new());
        while let Some(scanned) = scanner.pop() {
            match scanned {
                Scanned::Text(piece) => text.push_str(&piece),
                Scanned::Citation { span, number, .. } => found.push((span.start as usize, number)),
            }
        }
        prop_assert_eq!(scanner.invalid_citations(), 0);
        prop_assert_eq!(&text, &given.text());
        prop_assert_eq!(found, expected, "{:?}", text);
    }

    #[test]
    fn units_are_in_order_and_lose_nothing_but_white_space(text in prop_oneof![snippets(), any::<String>()]) {
        let mut end = 0;
        for unit in units(&text, Language::English) {
            prop_assert!(unit.span.start >= end && !unit.span.is_empty());
            prop_assert!(text[end..unit.span.start].trim().is_empty(), "{:?}", &text[end..unit.span.start]);
            prop_assert!(text.is_char_boundary(unit.span.end));
            end = unit.span.end;
        }
        prop_assert!(text[end..].trim().is_empty());
    }

    /// Only the first sentence, with what it needs, may be longer than an answer may be.
    #[test]
    fn an_answer_keeps_its_limits(
        fillers in prop::collection::vec((1_usize..20, prop::sample::select(vec![" ", "\n\n", "\n\n- "])), 0..12),
        text in snippets(),
        sentences in 1_u32..6,
        bytes in 100_u32..400,
    ) {
        let fillers: String = fillers.iter().map(|(words, end)| format!("{}.{end}", "Night ".repeat(*words).trim_end())).collect();
        let text = format!("Cats sleep for long. {fillers}{text}");
        let model = ExtractiveModel::with_options(Options::default().sentences(sentences).bytes(bytes));
        let request = support::request("how long do cats sleep?", support::sources(&[("Cats", &text)]));
        let first = ExtractiveModel::with_options(Options::default().sentences(1).bytes(100));
        let length = |model: &ExtractiveModel| {
            let text = support::read(model, request.clone()).text().replace("[1]", "");
            text.chars().filter(|c| !c.is_whitespace()).map(char::len_utf8).sum::<usize>()
        };
        let (given, first) = (length(&model), length(&first));
        prop_assert!(given <= first.max(bytes as usize), "{given} bytes, at most {bytes}; the first alone has {first}");
    }

    #[test]
    fn any_question_and_any_source_have_an_answer(question in "\\PC{1,80}", text in any::<String>(), title in "\\PC{0,40}") {
        prop_assume!(aggregator_core::Query::new(question.as_str()).is_ok());
        let request = support::request(&question, support::sources(&[(&title, &text)]));
        let interim = support::read(&ExtractiveModel::new(), request.clone().with_purpose(Purpose::Interim));
        prop_assert!(!interim.text().is_empty());
        prop_assert!(!support::read(&ExtractiveModel::new(), request).text().is_empty());
    }
}

#[test]
fn a_block_of_code_is_never_cut() {
    let code = "```rust\nfn cats() {\n    let x = 1.5; // Cats. Dogs. Birds.\n\n    sleep(x);\n}\n```";
    let text = format!("Cats sleep like this:\n\n{code}\n\nThey wake up.");
    let found: Vec<String> =
        units(&text, Language::English).into_iter().map(|unit| text[unit.span].to_owned()).collect();
    assert_eq!(found, ["Cats sleep like this:", code, "They wake up."]);
}
