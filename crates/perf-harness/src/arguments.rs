//! The command line of the targets `count` and `heap`.

use crate::case::{Case, find};

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
    /// target.
    ///
    /// # Panics
    /// When the arguments are invalid; the message is the usage.
    pub fn parse(option: &str) -> Self {
        // `cargo bench` adds a flag for divan.
        let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
        match &arguments[..] {
            [list] if list == "--list" => {
                let mark = |case: &C| if case.is_heavy() { " heavy" } else { "" };
                C::ALL.iter().for_each(|case| println!("{}{}", case.name(), mark(case)));
                Self::List
            }
            [case] => Self::Case(find(case)),
            [case, given, value] if given == option => Self::CaseWithOption(find(case), value.clone()),
            _ => panic!("usage: --list | <case> | <case> {option} <value>"),
        }
    }
}
