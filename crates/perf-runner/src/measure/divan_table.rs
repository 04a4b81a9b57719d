//! Parses names and times from the table that divan prints.
//!
//! Divan has no machine-readable output; its table is made for people and may change. This parser was written for divan 0.1.21,
//! and recorded output of that version (`tests/fixtures/divan/`) covers every known shape. After an update of divan, record the
//! output again as the README there explains.
//!
//! Any deviation from that format is an error, because a misread value looks like a valid one. Unused values are checked too,
//! except throughputs and allocator statistics, which are on lines of their own. A table that is cut off is an error as well:
//! the last child of each node and the end of each tree are marked. A second tree that is missing as a whole cannot be
//! detected, so the caller compares the names with the expected ones.
//!
//! Precision: divan truncates after 4 digits, or after 3 decimals below 1. So the true value exceeds the parsed one by less
//! than 0.1 %, below 1 ns by less than 0.001 ns, and from 10,000 days by less than a day.

use perf_judge::pairs::Times;
use perf_judge::text;

/// The times of one benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Names from the root, which is the crate of the benchmark, to the leaf, without trailing spaces.
    pub path: Vec<String>,
    /// Minimum time of an iteration, in nanoseconds: that of the fastest sample. It is 0 if divan printed `0 ns`.
    pub min_ns: f64,
    /// Median time of an iteration over the samples, in nanoseconds.
    pub median_ns: f64,
    /// Mean time of an iteration, in nanoseconds.
    pub mean_ns: f64,
    /// Maximum time of an iteration, in nanoseconds: that of the slowest sample.
    pub max_ns: f64,
}

impl Row {
    /// Its times.
    pub fn times(&self) -> Times {
        let Self { min_ns, median_ns, mean_ns, max_ns, .. } = *self;
        Times { median: median_ns, minimum: min_ns, mean_and_maximum: Some([mean_ns, max_ns]) }
    }
}

const OTHER_VERSION: &str = "check that `--bench` was passed and nothing else prints to standard output; this parser \
                             supports divan 0.1.21; for another version see \
                             `crates/perf-runner/tests/fixtures/divan/README.md`";
const CUT: &str = "the benchmark was killed or panicked; see its standard error, or run it by hand";
const NO_FIGURES: &str = "make this benchmark call its bencher; if it does, this divan is not the supported version \
                          0.1.21: see `crates/perf-runner/tests/fixtures/divan/README.md`";

const TITLES: [&str; 6] = ["fastest", "slowest", "median", "mean", "samples", "iters"];

/// An error in a line: the predicate of a sentence whose subject is the line, and a hint.
struct Problem(String, &'static str);

fn problem<T>(what: impl Into<String>, hint: &'static str) -> Result<T, Problem> {
    Err(Problem(what.into(), hint))
}

/// Parses all rows with times from divan's standard output, which must be complete, with its last line break and without
/// colours.
///
/// Entries that are `(ignored)` have no row. A benchmark that was registered twice has two rows with the same path.
///
/// # Errors
/// If the text is not one or more complete tables of divan 0.1.21. The message names the line, the error and a hint.
pub fn read(text: &str) -> Result<Vec<Row>, String> {
    let mut table = Table::default();
    let mut lines = text.split_inclusive('\n').enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let last = lines.peek().is_none();
        let mut outcome = match line {
            "" => table.close_below(0),
            _ if table.open.is_empty() => table.head(line),
            // The last line may be cut off, which is the better message.
            _ if last => Ok(()),
            _ => table.line(line),
        };
        if last && !table.open.is_empty() {
            outcome = outcome.and(problem("is cut off, or what follows it is", CUT));
        }
        outcome.map_err(|Problem(what, hint)| {
            format!("line {} of the benchmark's output {what}: `{}`; {hint}", index + 1, text::sanitize_line(line))
        })?;
    }
    if table.rows.is_empty() {
        return Err("the benchmark printed no figures: divan does so, with exit code 0, when no name matches the \
                    filter; compare the filter with the names that `--list` prints"
            .into());
    }
    Ok(table.rows)
}

/// An entry of the tree: a group or a benchmark.
struct Node {
    name: String,
    is_last: bool,
    below: Below,
}

/// What may follow below an entry.
#[derive(PartialEq)]
enum Below {
    /// Any number of children. An ignored entry is drawn like a group without children.
    Children,
    /// At least one more child, according to the branch of the last one.
    MoreChildren,
    /// Nothing, because the last child was parsed.
    Nothing,
    /// Lines without a name, because the entry is a benchmark.
    Figures,
}

/// The state of the parser.
#[derive(Default)]
struct Table {
    /// The path of the last entry, the root first; empty between two trees.
    open: Vec<Node>,
    rows: Vec<Row>,
}

impl Table {
    /// Parses the first line of a tree.
    fn head(&mut self, line: &str) -> Result<(), Problem> {
        if let Some((first, cells)) = split_columns(line)
            && cells == TITLES[1..]
            && let Some((name, title)) = split_name(first)
            && title == TITLES[0]
        {
            self.open.push(Node { name: name.into(), is_last: true, below: Below::Children });
            return Ok(());
        }
        problem("is not the header of a table", OTHER_VERSION)
    }

    /// Parses any other line of a tree.
    fn line(&mut self, line: &str) -> Result<(), Problem> {
        // The guides in front of a name determine its parent; the root has none.
        let mut rest = line;
        for depth in 1..=self.open.len() {
            for (branch, is_last) in [("├─ ", false), ("╰─ ", true)] {
                if let Some(text) = rest.strip_prefix(branch) {
                    self.close_below(depth)?;
                    return self.entry(text, is_last);
                }
            }
            if let Some(child) = self.open.get(depth) {
                match rest.strip_prefix(if child.is_last { "   " } else { "│  " }) {
                    Some(inner) => rest = inner,
                    None => return problem("does not fit the tree above it", OTHER_VERSION),
                }
            }
        }
        let of_benchmark = self.open.last().is_some_and(|node| node.below == Below::Figures);
        match split_columns(rest) {
            // A throughput or an allocator statistic, which has no number of samples.
            Some((_, [.., "", ""])) if of_benchmark => Ok(()),
            _ => problem("has no name, and no figures of a benchmark above it", OTHER_VERSION),
        }
    }

    /// Closes the entries that are deeper than `depth`. It is an error if one of them lacks an announced child.
    fn close_below(&mut self, depth: usize) -> Result<(), Problem> {
        match self.open.drain(depth..).rev().find(|node| node.below == Below::MoreChildren) {
            Some(node) => problem(format!("comes before the last child of `{}`", text::sanitize_line(&node.name)), CUT),
            None => Ok(()),
        }
    }

    /// Parses the text after a branch: a group, or a benchmark with its times.
    fn entry(&mut self, text: &str, is_last: bool) -> Result<(), Problem> {
        if let Some(parent) = self.open.last_mut() {
            if matches!(parent.below, Below::Nothing | Below::Figures) {
                let parent = text::sanitize_line(&parent.name);
                return problem(format!("is one child too many for `{parent}`"), OTHER_VERSION);
            }
            parent.below = if is_last { Below::Nothing } else { Below::MoreChildren };
        }
        let Some((first, cells)) = split_columns(text) else {
            return problem("has a name, but not all of the six figures", NO_FIGURES);
        };
        if cells.iter().all(|cell| cell.is_empty()) {
            self.open.push(Node { name: first.trim_end_matches(' ').into(), is_last, below: Below::Children });
            return Ok(());
        }
        let Some((name, fastest)) = split_name(first) else {
            return problem("has no time after the name", OTHER_VERSION);
        };
        let [slowest, median, mean, counts @ ..] = cells;
        self.open.push(Node { name: name.into(), is_last, below: Below::Figures });
        let path = self.open.iter().map(|node| node.name.clone()).collect();
        let (min_ns, max_ns) = (parse_time(fastest)?, parse_time(slowest)?);
        self.rows.push(Row { path, min_ns, median_ns: parse_time(median)?, mean_ns: parse_time(mean)?, max_ns });
        match counts.into_iter().find(|count| !count.parse::<u64>().is_ok_and(|count| count > 0)) {
            Some(count) => {
                problem(format!("has no samples or no iterations in `{}`", text::sanitize_line(count)), OTHER_VERSION)
            }
            None => Ok(()),
        }
    }
}

/// Splits a line at its last five separators into its beginning and five cells.
///
/// It counts from the right, because a name may contain the separator and a cell cannot.
fn split_columns(line: &str) -> Option<(&str, [&str; 5])> {
    let mut cells = [""; 5];
    let mut rest = line;
    for cell in cells.iter_mut().rev() {
        let (before, after) = rest.rsplit_once('│')?;
        *cell = after.trim_matches(' ');
        // A separator is surrounded by spaces, except before an empty last cell.
        rest = before.strip_suffix(' ')?;
    }
    Some((rest, cells))
}

/// Splits a text into a name and a cell. At least two spaces separate them, and a cell contains no two spaces in a row.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let (name, cell) = text.trim_end_matches(' ').rsplit_once("  ")?;
    Some((name.trim_end_matches(' '), cell))
}

fn parse_time(cell: &str) -> Result<f64, Problem> {
    match nearest_ns(cell) {
        Some(time) if time.is_finite() => Ok(time),
        _ => problem(format!("has no time in `{}`", text::sanitize_line(cell)), OTHER_VERSION),
    }
}

/// The nanoseconds in a cell, as the nearest float.
///
/// The unit becomes the exponent of the parsed number, so that `1.001 µs` is exactly 1001 ns. The factor multiplies a whole
/// number, because divan prints at most 3 decimals.
fn nearest_ns(cell: &str) -> Option<f64> {
    let (number, unit) = cell.split_once(' ')?;
    let (exponent, factor) = match unit {
        "ns" => (0, 1.0),
        "µs" => (3, 1.0),
        "ms" => (6, 1.0),
        "s" => (9, 1.0),
        "m" => (9, 60.0),
        "h" => (9, 3_600.0),
        "d" => (9, 86_400.0),
        _ => return None,
    };
    // Rust also parses `.5`, `5.`, `-5`, `5e3` and `NaN`, which divan never prints.
    let plain = number.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let parsed: f64 = format!("{number}e{exponent}").parse().ok()?;
    plain.then_some(parsed * factor)
}
