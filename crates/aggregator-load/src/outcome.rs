//! What a run means for whoever started it.

use perf_load::report::RunEnd;
use perf_load::{Report, Verdict};

/// The outcome of a run. The numbers are the exit codes of `cargo xtask perf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// All thresholds are met, and at least one request has ended.
    Pass = 0,
    /// A threshold is not met, or ended the run.
    Fail = 1,
    /// No threshold failed, but one could not be judged, or no request has ended.
    Inconclusive = 4,
    /// The run was interrupted. Its report is partial.
    Interrupted = 130,
}

impl Outcome {
    /// The outcome of a report, and the line that says why. `cargo xtask perf load` decides by the same rules from the same report.
    pub fn of(report: &Report) -> (Self, String) {
        let count = |verdict| report.thresholds.iter().filter(|judged| judged.verdict == verdict).count();
        let all = report.thresholds.len();
        let (failed, insufficient) = (count(Verdict::Fail), count(Verdict::Insufficient));
        let (outcome, why) = match report.end {
            RunEnd::Interrupted => (Self::Interrupted, "the run was interrupted".to_owned()),
            RunEnd::Aborted(_) => (Self::Fail, "a threshold ended the run".to_owned()),
            RunEnd::Complete if failed > 0 => (Self::Fail, format!("{failed} of {all} thresholds are not met")),
            RunEnd::Complete if insufficient > 0 => {
                (Self::Inconclusive, format!("{insufficient} of {all} thresholds could not be judged"))
            }
            RunEnd::Complete if report.requests.succeeded + report.requests.failed == 0 => {
                (Self::Inconclusive, "no request has ended".to_owned())
            }
            RunEnd::Complete if all == 0 => (Self::Pass, "the scenario has no threshold".to_owned()),
            RunEnd::Complete => (Self::Pass, format!("all {all} thresholds are met")),
        };
        (outcome, format!("{} (exit {}): {why}", outcome.name(), outcome as u8))
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::Interrupted => "INCOMPLETE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every end, with and without requests, and with thresholds of each verdict.
    #[test]
    fn the_gate_decides_the_same_by_the_same_report() {
        let mut seen = std::collections::BTreeSet::new();
        for end in ["\"complete\"", "\"interrupted\"", "\"aborted\",\"threshold\":\"errors.count < 1\""] {
            for ended in [0, 3] {
                for verdicts in [&[][..], &["PASS"], &["PASS", "INSUFFICIENT"], &["FAIL", "INSUFFICIENT", "PASS"]] {
                    let thresholds: Vec<String> = verdicts
                        .iter()
                        .map(|verdict| {
                            format!(r#"{{"threshold":"errors.count < 1","verdict":"{verdict}","figure":0.0,"n":1,"reason":""}}"#)
                        })
                        .collect();
                    let json = format!(
                        r#"{{"schema":1,"scenario":"s","seed":1,"model":"open","end":{{"kind":{end}}},"planned_ns":1,"elapsed_ns":1,
                        "requests":{{"intended":3,"skipped":0,"started":3,"succeeded":{ended},"unchecked":0,"failed":0,"cancelled":0,
                        "unfinished":0}},"errors":{{}},"warnings":{{}},"throughput_per_second":1.0,"peak_in_flight":1,
                        "distributions":[],"goodput":[],"intervals":[],"process":null,"over_saturation":"no","confidence":0.95,
                        "thresholds":[{}]}}"#,
                        thresholds.join(",")
                    );
                    let (outcome, line) = Outcome::of(&Report::from_json(&json).unwrap());
                    let by_the_gate = perf_judge::load::LoadReport::parse(&json).unwrap().verdict();
                    assert_eq!((outcome as u8, line.clone()), by_the_gate, "{json}");
                    seen.insert(line);
                }
            }
        }
        assert_eq!(seen.len(), 7, "{seen:#?}");
    }
}
