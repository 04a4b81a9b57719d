//! Forms, places, cuts and hostile texts.

use proptest::prelude::*;

use super::*;

type Found = (String, Vec<(Range<u32>, u32)>, u32);

fn scan<'a>(sources: u32, pieces: impl IntoIterator<Item = &'a str>) -> Found {
    let mut scanner = CitationScanner::new(sources);
    let (mut text, mut citations) = (String::new(), Vec::new());
    let mut take = |scanned: Option<Scanned>| {
        match scanned {
            Some(Scanned::Text(piece)) => {
                assert!(!piece.is_empty(), "an empty piece was given out");
                text.push_str(&piece);
            }
            Some(Scanned::Citation { span, chars, number }) => {
                let marker = &text[span.start as usize..span.end as usize];
                let in_chars: String = text.chars().skip(chars.start as usize).take(chars.len()).collect();
                assert_eq!(in_chars, marker, "the same place in characters");
                citations.push((span, number));
            }
            None => return false,
        }
        true
    };
    for piece in pieces {
        if scanner.is_idle() && piece.bytes().all(is_meaningless) && !piece.is_empty() {
            take(Some(Scanned::Text(scanner.pass(piece.to_owned()))));
        } else {
            scanner.push(piece.to_owned());
        }
        while take(scanner.pop()) {}
    }
    scanner.finish();
    while take(scanner.pop()) {}
    (text, citations, scanner.invalid_citations())
}

#[test]
fn markers_are_found_and_invented_ones_removed() {
    for (given, text, numbers, invented) in [
        ("Rust is fast [1].", "Rust is fast [1].", &[1][..], 0),
        ("so it is [1][2] and [3]", "so it is [1][2] and [3]", &[1, 2, 3], 0),
        ("none [4] here", "none  here", &[], 1),
        ("said [1, 2] and [1-3] and [2; 9]", "said [1, 2] and [1-3] and [2]", &[1, 2, 1, 2, 3, 2], 1),
        (
            "[^1] 【2】 【3†source】 [Source 1] ［２］ [ 3 ] \\[1\\]",
            "[^1] 【2】 【3†source】 [Source 1] ［２］ [ 3 ] \\[1\\]",
            &[1, 2, 3, 1, 2, 3, 1],
            0,
        ),
        // In whatever order, each once.
        ("a [3, 1] b [2, 2, 1-3]", "a [3, 1] b [2, 2, 1-3]", &[3, 1, 2, 1, 3], 0),
        ("a [^9] b 【9†source】 c [Source 9] d", "a  b  c  d", &[], 3),
        // Words, several scripts, places, two brackets.
        (
            "so [1 and 2] [1, 2, and 3] [1 und 3] [1和2]",
            "so [1 and 2] [1, 2, and 3] [1 und 3] [1和2]",
            &[1, 2, 1, 2, 3, 1, 3, 1, 2],
            0,
        ),
        ("so [2 and 9] [1 to 3]", "so [2] [1 to 3]", &[2, 1, 2, 3], 1),
        (
            "so [1and 2] [1 and] [and 1] [1 to 2 to 3] [1 word 2]",
            "so [1and 2] [1 and] [and 1] [1 to 2 to 3] [1 word 2]",
            &[],
            0,
        ),
        ("a [Source 1, Source 3] [source_2] [출처 1]", "a [Source 1, Source 3] [source_2] [출처 1]", &[1, 3, 2, 1], 0),
        ("a [۲] b [२, 3] c [1، ٣] d [۹]", "a [۲] b [२, 3] c [1، ٣] d ", &[2, 2, 3, 1, 3], 1),
        ("a [1, p. 12] [2, §3] [3, Theorem 2]", "a [1, p. 12] [2, §3] [3, Theorem 2]", &[1, 2, 3], 0),
        ("a [1, p] [1, n] [1, p. x] [1, p. 2", "a [1, p] [1, n] [1, p. x] [1, p. 2", &[], 0),
        ("a [[1]] [[2]](x) x[[3]] [[1, 2]] [[1], [2]]", "a [[1]] [[2]](x) x[[3]] [[1, 2]] [[1], [2]]", &[1], 0),
        ("a [^1^] [^9^] b^[2] c.^[3] dog^[1]", "a [^1^]  b^[2] c.^[3] dog^[1]", &[1, 3, 1], 1),
        ("a [1]/[2] [1]–[3]", "a [1]/[2] [1]–[3]", &[1, 2, 1, 3], 0),
        ("a 【1†来源】 【2†Ä†L1】", "a 【1†来源】 【2†Ä†L1】", &[1, 2], 0),
        // What may be something else stays, though no source has the number.
        ("[Doc. 9] [ref 9] [1 to 9] [9, p. 2] [[9]]", "[Doc. 9] [ref 9] [1 to 9] [9, p. 2] [[9]]", &[], 0),
        ("at [9], Rn. [9], paras [8]–[9], Table [9]", "at [9], Rn. [9], paras [8]–[9], Table [9]", &[], 0),
        ("[6]-gingerol, so [7]/[8]", "[6]-gingerol, so /[8]", &[], 1),
        ("x ∈ [1, 9], CI: [1, 9], in [1, 9], were [1, 9]", "x ∈ [1, 9], CI: [1, 9], in [1, 9], were [1, 9]", &[], 0),
        (
            r"\([1, 9]\) $x \in [1, 9]$ f()[9] f()[1] 返回arr[9]",
            r"\([1, 9]\) $x \in [1, 9]$ f()[9] f()[1] 返回arr[9]",
            &[],
            0,
        ),
        ("[1[2]", "[1[2]", &[], 0),
        ("so [1[99]2]", "so [1[99]2]", &[], 0),
        ("`a`[99]`b`", "`a` `b`", &[], 1),
        ("[] [a] [-1] [1", "[] [a] [-1] [1", &[], 0),
        ("[01]", "[01]", &[1], 0),
        ("so [18446744073709551616][1]", "so [18446744073709551616][1]", &[], 0),
        ("`x[1]` and so [1]", "`x[1]` and so [1]", &[1], 0),
        ("``a ` [1] `` [2]", "``a ` [1] `` [2]", &[2], 0),
        ("```\ny[9]\n``` [2]", "```\ny[9]\n``` [2]", &[], 0),
        ("```\ny[9]\n```\n[2]", "```\ny[9]\n```\n[2]", &[2], 0),
        ("~~~\n``` [9]\n~~~~\nso [2]", "~~~\n``` [9]\n~~~~\nso [2]", &[2], 0),
        ("so\n\n    x [9]\n\nso [9]", "so\n\n    x [9]\n\nso ", &[], 1),
        ("it`s open [1] [9]\n\n[2]", "it`s open [1] [9]\n\n[2]", &[1, 2], 0),
        ("größer [2] 東京[3]", "größer [2] 東京[3]", &[2, 3], 0),
        ("one [1] two [", "one [1] two [", &[1], 0),
        ("v[0] arr[1] a[9][9] sys.argv[1]", "v[0] arr[1] a[9][9] sys.argv[1]", &[], 0),
        ("Miller [2019] UKSC 41, [0-9], {\"a\": [9]}", "Miller [2019] UKSC 41, [0-9], {\"a\": [9]}", &[], 0),
        (
            "[1](https://example.org) [9](x)\n[9]: https://example.org",
            "[1](https://example.org) [9](x)\n[9]: https://example.org",
            &[],
            0,
        ),
        ("see https://example.org/?a[9]=b", "see https://example.org/?a[9]=b", &[], 0),
    ] {
        let (scanned, citations, dropped) = scan(3, [given]);
        assert_eq!(scanned, text, "{given}");
        assert_eq!(citations.iter().map(|c| c.1).collect::<Vec<_>>(), numbers, "{given}");
        assert_eq!(dropped, invented, "{given}");
    }
}

#[test]
fn a_marker_cut_across_deltas_keeps_the_deltas_as_they_were() {
    let mut scanner = CitationScanner::new(20);
    scanner.push("see [".into());
    scanner.push("1".into());
    assert_eq!(scanner.pop(), None);
    scanner.push("2]".into());
    assert_eq!(scanner.pop(), None, "a link may follow");
    scanner.push(" and".into());
    assert_eq!(scanner.pop(), Some(Scanned::Text("see [".into())));
    assert_eq!(scanner.pop(), Some(Scanned::Text("1".into())));
    assert_eq!(scanner.pop(), Some(Scanned::Text("2]".into())));
    assert_eq!(scanner.pop(), Some(Scanned::Citation { span: 4..8, chars: 4..8, number: 12 }));
    assert_eq!(scanner.pop(), Some(Scanned::Text(" and".into())));
    assert_eq!(scanner.pop(), None);
}

#[test]
fn a_code_span_that_nothing_closes_was_text() {
    let mut scanner = CitationScanner::new(3);
    scanner.push("a ` b [1] ".into());
    assert_eq!(scanner.pop(), Some(Scanned::Text("a ` b [1] ".into())));
    assert_eq!(scanner.pop(), None, "the span may be closed");
    scanner.push("c\n\nd".into());
    assert_eq!(scanner.pop(), Some(Scanned::Text("c\n\nd".into())));
    assert_eq!(scanner.pop(), Some(Scanned::Citation { span: 6..9, chars: 6..9, number: 1 }));
}

/// What the scanner looks for, alone and a thousand times: nothing is lost but what is invented, and no text is slow.
#[test]
fn hostile_texts_are_taken_in_one_pass() {
    let pieces = [
        "[",
        "]",
        "[[",
        "[1",
        "[1]",
        "[1,",
        "[1-",
        "[1, 2, ",
        "【",
        "【1†",
        "［",
        "\\",
        "\\[",
        "\\[1\\",
        "`",
        "``` ",
        "~~~\n",
        "\n    ",
        "- ",
        "> ",
        "[^",
        "[Source ",
        "1. [",
        "a[1][",
        "[99]",
        "[1][99]",
        "é[",
        "東【1】",
        "[Source 1, ",
        "[1 and ",
        "[1, p. ",
        "[[1]]",
        "[[1",
        "x^[",
        "[^1^",
        "in [1, 9] ",
    ];
    for piece in pieces {
        let text = piece.repeat(1_024 / piece.len());
        let whole = scan(3, [text.as_str()]);
        let chars: Vec<String> = text.chars().map(String::from).collect();
        assert_eq!(scan(3, chars.iter().map(String::as_str)), whole, "{piece:?}");
        let steps = |times: usize| {
            crate::step_counter::take_count();
            let mut scanner = CitationScanner::new(3);
            scanner.push(piece.repeat(times));
            scanner.finish();
            crate::step_counter::take_count()
        };
        let (short, long) = (steps(500), steps(8_000));
        assert!(long <= 16 * (short + 1_000), "{piece:?}: {short} steps, then {long}");
    }
}

fn answer() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "[",
        "]",
        "1",
        "2",
        "12",
        "[1]",
        "[2]",
        "[99]",
        "[0]",
        "`",
        "``",
        "```",
        "~~~",
        "\n",
        "\n\n",
        "    ",
        "a",
        " ",
        "é",
        "東",
        "[[",
        "]]",
        "word ",
        "- ",
        "> ",
        "1. ",
        "\\",
        "\\[",
        "\\]",
        "【1】",
        "【9†",
        "source】",
        "［１］",
        "[^1]",
        "[^9]",
        "[Source ",
        ", ",
        "-",
        ":",
        "(",
        ")",
        "[1, 99]",
        "[1-3]",
        " and ",
        " to ",
        "p. 1",
        "Doc",
        "^",
        "۲",
        "†",
        "in ",
        "/",
        "–",
        "x[",
        "=",
        "\"",
        "00000000000000000000000000000000",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn i6_however_the_text_is_cut_the_answer_is_the_same(text in answer(), cuts in prop::collection::vec(0usize..120, 0..30)) {
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|&cut| text.is_char_boundary(cut)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]);
        prop_assert_eq!(scan(12, pieces), scan(12, [text.as_str()]));
    }

    #[test]
    fn i6_only_known_numbers_are_cited(text in answer(), sources in 0u32..13) {
        let (_, citations, _) = scan(sources, [text.as_str()]);
        prop_assert!(citations.iter().all(|(_, number)| (1..=sources).contains(number)));
    }

    /// With as many sources as a model could invent, nothing is invented and nothing goes.
    #[test]
    fn i6_nothing_but_invented_citations_is_removed(text in answer()) {
        let (shown, _, invented) = scan(99, [text.as_str()]);
        prop_assert_eq!((shown, invented), (text, 0));
    }

    #[test]
    fn text_without_brackets_is_untouched(text in "[^\\[【［]{0,80}") {
        prop_assert_eq!(scan(3, [text.as_str()]), (text.clone(), vec![], 0));
    }
}
