//! The parser of divan's table, against recorded output, truncated output, and generated tables.

use std::path::Path;

use proptest::prelude::*;

use perf_runner::measure::divan_table::{Row, read};

/// Recorded tables, and the number of benchmarks with times in each.
const COMPLETE: [(&str, usize); 4] = [("alloc.txt", 12), ("shapes.txt", 26), ("time.txt", 5), ("units.txt", 7)];

fn recorded(name: &str) -> String {
    // Read at run time: two clones that share a target directory share this executable too.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let file = Path::new(&package).join("tests/fixtures/divan").join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[track_caller]
fn rows(name: &str) -> Vec<Row> {
    read(&recorded(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Minimum and median of the only row with this path, in nanoseconds.
#[track_caller]
fn times(rows: &[Row], path: &[&str]) -> [f64; 2] {
    let found: Vec<_> = rows.iter().filter(|row| row.path == path).collect();
    let [row] = found.as_slice() else { panic!("not one row {path:?} in {rows:#?}") };
    [row.min_ns, row.median_ns]
}

#[track_caller]
fn rejected(text: &str, says: &[&str]) {
    let error = read(text).expect_err("an invalid table");
    for part in says {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
}

#[test]
fn every_recorded_table_is_read_completely() {
    for (name, expected) in COMPLETE {
        let (text, rows) = (recorded(name), rows(name));
        assert_eq!(rows.len(), expected, "{name}");
        // Only lines with times end in a number.
        let last = |line: &str| line.rsplit('│').next().is_some_and(|cell| cell.trim().parse::<u64>().is_ok());
        assert_eq!(rows.len(), text.lines().filter(|line| last(line)).count(), "{name}");
        let ordered =
            |row: &Row| row.min_ns <= row.median_ns && row.median_ns <= row.max_ns && row.mean_ns <= row.max_ns;
        assert!(rows.iter().all(ordered), "{name}: {rows:#?}");
    }
}

#[test]
fn a_case_name_is_one_element_of_the_path() {
    let rows = rows("time.txt");
    assert_eq!(times(&rows, &["time", "case", "query/floor/10"]), [461.4, 462.6]);
    assert_eq!(times(&rows, &["time", "case", "query/concurrent/100"]), [4_435.0, 4_446.0]);
}

#[test]
fn units_of_time() {
    let rows = rows("units.txt");
    let time = |name| times(&rows, &["units", name]);
    assert_eq!(time("nothing"), [0.02, 0.03]);
    assert_eq!(time("nanoseconds"), [19.16, 19.21]);
    assert_eq!(time("microseconds"), [8_651.0, 8_656.0]);
    assert_eq!(time("milliseconds"), [12_120_000.0, 12_150_000.0]);
    assert_eq!(time("seconds"), [1.05e9, 1.051e9]);
    assert_eq!(time("a_minute"), [60.96e9; 2]);
    assert_eq!(time("mixed"), [96_930.0, 634_800.0]);
    // Too long for a recording.
    let longer = recorded("units.txt").replace("1.05 s ", "23.97 h").replace("1.051 s", "10000 d");
    assert_eq!(times(&read(&longer).unwrap(), &["units", "seconds"]), [86_292e9, 864_000_000e9]);
}

#[test]
fn throughputs_and_allocator_statistics_are_skipped() {
    let rows = rows("alloc.txt");
    assert_eq!(times(&rows, &["alloc", "with_counters"]), [126.1, 132.7]);
    assert_eq!(times(&rows, &["alloc", "bytes", "5000000"]), [2_506_000.0, 2_573_000.0]);
    assert_eq!(times(&rows, &["alloc", "with_threads", "t=2"]), [59.45, 99.45]);
    assert_eq!(times(&rows, &["alloc", "nested", "uneven"]), [6.794, 9.651]);
}

#[test]
fn groups_types_consts_arguments_and_threads_are_levels_of_the_path() {
    let rows = rows("shapes.txt");
    for path in [
        &["shapes", "at_the_root"][..],
        &["shapes", "by_const", "300"],
        &["shapes", "by_type", "HashSet<u64>"],
        &["shapes", "by_everything", "u16", "4", "a"],
        &["shapes", "by_threads_and_args", "20", "t=2"],
        &["shapes", "outer", "a group with a name", "two"],
        &["shapes", "zz_last", "deep", "deeper", "the_end"],
    ] {
        times(&rows, path);
    }
    let innermost = |name| times(&rows, &["shapes", "outer", "a group with a name", "innermost", name]);
    assert_eq!((innermost("many_samples"), innermost("many_iters")), ([19.72; 2], [0.061; 2]));
    // Ignored entries have no row, and are no parents of the next entries.
    assert!(!rows.iter().any(|row| row.path.iter().any(|name| name.starts_with("ignored") || name == "three")));
}

#[test]
fn each_crate_has_a_tree() {
    let (first, second) = (recorded("time.txt"), recorded("units.txt"));
    assert_eq!(read(&format!("{first}{second}")).unwrap(), [rows("time.txt"), rows("units.txt")].concat());
    rejected(&format!("{first}{}", second.trim_end()), &["line 16 ", "cut off"]);
}

#[test]
fn output_without_times_is_explained() {
    rejected("", &["no name matches the filter", "--list"]);
    rejected("shapes\n├─ at_the_root\n", &["line 1 ", "`shapes`", "--bench"]);
    rejected(&recorded("unregistered.txt"), &["line 3 ", "forgotten", "call its bencher"]);
    rejected(&recorded("panicked.txt"), &["line 3 ", "query/floor/10", "cut off", "panicked"]);
    rejected("running 3 tests\n", &["line 1 ", "is not the header of a table", "0.1.21"]);
    let error = read(&"\u{1b}\u{202e}x".repeat(100_000)).unwrap_err();
    assert!(error.len() < 600 && !error.contains(['\u{1b}', '\u{202e}']), "{error:?}");
}

/// Each change makes one value or one line invalid.
#[test]
fn a_table_with_one_error_is_rejected() {
    let text = recorded("time.txt");
    for (from, to, says) in [
        ("461.4 ns", "461.4 xs", "no time in `461.4 xs`"),
        ("461.4 ns", "461. ns ", "no time in `461. ns`"),
        ("461.4 ns", ".461 ns ", "no time in `.461 ns`"),
        ("462.6 ns", "462,6 ns", "no time in `462,6 ns`"),
        ("462.6 ns", "4.2.6 ns", "no time in `4.2.6 ns`"),
        ("462.6 ns", "-62.6 ns", "no time in `-62.6 ns`"),
        ("462.6 ns", "NaN ns  ", "no time in `NaN ns`"),
        ("462.6 ns", "1e3 ns  ", "no time in `1e3 ns`"),
        ("462.6 ns", "        ", "no time in ``"),
        ("465.3 ns", "465.3 xs", "no time in `465.3 xs`"),
        ("462.8 ns", "462.8   ", "no time in `462.8`"),
        ("│ 240", "│ 2 0", "iterations in `2 0`"),
        ("│ 240", "│ 0", "iterations in `0`"),
        ("30      │ 240", "ns      │ 240", "no samples or no iterations in `ns`"),
        (" │ 30      │ 240", " │ 30", "not all of the six figures"),
        (" │ iters", "", "is not the header of a table"),
        ("│ samples", "│ threads", "is not the header of a table"),
        ("floor/10        461", "floor/10 461", "no time"),
        ("   ╰─ url", "   ├─ url", "before the last child of `case`"),
        ("   ├─ query/floor", "   ╰─ query/floor", "one child too many for `case`"),
        ("   ├─ query/floor", "│  ├─ query/floor", "does not fit the tree"),
        ("   ├─ query/floor", "      ├─ query", "does not fit the tree"),
        ("   ├─ query/floor", "   │  ├─ query", "one child too many for `query/concurrent/100`"),
        ("   ├─ query/floor", "   │  query/floor", "no figures of a benchmark above it"),
        ("   ├─ merge", "      1 B/s │ 1 B/s │ 1 B/s │ 1 B/s │  │\n   ├─ merge", "no figures of a benchmark above it"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "`{from}` is not in the table");
        rejected(&changed, &[says, "line ", "; "]);
    }
}

#[test]
fn a_truncated_table_is_rejected() {
    for (name, _) in COMPLETE {
        let text = recorded(name);
        for cut in 0..text.len() {
            // A cut inside a character leaves a replacement character.
            let left = String::from_utf8_lossy(&text.as_bytes()[..cut]);
            assert!(read(&left).is_err(), "{name} cut at {cut} was accepted");
        }
    }
}

/// A time in picoseconds as divan prints it, in the largest unit that is not larger than the time: the first 4 digits, or 3
/// decimals below 1, without trailing zeros. Also the picoseconds that the text stands for.
fn printed(picos: u128) -> (String, u128) {
    const NANOSECOND: u128 = 1_000;
    const SECOND: u128 = 1_000_000_000 * NANOSECOND;
    let units = [
        (NANOSECOND, "ns"),
        (1_000 * NANOSECOND, "µs"),
        (1_000_000 * NANOSECOND, "ms"),
        (SECOND, "s"),
        (60 * SECOND, "m"),
        (3_600 * SECOND, "h"),
        (86_400 * SECOND, "d"),
    ];
    let (scale, unit) = units.into_iter().rev().find(|(scale, _)| *scale <= picos).unwrap_or(units[0]);
    let whole = picos / scale;
    let decimals = 4usize.saturating_sub(whole.to_string().len());
    let step = scale / 10u128.pow(u32::try_from(decimals).unwrap());
    let number = format!("{whole}.{:0decimals$}", picos % scale / step);
    (format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.')), picos / step * step)
}

#[test]
fn the_printer_of_these_tests_prints_as_divan_does() {
    for (picos, shown) in [
        (0, "0 ns"),
        (12, "0.012 ns"),
        (1_234_567, "1.234 µs"),
        (100_200_000, "100.2 µs"),
        (1_000_200, "1 µs"),
        (59_999_000_000_000, "59.99 s"),
        (86_399_999_999_999_999, "23.99 h"),
        (864_000_000_000_000_000_000, "10000 d"),
    ] {
        assert_eq!(printed(picos).0, shown);
    }
}

/// A time in picoseconds; all orders of magnitude are equally likely.
fn picos() -> impl Strategy<Value = u128> {
    (0u32..70).prop_flat_map(|bits| 0..(1u128 << bits))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printed_times_are_parsed_without_loss(
        times in prop::array::uniform4(picos()),
        samples in 1u64.., iters in 1u64..,
        name in "([a-z0-9/]|\\PC|  | │ |│  |├─ |╰─ |12 ns|max alloc:|\\(ignored\\)){0,12}",
    ) {
        let [(fastest, min), (median, middle), (slowest, max), (mean, average)] = times.map(printed);
        let name = name.trim_end_matches(' ');
        let text = format!(
            "root   fastest │ slowest │ median │ mean │ samples │ iters\n\
             ╰─ {name}  {fastest} │ {slowest}   │ {median} │ {mean}  │ {samples} │ {iters}\n\n"
        );
        // Parsed from all digits, so it is the nearest float.
        let parsed = [min, middle, average, max].map(|picos| format!("{picos}e-3").parse().unwrap());
        let [min_ns, median_ns, mean_ns, max_ns] = parsed;
        let path = vec!["root".into(), name.into()];
        prop_assert_eq!(read(&text).unwrap(), [Row { path, min_ns, median_ns, mean_ns, max_ns }]);
    }

    /// Lines of real tables in random order, some of them damaged: the parser does not panic, and its times are valid.
    #[test]
    fn a_random_table_does_not_panic(
        fixture in 0..COMPLETE.len(),
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0u8..12), 1..40),
    ) {
        let text = recorded(COMPLETE[fixture].0);
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut mixed = String::from(lines[0]);
        for (line, at, damage) in picks {
            let mut line: Vec<char> = line.get(&lines).chars().collect();
            let at = at.index(line.len());
            match damage {
                0 => { line.remove(at); }
                1 => line.insert(at, '│'),
                2 => line[at] = ' ',
                3 => line.truncate(at),
                _ => {}
            }
            mixed.extend(line);
        }
        for row in read(&mixed).unwrap_or_default() {
            prop_assert!([row.min_ns, row.median_ns, row.mean_ns, row.max_ns].iter().all(|time| time.is_finite() && *time >= 0.0));
        }
    }
}
