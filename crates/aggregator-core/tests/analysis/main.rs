//! The analysis: agreement with labelled queries, and properties of any text.

mod labelled;
mod properties;
mod real;
