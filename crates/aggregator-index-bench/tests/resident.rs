//! An update that keeps memory is above the limit of resident memory, and one that does not is below. It is alone in its
//! process: the peak of a process is that of all that happened in it.
#![cfg(target_os = "linux")]

use aggregator_index_bench::{Fault, resident};

#[test]
fn memory_that_is_kept_is_above_the_limit() {
    let above = |fault| {
        let outcome = resident(1_000_000, fault)();
        let (_, above) = outcome.counts().find(|(metric, _)| metric.name().as_str() == "resident-above-mib").unwrap();
        above
    };
    assert_eq!(above(None), 0);
    assert!(above(Some(Fault::KeptInMemory)) >= 20);
}
