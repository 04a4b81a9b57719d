//! Recorded profiles of a program with recursion of both kinds, held to what `callgrind_annotate` says about them.

use std::collections::BTreeMap;

use perf_profile::callgrind::{self, Name, Profile};
use perf_profile::difference::merge;
use perf_profile::functions::{functions, of_crates};
use perf_profile::increase::{largest, sentence};
use perf_profile::stacks::{CUT, Frame, Stacks};

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("fixtures/callgrind/", $name, ".txt"))
    };
}

const OPERATIONS: u64 = 3;

fn profile(text: &str) -> Profile {
    callgrind::parse(text.as_bytes()).unwrap()
}

fn stacks(text: &str) -> Stacks {
    profile(text).stacks("counted_operations", OPERATIONS)
}

/// The costs by function in the output of `callgrind_annotate`, one for each source file that code of the function comes from.
fn annotated(text: &str) -> BTreeMap<&str, Vec<u64>> {
    let (_, table) = text.split_once("file:function\n").unwrap();
    let mut found: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for line in table.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit() || c == ' ')) {
        let (cost, place) = line.trim_start().split_once("  ").unwrap();
        let (_, function) = place.split_once(':').unwrap();
        let function = function.split(" [").next().unwrap();
        // A point stands for nothing.
        let cost = if cost == "." { 0 } else { cost.replace(',', "").parse().unwrap() };
        found.entry(function).or_default().push(cost);
    }
    assert!(found.len() > 5, "{text}");
    found
}

/// The cost with callees: the other entries of a function have only what happens in code from other files.
fn largest_entry(costs: &[u64]) -> u64 {
    costs.iter().copied().max().unwrap()
}

#[test]
fn every_function_costs_what_callgrind_annotate_says() {
    for (name, text, own, inclusive) in [
        ("names", recorded!("names"), recorded!("names.annotated-no"), recorded!("names.annotated-yes")),
        (
            "compressed",
            recorded!("compressed"),
            recorded!("compressed.annotated-no"),
            recorded!("compressed.annotated-yes"),
        ),
        (
            "callers-2",
            recorded!("callers-2"),
            recorded!("callers-2.annotated-no"),
            recorded!("callers-2.annotated-yes"),
        ),
        (
            "callers-64",
            recorded!("callers-64"),
            recorded!("callers-64.annotated-no"),
            recorded!("callers-64.annotated-yes"),
        ),
    ] {
        let profile = profile(text);
        assert_eq!(profile.total, 7_136);
        let (own, inclusive) = (annotated(own), annotated(inclusive));
        let mut checked = 0;
        for function in &profile.functions {
            checked += 1;
            // Two functions have this name, one of libc and one of the program. They are outside of what is counted.
            if function.name == "(below main)" {
                continue;
            }
            let own = own.get(function.name.as_str()).map_or(0, |costs| costs.iter().sum());
            assert_eq!(function.own, own, "{name}: {}", function.name);
            assert_eq!(
                function.inclusive(),
                largest_entry(&inclusive[function.name.as_str()]),
                "{name}: {}",
                function.name
            );
        }
        assert_eq!(checked, inclusive.len(), "{name}");
    }
    // Both forms of names are one profile.
    let sorted = |text: &str| {
        let mut functions = profile(text).functions;
        functions.sort_by(|a, b| a.name.cmp(&b.name));
        functions
    };
    assert_eq!(sorted(recorded!("names")), sorted(recorded!("compressed")));
}

/// Of a function that calls itself, the calls from outside are compared: `callgrind_annotate` adds those from inside to `f'2`.
#[test]
fn every_frame_costs_what_callgrind_annotate_says() {
    // By the names of a stack, innermost first; the lowest level of recursion, which is that of the calls from outside.
    let mut expected: BTreeMap<Vec<&str>, (u32, u64)> = BTreeMap::new();
    for (name, costs) in annotated(recorded!("callers-64.annotated-yes")) {
        let (mut stack, mut level) = (Vec::new(), 1);
        for part in callgrind::names(name) {
            match part {
                Name::Function(function) => stack.push(function),
                Name::Recursion(of_first) => level = of_first,
            }
        }
        let entry = (level, largest_entry(&costs));
        expected.entry(stack).and_modify(|known| *known = (*known).min(entry)).or_insert(entry);
    }
    let main = ["program::main", "std::sys::backtrace::__rust_begin_short_backtrace"];
    let callers: Vec<&str> = expected.keys().find(|stack| stack.starts_with(&main)).unwrap().clone();

    fn check(frame: &Frame, stack: &[&str], expected: &BTreeMap<Vec<&str>, (u32, u64)>, checked: &mut usize) {
        for (name, callee) in &frame.callees {
            let stack: Vec<&str> = std::iter::once(name.as_str()).chain(stack.iter().copied()).collect();
            let (_, cost) = expected[&stack];
            assert!(callee.total.abs_diff(cost) * 100 <= cost, "{stack:?}: {} instead of {cost}", callee.total);
            *checked += 1;
            check(callee, &stack, expected, checked);
        }
    }
    let stacks = stacks(recorded!("callers-64"));
    let mut checked = 0;
    check(&stacks.root, &callers, &expected, &mut checked);
    assert_eq!((stacks.root.total, stacks.cut, checked), (7_136, 0, 25));
}

#[test]
fn recursion_counts_once_in_the_cost_of_a_function() {
    let plain = annotated(recorded!("names.annotated-yes"));
    let found = functions(&stacks(recorded!("callers-64")));
    for (name, cost) in &found {
        let expected = largest_entry(&plain[name.as_str()]) as f64 / OPERATIONS as f64;
        assert!((cost.inclusive - expected).abs() < 1e-9, "{name}: {} instead of {expected}", cost.inclusive);
    }
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    let expected = ["counted_operations", "even", "fib", "leaf", "left", "odd", "right", "work"];
    assert_eq!(names, expected.map(|name| format!("program::{name}")));
    // The total over all frames of `fib` would be more: callgrind_annotate says so of the inner calls.
    assert!(largest_entry(&plain["program::fib'2"]) > largest_entry(&plain["program::fib"]));
}

#[test]
fn stacks_without_the_counted_function_lost_their_callers() {
    let stacks = stacks(recorded!("callers-2"));
    assert_eq!(stacks.root.total, 7_136);
    // Kept with the counted function: what it spends itself (32), `work` (60), and what `work` calls: `fib` at all levels (984),
    // the outer `even` (33), `left` (24) and `right` (48).
    let cut = &stacks.root.callees[CUT];
    assert_eq!((cut.total, stacks.cut), (stacks.cut, 7_136 - 32 - 60 - 984 - 33 - 24 - 48));
    assert_eq!(cut.callees["program::even"].callees["program::odd"].callees["program::leaf"].own, 51 + 153 + 141);
    let own = |stacks: &Stacks| {
        functions(stacks).into_iter().map(|(name, cost)| (name, cost.own)).collect::<BTreeMap<_, _>>()
    };
    let mut own_of_cut = own(&stacks);
    own_of_cut.remove(CUT);
    assert_eq!(own_of_cut, own(&self::stacks(recorded!("callers-64"))), "nothing is lost but callers");
}

/// In head, set-up and operations do more.
#[test]
fn set_up_is_not_named() {
    let (base, head) = (stacks(recorded!("callers-64")), stacks(recorded!("head-callers-64")));
    let grown = |crates: &[&str]| {
        let crates: Vec<String> = crates.iter().map(|&name| name.to_owned()).collect();
        largest(&of_crates(&base, &crates), &of_crates(&head, &crates), 3)
    };
    let said = sentence("instructions", &grown(&["program"]));
    assert_eq!(said.as_deref(), Some("instructions are in program::leaf +1,200 (was 1,869)"));
    let merged = merge(Some(&base), &head);
    assert_eq!(merged.root.total.change().round(), 1_200.0);
    let text = recorded!("head-callers-64");
    assert!(!text.contains("fill_tables"), "callgrind names no function that is not counted");
}
