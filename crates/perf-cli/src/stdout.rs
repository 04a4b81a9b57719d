//! Prints to standard output.

use std::io::{ErrorKind, Write as _};

use perf_runner::error::Error;

/// Prints text, with its colours if standard output is a terminal and `NO_COLOR` is not set.
///
/// A closed pipe (`| head`) is not an error: the verdict is the exit code.
pub fn print(text: &str) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::environment(
            format!("cannot write to standard output: {error}"),
            "check the disk or pipe it goes to",
        )),
        _ => Ok(()),
    }
}
