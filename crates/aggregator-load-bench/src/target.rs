//! The command line of the targets `count` and `heap`, and the records that they print.

use perf_gate::{CaseName, Checksum, Metric, Record};

use crate::case::Case;
use crate::cases::{CASES, find};

/// The arguments of a target: `--list`, `<case>`, or `<case> <option> <value>`.
#[derive(Debug)]
pub enum Arguments {
    /// `--list`; the names of the cases have been printed.
    List,
    /// `<case>`
    Case(&'static Case),
    /// `<case> <option> <value>`
    CaseWithOption(&'static Case, String),
}

impl Arguments {
    /// Parses the arguments of this process and prints the list of cases if it is asked for. `option` is the option of the
    /// target.
    ///
    /// # Panics
    /// When the arguments are invalid; the message is the usage.
    pub fn parse(option: &str) -> Self {
        // `cargo bench` adds a flag for divan.
        let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
        match &arguments[..] {
            [list] if list == "--list" => {
                CASES.iter().for_each(|case| println!("{}", case.name));
                Self::List
            }
            [case] => Self::Case(find(case)),
            [case, given, value] if given == option => Self::CaseWithOption(find(case), value.clone()),
            _ => panic!("usage: --list | <case> | <case> {option} <value>"),
        }
    }
}

/// Prints counts as records, one JSON object a line.
///
/// # Panics
/// When a value cannot be a record.
pub fn print_records(case: &Case, checksum: u64, counts: impl IntoIterator<Item = (Metric, u64)>) {
    for record in to_records(case, checksum, counts) {
        println!("{}", serde_json::to_string(&record).expect("a record is JSON"));
    }
}

/// Converts counts to records.
///
/// # Panics
/// When a value cannot be a record.
pub fn to_records(case: &Case, checksum: u64, counts: impl IntoIterator<Item = (Metric, u64)>) -> Vec<Record> {
    let name = CaseName::new(case.name).expect("cases have names of three parts");
    let record = |(metric, value)| {
        Record::new(name.clone(), metric, value, Checksum(checksum)).expect("a count is a valid value")
    };
    counts.into_iter().map(record).collect()
}
