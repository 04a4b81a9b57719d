//! `aggregator load`: load on a server, or on mocks.

use std::io;

use aggregator_load::{LoadError, Options, Outcome};
use perf_load::Stop;

use crate::exit::{self, Exit, ProgramError};
use crate::interrupt::Interrupt;

/// Runs a scenario, and prints its report.
pub fn run(options: &Options) -> Result<Exit, ProgramError> {
    let stop = Stop::default();
    let stopped = stop.clone();
    Interrupt::listen()?.ends(move || stopped.stop());
    match aggregator_load::run(options, &stop, &mut io::stdout().lock()) {
        Ok(Outcome::Pass) => Ok(Exit::Done),
        Ok(Outcome::Fail) => Ok(Exit::Nothing),
        Ok(Outcome::Inconclusive) => Ok(Exit::Failed),
        Ok(Outcome::Interrupted) => Ok(Exit::Interrupted),
        Err(LoadError::Output(error)) => Err(exit::output(&error)),
        Err(error) => Err(ProgramError::new(Exit::Usage, error)),
    }
}
