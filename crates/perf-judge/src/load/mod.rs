//! The report of a load run, as far as a verdict follows from it.
//!
//! The program that puts the load on has judged its thresholds; here it is decided what they mean together, and by [`paired`] what runs
//! of two commits say about each other. A report that cannot be read is an error and never a pass.

pub mod paired;

use serde::Deserialize;

use crate::exit_status::{FAIL, INCONCLUSIVE, INTERRUPTED, PASS};

/// The version of the reports that are read.
const SCHEMA: u32 = 1;

/// The report of a load run. Fields that no verdict follows from are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct LoadReport {
    /// The name of the scenario.
    pub scenario: String,
    end: End,
    requests: Requests,
    thresholds: Vec<Threshold>,
    #[serde(default)]
    distributions: Vec<Distribution>,
}

/// The distribution of a metric.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Distribution {
    metric: String,
    from: String,
    percentiles: Vec<Percentile>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
struct Percentile {
    percent: f64,
    value: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct End {
    kind: EndKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum EndKind {
    Complete,
    Interrupted,
    Aborted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct Requests {
    succeeded: u64,
    failed: u64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Threshold {
    verdict: ThresholdVerdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum ThresholdVerdict {
    Pass,
    Fail,
    Insufficient,
}

/// Why a text is no report.
#[derive(Debug, thiserror::Error)]
pub enum LoadReportError {
    /// It is not the JSON of one.
    #[error("it is not the report of a load run: {0}")]
    Json(#[from] serde_json::Error),
    /// It has another version.
    #[error("it has schema {0}, and schema {SCHEMA} is read: build program and gate of the same sources")]
    Schema(u32),
}

impl LoadReport {
    /// Reads a report.
    ///
    /// # Errors
    /// If it is not one of a version that is read.
    pub fn parse(json: &str) -> Result<Self, LoadReportError> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let Version { schema } = serde_json::from_str(json)?;
        if schema != SCHEMA {
            return Err(LoadReportError::Schema(schema));
        }
        Ok(serde_json::from_str(json)?)
    }

    /// Whether all was started, and all that was started has ended.
    pub fn is_complete(&self) -> bool {
        self.end.kind == EndKind::Complete
    }

    /// The percentile of a time from the intended start, in nanoseconds, if the run has one.
    fn time(&self, metric: &str, percent: f64) -> Option<u64> {
        let distribution = self.distributions.iter().find(|one| one.metric == metric && one.from == "intended")?;
        distribution.percentiles.iter().find(|one| one.percent == percent).map(|one| one.value)
    }

    /// The exit code, and the line that says why.
    pub fn verdict(&self) -> (u8, String) {
        let count = |verdict| self.thresholds.iter().filter(|threshold| threshold.verdict == verdict).count();
        let all = self.thresholds.len();
        let (failed, insufficient) = (count(ThresholdVerdict::Fail), count(ThresholdVerdict::Insufficient));
        match self.end.kind {
            EndKind::Interrupted => (INTERRUPTED, "INCOMPLETE (exit 130): the run was interrupted".to_owned()),
            EndKind::Aborted => (FAIL, "FAIL (exit 1): a threshold ended the run".to_owned()),
            EndKind::Complete if failed > 0 => {
                (FAIL, format!("FAIL (exit 1): {failed} of {all} thresholds are not met"))
            }
            EndKind::Complete if insufficient > 0 => {
                (INCONCLUSIVE, format!("INCONCLUSIVE (exit 4): {insufficient} of {all} thresholds could not be judged"))
            }
            EndKind::Complete if self.requests.succeeded + self.requests.failed == 0 => {
                (INCONCLUSIVE, "INCONCLUSIVE (exit 4): no request has ended".to_owned())
            }
            EndKind::Complete if all == 0 => (PASS, "PASS (exit 0): the scenario has no threshold".to_owned()),
            EndKind::Complete => (PASS, format!("PASS (exit 0): all {all} thresholds are met")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(end: &str, ended: u64, verdicts: &[&str]) -> LoadReport {
        let thresholds: Vec<String> = verdicts
            .iter()
            .map(|verdict| {
                format!(r#"{{"threshold":"ttft.p95 < 1s","verdict":"{verdict}","figure":1.0,"n":3,"reason":""}}"#)
            })
            .collect();
        let thresholds = thresholds.join(",");
        let json = format!(
            r#"{{"schema":1,"scenario":"s","seed":1,"end":{end},"requests":{{"succeeded":{ended},"failed":0}},"thresholds":[{thresholds}]}}"#
        );
        LoadReport::parse(&json).unwrap_or_else(|error| panic!("{error}: {json}"))
    }

    #[test]
    fn only_a_complete_run_whose_thresholds_are_all_met_passes() {
        let code = |end, ended, verdicts: &[&str]| report(end, ended, verdicts).verdict().0;
        let complete = r#"{"kind":"complete"}"#;
        assert_eq!(code(complete, 9, &["PASS", "PASS"]), PASS);
        assert_eq!(code(complete, 9, &["PASS", "INSUFFICIENT"]), INCONCLUSIVE);
        assert_eq!(code(complete, 9, &["INSUFFICIENT", "FAIL"]), FAIL);
        assert_eq!(code(complete, 0, &["PASS"]), INCONCLUSIVE);
        assert_eq!(code(complete, 9, &[]), PASS);
        assert_eq!(code(r#"{"kind":"interrupted"}"#, 9, &["FAIL"]), INTERRUPTED);
        assert_eq!(code(r#"{"kind":"aborted","threshold":"ttft.p95 < 1s"}"#, 9, &["PASS"]), FAIL);
    }

    #[test]
    fn what_is_no_report_is_an_error() {
        let said = |text: &str| LoadReport::parse(text).unwrap_err().to_string();
        assert!(said("").contains("not the report"));
        assert!(said(r#"{"schema":2}"#).contains("schema 2"));
        let unknown = r#"{"schema":1,"scenario":"s","end":{"kind":"complete"},"requests":{"succeeded":1,"failed":0},"thresholds":[{"verdict":"MAYBE"}]}"#;
        assert!(said(unknown).contains("MAYBE"));
    }
}
