//! Artifacts: zip archives with summaries, good and hostile.

use std::io::{Cursor, Write as _};

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// An archive with these entries, deflated.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// An archive with this summary.
pub fn of(summary: &Value) -> Vec<u8> {
    zip(&[("summary.json", summary.to_string().as_bytes())])
}

/// A row of heap blocks.
pub fn blocks(case: &str, base: u64, head: u64, verdict: &str) -> Value {
    json!({
        "harness": "textkit-bench", "case": case, "metric": "heap-blocks", "class": "heap", "unit": "blocks",
        "base": base, "head": head, "paired": null, "verdict": verdict,
    })
}

/// A row of wall time in pairs.
pub fn time(case: &str, verdict: &str) -> Value {
    json!({
        "harness": "textkit-bench", "case": case, "metric": "time", "class": "wall", "unit": "ns",
        "base": 18_000, "head": 18_460, "verdict": verdict,
        "paired": {
            "change_percent": 2.5, "lower_percent": -0.25, "upper_percent": 5.25, "mde_percent": 6.5,
            "margin_percent": 1.0, "pairs": 40, "confirming": 20,
        },
    })
}

fn summary(exit_code: u8, verdicts: &Value, rows: &[Value]) -> Value {
    json!({
        "schema": 1,
        "commit": "2222222222222222222222222222222222222222",
        "exit_code": exit_code,
        "quick": false,
        "only": false,
        "rules_loosened": 0,
        "rules_forbidden": true,
        "harnesses": [{
            "package": "textkit-bench", "base": "3333333333333333333333333333333333333333",
            "measured": true, "instructions": true,
        }],
        "verdicts": verdicts,
        "detectable": { "median_percent": 2.8, "worst_percent": 4.9, "unknown": 1 },
        "rows": rows,
    })
}

/// Regressions of every kind of value.
pub fn red() -> Value {
    let checksum = json!({
        "harness": "textkit-bench", "case": "words/count/1000", "metric": "checksum", "class": "behaviour", "unit": null,
        "base": "0123456789abcdef", "head": "fedcba9876543210", "paired": null, "verdict": "REGRESSED",
    });
    let limit = json!({
        "harness": "textkit-bench", "case": "words/count/1000", "metric": "heap-blocks", "class": "budget",
        "unit": "blocks", "base": 60, "head": 62, "paired": null, "verdict": "REGRESSED",
    });
    let broken = json!({
        "harness": "textkit-bench", "case": "lines/wrap/80", "metric": "case", "class": "behaviour", "unit": null,
        "base": null, "head": null, "paired": null, "verdict": "BROKEN",
    });
    let rows = [
        broken,
        checksum,
        blocks("words/count/1000", 61, 62, "REGRESSED"),
        time("words/count/1000", "REGRESSED"),
        limit,
        blocks("words/split/10", 12_345, 10_000, "IMPROVED"),
    ];
    let mut summary = summary(1, &json!({ "BROKEN": 1, "REGRESSED": 4, "IMPROVED": 1, "PASS": 740 }), &rows);
    summary["rules_loosened"] = json!(2);
    summary
}

pub fn undecided() -> Value {
    summary(4, &json!({ "INCONCLUSIVE": 1, "PASS": 745 }), &[time("words/count/1000", "INCONCLUSIVE")])
}

pub fn green() -> Value {
    summary(0, &json!({ "PASS": 746 }), &[])
}
