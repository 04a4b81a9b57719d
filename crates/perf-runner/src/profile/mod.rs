//! Profiles of one case: where its instructions and allocations are, and where they differ from the base.
//!
//! - [`side`]: runs callgrind and `heap` for one side.
//! - [`report`]: what both sides say together: sentences, tables, pictures. [`sources`]: which places are the workspace's own.
//! - [`files`]: what is written, and what opens it.
//!
//! `perf-profile` reads the profiles and draws; the measured programs are those of every other class.

pub mod files;
pub mod report;
pub mod side;
pub mod sources;

use perf_gate::CaseName;
use perf_judge::run::CaseList;

use crate::compare::Sides;
use crate::error::Error;
use crate::measure::callgrind::InstructionCounter;
use crate::measure::exact;
use crate::measure::programs::BenchPrograms;
use crate::workspace::Workspace;
use report::{Base, CaseProfile};
use side::SideProfile;

/// Callers that callgrind keeps apart. Stacks of real cases have 20 to 30 frames; room for more callers costs nothing.
pub const DEPTH: u32 = 64;

/// What is profiled.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The workspace under test.
    pub workspace: &'a Workspace,
    /// Callgrind, if it is there.
    pub counter: &'a InstructionCounter,
    /// The cases of the change.
    pub list: &'a CaseList,
    /// The case.
    pub case: &'a CaseName,
    /// Callers that callgrind keeps apart.
    pub depth: u32,
}

impl Target<'_> {
    /// Profiles the case in the change only. `packages` are the folders of the packages that `programs` are built from.
    ///
    /// # Errors
    /// On an interruption.
    pub fn of_change(&self, programs: &BenchPrograms, packages: &[String]) -> Result<CaseProfile, Error> {
        let Self { workspace, counter, list, case, depth } = *self;
        let head = SideProfile::measure(counter, programs, list, case, depth)?;
        Ok(CaseProfile::new(workspace, case, packages, None, head))
    }

    /// Profiles the case in the change and in its base.
    ///
    /// # Errors
    /// If the base lists no cases, or on an interruption.
    pub fn of_both(&self, sides: &Sides) -> Result<CaseProfile, Error> {
        let Self { workspace, counter, list, case, depth } = *self;
        let head = SideProfile::measure(counter, &sides.head.programs, list, case, depth)?;
        // A base that was built with its own cases may have another list.
        let of_base = if sides.own_cases.is_some() { Some(exact::list_cases(&sides.base.programs)?) } else { None };
        let of_base = of_base.as_ref().unwrap_or(list);
        let profile = SideProfile::measure(counter, &sides.base.programs, of_base, case, depth)?;
        let base = Base { revision: sides.revision.short().to_owned(), profile };
        Ok(CaseProfile::new(workspace, case, &sides.packages, Some(base), head))
    }
}
