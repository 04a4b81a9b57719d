//! The figures in the README are those that the gate stores.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The figures of all rows: sum over sum, to two digits.
fn stored_figures(root: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(root.join("benches-data/quality/stored.jsonl")).unwrap();
    let mut figures = BTreeMap::new();
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(scores) = line["scores"].as_array() else { continue };
        let (mut value, mut of) = (0.0, 0.0);
        for score in scores {
            value += score[1].as_f64().unwrap();
            of += score.get(2).map_or(1.0, |of| of.as_f64().unwrap());
        }
        let row = format!("{}@{}", line["row"].as_str().unwrap(), line["split"].as_str().unwrap());
        figures.insert(row, format!("{:.2}", value / of));
    }
    figures
}

#[test]
fn the_readme_states_the_stored_figures() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let figures = stored_figures(&package.join("../.."));
    let readme = fs::read_to_string(package.join("README.md")).unwrap();
    for (label, rows) in [
        ("one passage answers (noise)", &["ability/noise"][..]),
        ("the answer has two parts in different passages (integration)", &["ability/integration"]),
        ("other passages state a wrong answer (counterfactual)", &["ability/counterfactual"]),
        ("no passage answers: refused (unanswerable)", &["ability/unanswerable"]),
        (
            "software / medicine / law / finance / general",
            &["domain/software", "domain/medicine", "domain/law", "domain/finance", "domain/general"],
        ),
        ("English / German / Spanish", &["lang/en", "lang/de", "lang/es"]),
        ("nDCG@10 of the index", &["/retrieval/index/ndcg@10"]),
        ("sentences that the cited source supports by words", &["citations/cite_recall_lex"]),
    ] {
        let cell = |split: &str| {
            let figure = |row: &&str| {
                let row = row.strip_prefix('/').map_or_else(|| format!("offline/{row}"), str::to_owned);
                figures[&format!("{row}@{split}")].as_str()
            };
            rows.iter().map(figure).collect::<Vec<_>>().join(" / ")
        };
        let line = format!("| {label} | {} | {} |", cell("tuning"), cell("held-out"));
        assert!(readme.contains(&line), "README.md does not say `{line}`");
    }
}
