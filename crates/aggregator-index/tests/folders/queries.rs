//! What a query finds, and that any text is one.

use std::collections::HashSet;
use std::ops::ControlFlow;

use aggregator_index::Index;
use proptest::prelude::*;

use crate::support::{Library, options, update};

fn library() -> Library {
    let library = Library::of(&[
        ("guide.md", "# Guide\n\n## Install\n\nRun the installer on Linux.\n\n## Remove\n\nDelete the folder.\n"),
        ("api.md", "# API\n\nUse `HashMap::new` and max_prompt_tokens.\n\n```rust\nfn main() {}\n```\n"),
        ("words.md", "the of and to\n"),
    ]);
    library.update();
    library
}

#[test]
fn any_text_is_a_query() {
    let library = library();
    let long: Vec<String> = ["word ", "( AND ", "\"", "a.b/c ", "図書館", "\u{0}\u{202e}", "installer "]
        .iter()
        .map(|part| part.repeat(16_000 / part.chars().count()))
        .collect();
    let short = [
        "",
        " ",
        "AND OR NOT",
        "(",
        ")",
        "((((",
        "\"unbalanced (quote",
        "*",
        "a*",
        "~2",
        "[a TO b]",
        "{a TO b}",
        "title:x",
        "^3",
        "body:^",
        "+-!",
        "/re(gex/",
        "\\",
        "a:b:c",
        "-a",
        "?",
        "\u{0}",
        "\u{1}",
        "en\u{1}install",
        "𝒊𝒏𝒔𝒕𝒂𝒍𝒍",
        "💥",
    ];
    for query in short.iter().copied().chain(long.iter().map(String::as_str)) {
        for limit in [0, 1, 50] {
            let found = library.index.search(query, limit).unwrap();
            assert!(found.len() <= limit);
        }
    }
    assert_eq!(library.found("install AND (linux OR \"windows").first().map(String::as_str), Some("guide.md"));
    assert_eq!(library.found("title:installer^9 body:*").first().map(String::as_str), Some("guide.md"));
    assert_eq!(library.found("the of").first().map(String::as_str), Some("words.md"), "nothing else is asked");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_an_error(texts in prop::collection::vec(any::<String>(), 1..8)) {
        thread_local! {
            static LIBRARY: Library = library();
        }
        LIBRARY.with(|library| {
            for text in &texts {
                library.index.search(text, 10).unwrap();
                library.index.search(&format!("installer {text}"), 10).unwrap();
            }
        });
    }
}

#[test]
fn a_passage_says_where_it_is() {
    let library = library();
    let found = library.index.search("run the installer", 5).unwrap();
    let best = &found[0];
    assert_eq!(best.full_title(), "Guide › Install");
    assert_eq!((best.anchor.as_deref(), best.line, best.ordinal), (Some("install"), 5, 0));
    assert!(best.url.starts_with("file:///") && best.url.ends_with("/documents/guide.md#install"), "{}", best.url);
    assert_eq!(best.text, "Run the installer on Linux.");
    let found = library.index.search("prompt tokens", 5).unwrap();
    assert_eq!(found[0].text, "Use `HashMap::new` and max_prompt_tokens.\n\n```rust\nfn main() {}\n```");
    assert_eq!(library.found("hash map"), ["api.md"], "parts of an identifier");
}

#[test]
fn more_words_their_order_and_headings_come_first() {
    let library = Library::of(&[
        ("both.txt", "The green window of the kitchen faces the old harbour."),
        ("apart.txt", "A window is open. Somebody painted the door and the chairs in the garden green."),
        ("often.txt", "window window window window window window window window"),
        ("heading.md", "# Unrelated\n\n## Balcony\n\nSunny in the afternoon, with some plants on it."),
        (
            "neighbours.md",
            "# Neighbours\n\n## View\n\nFrom here one sees the balcony of the neighbours, and their cat, \
             which sleeps all day long there.",
        ),
    ]);
    library.update();
    assert_eq!(library.found("green window"), ["both.txt", "apart.txt", "often.txt"]);
    assert_eq!(library.found("balcony")[0], "heading.md");
}

#[test]
fn more_of_the_words_come_before_a_rarer_one() {
    let library = Library::of(&[("rare.txt", "zeppelin zeppelin zeppelin")]);
    for number in 0..20 {
        let word = ["harbour", "window", "kitchen"][number % 3];
        library.write(&format!("{number}.txt"), format!("a {word} number {number}").as_bytes());
    }
    library.write("most.txt", b"From the window one sees a garden, and a kitchen that the people of the harbour use.");
    library.update();
    assert_eq!(library.found("harbour window zeppelin kitchen")[..2], ["most.txt", "rare.txt"]);
}

#[test]
fn one_file_does_not_fill_all_and_copies_are_shown_once() {
    let library = Library::of(&[]);
    let section = |number: u32| format!("## Part {number}\n\nThe lighthouse lighthouse number {number}.\n\n");
    library.write("long.md", (0..50).map(section).collect::<String>().as_bytes());
    library.write("other.md", b"A text that has many other words beside and one lighthouse at the end of all of them.");
    library.write("copy.md", b"A text that has many other words beside and one lighthouse at the end of all of them.");
    library.update();
    let found = library.index.search("lighthouse", 10).unwrap();
    assert_eq!(crate::support::names(&found), ["long.md", "long.md", "long.md", "copy.md"]);
    let urls: HashSet<_> = found.iter().map(|passage| &passage.url).collect();
    assert_eq!(urls.len(), found.len());
}

#[test]
fn equally_good_passages_are_ordered_by_path_and_place_in_every_index() {
    let library = Library::of(&[]);
    let names: Vec<String> = (0..120).map(|number| format!("{number:03}.md")).collect();
    for name in &names {
        library.write(name, format!("lighthouse {}", &name[..3]).as_bytes());
    }
    library.update();
    let found = library.found("lighthouse");
    assert!(found.len() == 10 && found.is_sorted(), "{found:?}");
    assert_eq!(library.index.search("lighthouse", 120).unwrap().len(), 120);
    // Another index that has read them in another order.
    let other = tempfile::tempdir().unwrap();
    let other = Index::open(other.path()).unwrap();
    for first in [90, 60, 30] {
        let later: Vec<_> = names[first..].iter().map(|name| library.path(name)).collect();
        other.update(&later, &options(), |_| ControlFlow::Continue(())).unwrap();
    }
    assert_eq!(update(&other, &library.folder()).indexed, 30);
    assert_eq!(crate::support::names(&other.search("lighthouse", 10).unwrap()), found);
}
