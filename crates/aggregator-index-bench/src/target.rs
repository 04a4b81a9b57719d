//! The command line of the targets, and the records that they print.

use perf_gate::{CaseName, Checksum, Metric, Record};

use crate::case::Case;
use crate::cases::{CASES, find};

/// What a target was called with: `--list`, `<case>`, or `<case> <option> <value>`.
#[derive(Debug)]
pub enum Arguments {
    /// The names of the cases were asked for, and are printed.
    List,
    /// A case.
    One(&'static Case),
    /// A case, and the value of the option.
    With(&'static Case, String),
}

impl Arguments {
    /// Reads them; `option` is the one that the target has.
    ///
    /// # Panics
    /// When they are none of these.
    pub fn read(option: &str) -> Self {
        // `cargo bench` adds a flag that only divan needs.
        let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
        match &arguments[..] {
            [list] if list == "--list" => {
                CASES.iter().for_each(|case| println!("{}{}", case.name, if case.heavy { " heavy" } else { "" }));
                Self::List
            }
            [case] => Self::One(find(case)),
            [case, given, value] if given == option => Self::With(find(case), value.clone()),
            _ => panic!("usage: --list | <case> | <case> {option} <value>"),
        }
    }
}

/// Prints records, one a line, in JSON.
///
/// # Panics
/// When a value is no measurement.
pub fn print(case: &Case, checksum: u64, counts: impl IntoIterator<Item = (Metric, u64)>) {
    for record in records(case, checksum, counts) {
        println!("{}", serde_json::to_string(&record).expect("a record is JSON"));
    }
}

/// What was counted, as records.
///
/// # Panics
/// When a value is no measurement.
pub fn records(case: &Case, checksum: u64, counts: impl IntoIterator<Item = (Metric, u64)>) -> Vec<Record> {
    let name = CaseName::new(case.name).expect("cases have names of three parts");
    let one =
        |(metric, value)| Record::new(name.clone(), metric, value, Checksum(checksum)).expect("it is a measurement");
    counts.into_iter().map(one).collect()
}
