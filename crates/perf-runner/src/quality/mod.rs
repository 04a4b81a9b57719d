//! Quality of answers: runs the program that scores labelled questions, and reads and writes the stored results.
//!
//! - [`program`]: builds and runs the program of the key `quality`, or reads lines that it printed earlier.
//! - [`stored_file`]: the stored results of the work tree. [`base`]: those of the base, by git.
//!
//! `perf-judge` knows what the lines mean and judges them.

pub mod base;
pub mod program;
pub mod stored_file;
