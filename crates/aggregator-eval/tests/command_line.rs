//! The program as its user runs it, with datasets of others.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with files, in which the program runs.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            let path = folder.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_aggregator-eval")).args(arguments).current_dir(self.0.path()).output().unwrap()
    }

    /// The figures of a run that ends well, by row; `None` where a row has no figure.
    #[track_caller]
    fn figure(&self, arguments: &[&str], row: &str) -> f64 {
        let output = self.run(&[arguments, &["--lines"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (mut value, mut of) = (0.0, 0.0);
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            if line["row"] == row && line["about"].is_null() {
                value += line["value"].as_f64().unwrap();
                of += line["of"].as_f64().unwrap();
            }
        }
        assert!(of > 0.0, "there is no row {row}");
        value / of
    }

    #[track_caller]
    fn error(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn a_trec_run_is_judged_by_its_qrels() {
    let folder = Folder::new(&[
        ("run.txt", "1 Q0 a 1 9.0 t\n1 Q0 b 2 8.0 t\n1 Q0 c 3 7.0 t\n2 Q0 a 1 1.0 t\n3 Q0 a 1 1.0 t\n"),
        ("qrels.txt", "1 0 b 1\n1 0 d 1\n2 0 a 0\n2 0 z 1\n"),
    ]);
    let arguments = ["--run", "run.txt", "--qrels", "qrels.txt"];
    // Query 1: the first relevant document is second, 1/2; query 2: none, 0.
    assert_eq!(folder.figure(&arguments, "trec/mrr"), 0.25);
    // Query 1: one of two relevant documents, at rank 2: 1/2 of 1/2; query 2: 0.
    assert_eq!(folder.figure(&arguments, "trec/map"), 0.125);
    let notes = String::from_utf8(folder.run(&arguments).stderr).unwrap();
    assert!(notes.contains("do not judge 1 of the run's queries: 3"), "{notes}");
    assert!(folder.error(&["--run", "run.txt"]).contains("--qrels"));
    assert!(folder.error(&["--run", "none.txt", "--qrels", "qrels.txt"]).contains("none.txt"));
    fs::write(folder.path("qrels.txt"), "1 0 b\n").unwrap();
    assert!(folder.error(&arguments).contains("qrels.txt: line 1"));
}

#[test]
fn a_folder_of_beir_is_searched() {
    let folder = Folder::new(&[
        (
            "set/corpus.jsonl",
            "{\"_id\":\"d1\",\"title\":\"Herons\",\"text\":\"Herons nest in tall trees near the lake.\"}\n\
             {\"_id\":\"d2\",\"title\":\"Ferries\",\"text\":\"The ferry to Orra leaves at nine.\"}\n",
        ),
        (
            "set/queries.jsonl",
            "{\"_id\":\"q1\",\"text\":\"where do herons nest\"}\n{\"_id\":\"q2\",\"text\":\"ferry to Orra\"}\n",
        ),
        ("set/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\n"),
    ]);
    assert_eq!(folder.figure(&["--dataset", "set"], "beir/ndcg@10"), 1.0);
    fs::write(folder.path("set/qrels/test.tsv"), "q1 d1 1\n").unwrap();
    assert!(folder.error(&["--dataset", "set"]).contains("test.tsv: line 1"));
}

const RGB: &str = r#"{"id": 7, "query": "When does the harbour of Velm close?", "answer": [["21:30", "half past nine"]], "positive": ["The harbour of Velm closes at 21:30.", "On Sundays, too, the harbour of Velm closes at 21:30."], "negative": ["The harbour of Orra closes early.", "The museum of Velm closes at 17:00.", "Velm has a harbour and a castle.", "Ships sound their horns.", "Boats need a permit."]}
"#;

#[test]
fn a_file_of_rgb_is_answered_by_its_own_model_or_a_real_one() {
    let folder = Folder::new(&[("rgb.json", RGB)]);
    assert_eq!(folder.figure(&["--dataset", "rgb.json"], "obedient/answer/noise-0"), 1.0);
    assert_eq!(folder.figure(&["--dataset", "rgb.json"], "offline/ability/noise"), 1.0);
    let real = ["--dataset", "rgb.json", "--model-command", "grep -q 'Velm closes' && echo 'At 21:30. [1]'"];
    assert_eq!(folder.figure(&real, "model/answer/noise-0"), 1.0);
    let judged = [&real[..], &["--judge-command", "grep -q 'At 21:30' && echo Right"]].concat();
    assert_eq!(folder.figure(&judged, "model/judge/agreement"), 1.0);
    // Once in a while, as a service does: a call that fails counts as wrong, and is said.
    let some =
        ["--dataset", "rgb.json", "--model-command", "test -e once || { touch once; exit 1; }; echo 'At 21:30. [1]'"];
    let notes = String::from_utf8(folder.run(&some).stderr).unwrap();
    assert!(notes.contains("1 of 6 answers failed, and count as wrong") && notes.contains("exit status: 1"), "{notes}");
    let all = folder.error(&["--dataset", "rgb.json", "--model-command", "exit 1"]);
    assert!(all.contains("6 of 6 answers failed") && all.contains("every call of the model failed"), "{all}");
    let table = String::from_utf8(folder.run(&["--dataset", "rgb.json"]).stdout).unwrap();
    assert!(table.contains("  ability/noise") && table.contains("1.000"), "{table}");
}

#[test]
fn a_file_of_ragbench_is_answered_from_its_documents() {
    let row = r#"{"id":"1","question":"When does the harbour of Velm close?","documents":["x"],"response":"At 21:30.","documents_sentences":[[["0a","The harbour of Velm closes at 21:30."],["0b","It has a crane."]]],"response_sentences":[["a","At 21:30."]],"sentence_support_information":[],"all_relevant_sentence_keys":["0a"],"all_utilized_sentence_keys":["0a"],"unsupported_response_sentence_keys":[],"relevance_score":0.5,"utilization_score":0.5,"completeness_score":1.0,"adherence_score":true}
"#;
    let folder = Folder::new(&[("ragbench.jsonl", row)]);
    // One of two sentences is relevant, and the answer consists of it.
    assert_eq!(folder.figure(&["--dataset", "ragbench.jsonl"], "ragbench/trace/relevance"), 0.5);
    assert_eq!(folder.figure(&["--dataset", "ragbench.jsonl"], "ragbench/trace/completeness"), 1.0);
    assert_eq!(folder.figure(&["--dataset", "ragbench.jsonl"], "ragbench/trace/adherence"), 1.0);
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = Folder::new(&[
        ("torn.jsonl", "{\"id\": 1, \"query\": \"q\""),
        ("twice.jsonl", &[RGB, RGB].concat()),
        ("own/tuning/a.jsonl", RGB),
        ("own/tuning/lists.jsonl", ""),
        ("own/held-out/lists.jsonl", ""),
    ]);
    assert!(folder.error(&["--dataset", "missing"]).contains("missing: No such file"));
    assert!(folder.error(&["--dataset", "torn.jsonl"]).contains("torn.jsonl: line 1: EOF"));
    assert!(folder.error(&["--dataset", "twice.jsonl"]).contains("line 2: the id `7` occurs twice"));
    assert!(folder.error(&["--dataset", "own"]).contains("the question `7` has no lists"));
    // In another folder than the root of the workspace the default is not there.
    assert!(folder.error(&[]).contains("benches-data/quality"));
}
