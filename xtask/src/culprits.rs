//! Where a case that got dearer spends its new instructions: function by function, from two runs under callgrind.

use std::collections::BTreeMap;

use perf_gate::CaseName;

use crate::callgrind::Callgrind;
use crate::child::Limits;
use crate::executables::Executables;
use crate::failure::Failure;

/// A function that needs more instructions than it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Culprit {
    /// Its name, as callgrind shows it, without the compiler's hash.
    pub function: String,
    /// Instructions of its own in one operation, without what it calls; how many more than in the base.
    pub more: u64,
    /// How many it needed in the base.
    pub before: u64,
}

/// The functions that grew most, at most three; none where it cannot be told.
pub fn of(
    callgrind: &Callgrind,
    base: &Executables,
    head: &Executables,
    case: &CaseName,
    limits: Limits,
) -> Result<Vec<Culprit>, Failure> {
    let (Some((before, _)), Some((now, operations))) =
        (callgrind.profile(base, case, limits)?, callgrind.profile(head, case, limits)?)
    else {
        return Ok(Vec::new());
    };
    Ok(grown(&functions(&before), &functions(&now), operations))
}

fn grown(before: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>, operations: u64) -> Vec<Culprit> {
    const SHOWN: usize = 3;
    let each = |instructions: u64| instructions / operations.max(1);
    let mut grown: Vec<_> = now
        .iter()
        .map(|(function, &now)| (function, before.get(function).copied().unwrap_or(0), now))
        .filter(|&(_, before, now)| each(now) > each(before))
        .map(|(function, before, now)| Culprit {
            function: function.clone(),
            more: each(now) - each(before),
            before: each(before),
        })
        .collect();
    grown.sort_by(|a, b| (b.more, &a.function).cmp(&(a.more, &b.function)));
    grown.truncate(SHOWN);
    grown
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
    let name = name.split('\'').next().unwrap_or(name);
    match name.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => name.to_owned(),
        _ => name.to_owned(),
    }
}

/// For the reason of a row.
pub fn sentence(culprits: &[Culprit]) -> Option<String> {
    let one = |culprit: &Culprit| format!("{} +{} (was {})", culprit.function, culprit.more, culprit.before);
    let list: Vec<String> = culprits.iter().map(one).collect();
    (!list.is_empty()).then(|| format!("instructions went to: {}", list.join(", ")))
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

    #[test]
    fn the_largest_growth_comes_first() {
        let map = |entries: &[(&str, u64)]| entries.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        let before = map(&[("a", 100), ("b", 100), ("c", 100), ("gone", 500)]);
        let now = map(&[("a", 300), ("b", 100), ("c", 110), ("new", 50)]);
        let grown = grown(&before, &now, 10);
        let shown: Vec<_> =
            grown.iter().map(|culprit| (culprit.function.as_str(), culprit.more, culprit.before)).collect();
        assert_eq!(shown, [("a", 20, 10), ("new", 5, 0), ("c", 1, 10)]);
        assert_eq!(sentence(&grown[..1]).unwrap(), "instructions went to: a +20 (was 10)");
        assert_eq!(sentence(&[]), None);
    }
}
