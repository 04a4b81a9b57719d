//! How well questions about this project's own documentation are answered. The labels were written before the first
//! search, and nothing was chosen by them: the weights come from other questions over other documents.

use std::ops::ControlFlow;
use std::path::Path;

use aggregator_index::Index;

use crate::support::options;

/// A question, the file that answers it and a part of the heading that the answer stands under.
const LABELS: &[(&str, &str, &str)] = &[
    ("what do I do when the gate fails?", "README.md", "When it fails"),
    ("how often is the gate wrong?", "README.md", "How reliable the gate is"),
    ("how do I embed the engine?", "README.md", "Embed it"),
    ("adding a case to the gate", "README.md", "Adding a case"),
    ("how is wall time measured?", "README.md", "Wall time"),
    ("which regressions is it known to see?", "README.md", "Faults the gate is tested against"),
    ("what are the limits of the gate?", "README.md", "Limitations"),
    ("what did the reference system promise?", "REFERENCE.md", "What it promised"),
    ("where should I start reading the code?", "ARCHITECTURE.md", "Where to start reading"),
    ("which crate may depend on which?", "ARCHITECTURE.md", "Code map"),
    ("first event is a status", "ARCHITECTURE.md", "Invariants"),
    ("why many short processes instead of fewer long ones", "ARCHITECTURE.md", "Decisions"),
    ("settings of the query analysis", "SETTINGS.md", "analysis"),
    ("settings for selecting sources", "SETTINGS.md", "selection"),
    ("defects of the reference system", "REFERENCE.md", "defects"),
    ("how do I adopt the gate in another workspace?", "README.md", "How to adopt the gate"),
    ("reading a baseline file", "README.md", "How to read a baseline"),
    ("changing a baseline", "README.md", "How to change a baseline"),
    ("when may a change cost wall time?", "README.md", "When a change may cost wall time"),
    ("how to read the profile", "README.md", "How to read a profile"),
    ("changing a budget", "README.md", "How to change a budget"),
    ("promises without a budget", "README.md", "without a budget"),
    ("merge conflict in the baselines", "README.md", "At a merge conflict"),
    ("what do the labels of urls mean?", "README.md", "What the labels of `urls/` mean"),
    ("reading the self-test", "README.md", "How to read the self-test"),
    ("how are commits written?", "CONTRIBUTING.md", "Commits"),
];

#[test]
fn most_questions_about_this_project_are_answered_by_the_right_section() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let documents = ["README.md", "crates", "benches-data", "xtask", ".github"].map(|name| root.join(name));
    let folder = tempfile::tempdir().unwrap();
    let mut markdown = Vec::new();
    for document in documents.iter().filter(|path| path.exists()) {
        collect(document, &mut markdown);
    }
    let index = Index::open(folder.path()).unwrap();
    index.update(&markdown, &options(), |_| ControlFlow::Continue(())).unwrap();
    let (mut count, mut in_three, mut missed) = (0, 0, Vec::new());
    for (question, file, heading) in LABELS {
        // Documents change: what is no longer there is not asked for.
        let heading = heading.replace('`', "");
        let is_there = markdown.iter().any(|path| {
            let headings = std::fs::read_to_string(path).unwrap_or_default().replace('`', "");
            path.ends_with(file) && headings.lines().any(|line| line.starts_with('#') && line.contains(&heading))
        });
        if !is_there {
            continue;
        }
        count += 1;
        let found = index.search(question, 3).unwrap();
        let right = found.iter().any(|passage| {
            passage.path.ends_with(file) && passage.headings.iter().any(|found| found.contains(&heading))
        });
        match right {
            true => in_three += 1,
            false => missed.push((question, found.iter().map(|passage| passage.full_title()).collect::<Vec<_>>())),
        }
    }
    assert!(count >= 15, "only {count} of the sections are left: write new labels");
    assert!(in_three * 100 >= count * 80, "{in_three} of {count} in the first three; missed: {missed:#?}");
}

fn collect(path: &Path, markdown: &mut Vec<std::path::PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap().map(Result::unwrap) {
            let name = entry.file_name();
            if name != "target" && name != "src" && name != "tests" {
                collect(&entry.path(), markdown);
            }
        }
    } else if path.extension().is_some_and(|extension| extension == "md") {
        markdown.push(path.to_owned());
    }
}
