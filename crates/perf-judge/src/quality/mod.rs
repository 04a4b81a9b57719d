//! Quality of answers: the scores of labelled questions, compared with the stored ones and with those of the base.
//!
//! A program prints one line of JSON for each score. This module knows neither the program nor what a score means: a higher one
//! is better. Rows are not those of cases ([`crate::row`]): they have questions, and no metric, unit or baseline key.
//!
//! - [`lines`]: the lines, read and written. [`results`]: a run as data. [`name`]: names of rows, and splits.
//! - [`stored`]: the stored file. [`update`]: what an update may store.
//! - [`judge`]: the rule, which makes [`row`]s. [`against_base`]: tests against the base.
//! - [`worse`]: the questions that made rows lower. [`report`]: all of it as text for people and programs.

pub mod against_base;
pub mod judge;
pub mod lines;
pub mod name;
pub mod report;
pub mod results;
pub mod row;
pub mod stored;
pub mod update;
pub mod worse;
