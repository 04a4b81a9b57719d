//! The profiles of one side: callgrind's, and dhat's.

use std::fs;

use perf_gate::CaseName;
use perf_judge::run::CaseList;
use perf_profile::callgrind;
use perf_profile::dhat::{self, Allocations};
use perf_profile::stacks::Stacks;

use crate::error::{CaseError, Error};
use crate::measure::callgrind::{COUNTED, InstructionCounter};
use crate::measure::programs::BenchPrograms;
use crate::process::child::{self, Limits, StderrMode};

/// Why there is no profile, as the end of a sentence.
pub type Missing = String;

/// What one side of a case does.
#[derive(Debug)]
pub struct SideProfile {
    /// Its instructions.
    pub instructions: Result<Instructions, Missing>,
    /// Its allocations.
    pub allocations: Result<Heap, Missing>,
    /// Whether a program failed; a valgrind that is missing is no failure.
    pub failed: bool,
}

/// The instructions of a case.
#[derive(Debug)]
pub struct Instructions {
    /// Callgrind's file.
    pub text: String,
    /// What is in it.
    pub stacks: Stacks,
    /// Callers that callgrind kept apart.
    pub depth: u32,
}

/// The allocations of a case.
#[derive(Debug)]
pub struct Heap {
    /// Dhat's file.
    pub text: String,
    /// What is in it.
    pub allocations: Allocations,
}

impl SideProfile {
    /// Runs `count` under callgrind, with `depth` callers kept apart, and `heap`.
    ///
    /// # Errors
    /// On an interruption.
    pub fn measure(
        counter: &InstructionCounter,
        programs: &BenchPrograms,
        list: &CaseList,
        case: &CaseName,
        depth: u32,
    ) -> Result<Self, Error> {
        let mut failed = false;
        let mut kept = |name: &str, error: CaseError| {
            failed = true;
            Ok::<_, Error>(error.with_program(name).no_value()?.to_string())
        };
        let instructions = match counter {
            InstructionCounter::Missing(reason) => Err(reason.clone()),
            InstructionCounter::Callgrind(_) if list.is_heavy(case) => {
                Err("the case is heavy, so it does not run under valgrind".to_owned())
            }
            InstructionCounter::Callgrind(callgrind) => {
                let profile = callgrind.profile(programs, case, depth);
                match profile.and_then(|it| read_instructions(it.text, it.operations, depth)) {
                    Ok(instructions) => Ok(instructions),
                    Err(error) => Err(kept("`count` under callgrind", error)?),
                }
            }
        };
        let allocations = match measure_heap(programs, case) {
            Ok(heap) => Ok(heap),
            Err(error) => Err(kept("`heap --sites`", error)?),
        };
        Ok(Self { instructions, allocations, failed })
    }
}

fn read_instructions(text: Vec<u8>, operations: u64, depth: u32) -> Result<Instructions, CaseError> {
    let profile = callgrind::parse(&text).map_err(|error| format!("wrote an invalid profile: {error}"))?;
    // Valid, because it was read line by line.
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok(Instructions { text, stacks: profile.stacks(COUNTED, operations), depth })
}

fn measure_heap(programs: &BenchPrograms, case: &CaseName) -> Result<Heap, CaseError> {
    let failed = |error: std::io::Error| CaseError::from(format!("wrote no file: {error}"));
    let dir = tempfile::tempdir().map_err(failed)?;
    let file = dir.path().join("dhat.json");
    let mut command = programs.command(&programs.heap);
    command.args([case.as_str(), "--sites"]).arg(&file);
    child::run(&mut command, Limits::default(), StderrMode::Capture)?;
    let text = fs::read_to_string(&file).map_err(failed)?;
    let allocations = dhat::parse(&text).map_err(|error| format!("wrote an invalid file: {error}"))?;
    Ok(Heap { text, allocations })
}
