//! Instructions by function, from two runs under callgrind.

use std::collections::BTreeMap;

use perf_gate::CaseName;

use super::contribution::{Contribution, top_increases};
use crate::error::Error;
use crate::measure::callgrind::Callgrind;
use crate::measure::programs::BenchPrograms;

/// The functions that grew most, at most three; none where it cannot be told.
pub fn attribute(
    callgrind: &Callgrind,
    base: &BenchPrograms,
    head: &BenchPrograms,
    case: &CaseName,
) -> Result<Vec<Contribution>, Error> {
    let (Some((before, _)), Some((now, operations))) = (callgrind.profile(base, case)?, callgrind.profile(head, case)?)
    else {
        return Ok(Vec::new());
    };
    Ok(top_increases(&functions(&before), &functions(&now), operations))
}

/// Instructions of each function itself, from callgrind's file. (Its format: the manual's chapter "Callgrind Format
/// Specification". `fn=` names the function that the lines after it belong to; a line of figures is a position and a cost,
/// and the one after `calls=` is the cost of a call, which is not the function's own.)
fn functions(profile: &str) -> BTreeMap<String, u64> {
    let mut functions: BTreeMap<String, u64> = BTreeMap::new();
    let (mut current, mut is_of_call) = (None, false);
    for line in profile.lines() {
        if let Some(name) = line.strip_prefix("fn=") {
            current = Some(without_hash(name));
        } else if line.starts_with("calls=") {
            is_of_call = true;
        } else if line.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '*')) {
            let cost = line.split(' ').nth(1).and_then(|cost| cost.parse::<u64>().ok());
            if let (Some(function), Some(cost), false) = (&current, cost, is_of_call) {
                *functions.entry(function.clone()).or_default() += cost;
            }
            is_of_call = false;
        }
    }
    functions
}

/// `module::function::h0123456789abcdef` without its end, which is another in every build; recursion (`'2`) is left away too.
fn without_hash(name: &str) -> String {
    let name = match name.rsplit_once('\'') {
        Some((name, depth)) if !depth.is_empty() && depth.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => name,
    };
    match name.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => name.to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shortened from callgrind 3.19, with `--compress-strings=no --compress-pos=no`.
    const PROFILE: &str = "# callgrind format\nversion: 1\npositions: line\nevents: Ir\n\n\
        ob=/some/count\nfl=/x/engine.rs\nfn=core::engine::poll::h0123456789abcdef\n10 100\n+2 20\n\
        cfn=core::outbox::event::hffffffffffffffff\ncalls=3 7\n12 999\n13 5\n\n\
        fn=core::outbox::event::hffffffffffffffff\n7 40\nfi=/x/inlined.rs\n8 2\n\
        fn=core::engine::poll::h0123456789abcdef'2\n10 1\n";

    #[test]
    fn what_a_function_calls_is_not_its_own() {
        let functions = functions(PROFILE);
        let expected = [("core::engine::poll", 126), ("core::outbox::event", 42)];
        assert_eq!(functions, expected.map(|(name, cost)| (name.to_owned(), cost)).into());
    }
}
