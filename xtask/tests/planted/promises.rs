//! Requirements on several stored values at once.

use perf_gate::{Baseline, Metric};

/// The reference system promised that analysing takes as long whatever its threshold, within 20 ms, and varied a threshold
/// that nothing read. Here it is read, and the instructions are the same within 1 %.
#[test]
fn four_thresholds_cost_the_same() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../benches-data/baselines/perf-gate/x86_64-unknown-linux-gnu.toml");
    let baseline = Baseline::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap();
    let of_thresholds = baseline.records().filter(|record| {
        record.metric() == Metric::INSTRUCTIONS && record.case().as_str().starts_with("analysis/threshold-")
    });
    let instructions: Vec<u64> = of_thresholds.map(|record| record.value()).collect();
    assert_eq!(instructions.len(), 4, "measured with valgrind, one for each threshold");
    let (least, most) = (instructions.iter().min().unwrap(), instructions.iter().max().unwrap());
    assert!((most - least) * 100 < *least, "{instructions:?} differ by 1 % or more");
}
