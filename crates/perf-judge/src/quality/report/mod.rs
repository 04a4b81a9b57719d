//! Reports of a judged run of quality.
//!
//! - [`run_report`]: a judged run, and the lines that its text reports share.
//! - `human`: the text for a terminal. `markdown`: the page with every row. `json`: the report for programs.
//! - `number`: figures and p-values as text. `groups`: rows by setup and by what is counted.

mod groups;
mod human;
mod json;
mod markdown;
mod number;
pub mod run_report;

pub use run_report::{Base, JSON_FILE, MARKDOWN_FILE, Report};

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use perf_gate::Provenance;

    use super::*;
    use crate::quality::name::Split;
    use crate::quality::results::Results;
    use crate::quality::stored::Acceptance;
    use crate::quality::stored::tests::results;
    use crate::quality::{against_base, judge, worse};
    use crate::report::comparison::Revision;

    /// Lines of a row with these scores of the questions `law-00`, `law-01`, …; held-out ones have other ids.
    fn row(row: &str, split: Split, scores: &[f64]) -> String {
        let (split, ids) = match split {
            Split::Tuning => ("tuning", "law"),
            Split::HeldOut => ("held-out", "secret"),
        };
        let mut out = String::new();
        for (number, value) in scores.iter().enumerate() {
            let _ = writeln!(
                out,
                r#"{{"row":"{row}","split":"{split}","question":"{ids}-{number:02}","value":{value:?},"of":1.0}}"#
            );
        }
        out
    }

    fn about(row: &str, about: &str, shown: bool) -> String {
        format!("{{\"row\":\"{row}\",\"about\":\"{about}\",\"shown\":{shown}}}\n")
    }

    fn answer(question: usize, answer: &str) -> String {
        format!(
            "{{\"setup\":\"offline\",\"list\":\"noise-0.8\",\"question\":\"law-{question:02}\",\"domain\":\"law\",\
             \"lang\":\"en\",\"ability\":\"noise\",\"query\":\"how long is the *notice*?\",\"answer\":\"{answer}\"}}\n"
        )
    }

    const ANSWERS: &str = "offline/answer/noise-0.8";
    const SHARE: &str =
        "share of questions whose answer has every required part, with 4 of 5 passages that do not state it";

    /// Twenty questions, of which those at these places are wrong.
    fn all_but(wrong: &[usize]) -> Vec<f64> {
        (0..20).map(|question| if wrong.contains(&question) { 0.0 } else { 1.0 }).collect()
    }

    fn stored() -> Results {
        let lines = [
            about(ANSWERS, SHARE, false),
            row(ANSWERS, Split::Tuning, &all_but(&[1, 2])),
            row(ANSWERS, Split::HeldOut, &[1.0, 1.0, 0.0]),
            about("offline/domain/law", "share of right answers of the domain", false),
            row("offline/domain/law", Split::Tuning, &all_but(&[1])),
            about("offline/precision/noise-0.8", "share of cited sentences that the source says", false),
            row("offline/precision/noise-0.8", Split::Tuning, &[0.75; 20]),
            about("retrieval/ndcg@10", "mean nDCG@10", false),
            row("retrieval/ndcg@10", Split::Tuning, &(0..20).map(|at| 0.5 + f64::from(at) / 100.0).collect::<Vec<_>>()),
            about("worst-case/answer/none", "share of right answers without a passage", false),
            row("worst-case/answer/none", Split::Tuning, &all_but(&[])),
            about("extractive/length", "mean length of an answer", true),
            row("extractive/length", Split::Tuning, &[40.0, 60.0]),
            answer(4, "21 days [1]"),
            answer(5, "21 days [1]"),
        ];
        results(&lines.concat())
    }

    fn run() -> Results {
        let lines = [
            about(ANSWERS, SHARE, false),
            row(ANSWERS, Split::Tuning, &all_but(&[1, 4, 5, 6, 7, 8, 9])),
            row(ANSWERS, Split::HeldOut, &[0.0, 1.0, 0.0]),
            about("offline/domain/law", "share of right answers of the domain", false),
            row("offline/domain/law", Split::Tuning, &all_but(&[4])),
            about("offline/precision/noise-0.8", "share of cited sentences that the source says", false),
            row("offline/precision/noise-0.8", Split::Tuning, &[0.75; 20]),
            about("retrieval/ndcg@10", "mean nDCG@10", false),
            row("retrieval/ndcg@10", Split::Tuning, &(0..20).map(|at| 0.51 + f64::from(at) / 90.0).collect::<Vec<_>>()),
            about("obedient/answer/all", "share of right answers of a model that obeys", false),
            row("obedient/answer/all", Split::Tuning, &all_but(&[0])),
            about("extractive/length", "mean length of an answer", true),
            row("extractive/length", Split::Tuning, &[30.0, 30.0]),
            answer(4, "not | in <b>`these`</b> \\u001b[31mpassages\\n[2]"),
            answer(5, ""),
        ];
        results(&lines.concat())
    }

    fn report(run: &Results, stored: Option<&Results>, base: Option<&Results>, required: bool) -> Report {
        let mut rows = judge::judge(run, stored);
        if let Some(base) = base {
            against_base::compare(&mut rows, run, base);
        }
        Report {
            command: "cargo xtask perf quality".into(),
            source: "eval".into(),
            stored_file: "benches-data/quality/stored.jsonl".into(),
            is_stored: stored.is_some(),
            accepted: stored.map(|_| acceptance()).into_iter().collect(),
            provenance: Provenance {
                commit: "0123456789abcdef-dirty".into(),
                machine: "a machine, 2 processors".into(),
            },
            base: match base {
                Some(_) => Base::Compared(Revision {
                    commit: "fedcba9876543210fedcba9876543210fedcba98".into(),
                    chosen: "the merge base with main".into(),
                }),
                None => Base::None("HEAD is the first commit, so there is no base to compare with".into()),
            },
            questions: run.questions(),
            worse: stored.map(|stored| worse::collect(&rows, run, stored, base)).unwrap_or_default(),
            exit_code: judge::exit_code(&rows, required),
            rows,
        }
    }

    fn acceptance() -> Acceptance {
        Acceptance {
            row: "offline/answer/noise-0.6".into(),
            from: Some(0.95),
            to: Some(0.9),
            reason: "shorter answers".into(),
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_run_with_rows_of_every_verdict() {
        let (run, stored) = (run(), stored());
        let report = report(&run, Some(&stored), Some(&stored), false);
        let written = "target/perf/quality/quality.json, target/perf/quality/quality.md";
        let human = plain(&report.human(written));
        insta::assert_snapshot!("human", human);
        insta::assert_snapshot!("markdown", report.markdown());
        insta::assert_snapshot!("json", report.json().unwrap());
        // Of held-out questions only totals; of texts nothing that a terminal obeys.
        for text in [human.as_str(), &report.markdown(), &report.json().unwrap()] {
            assert!(!text.contains("secret") && !text.contains('\u{1b}'), "{text}");
        }
        let commands = |line: &&str| line.starts_with('→');
        let wide: Vec<&str> = human.lines().filter(|line| !commands(line) && line.chars().count() > 100).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }

    #[test]
    fn a_run_that_passes_is_one_line_for_each_setup() {
        let stored = stored();
        let report = report(&stored, Some(&stored), Some(&stored), true);
        insta::assert_snapshot!("passing", plain(&report.human("quality.json, quality.md")));
        assert_eq!(report.human_changes(), "");
    }

    #[test]
    fn the_first_run_has_nothing_to_compare_with() {
        let stored = stored();
        insta::assert_snapshot!("first", plain(&report(&stored, None, None, false).human("quality.json, quality.md")));
        let required = plain(&report(&stored, None, None, true).human(""));
        assert!(
            required.ends_with("FAIL (exit 1): 6 rows are not stored, which --require-baseline forbids\n"),
            "{required}"
        );
    }

    #[test]
    fn many_rows_and_questions_are_summarised_on_the_terminal() {
        let lines = |value: f64| {
            let rows = (0..30).map(|number| {
                let name = format!("offline/answer/list-{number:02}");
                about(&name, "right answers", false) + &row(&name, Split::Tuning, &[value; 20])
            });
            results(&rows.collect::<String>())
        };
        let (run, stored) = (lines(0.0), lines(1.0));
        let text = plain(&report(&run, Some(&stored), None, false).human(""));
        assert!(text.contains("and 18 more REGRESSED, all in quality.md"), "{text}");
        assert!(text.contains("law-11 and 8 more"), "{text}");
        assert!(text.contains("and 17 more, all in quality.md"), "{text}");
    }
}
