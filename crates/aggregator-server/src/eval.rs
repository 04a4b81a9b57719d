//! Measures the quality of answers to labelled questions.

use std::io::{self, BufWriter, Write as _};

use aggregator_eval::{EvalError, Options};

use crate::exit::{self, Exit, ProgramError};

/// Measures what the options name, and prints a table or lines of JSON.
pub fn run(options: &Options) -> Result<Exit, ProgramError> {
    let mut out = BufWriter::new(io::stdout().lock());
    let measured = aggregator_eval::run(options, &mut out, &mut anstream::stderr());
    match measured.and_then(|()| out.flush().map_err(EvalError::Output)) {
        Ok(()) => Ok(Exit::Done),
        Err(EvalError::Output(error)) => Err(exit::output(&error)),
        Err(EvalError::NoDataset) => Err(ProgramError::new(Exit::Usage, EvalError::NoDataset)),
        Err(error) => Err(ProgramError::new(Exit::Documents, error)),
    }
}
