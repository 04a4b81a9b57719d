//! The rules of both sides of a change: baselines, budgets and thresholds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use jiff::civil::Date;
use perf_gate::{Baseline, CaseName};
use perf_judge::anchor;
use perf_judge::budget::{self, Budget};
use perf_judge::rules::Rules;
use perf_judge::thresholds::{self, Threshold, Thresholds};

use super::BaseCheckout;
use crate::files::bench_data::BenchData;
use crate::workspace::{ANCHOR, Harness, Workspace};

impl BaseCheckout {
    /// Whether baselines, budgets and thresholds of a harness' cases are equal to those of the base.
    pub(super) fn has_same_rules(&self, workspace: &Workspace, harness: &Harness, data: &BenchData) -> bool {
        if self.base.baseline_blobs(workspace, harness) != self.head.baseline_blobs(workspace, harness) {
            return false;
        }
        // A case in no baseline may belong to any harness.
        let others = data.baselines().filter(|(package, _)| *package != harness.package);
        let of_others: BTreeSet<&CaseName> =
            others.flat_map(|(_, baseline)| baseline.records().map(|record| record.case())).collect();
        let base = self.rules_of_base(workspace);
        let same_budgets = {
            let own = |budgets: &[Budget]| -> Vec<Budget> {
                budgets.iter().filter(|budget| !of_others.contains(&budget.case)).cloned().collect()
            };
            own(&base.budgets) == own(&data.budgets)
        };
        let own = |thresholds: &Thresholds| -> Vec<Threshold> {
            thresholds.entries().filter(|threshold| !of_others.contains(&threshold.case)).cloned().collect()
        };
        base.unreadable.is_empty()
            && base.anchor == data.anchor
            && same_budgets
            && own(&base.thresholds) == own(&data.thresholds)
    }

    /// The rules of the base. Files that cannot be parsed are listed in `unreadable`, and are not compared.
    pub fn rules_of_base(&self, workspace: &Workspace) -> Rules {
        let there = &self.workspace;
        let mut rules = Rules::default();
        let mut unreadable = Vec::new();
        let dir = there.data_dir();
        let text = |name: &str| fs::read_to_string(dir.join(name)).ok();
        let data = &workspace.config.data;
        if let Some(text) = text("budgets.toml") {
            match budget::parse(&text) {
                Ok(budgets) => rules.budgets = budgets,
                Err(error) => unreadable.push(format!("{data}/budgets.toml of the base: {}", error.what)),
            }
        }
        if let Some(text) = text("thresholds.toml") {
            // `Date::MAX`: expiry dates of the base are not checked.
            match thresholds::parse(&text, Date::MAX) {
                Ok(thresholds) => rules.thresholds = thresholds,
                Err(error) => unreadable.push(format!("{data}/thresholds.toml of the base: {}", error.what)),
            }
        }
        if let Some(text) = text(ANCHOR) {
            match anchor::parse(&text) {
                Ok(anchor) => rules.anchor = anchor,
                Err(error) => unreadable.push(format!("{data}/{ANCHOR} of the base: {}", error.what)),
            }
        }
        for harness in &workspace.harnesses {
            // Older commits have their baselines one folder higher.
            for folder in [format!("baselines/{}", harness.package), "baselines".to_owned()] {
                let files = fs::read_dir(dir.join(&folder)).into_iter().flatten().flatten();
                for file in files.filter(|file| file.file_name().to_string_lossy().ends_with(".toml")) {
                    let name = format!("{folder}/{}", file.file_name().to_string_lossy());
                    let text = text(&name).unwrap_or_default();
                    match Baseline::from_toml(&text) {
                        Ok(baseline) => {
                            let stem = name.rsplit('/').next().and_then(|file| file.strip_suffix(".toml"));
                            let place = (harness.package.clone(), stem.unwrap_or(&name).to_owned());
                            rules.baselines.entry(place).or_insert(baseline);
                        }
                        Err(error) => unreadable.push(format!("{data}/{name} of the base: {error}")),
                    }
                }
            }
            rules.harness.extend(self.base.harness_blobs(harness));
            rules.inputs.extend(self.base.input_blobs(workspace, harness));
        }
        rules.unreadable = unreadable;
        rules
    }

    /// The rules of the work tree.
    pub fn rules_of_change(&self, workspace: &Workspace, data: &BenchData) -> Rules {
        let (mut harness_files, mut inputs) = (BTreeMap::new(), BTreeMap::new());
        for harness in &workspace.harnesses {
            harness_files.extend(self.head.harness_blobs(harness));
            inputs.extend(self.head.input_blobs(workspace, harness));
        }
        let baselines = data.baseline_files().map(|(place, baseline)| (place.clone(), baseline.clone()));
        Rules {
            baselines: baselines.collect(),
            budgets: data.budgets.clone(),
            thresholds: data.thresholds.clone(),
            anchor: data.anchor.clone(),
            harness: harness_files,
            inputs,
            unreadable: Vec::new(),
        }
    }
}
