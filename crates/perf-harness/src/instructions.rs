//! Instructions of one operation, with and without a planted fault: a test starts itself under callgrind.
//!
//! The test program has a test `child` that calls [`child`], and performs the operation in a function whose name contains
//! `counted_operation`, which is what callgrind counts.

use std::env;
use std::process::Command;
use std::thread;

/// Variables of a child: the case, and whether it has the fault.
const CASE: &str = "COUNTED_CASE";
const WITH_FAULT: &str = "COUNTED_WITH_FAULT";

/// Valgrind, which the variable `VALGRIND` may name; `None` where it is not installed, which is printed.
pub fn valgrind() -> Option<String> {
    let valgrind = env::var("VALGRIND").unwrap_or_else(|_| "valgrind".into());
    if Command::new(&valgrind).arg("--version").output().is_ok() {
        return Some(valgrind);
    }
    println!("{valgrind} is not installed: nothing was measured");
    None
}

/// Whether all cases are to be counted, which takes minutes: with the variable `COUNT_ALL_CASES`, as every night.
pub fn all_cases() -> bool {
    env::var_os("COUNT_ALL_CASES").is_some()
}

/// The case that this process is to perform, and whether with the fault; `None` in any process but a child.
pub fn child() -> Option<(String, bool)> {
    Some((env::var(CASE).ok()?, env::var_os(WITH_FAULT).is_some()))
}

/// Performs a case without and with the fault, and gives by how many percent the fault raises its instructions.
///
/// # Panics
/// When a child fails or counts nothing.
pub fn increase(valgrind: &str, case: &str) -> f64 {
    let [before, after] = thread::scope(|scope| {
        let counted = [false, true].map(|with_fault| scope.spawn(move || count(valgrind, case, with_fault)));
        counted.map(|count| count.join().expect("it counts"))
    });
    let percent = 100.0 * (after as f64 - before as f64) / before as f64;
    println!("{case}: {before} instructions, {percent:+.1} %");
    percent
}

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
