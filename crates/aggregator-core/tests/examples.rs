//! The examples run as tests: each one's `main` has assertions of its own.

#[path = "../examples/batch.rs"]
mod batch;
#[path = "../examples/cancel.rs"]
mod cancel;
#[path = "../examples/embedding.rs"]
mod embedding;
#[path = "../examples/ensemble.rs"]
mod ensemble;
#[path = "../examples/minimal.rs"]
mod minimal;

#[test]
fn minimal_prints_results_and_a_cited_answer() {
    minimal::main().unwrap();
}

#[test]
fn ensemble_falls_back_and_adds_up_costs() {
    ensemble::main().unwrap();
}

#[test]
fn batch_gives_replies_as_they_finish() {
    batch::main().unwrap();
}

#[test]
fn cancel_leaves_no_call() {
    cancel::main().unwrap();
}

#[test]
fn embedding_has_all_parts_of_a_program() {
    embedding::main().unwrap();
}
