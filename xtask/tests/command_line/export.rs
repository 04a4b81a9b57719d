//! `perf export`, and the summary that a run writes for its pull request.

use std::fs;

use serde_json::Value;

use crate::world::{Ran, World};

fn export(world: &World, arguments: &[&str]) -> Ran {
    Ran::of(world.command(&[&["perf", "export"], arguments].concat()).output().unwrap())
}

#[test]
fn the_last_run_is_exported_in_each_format() {
    let world = World::with_baseline();
    export(&world, &["bmf"]).expect(2).says("cannot read target/perf/latest/report.json").says("hint: measure first: ");
    world.case("query/floor/10").exact("heap-blocks", 62);
    world.xtask(&["perf"]).expect(1);

    let json = |ran: &Ran| serde_json::from_str::<Value>(&ran.stdout).unwrap();
    let bmf = json(&export(&world, &["bmf"]).expect(0).says("left out: without a number"));
    assert_eq!(bmf["query/floor/10"]["heap-blocks"]["value"], 62);
    assert!(bmf["query/floor/10"]["latency"]["value"].as_u64().is_some_and(|ns| ns > 0), "{bmf}");
    let custom = json(&export(&world, &["github-action-benchmark"]).expect(0));
    let is_it = |entry: &&Value| entry["name"] == "query/floor/10 heap-blocks";
    let entry = custom.as_array().unwrap().iter().find(is_it).unwrap();
    assert_eq!((entry["unit"].as_str(), entry["value"].as_u64()), (Some("blocks"), Some(62)));
    let csv = export(&world, &["csv"]).expect(0).stdout;
    assert_eq!(csv.lines().count(), world.rows().len() + 1);

    // To a file in the current directory, from a file.
    export(&world, &["csv", "--out", "rows.csv", "--from", "target/perf/latest/report.json"]).expect(0);
    assert_eq!(fs::read_to_string(world.path("rows.csv")).unwrap(), csv);
    export(&world, &["junit"]).expect(2).says("possible values: bmf, github-action-benchmark, csv");
}

#[test]
fn a_report_of_another_version_is_refused() {
    let world = World::with_baseline();
    world.xtask(&["perf"]).expect(0);
    let report = fs::read_to_string(world.path("target/perf/latest/report.json")).unwrap();
    for (text, says) in [
        (report.replacen("\"schema\": 3", "\"schema\": 2", 1), "its schema is 2, and this program reads schema 3"),
        (report[..report.len() / 2].to_owned(), "it is not the JSON of a report"),
        (String::new(), "it is not the JSON of a report"),
    ] {
        fs::write(world.path("other.json"), text).unwrap();
        export(&world, &["bmf", "--from", "other.json"])
            .expect(2)
            .says("other.json is not a report of this version")
            .says(says);
    }
}

#[test]
fn a_run_writes_a_summary_of_the_rows_that_do_not_pass() {
    let world = World::with_baseline();
    let summary = || {
        let text = fs::read_to_string(world.path("target/perf/latest/summary.json")).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    world.xtask(&["perf"]).expect(0);
    assert_eq!((&summary()["exit_code"], &summary()["rows"]), (&0.into(), &Value::Array(Vec::new())));
    world.case("query/floor/10").exact("heap-blocks", 62);
    world.xtask(&["perf"]).expect(1);
    let summary = summary();
    let [row] = summary["rows"].as_array().unwrap().as_slice() else { panic!("{summary}") };
    assert_eq!(
        (&row["verdict"], &row["metric"], &row["head"]),
        (&"REGRESSED".into(), &"heap-blocks".into(), &62.into())
    );
    assert_eq!(summary["verdicts"]["REGRESSED"], 1);
    // A run that does not end leaves none of an earlier one.
    world.script("count.list.sh", "exit 1");
    world.xtask(&["perf"]).expect(2);
    assert!(!world.path("target/perf/latest/summary.json").exists());
}
