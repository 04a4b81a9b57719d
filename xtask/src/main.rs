//! `cargo xtask`: measures and judges the engine, keeps its baselines, runs the tests. It compares results with the stored
//! baselines and fails regressions; what is measured stands in `[workspace.metadata.perf]` of the root manifest.

use std::process::ExitCode;

fn main() -> ExitCode {
    perf_cli::main()
}
