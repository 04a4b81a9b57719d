//! Answers from Markdown with its lines, as an index of documents gives it.

use aggregator_core::model::Purpose;
use aggregator_extract::{ExtractiveModel, MAX_SOURCES, Options};

mod support;

const SETTINGS: &str = "# Settings\n\n\
    ## Timeouts\n\n\
    Each provider has a limit of its own. It is 5 s unless set:\n\n\
    ```toml\n[provider]\ntimeout = \"5s\" # see [1]\n```\n\n\
    A slow provider is skipped. The query goes on.\n\n\
    ## Caches\n\n\
    Three things are cached:\n\n\
    - answers, for 60 s\n- pages, for a day\n- addresses, as long as they are valid\n\n\
    ## Questions\n\n\
    Can I turn the cache off? Yes: set `cache.entries` to 0. Nothing is kept then.\n\n\
    | name | default |\n|---|---|\n| `cache.entries` | 1,000 |\n| `cache.bytes` | 64 MiB |\n";

fn answer(question: &str) -> String {
    support::read(&ExtractiveModel::new(), support::request(question, support::sources(&[("Manual", SETTINGS)]))).text()
}

#[test]
fn code_comes_with_the_sentence_that_announces_it() {
    insta::assert_snapshot!(answer("How do I set the timeout of a provider?"));
}

#[test]
fn a_list_comes_with_the_sentence_that_announces_it() {
    insta::assert_snapshot!(answer("Which things are cached?"));
}

#[test]
fn a_question_in_the_text_is_answered_by_what_follows_it() {
    insta::assert_snapshot!(answer("How can I turn off the cache?"));
}

#[test]
fn a_row_of_a_table_answers_for_its_name() {
    insta::assert_snapshot!(answer("cache.bytes default"));
}

#[test]
fn an_interim_answer_has_two_sentences_at_most() {
    let text = "Cats sleep. Cats eat. Cats play. Cats hunt mice. Cats purr loudly.";
    let request = support::request("cats", support::sources(&[("Cats", text)]));
    assert!(support::read(&ExtractiveModel::new(), request.clone()).pieces.len() > 2);
    assert_eq!(support::read(&ExtractiveModel::new(), request.with_purpose(Purpose::Interim)).pieces.len(), 2);
}

#[test]
fn a_poll_reads_one_source_and_a_bounded_number_are_read() {
    let polls = |count: usize| {
        let pages: Vec<(String, String)> =
            (0..count).map(|n| (format!("Page {n}"), format!("Cats number {n} sleep."))).collect();
        let pages: Vec<(&str, &str)> = pages.iter().map(|(title, text)| (title.as_str(), text.as_str())).collect();
        let request = support::request("Do cats sleep?", support::sources(&pages));
        let model = ExtractiveModel::new();
        let shown = aggregator_core::LanguageModel::shows(&model, &request);
        let given = support::read(&model, request);
        (shown, given.polls - given.pieces.len())
    };
    // Each is read and scored; beside that, the question, the weights, the reason of the end, the usage and the end.
    assert_eq!(polls(1), (1, 7));
    assert_eq!(polls(40), (40, 85));
    assert_eq!(polls(MAX_SOURCES + 50), (MAX_SOURCES, 2 * MAX_SOURCES + 5));
}

#[test]
fn the_same_sentence_of_two_sources_is_given_once() {
    let pages = [("A", "Cats sleep for sixteen hours a day."), ("B", "Cats sleep for sixteen hours a day. Dogs bark.")];
    let given =
        support::read(&ExtractiveModel::new(), support::request("How long do cats sleep?", support::sources(&pages)));
    assert_eq!(given.text(), "Cats sleep for sixteen hours a day. [1]");
}

fn answer_from(text: &str, question: &str) -> String {
    support::read(&ExtractiveModel::new(), support::request(question, support::sources(&[("Manual", text)]))).text()
}

/// A table of another program, as cells between bars.
#[test]
fn lines_with_as_many_bars_are_rows_of_a_table() {
    let table = "Name | Meaning\n`queue_depth` | Runs that wait\n`cache_hits` | Answers that were kept";
    assert_eq!(answer_from(table, "what is queue_depth?"), "`queue_depth` | Runs that wait [1]");
    // One line with a bar is a sentence.
    let sentence = "Use a | b for either.\n\nThe queue is short.";
    assert_eq!(answer_from(sentence, "what is the queue?"), "The queue is short. [1]");
}

#[test]
fn what_stands_next_to_the_best_sentence_comes_along_and_another_topic_does_not() {
    let text = "The harbour opens at six. Locks are shut at night.\n\n\
        A ship that is locked in waits. The keeper lets it out in the morning.\n\n\
        These ships never wait:\n\n- ferries\n- pilots\n\nThe harbour has a crane.";
    let answer = answer_from(text, "what does a ship do that is locked in?");
    assert!(answer.contains("lets it out in the morning. [1]") && answer.contains("- pilots [1]"), "{answer}");
    assert!(!answer.contains("crane") && !answer.contains("opens at six"), "{answer}");
    // Another item of a list is about something else.
    let list = "- Ferries load at the west quay.\n- Trawlers load at the north quay.\n- Pilots sleep.";
    assert_eq!(
        answer_from(list, "where do ferries load?").lines().next(),
        Some("- Ferries load at the west quay. [1]")
    );
    assert!(!answer_from(list, "where do ferries load?").contains("sleep"));
}

#[test]
fn the_number_of_an_issue_is_no_sentence() {
    let text = "Indexes can be sorted now. #1026\n\nSorted indexes are smaller. #1027";
    assert!(!answer_from(text, "can indexes be sorted?").contains('#'));
}

/// "Mean" and "difference" say what is asked for, and the answer does not repeat them.
#[test]
fn words_that_say_what_is_asked_for_are_not_missed() {
    let text = "A violet cell stands for a machine that did not report at all.";
    assert!(answer_from(text, "what does violet mean?").starts_with("A violet cell"));
    let text = "A clone is a copy. A copy shares nothing, a clone shares its blocks.";
    assert!(answer_from(text, "clone vs copy difference").contains("shares its blocks"));
}

/// What an item announces is taken along with it, and is not counted as a sentence of the answer.
#[test]
fn an_item_that_announces_code_is_one_sentence_of_the_answer() {
    let text = "To moor a ferry:\n\n- Tie the bow line:\n\n```sh\nmoor --bow\n```\n\nThe ferry is safe.";
    let model = ExtractiveModel::with_options(Options::default().sentences(1));
    let request = support::request("how do I moor a ferry?", support::sources(&[("Manual", text)]));
    let answer = support::read(&model, request).text();
    assert!(answer.starts_with("To moor a ferry:") && !answer.contains("is safe"), "{answer}");
}
