//! The command line of the targets `count` and `heap`.

use perf_gate::ProcessLimits;

use crate::case::{Case, find};
use crate::limits;

/// The arguments of a target: `--list`, `<case>`, or `<case> <option> <value>`.
#[derive(Debug)]
pub enum Arguments<C: 'static> {
    /// `--list`; the names of the cases have been printed.
    List,
    /// `<case>`
    Case(&'static C),
    /// `<case> <option> <value>`
    CaseWithOption(&'static C, String),
}

impl<C: Case> Arguments<C> {
    /// Parses the arguments of this process and prints the list of cases if it is asked for. `option` is the option of the
    /// target. A process that measures a case has limits from here on, which the mark in the list decides; with the option it has
    /// none, because valgrind takes 50 times as long, and much memory.
    ///
    /// # Panics
    /// When the arguments are invalid; the message is the usage.
    pub fn parse(option: &str) -> Self {
        // `cargo bench` adds a flag for divan.
        let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
        Self::of(&arguments, option)
    }

    /// As [`parse`](Self::parse), of these arguments.
    ///
    /// # Panics
    /// When the arguments are invalid; the message is the usage.
    pub fn of(arguments: &[String], option: &str) -> Self {
        match arguments {
            [list] if list == "--list" => {
                let mark = |case: &C| if case.is_heavy() { " heavy" } else { "" };
                C::ALL.iter().for_each(|case| println!("{}{}", case.name(), mark(case)));
                Self::List
            }
            [case] => {
                let case = find::<C>(case);
                limits::apply(if case.is_heavy() { ProcessLimits::HEAVY } else { ProcessLimits::ORDINARY });
                Self::Case(case)
            }
            [case, given, value] if given == option => Self::CaseWithOption(find(case), value.clone()),
            _ => panic!("usage: --list | <case> | <case> {option} <value>"),
        }
    }
}
