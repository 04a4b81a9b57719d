//! Attributes instructions to functions, from two runs of each side under callgrind.

use std::collections::BTreeMap;

use perf_gate::CaseName;

use super::contribution::{Contribution, top_increases};
use crate::error::Error;
use crate::measure::callgrind::{Callgrind, Profiles};
use crate::measure::programs::BenchPrograms;

/// The functions whose instructions increased most; empty if a profile cannot be measured.
///
/// # Errors
/// On an interruption.
pub fn attribute(
    callgrind: &Callgrind,
    base: &BenchPrograms,
    head: &BenchPrograms,
    case: &CaseName,
) -> Result<Vec<Contribution>, Error> {
    let (Some(before), Some(now)) = (callgrind.profiles(base, case)?, callgrind.profiles(head, case)?) else {
        return Ok(Vec::new());
    };
    Ok(top_increases(&per_operation(&before), &per_operation(&now)))
}

/// Instructions of one operation by function, without callees. Set-up is subtracted, because the row does not count it.
fn per_operation(profiles: &Profiles) -> BTreeMap<String, u64> {
    let set_up = functions(&profiles.none);
    let net = |(name, all): (String, u64)| {
        let net = all.saturating_sub(set_up.get(&name).copied().unwrap_or(0));
        (name, net / profiles.operations.max(1))
    };
    functions(&profiles.some).into_iter().map(net).collect()
}

/// Instructions by function, without callees, from callgrind's output file. (See the chapter "Callgrind Format Specification"
/// of valgrind's manual: `fn=` names the function of the lines after it; a cost line is a position and a cost; the cost line
/// after `calls=` is the inclusive cost of that call.)
fn functions(profile: &str) -> BTreeMap<String, u64> {
    let mut functions: BTreeMap<String, u64> = BTreeMap::new();
    let (mut current, mut is_call_cost) = (None, false);
    for line in profile.lines() {
        if let Some(name) = line.strip_prefix("fn=") {
            current = Some(without_hash(name));
        } else if line.starts_with("calls=") {
            is_call_cost = true;
        } else if line.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '*')) {
            let cost = line.split(' ').nth(1).and_then(|cost| cost.parse::<u64>().ok());
            if let (Some(function), Some(cost), false) = (&current, cost, is_call_cost) {
                *functions.entry(function.clone()).or_default() += cost;
            }
            is_call_cost = false;
        }
    }
    functions
}

/// Removes the hash from `module::function::h0123456789abcdef`, which differs between builds, and the recursion level (`'2`).
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
    fn callees_are_not_counted() {
        let functions = functions(PROFILE);
        let expected = [("core::engine::poll", 126), ("core::outbox::event", 42)];
        assert_eq!(functions, expected.map(|(name, cost)| (name.to_owned(), cost)).into());
    }
    macro_rules! recorded {
        ($name:literal) => {
            include_str!(concat!("../../tests/fixtures/callgrind/", $name, ".txt")).to_owned()
        };
    }

    /// In head the set-up and each operation do more.
    #[test]
    fn set_up_is_not_named() {
        let base = Profiles { none: recorded!("base-0000"), some: recorded!("base-0020"), operations: 20 };
        let head = Profiles { none: recorded!("head-0000"), some: recorded!("head-0020"), operations: 20 };
        let names = |base: &Profiles, head: &Profiles| -> Vec<(String, u64, u64)> {
            let found = top_increases(&per_operation(base), &per_operation(head));
            found.into_iter().map(|found| (found.name, found.increase, found.base)).collect()
        };
        let search = ("set_up::search".to_owned(), 600, 6_005);
        assert_eq!(names(&base, &head), std::slice::from_ref(&search));

        // Without subtraction the set-up is the largest increase.
        let whole = |profiles: Profiles| Profiles { none: String::new(), ..profiles };
        let found = names(&whole(base), &whole(head));
        assert_eq!(found, [("set_up::fill_tables".to_owned(), 45_000, 3_000), search]);
    }
}
