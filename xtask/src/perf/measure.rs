//! One run: everything that is selected is measured, and judged against what is stored and against the base.

use std::time::{Duration, Instant};

use perf_gate::{CaseName, Key, Tools};

use super::{Options, key_difference, today, tools_difference};
use crate::benches_data::BenchesData;
use crate::callgrind::Unusable;
use crate::compare::pairs::{self, Contest};
use crate::compare::store::{Asked, Store};
use crate::compare::{Against, Relation, Sides, measured_base};
use crate::exact::{self, CaseList, ExactRun};
use crate::failure::Failure;
use crate::instructions::{self, Instructions};
use crate::judge::paired::Rule;
use crate::judge::{self, Base};
use crate::progress::Progress;
use crate::report::{Comparison, Pairing};
use crate::row::Row;
use crate::selection::Selection;
use crate::verdict::Verdict;
use crate::wall::WallRun;
use crate::workspace::Workspace;
use crate::{affinity, culprits, plain_text, row, wall};

/// What a run gave.
pub struct Measured {
    /// Every row, in the order of the table.
    pub rows: Vec<Row>,
    /// What its instruction counts depend on, or why there are none.
    pub tools: Result<Tools, Unusable>,
    /// What wall time was compared with.
    pub comparison: Comparison,
}

/// Measures and judges.
pub fn measure(
    options: &Options,
    workspace: &Workspace,
    selection: &Selection,
    data: &BenchesData,
    key: &Key,
    relation: Relation,
) -> Result<Measured, Failure> {
    let limits = options.source.limits();
    let began = Instant::now();
    let (executables, against) = relation.build(workspace, &options.source)?;
    let building = began.elapsed();
    let stored = data.baselines.get(&key.target);
    let list = exact::list(&executables, limits)?;
    let cases = selection.of(&list.all, stored)?;
    let callgrind = options.source.callgrind(&executables)?;

    let process = Progress::process(cases.len(), Duration::from_millis(30));
    let progress = Progress::new(Progress::exact(cases.len(), callgrind.is_ok()) + 25 * process);
    let exact = exact::measure(&executables, &list, &cases, limits, &progress)?;
    let instructions = instructions::measure(&callgrind, &executables, &list, &exact, limits, &progress)?;

    let other_key = stored.filter(|stored| stored.key != *key).map(|stored| key_difference(key, &stored.key));
    let other_tools = tools_difference(&instructions, stored);
    // Where the stored values mean something else, those of the base are measured too.
    let here = match &against {
        Against::Base(sides) if other_key.is_some() || other_tools.is_some() => {
            let base = measured_base::measure(&sides.base, &callgrind, key, &cases, limits, &progress)?;
            base.map(|base| measured_base::moved(&base, stored, measured_base::declared(workspace, key).as_ref()))
        }
        _ => None,
    };
    let of_stored = Base::of(stored, other_key.as_deref());
    let (exact_base, counted_base) = match &here {
        Some(here) if other_key.is_some() => (Base::Comparable(here), Base::Comparable(here)),
        Some(here) => (of_stored, Base::Comparable(here)),
        None => (of_stored, of_stored.counted_with(other_tools.as_deref())),
    };
    let mut rows = judge::exact_rows(&exact, exact_base, selection, today());
    rows.extend(judge::instruction_rows(&instructions, &exact, counted_base, selection, today()));
    if let Against::Base(sides) = &against {
        culprits::name(&mut rows, workspace, callgrind.as_ref().ok(), sides, limits)?;
    }
    if let Against::Same(revision) = &against {
        judge::identical_where_not_comparable(&mut rows, revision.short());
    }

    // A case that is broken has its red row, and is not timed.
    let whole: Vec<_> = cases.iter().filter(|case| matches!(exact.get(case), Some(Ok(_)))).cloned().collect();
    let alone = |verdict, why: Option<&str>| -> Result<_, Failure> {
        let wall = wall::measure(&executables, &list, &whole, options.wall_effort(), limits, &progress)?;
        Ok((judge::wall_rows(&wall, verdict, why), wall))
    };
    let (of_wall, wall, comparison) = match against {
        Against::Nothing(why) => {
            // Who asked for a comparison gets no row that looks as if there had been one.
            let verdict = if options.against.is_some() { Verdict::Inconclusive } else { Verdict::Info };
            let (rows, wall) = alone(verdict, Some(&why))?;
            (rows, wall, Comparison::None(why))
        }
        Against::Same(revision) => {
            let (rows, wall) = alone(Verdict::Identical, None)?;
            (rows, wall, Comparison::Same(revision))
        }
        Against::Base(sides) => {
            let work = Work { options, workspace, data, list: &list, exact: &exact, rows: &rows, progress: &progress };
            let (rows, wall, mut comparison) = work.pairs(*sides, &whole, building)?;
            if let (Comparison::Pairs(pairing), Some(_)) = (&mut comparison, &here) {
                pairing.repeating = other_key.or(other_tools);
            }
            (rows, wall, comparison)
        }
    };
    drop(progress);
    rows.extend(of_wall);
    rows.extend(judge::budget_rows(&data.budgets, selection, &exact, &instructions, &wall));
    row::sort(&mut rows);
    let tools = match instructions {
        Instructions::Measured { tools, .. } => Ok(tools),
        Instructions::NotMeasured(reason) => Err(reason),
    };
    Ok(Measured { rows, tools, comparison })
}

/// What measuring pairs needs to know of the run it is a part of.
struct Work<'a> {
    options: &'a Options,
    workspace: &'a Workspace,
    data: &'a BenchesData,
    list: &'a CaseList,
    exact: &'a ExactRun,
    rows: &'a [Row],
    progress: &'a Progress,
}

impl Work<'_> {
    fn pairs(
        &self,
        sides: Sides,
        whole: &[CaseName],
        building: Duration,
    ) -> Result<(Vec<Row>, WallRun, Comparison), Failure> {
        let timed: Vec<_> = whole.iter().filter(|case| !self.list.is_heavy(case)).cloned().collect();
        let revision = sides.revision.clone();
        if timed.is_empty() {
            return Ok((Vec::new(), WallRun::new(), Comparison::None("no case that is selected is timed".into())));
        }
        let limits = self.options.source.limits();
        let mut controls = timed.clone();
        if sides.own_cases.is_some() {
            let of_base = exact::list(&sides.base.executables, limits)?;
            controls.retain(|case| of_base.all.contains(case));
        }
        let contest = Contest {
            base: &sides.base,
            head: &sides.head,
            cases: &timed,
            controls: &controls,
            seed: self.options.seed,
            effort: self.options.effort(),
            new_layouts: true,
            processor: affinity::processors().last().copied(),
            rule_of: &|_| Rule::ORDINARY,
            asked: Asked::default(),
            faults: None,
            limits,
        };
        let what = format!("{}, both sides in turns", plain_text::counted(timed.len(), "case"));
        self.progress.phase("pairs", &what);
        let file = contest.file(self.workspace);
        let (store, earlier) = Store::open(&file)?;
        let known = earlier.all().count();
        let mut asked = Asked::read(&file)?;
        if self.options.more_pairs && known > 0 {
            asked = asked.again(&file, &earlier)?;
        }
        let looks = asked.looks;
        let margin_of = |case: &CaseName| self.data.thresholds.wall(case, today()).unwrap_or(judge::paired::MARGIN);
        let rule_of = |case: &CaseName| Rule::after(looks, margin_of(case));
        let contest = Contest { rule_of: &rule_of, asked, ..contest };
        let began = Instant::now();
        let measured = pairs::measure(&contest, store, earlier, self.progress)?;
        let measuring = began.elapsed();
        let witness = |case: &CaseName| judge::witness(self.rows, case);
        let mut rows = judge::paired::rows(&measured, &timed, rule_of, witness, revision.short());
        if sides.own_cases.is_some() {
            let changed = measured_base::changed(&sides.base, self.exact, &timed, limits, self.progress)?;
            judge::paired::new_where_changed(&mut rows, &changed);
        }
        let pairing = Pairing {
            revision,
            seed: self.options.seed,
            pairs: measured.pairs.all().count(),
            earlier_pairs: known,
            looks,
            building_seconds: building.as_secs_f64(),
            linking_seconds: measured.linking,
            measuring_seconds: measuring.as_secs_f64() - measured.linking,
            control: measured.control.clone(),
            layouts: sides.head.layouts,
            own_cases: sides.own_cases.clone(),
            repeating: None,
        };
        Ok((rows, pairs::times(&measured, &timed), Comparison::Pairs(Box::new(pairing))))
    }
}
