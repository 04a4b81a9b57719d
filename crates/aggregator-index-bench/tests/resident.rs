//! The limit of resident memory fails an update that retains memory. This test is alone in its process, because the peak of a
//! process includes all earlier work.
#![cfg(target_os = "linux")]

use aggregator_index_bench::{Fault, prepare_resident};

#[test]
fn retained_memory_exceeds_the_limit() {
    let above = |fault| {
        let outcome = prepare_resident(1_000_000, fault)();
        let (_, above) = outcome.counts().find(|(metric, _)| metric.name().as_str() == "resident-above-mib").unwrap();
        above
    };
    assert_eq!(above(None), 0);
    assert!(above(Some(Fault::RetainedMemory)) >= 20);
}
