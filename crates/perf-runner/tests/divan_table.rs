//! The reader of divan's table against recorded output, cut output, and numbers printed the way divan prints them.

use std::path::Path;

use proptest::prelude::*;

use perf_runner::measure::divan_table::{
    Allocation, AllocationKind, Counter, CounterKind, Figures, Row, TableError, read,
};

/// Recorded tables, and how many benchmarks each has figures of.
const COMPLETE: [(&str, usize); 9] = [
    ("alloc.txt", 12),
    ("alloc-binary.txt", 12),
    ("counters.txt", 15),
    ("counters-binary.txt", 7),
    ("names.txt", 21),
    ("shapes.txt", 26),
    ("time.txt", 5),
    ("two-roots.txt", 2),
    ("units.txt", 7),
];

fn recorded(name: &str) -> String {
    // Asked when the test runs: two clones that share a target folder share this executable too.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let file = Path::new(&xtask).join("tests/fixtures/divan").join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[track_caller]
fn rows(name: &str) -> Vec<Row> {
    read(&recorded(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[track_caller]
fn row<'a>(rows: &'a [Row], path: &[&str]) -> &'a Row {
    let mut found = rows.iter().filter(|row| row.path == path);
    let first = found.next().unwrap_or_else(|| panic!("no row {path:?} in {rows:#?}"));
    assert!(found.next().is_none(), "two rows {path:?}");
    first
}

/// Fastest, slowest, median and mean in nanoseconds.
fn times(row: &Row) -> [f64; 4] {
    [row.fastest_ns, row.slowest_ns, row.median_ns, row.mean_ns]
}

fn figures([fastest, slowest, median, mean]: [f64; 4]) -> Figures {
    Figures { fastest, slowest, median, mean }
}

fn counter(kind: CounterKind, per_second: [f64; 4]) -> Counter {
    Counter { kind, per_second: figures(per_second) }
}

fn allocation(kind: AllocationKind, count: f64, bytes: f64) -> Allocation {
    Allocation { kind, count: figures([count; 4]), bytes: figures([bytes; 4]) }
}

#[track_caller]
fn refused(text: &str, says: &[&str]) {
    let error = read(text).expect_err("this is no finished table").to_string();
    for part in says {
        assert!(error.contains(part), "`{part}` is not in: {error}");
    }
}

#[test]
fn every_recorded_table_is_read_completely() {
    for (name, expected) in COMPLETE {
        let (text, rows) = (recorded(name), rows(name));
        assert_eq!(rows.len(), expected, "{name}");
        // Only lines with figures end in a number, whatever the names and units are.
        let counted = text.lines().filter(|line| {
            let last = line.rsplit('│').next().unwrap_or_default();
            line.contains(" │ ") && last.trim().parse::<u64>().is_ok()
        });
        assert_eq!(rows.len(), counted.count(), "{name}");
        for row in &rows {
            assert!(row.fastest_ns <= row.median_ns && row.median_ns <= row.slowest_ns, "{name}: {row:?}");
            assert!(row.fastest_ns <= row.mean_ns && row.mean_ns <= row.slowest_ns, "{name}: {row:?}");
            assert!(row.iters >= row.samples, "{name}: {row:?}");
        }
    }
}

#[test]
fn a_case_name_is_one_element_of_the_path() {
    let rows = rows("time.txt");
    let floor = row(&rows, &["time", "case", "query/floor/10"]);
    assert_eq!(times(floor), [461.4, 465.3, 462.6, 462.8]);
    assert_eq!((floor.samples, floor.iters), (30, 240));
    let concurrent = row(&rows, &["time", "case", "query/concurrent/100"]);
    assert_eq!(times(concurrent), [4_435.0, 68_800.0, 4_446.0, 6_600.0]);
    assert_eq!((concurrent.samples, concurrent.iters), (30, 30));
    assert_eq!((floor.counters.len(), floor.allocations.len()), (0, 0));
}

#[test]
fn units_of_time() {
    let rows = rows("units.txt");
    let time = |name| times(row(&rows, &["units", name]));
    assert_eq!(time("nothing"), [0.02, 0.07, 0.03, 0.03]);
    assert_eq!(time("nanoseconds"), [19.16, 19.33, 19.21, 19.22]);
    assert_eq!(time("microseconds"), [8_651.0, 13_580.0, 8_656.0, 9_044.0]);
    assert_eq!(time("milliseconds"), [12_120_000.0, 12_150_000.0, 12_150_000.0, 12_140_000.0]);
    assert_eq!(time("seconds"), [1.05e9, 1.052e9, 1.051e9, 1.051e9]);
    assert_eq!(time("a_minute"), [60.96e9; 4]);
    assert_eq!(time("mixed"), [96_930.0, 10_130_000.0, 634_800.0, 2_875_000.0]);
    // Longer than anyone waits for a recording.
    let longer = recorded("units.txt").replace("1.05 s ", "23.97 h").replace("1.052 s", "10000 d");
    let longer = read(&longer).unwrap();
    assert_eq!(times(row(&longer, &["units", "seconds"])), [23.97 * 3_600e9, 864_000_000e9, 1.051e9, 1.051e9]);
}

#[test]
fn throughputs() {
    let rows = rows("counters.txt");
    let counters = |path: &[&str]| row(&rows, path).counters.clone();
    assert_eq!(
        counters(&["counters", "together"]),
        [
            counter(CounterKind::Bytes, [3.502e12, 3.197e12, 3.379e12, 3.37e12]),
            counter(CounterKind::Chars, [222.8e9, 203.4e9, 215e9, 214.5e9]),
            counter(CounterKind::Cycles, [15.92e9, 14.53e9, 15.36e9, 15.32e9]),
            counter(CounterKind::Items, [9_552_000.0, 8_719_000.0, 9_217_000.0, 9_193_000.0]),
        ]
    );
    assert_eq!(
        counters(&["counters", "slow"]),
        [
            counter(CounterKind::Bytes, [24.9, 24.88, 24.89, 24.89]),
            counter(CounterKind::Items, [74.72, 74.65, 74.68, 74.68]),
        ]
    );
    assert_eq!(counters(&["counters", "items", "0"]), [counter(CounterKind::Items, [0.0; 4])]);
    assert_eq!(
        counters(&["counters", "by_input"]),
        [counter(CounterKind::Bytes, [799.5e6, 1.025e9, 1.021e9, 1.016e9])]
    );
    assert_eq!(
        counters(&["counters", "bytes", "40960000000000"]),
        [counter(CounterKind::Bytes, [879_819e15, 750_801e15, 843_579e15, 834_640e15])]
    );
    // A time of zero gives an infinite throughput; too rare to be recorded.
    let endless = recorded("counters.txt").replace("125 Gitem/s  ", "inf item/s   ");
    let endless = read(&endless).unwrap();
    let [counter] = row(&endless, &["counters", "endless"]).counters.as_slice() else { panic!("one counter") };
    assert_eq!((counter.per_second.fastest, counter.per_second.slowest), (f64::INFINITY, 43.47e9));
}

#[test]
fn binary_multiples_of_bytes() {
    let counters = rows("counters-binary.txt");
    let per_second = row(&counters, &["counters", "bytes", "40960000"]).counters[0].per_second;
    let (tebi, pebi) = (1_099_511_627_776.0, 1_125_899_906_842_624.0);
    assert_eq!(per_second, figures([1.078 * pebi, 959.4 * tebi, 1_014.0 * tebi, 1_018.0 * tebi]));
    let allocations = rows("alloc-binary.txt");
    assert_eq!(
        row(&allocations, &["alloc", "bytes", "13000"]).allocations,
        [allocation(AllocationKind::Max, 1.0, 12.69 * 1024.0), allocation(AllocationKind::Alloc, 1.0, 12.69 * 1024.0)]
    );
}

#[test]
fn figures_of_the_allocator() {
    let rows = rows("alloc.txt");
    let found = |path: &[&str]| row(&rows, path).allocations.clone();
    assert_eq!(
        found(&["alloc", "grows_and_shrinks"]),
        [
            allocation(AllocationKind::Max, 0.25, 256.0),
            allocation(AllocationKind::Alloc, 1.0, 32.0),
            allocation(AllocationKind::Dealloc, 1.0, 80.0),
            allocation(AllocationKind::Grow, 5.0, 992.0),
            allocation(AllocationKind::Shrink, 1.0, 944.0),
        ]
    );
    assert_eq!(found(&["alloc", "only_frees"]), [allocation(AllocationKind::Dealloc, 1.0, 100.0)]);
    assert_eq!(found(&["alloc", "nothing"]), []);
    assert_eq!(found(&["alloc", "bytes", "0"]), []);
    assert_eq!(found(&["alloc", "bytes", "5000000"])[0], allocation(AllocationKind::Max, 1.0, 5e6));
    assert_eq!(found(&["alloc", "with_threads", "t=2"])[1], allocation(AllocationKind::Alloc, 1.0, 300.0));
    let both = row(&rows, &["alloc", "with_counters"]);
    assert_eq!(both.counters[1], counter(CounterKind::Items, [55.5e6, 11.59e6, 52.71e6, 31.01e6]));
    assert_eq!(both.allocations[1], allocation(AllocationKind::Alloc, 1.0, 2_000.0));
    let uneven = &found(&["alloc", "nested", "uneven"])[0];
    assert_eq!(uneven.count, figures([0.285, 0.285, 0.285, 0.257]));
    assert_eq!(uneven.bytes, figures([1.142, 1.142, 1.142, 1.028]));
}

#[test]
fn groups_types_consts_arguments_and_threads_are_levels_of_the_path() {
    let rows = rows("shapes.txt");
    for path in [
        &["shapes", "at_the_root"][..],
        &["shapes", "by_const", "300"],
        &["shapes", "by_type", "HashSet<u64>"],
        &["shapes", "by_everything", "u8", "5", "b"],
        &["shapes", "by_everything", "u16", "4", "a"],
        &["shapes", "by_threads", "t=16"],
        &["shapes", "by_threads_and_args", "20", "t=2"],
        &["shapes", "outer", "a group with a name", "two"],
        &["shapes", "zz_last", "deep", "deeper", "the_end"],
    ] {
        row(&rows, path);
    }
    let innermost = |name| row(&rows, &["shapes", "outer", "a group with a name", "innermost", name]);
    let (many_samples, many_iters) = (innermost("many_samples"), innermost("many_iters"));
    assert_eq!((many_samples.samples, many_samples.iters), (1_000_000, 1_000_000));
    assert_eq!((many_iters.samples, many_iters.iters), (1, 4_000_000_000));
    assert_eq!(times(many_samples), [19.72, 38_610.0, 19.72, 24.28]);
    assert_eq!(times(many_iters), [0.061; 4]);
    assert!(!rows.iter().any(|row| row.path.iter().any(|name| name.starts_with("ignored") || name == "three")));
}

#[test]
fn names_that_look_like_something_else() {
    let rows = rows("names.txt");
    for name in [
        "",
        "  leading spaces",
        "(ignored)",
        "12 ns",
        "12 ns  13 ns",
        "Timer precision: 20 ns",
        "a │ b",
        "ends in 12 ns",
        "fastest       │ slowest",
        "max alloc:",
        "query/floor/10",
        "µs",
        "│  ╰─ deeper",
        "│ │ │ │ │",
        "├─ branch",
        "╰─ branch",
        "日本語",
    ] {
        row(&rows, &["names", "args", name]);
    }
    let thread = row(&rows, &["names", "x", "a name at the end that makes the thread rows stick out", "t=2"]);
    assert_eq!(times(thread), [19.72, 59.72, 39.72, 39.72]);
}

#[test]
fn two_trees_with_the_lines_of_standard_error_before_and_after_them() {
    let text = recorded("two-roots.txt");
    assert!(text.starts_with("Timer precision: "));
    let both = read(&text).unwrap();
    assert_eq!(both[0].path, ["dvfix", "in_the_library"]);
    assert_eq!(both[1].path, ["two_roots", "in_the_executable"]);
    let moved = text.lines().skip(1).chain(["Timer precision: 20 ns"]).collect::<Vec<_>>().join("\n");
    assert_eq!(read(&moved).unwrap(), both);
}

#[test]
fn output_without_figures_is_named_for_what_it_is() {
    refused("", &["no name matches the filter", "--list"]);
    refused("Timer precision: 20 ns\n", &["no name matches the filter"]);
    refused(&recorded("no-bench.txt"), &["line 1 ", "`shapes`", "--bench"]);
    refused(&recorded("list-terse.txt"), &["line 1 ", "--bench"]);
    refused(&recorded("unregistered.txt"), &["line 3 ", "forgotten", "never called its bencher"]);
    refused(&recorded("panicked.txt"), &["line 3 ", "query/floor/10", "cut off", "panicked"]);
    refused("running 3 tests\n", &["line 1 ", "is not the head of a table", "0.1.21"]);
}

/// Each change makes one figure or one line wrong, and none may pass for a figure.
#[test]
fn a_table_that_differs_in_one_place_is_refused() {
    for (name, from, to, says) in [
        ("time.txt", "461.4 ns", "461.4 xs", "unknown unit in `461.4 xs`"),
        ("time.txt", "465.3 ns", "465,3 ns", "no number in `465,3`"),
        ("time.txt", "465.3 ns", "-65.3 ns", "no number in `-65.3`"),
        ("time.txt", "465.3 ns", "NaN ns  ", "no number in `NaN`"),
        ("time.txt", "465.3 ns", "1e3 ns  ", "no number in `1e3`"),
        ("time.txt", "465.3 ns", "        ", "no number with a unit"),
        ("time.txt", "│ 240", "│ 2 0", "samples or iterations in `2 0`"),
        ("time.txt", "│ 240", "│ 0", "samples or iterations in `0`"),
        ("time.txt", "│ 240", "│ 99999999999999999999", "samples or iterations"),
        ("time.txt", "│ samples", "│ threads", "is not the head of a table"),
        ("time.txt", "floor/10        461", "floor/10 461", "no time after the name"),
        ("time.txt", "   ╰─ url", "   ├─ url", "before the last child of `case`"),
        ("time.txt", "   ├─ query/floor", "   ╰─ query/floor", "after the last child of `case`"),
        ("time.txt", "   ├─ query/floor", "│  ├─ query/floor", "does not fit the tree"),
        ("counters.txt", "222.8 Gchar/s", "222.8 Gword/s", "unknown unit in `222.8 Gword/s`"),
        ("counters.txt", "203.4 Gchar/s", "203.4 Xchar/s", "unknown unit in `203.4 Xchar/s`"),
        ("counters.txt", "│                     24.9 B/s", "│                     24.9 item/s", "unknown unit"),
        ("alloc.txt", "grow: ", "grew: ", "unknown heading"),
        ("alloc.txt", "grow:  ", "alloc: ", "repeats a heading"),
        ("alloc.txt", "1.028 B ", "1.028 Ki", "unknown unit in `1.028 Ki`"),
        ("time.txt", "461.4 ns", "461. ns ", "no number in `461.`"),
        ("time.txt", "461.4 ns", ".461 ns ", "no number in `.461`"),
        ("counters.txt", "203.4 Gchar/s", "203.4 Gichar/s", "unknown unit in `203.4 Gichar/s`"),
        ("alloc.txt", "  0.25        │ 0.25 ", "  0.25        │      ", "no number in ``"),
    ] {
        let text = recorded(name);
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "`{from}` is not in {name}");
        refused(&changed, &[says, "line "]);
    }
    let text = recorded("alloc.txt");
    let from = text.find("│                       0.25").unwrap();
    let to = from + text[from..].find('\n').unwrap() + 1;
    let without_a_count = format!("{}{}", &text[..from], &text[to..]);
    refused(&without_a_count, &["no number in `256 B`"]);
}

/// One line too few or too many in an otherwise complete table.
#[test]
fn a_line_that_is_lost_or_repeated_is_noticed() {
    let without = |name: &str, lost: &[usize]| -> String {
        let text = recorded(name);
        text.split_inclusive('\n')
            .enumerate()
            .filter(|(index, _)| !lost.contains(index))
            .map(|(_, line)| line)
            .collect()
    };
    let text = recorded("alloc.txt");
    let lines: Vec<&str> = text.lines().collect();
    let at = |start: &str| lines.iter().position(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}"));
    // The bytes below a heading, where another benchmark and where the end of the tree follows.
    refused(&without("alloc.txt", &[at("├─ with_counters") - 1]), &["line ", "allocator were announced"]);
    refused(&without("alloc.txt", &[lines.len() - 2]), &["line ", "allocator were announced"]);
    refused(&without("alloc.txt", &[lines.len() - 2, lines.len() - 3]), &["line ", "allocator were announced"]);
    let counters = recorded("counters.txt");
    let throughput = counters.lines().find(|line| line.contains("316.8 Mchar/s")).unwrap();
    let twice = counters.replacen(throughput, &format!("{throughput}\n{throughput}"), 1);
    refused(&twice, &["repeats a throughput"]);
    // More figures below an entry that has none.
    let shapes = recorded("shapes.txt");
    let ignored = shapes.lines().find(|line| line.starts_with("├─ ignored")).unwrap();
    let more = shapes.replacen(ignored, &format!("{ignored}\n{throughput}"), 1);
    refused(&more, &["line ", "no benchmark is above it"]);
}

/// Entries that divan skips have no row, and no level that the next names would hang on.
#[test]
fn ignored_entries_leave_nothing_behind() {
    let rows = rows("shapes.txt");
    assert!(rows.iter().all(|row| row.path.iter().all(|name| !name.contains("ignored"))), "{rows:#?}");
    let without_children = "\
        root         fastest │ slowest │ median │ mean │ samples │ iters\n\
        ├─ no_args           │         │        │      │         │\n\
        ╰─ leaf      1 ns    │ 1 ns    │ 1 ns   │ 1 ns │ 1       │ 1\n\n";
    assert_eq!(read(without_children).unwrap()[0].path, ["root", "leaf"]);
}

#[test]
fn an_error_shows_at_most_120_characters_and_nothing_a_terminal_obeys() {
    for line in ["\u{1b}[31m".repeat(90), "x".repeat(500_000), "\u{202e}\u{7}\r".repeat(20), "│".repeat(300)] {
        let Err(TableError::Line { line: number, text, .. }) = read(&line) else { panic!("{line:?}") };
        assert_eq!(number, 1);
        assert!((100..=120).contains(&text.chars().count()), "{}: {text}", text.chars().count());
        assert!(text.chars().all(|c| matches!(c, ' '..='~' | '│')), "{text:?}");
    }
}

#[test]
fn a_table_cut_anywhere_is_refused_unless_whole_trees_are_left() {
    for (name, _) in COMPLETE {
        let (text, complete) = (recorded(name), rows(name));
        for cut in 0..text.len() {
            // A cut within a character leaves what a lossy conversion makes of it.
            let left = String::from_utf8_lossy(&text.as_bytes()[..cut]);
            if let Ok(rows) = read(&left) {
                assert!(left.ends_with("\n\n"), "{name} cut at {cut} was accepted");
                assert!(!rows.is_empty() && rows.len() < complete.len(), "{name} cut at {cut}");
                assert_eq!(rows, complete[..rows.len()], "{name} cut at {cut}");
            }
        }
    }
}

/// The first 4 digits, or 3 decimals below 1, of `numerator / denominator`, without zeros at the end.
fn cut_to_four_digits(numerator: u128, denominator: u128) -> String {
    let whole = (numerator / denominator).to_string();
    let decimals = 4usize.saturating_sub(whole.len());
    let scale = 10u128.pow(u32::try_from(decimals).unwrap());
    let fraction = numerator % denominator * scale / denominator;
    let text = format!("{whole}.{fraction:0decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

const NANOSECOND: u128 = 1_000;
const DAY: u128 = 86_400 * 1_000_000_000 * NANOSECOND;
const SCALES: [(u128, &str); 7] = [
    (NANOSECOND, "ns"),
    (1_000 * NANOSECOND, "µs"),
    (1_000_000 * NANOSECOND, "ms"),
    (1_000_000_000 * NANOSECOND, "s"),
    (60_000_000_000 * NANOSECOND, "m"),
    (3_600_000_000_000 * NANOSECOND, "h"),
    (DAY, "d"),
];

/// The largest unit that is not larger than the time; nanoseconds for less.
fn time(picos: u128) -> String {
    let (scale, unit) = SCALES.into_iter().rev().find(|(scale, _)| *scale <= picos).unwrap_or(SCALES[0]);
    format!("{} {unit}", cut_to_four_digits(picos, scale))
}

fn bytes(count: u128, binary: bool) -> String {
    let (base, units) = if binary {
        (1024u128, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"])
    } else {
        (1000, ["B", "KB", "MB", "GB", "TB", "PB"])
    };
    let power = (0..6u32).rev().find(|power| base.pow(*power) <= count).unwrap_or(0);
    format!("{} {}", cut_to_four_digits(count, base.pow(power)), units[power as usize])
}

#[test]
fn the_printer_of_these_tests_prints_as_divan_does() {
    for (picos, printed) in [
        (0, "0 ns"),
        (12, "0.012 ns"),
        (1_234_567, "1.234 µs"),
        (100_200_000, "100.2 µs"),
        (1_000_200, "1 µs"),
        (59_999_000_000_000, "59.99 s"),
        (DAY - 1, "23.99 h"),
        (DAY * 10_000, "10000 d"),
    ] {
        assert_eq!(time(picos), printed);
    }
    assert_eq!((bytes(13_000, false), bytes(13_000, true)), ("13 KB".into(), "12.69 KiB".into()));
}

/// A time of any size, each order of magnitude as likely as any other.
fn picos() -> impl Strategy<Value = u128> {
    (0u32..70).prop_flat_map(|bits| 0..(1u128 << bits))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_time_is_read_back_within_what_was_cut_off(
        mut times in prop::array::uniform4(picos()),
        samples in 1u64.., iters in 1u64..,
        name in "\\PC{0,30}",
    ) {
        times.sort_unstable();
        let [a, b, c, d] = times.map(time);
        let name = name.trim_end_matches(' ');
        let text = format!(
            "root   fastest │ slowest │ median │ mean │ samples │ iters\n\
             ╰─ {name}  {a} │ {d}   │ {b} │ {c}  │ {samples} │ {iters}\n\n"
        );
        let rows = read(&text).unwrap();
        prop_assert_eq!(rows.len(), 1);
        prop_assert_eq!(&rows[0].path, &["root", name]);
        prop_assert_eq!((rows[0].samples, rows[0].iters), (samples, iters));
        let read = [rows[0].fastest_ns, rows[0].median_ns, rows[0].mean_ns, rows[0].slowest_ns];
        for (picos, read) in times.into_iter().zip(read) {
            let exact = picos as f64 / 1e3;
            // What the documentation promises, plus the rounding of the arithmetic in this test.
            let most = if picos < 1_000 { 0.001 } else { exact * 0.001 };
            let error = exact - read;
            prop_assert!(error >= -exact * 1e-15 && error < most + exact * 1e-15, "{picos} ps read as {read} ns");
        }
    }

    #[test]
    fn printed_bytes_are_read_back_within_what_was_cut_off(count in picos(), size in picos(), binary: bool) {
        let (shown, count_shown) = (bytes(size, binary), cut_to_four_digits(count, 1));
        let row = |first: &str, rest: &str| format!("   {first} │ {rest} │ {rest} │ {rest} │  │\n");
        let text = format!(
            "root   fastest │ slowest │ median │ mean │ samples │ iters\n\
             ╰─ leaf  1 ns │ 1 ns │ 1 ns │ 1 ns │ 1 │ 1\n{}{}{}\n",
            row("max alloc:", ""), row(&count_shown, &count_shown), row(&shown, &shown),
        );
        let rows = read(&text).unwrap();
        let found = &rows[0].allocations[0];
        prop_assert_eq!(found.count, figures([count as f64; 4]));
        let exact = size as f64;
        prop_assert_eq!(found.bytes, figures([found.bytes.mean; 4]));
        let error = exact - found.bytes.mean;
        prop_assert!(error >= -exact * 1e-15 && error <= exact * 0.001 + exact * 1e-15, "{size} read as {shown}");
    }

    #[test]
    fn no_text_panics(text in "(\\PC|\n){0,300}") {
        let _ = read(&text);
    }

    /// Lines of real tables in any order, some of them damaged: whatever is read has figures that a table can have.
    #[test]
    fn no_table_that_was_put_together_at_random_panics(
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
            prop_assert!(times(&row).iter().all(|time| time.is_finite() && *time >= 0.0));
            prop_assert!(row.samples > 0 && row.iters > 0);
        }
    }
}
