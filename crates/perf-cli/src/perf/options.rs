//! Options of `perf`.

use std::path::PathBuf;
use std::time::Duration;

use perf_judge::exit_status::{Required, Share};
use perf_judge::pairs::plan::SamplingPlan;
use perf_runner::measure::wall;

use super::format::Format;
use crate::shared_options::SharedOptions;

/// How a run measures, and what it requires.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Compare wall time with this commit, branch or tag [default: the merge base with the main branch; on the main branch
    /// the parent of HEAD, or HEAD if the work tree differs from it]
    ///
    /// Without a difference in anything that is measured nothing is built, and every row is IDENTICAL.
    #[arg(long, value_name = "REV")]
    pub against: Option<String>,
    /// Take fewer samples of each case: faster, but a larger effect is needed to detect it
    #[arg(long)]
    pub quick: bool,
    /// Measure only the cases whose name matches, like 'suite/*' [default: all cases]
    #[arg(long, value_name = "GLOB")]
    pub only: Option<String>,
    /// Time for pairs of base and head, from 5s to 24h, like 90s or 10m; confirming what seems changed may take half as much
    /// again [default: 3m; with --quick 1m]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub budget: Option<Duration>,
    /// Seed of the link layouts and of the order in pairs
    ///
    /// Pairs are kept in target/perf. The same seed uses them again, another seed measures new ones.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Double the pairs of each case and judge all of them; each use halves the significance level
    #[arg(long)]
    pub more_pairs: bool,
    /// Format of the report on standard output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Directory for report.html, report.json and report.md [default: target/perf/latest]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Fail (exit 1) if a row is missing from the baseline, for CI [default: the row is NEW and passes]
    #[arg(long)]
    pub require_baseline: bool,
    /// Exit with 4 if rows of this class cannot be judged; may be repeated [default: such rows are only listed]
    ///
    /// - instructions: needs valgrind, and either the valgrind and libc of the baseline or a base
    ///   that can be built
    /// - wall: needs a base that can be built, and a quiet machine
    /// - wall=75%: as wall, but only this share of the rows has to be judged
    /// - anchor: compare with the anchor, and measure it if its values are not stored
    #[arg(long, value_name = "CLASS[=SHARE]", value_parser = Requirement::parse, verbatim_doc_comment)]
    pub require: Vec<Requirement>,
    /// Add the run to the history, which `perf history` shows; measures also what equals the base
    ///
    /// Needs a work tree without changes. Wall time is measured in pairs with the anchor too, which takes as long again.
    #[arg(long, conflicts_with = "only")]
    pub record: bool,
    /// Fail (exit 1) if the change loosens the rules that judge it, for CI [default: the changes are only listed]
    ///
    /// Rules are stored values, acceptances, budgets and margins, and the files of the harnesses and their inputs.
    #[arg(long)]
    pub forbid_rule_changes: bool,
    #[command(flatten)]
    pub shared: SharedOptions,
}

/// A class that not every machine can judge, and that has to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// All instruction rows.
    Instructions,
    /// This share of the wall rows.
    Wall(Share),
    /// The comparison with the anchor, if there is one.
    Anchor,
}

impl Requirement {
    /// Parses `instructions`, `anchor`, `wall`, or `wall` with a share, such as `wall=75%`.
    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "instructions" => Ok(Self::Instructions),
            None if text == "anchor" => Ok(Self::Anchor),
            None if text == "wall" => Ok(Self::Wall(Share::ALL)),
            Some(("wall", share)) => {
                let percent = share.strip_suffix('%').and_then(|percent| percent.parse().ok());
                let share = percent.and_then(Share::from_percent);
                share.map(Self::Wall).ok_or_else(|| "the share is not a whole percentage from 1% to 100%".into())
            }
            Some(("instructions" | "anchor", _)) => Err("only wall can have a share".into()),
            _ => Err("possible values: instructions, anchor, wall, or wall with a share like wall=75%".into()),
        }
    }
}

impl Options {
    /// Number of pairs and time for measuring them.
    pub fn sampling_plan(&self) -> SamplingPlan {
        let plan = if self.quick { SamplingPlan::QUICK } else { SamplingPlan::FULL };
        let budget = self.budget.map_or(plan.budget, |budget| budget.as_secs_f64());
        SamplingPlan { budget, ..plan }
    }

    /// The requirements of the run.
    pub fn required(&self) -> Required {
        let wall = self.require.iter().filter_map(|requirement| match requirement {
            Requirement::Wall(share) => Some(*share),
            Requirement::Instructions | Requirement::Anchor => None,
        });
        Required {
            baseline: self.require_baseline,
            instructions: self.require.contains(&Requirement::Instructions),
            wall: wall.max(),
            anchor: self.require.contains(&Requirement::Anchor),
        }
    }

    /// Processes and time of each case in a run without pairs.
    pub fn wall_effort(&self) -> wall::TimingEffort {
        let (processes, per_case) = if self.quick { (5, 10) } else { (20, 30) };
        wall::TimingEffort { processes, per_case: Duration::from_millis(per_case) }
    }
}

/// Reads a time with units: `3m`, `90s`, `1m 30s`.
fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    let duration = Duration::try_from(parsed).map_err(|_| "it is negative".to_owned())?;
    let allowed = Duration::from_secs(5)..=Duration::from_secs(24 * 3600);
    if allowed.contains(&duration) { Ok(duration) } else { Err("it is not between 5s and 24h".into()) }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct CommandLine {
        #[command(flatten)]
        options: Options,
    }

    fn required(values: &[&str]) -> Result<Required, String> {
        let arguments = std::iter::once("perf").chain(values.iter().flat_map(|value| ["--require", value]));
        let parsed = CommandLine::try_parse_from(arguments);
        parsed.map(|parsed| parsed.options.required()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_requirement_is_a_class_and_for_wall_a_share() {
        let required_of = |values: &[&str]| required(values).map(|required| (required.instructions, required.wall));
        let share = Share::from_percent;
        assert_eq!(required_of(&[]), Ok((false, None)));
        assert_eq!(required_of(&["instructions"]), Ok((true, None)));
        assert_eq!(required_of(&["wall"]), Ok((false, Some(Share::ALL))));
        assert_eq!(required_of(&["wall=75%", "instructions"]), Ok((true, share(75))));
        assert_eq!(required_of(&["wall=75%", "wall=90%", "wall=1%"]), Ok((false, share(90))), "the strictest");
        for bad in ["wall=", "wall=75", "wall=0%", "wall=101%", "wall=-1%", "wall=300%", "wall=7.5%", "wall=%"] {
            let error = required(&[bad]).unwrap_err();
            assert!(error.contains("not a whole percentage from 1% to 100%"), "{bad}: {error}");
            assert!(error.contains(&format!("invalid value '{bad}' for '--require <CLASS[=SHARE]>'")), "{error}");
        }
        assert!(required(&["instructions=75%"]).unwrap_err().contains("only wall can have a share"));
        for bad in ["heap", "heap=75%", "", "WALL", "wall 75%"] {
            let error = required(&[bad]).unwrap_err();
            assert!(
                error.contains("possible values: instructions, anchor, wall, or wall with a share"),
                "{bad}: {error}"
            );
        }
    }
}
