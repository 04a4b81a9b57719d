//! A planted fault fails the row of the instructions of each case. This needs valgrind, which `VALGRIND` may name; without it
//! nothing is measured.
//!
//! The test starts itself under callgrind: once for each case as it is, and once with a fault. All cases take minutes, so that
//! each time it is the quickest; with the variable `COUNT_ALL_CASES`, as every night, all of them.

use std::env;
use std::hint::black_box;
use std::process::Command;
use std::thread;

use aggregator_http_bench::{CASES, Fault, Workload, find};

/// Variables of a child: the case, and whether it has the fault.
const CASE: &str = "COUNTED_CASE";
const WITH_FAULT: &str = "COUNTED_WITH_FAULT";

/// The fault of all cases.
const FAULT: Fault = Fault::ExtraPoll;

#[inline(never)]
fn counted_operation(workload: &mut dyn Workload) -> u64 {
    black_box(workload.run(&mut |_| {}))
}

/// What a child does; nothing in any other process.
#[test]
fn child() {
    let Ok(case) = env::var(CASE) else { return };
    let planted = env::var_os(WITH_FAULT).map(|_| FAULT);
    let (mut workload, observation) = find(&case).prepare(planted);
    assert_eq!(counted_operation(&mut *workload), observation.amount);
}

/// The instructions of one operation.
fn count(valgrind: &str, case: &str, with_fault: bool) -> u64 {
    let mut child = Command::new(valgrind);
    child.args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*counted_operation*"]);
    child.arg("--callgrind-out-file=/dev/null").arg(env::current_exe().expect("this program has a file"));
    child.args(["--exact", "child", "--test-threads=1"]).env(CASE, case).env_remove(WITH_FAULT);
    if with_fault {
        child.env(WITH_FAULT, "1");
    }
    let output = child.output().expect("valgrind starts");
    let says = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{case}: {says}\n{}", String::from_utf8_lossy(&output.stdout));
    let counted = says.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    counted.filter(|counted| *counted > 0).unwrap_or_else(|| panic!("{case}: callgrind counted nothing: {says}"))
}

#[test]
fn a_fault_fails_the_instructions_of_each_case() {
    let valgrind = env::var("VALGRIND").unwrap_or_else(|_| "valgrind".into());
    if Command::new(&valgrind).arg("--version").output().is_err() {
        println!("{valgrind} is not installed: nothing was measured");
        return;
    }
    let (valgrind, all) = (&valgrind, env::var_os("COUNT_ALL_CASES").is_some());
    for case in CASES.iter().filter(|case| all && !case.heavy || case.name == "http/chat-whole/40") {
        let [before, after] = thread::scope(|scope| {
            let counted = [false, true].map(|with_fault| scope.spawn(move || count(valgrind, case.name, with_fault)));
            counted.map(|count| count.join().expect("it counts"))
        });
        let percent = 100.0 * (after as f64 - before as f64) / before as f64;
        println!("{}: {before} instructions, {percent:+.1} %", case.name);
        // What the gate allows.
        assert!(percent > 1.0, "{} passes: {percent:+.2} %", case.name);
    }
}
