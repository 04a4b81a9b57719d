//! Any baseline that is written is read back, and no text makes reading one panic.
//!
//! These are properties of `perf_gate::Baseline`. They are here because what `perf-gate` itself needs for its tests is compiled
//! optimised, on both sides of every comparison, beside what it measures.

use perf_gate::{Baseline, CaseName, Checksum, Class, Key, Metric, Provenance, Record, Tools, Unit};
use proptest::prelude::*;

const STORED: [Metric; 5] = [
    Metric::new("events", Unit::Count, Class::Behaviour),
    Metric::new("results", Unit::Count, Class::Behaviour),
    Metric::new("heap-bytes", Unit::Bytes, Class::Heap),
    Metric::new("heap-blocks", Unit::Blocks, Class::Heap),
    Metric::INSTRUCTIONS,
];

fn key() -> Key {
    let text = String::from;
    let (rustc, target, profile) = (text("rustc 1.95.0"), text("x86_64-unknown-linux-gnu"), text("00"));
    Key { rustc, target, profile, rustflags: text(""), packages: text("01"), inputs: text("02") }
}

proptest! {
    #[test]
    fn any_baseline_reads_back(
        values in prop::collection::btree_map((0usize..12, 0usize..STORED.len()), 1..=i64::MAX as u64, 1..60),
        machine in "\\PC{0,40}",
    ) {
        let records = values.iter().map(|(&(case, metric), &value)| {
            let name = CaseName::new(format!("s/c/{case}")).unwrap();
            Record::new(name, STORED[metric], value, Checksum(case as u64)).unwrap()
        });
        let counted = values.keys().any(|&(_, metric)| STORED[metric] == Metric::INSTRUCTIONS);
        let tools = counted.then(|| Tools { valgrind: "3.19.0".into(), libc: "glibc 2.36".into() });
        let provenance = Provenance { commit: "0123abc".into(), machine };
        let baseline = Baseline::new(key(), tools, provenance, records.collect()).unwrap();
        prop_assert_eq!(Baseline::from_toml(&baseline.to_toml("a command")).unwrap(), baseline);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = Baseline::from_toml(&text);
    }
}
