//! Reads the table that divan prints.
//!
//! Nobody promised to keep this format: divan has no output for machines, and the table is made for people. This reader
//! was written against divan 0.1.21; recorded output of that version (`tests/fixtures/divan/`) pins every shape it
//! knows. After an update of divan record them again, as the README there says, before trusting a figure.
//!
//! Whatever is not exactly such a table is refused, because a figure that was misread looks like any other figure. A
//! table that is cut anywhere is refused too: the last child of each node and the end of each tree are marked. What
//! cannot be seen is a second tree that is missing as a whole, so the caller compares the names with those it expects.
//!
//! How exact the figures are: divan cuts (it does not round) after 4 digits, or after 3 decimals below 1. So the true
//! value lies at or above the one that is read, by less than 0.1 %; times below 1 ns by less than 0.001 ns, and values
//! of 10,000 of the largest unit by less than 1 of that unit. Two runs that differ by less than this read alike.

use std::fmt::Write as _;

/// The figures of one benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Names from the root, which is the crate of the benchmark, to the leaf. Spaces at the end of a name are lost.
    pub path: Vec<String>,
    /// Time of an iteration in the fastest sample, in nanoseconds. Zero when divan printed `0 ns`.
    pub fastest_ns: f64,
    /// Time of an iteration in the slowest sample, in nanoseconds.
    pub slowest_ns: f64,
    /// Median over the samples of the time of an iteration, in nanoseconds.
    pub median_ns: f64,
    /// Mean time of an iteration, in nanoseconds.
    pub mean_ns: f64,
    /// Samples taken; never zero.
    pub samples: u64,
    /// Iterations in all samples together; never zero.
    pub iters: u64,
    /// Throughputs, in the order in which they are printed.
    pub counters: Vec<Counter>,
    /// What the benchmark did with the heap, where divan's profiler is the allocator.
    pub allocations: Vec<Allocation>,
}

/// A figure for each of the four samples that divan shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Of the fastest sample.
    pub fastest: f64,
    /// Of the slowest sample.
    pub slowest: f64,
    /// Of the sample in the middle, or the mean of the two in the middle.
    pub median: f64,
    /// Over all samples.
    pub mean: f64,
}

/// A throughput.
#[derive(Debug, Clone, PartialEq)]
pub struct Counter {
    /// What is counted.
    pub kind: CounterKind,
    /// How many a second; infinite where divan printed `inf`, which it does for a time of zero.
    pub per_second: Figures,
}

/// What a throughput counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CounterKind {
    /// Bytes, printed in decimal (`KB/s`) or binary (`KiB/s`) multiples.
    Bytes,
    /// Characters.
    Chars,
    /// Cycles, printed as hertz.
    Cycles,
    /// Items.
    Items,
}

/// One kind of work done by the allocator, for one iteration.
#[derive(Debug, Clone, PartialEq)]
pub struct Allocation {
    /// Which kind.
    pub kind: AllocationKind,
    /// Calls; for [`AllocationKind::Max`] the most blocks alive at once, divided by the iterations of a sample.
    pub count: Figures,
    /// Bytes; for [`AllocationKind::Max`] the most bytes alive at once, divided by the iterations of a sample.
    pub bytes: Figures,
}

/// A kind of work that the allocator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllocationKind {
    /// The most that was alive at once.
    Max,
    /// New blocks.
    Alloc,
    /// Blocks given back.
    Dealloc,
    /// Blocks made larger.
    Grow,
    /// Blocks made smaller.
    Shrink,
}

/// Why a text is not the table of a finished run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// There is no table at all.
    #[error(
        "the benchmark printed no table: divan does so, with exit code 0, when no name matches the filter; compare the \
         filter with the names that `--list` prints"
    )]
    Empty,
    /// A line is not what the table has at this place.
    #[error("line {line} of the benchmark's output {problem}: `{text}`; {hint}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// The line, at most 120 characters of it, with nothing a terminal obeys.
        text: String,
        /// What is wrong, as the rest of a sentence about the line.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
}

const OTHER_VERSION: &str = "check that nothing else prints to standard output; this reader knows divan 0.1.21, for \
                             another version see `crates/perf-runner/tests/fixtures/divan/README.md`";
const CUT: &str =
    "the benchmark was killed or panicked while it ran: its standard error, or running it by hand, says why";
const NO_BENCH: &str = "pass `--bench`: without it divan runs each benchmark once and prints no figures";
const NO_FUNCTION: &str = "either it was cut off here, or this benchmark never called its bencher";

const TITLES: [&str; 6] = ["fastest", "slowest", "median", "mean", "samples", "iters"];
const COLUMN: char = '│';

/// What is wrong with a line, and what to do about it.
struct Problem(String, &'static str);

type Outcome<T> = Result<T, Problem>;

fn problem<T>(what: impl Into<String>, hint: &'static str) -> Outcome<T> {
    Err(Problem(what.into(), hint))
}

/// Reads all rows that have figures from divan's standard output, which is to be passed as it was printed, with its
/// last line break and without colours.
///
/// Entries that are `(ignored)` have no row. A benchmark that was registered twice has two rows with the same path.
///
/// # Errors
/// When the text is not one or more complete tables of divan 0.1.21; see [`TableError`].
pub fn read(text: &str) -> Result<Vec<Row>, TableError> {
    let mut rows = Vec::new();
    let mut tree: Option<Tree> = None;
    let mut seen = false;
    let mut last = (0, "");
    let mut lines = text.split_inclusive('\n').enumerate().peekable();
    while let Some((index, raw)) = lines.next() {
        let line = raw.strip_suffix('\n').unwrap_or(raw);
        last = (index, line);
        let ended = raw.len() > line.len();
        let outcome = match tree.take() {
            None if line.is_empty() || is_notice(line) => Ok(None),
            None => {
                let next = lines.peek().map_or("", |(_, next)| next);
                header(line, next).map(|name| Some(Tree::new(name)))
            }
            Some(_) if !ended => problem("is cut off", CUT),
            Some(finished) if line.is_empty() => finished.close().map(|found| {
                rows.extend(found);
                seen = true;
                None
            }),
            Some(mut open) => open.line(line).map(|()| Some(open)),
        };
        tree = outcome.map_err(|problem| located(index, line, problem))?;
    }
    if tree.is_some() {
        return Err(located(last.0, last.1, Problem("is the last one, and the tree has no end".into(), CUT)));
    }
    if seen { Ok(rows) } else { Err(TableError::Empty) }
}

/// Lines that divan writes to standard error, in case both were captured together.
fn is_notice(line: &str) -> bool {
    line.starts_with("Timer precision: ") || line.starts_with("warning: ")
}

fn located(index: usize, line: &str, Problem(problem, hint): Problem) -> TableError {
    TableError::Line { line: index + 1, text: sanitised(line), problem, hint }
}

/// The line with nothing a terminal obeys, cut to 120 characters.
fn sanitised(line: &str) -> String {
    const MOST: usize = 120;
    let mut out = String::new();
    let mut length = 0;
    // 120 characters of input make at least 120 of output, so the rest of a long line is never looked at.
    for c in line.chars() {
        let plain = matches!(c, ' '..='~' | 'µ' | '\u{2500}'..='\u{257f}');
        let shown = if plain { 1 } else { c.escape_unicode().count() };
        if length + shown > MOST {
            break;
        }
        length += shown;
        let _ = if plain { write!(out, "{c}") } else { write!(out, "{}", c.escape_unicode()) };
    }
    out
}

/// The name of the root, from the line that begins a table.
fn header(line: &str, next: &str) -> Outcome<String> {
    if let Some((name, cells)) = columns(line)
        && cells == TITLES[1..]
        && let Some(name) = name.trim_end_matches(' ').strip_suffix(TITLES[0])
        && let Some(name) = before_padding(name)
    {
        return Ok(name.to_owned());
    }
    let bare = !line.contains(COLUMN) && (next.starts_with("├─ ") || next.starts_with("╰─ "));
    if bare || line.trim_end().ends_with(": benchmark") {
        return problem("begins a list of names without figures", NO_BENCH);
    }
    problem("is not the head of a table", OTHER_VERSION)
}

/// A line up to its last five separators, and the cells between and after them.
///
/// Counted from the right, because a name may contain the separator and a cell cannot.
fn columns(line: &str) -> Option<(&str, [&str; 5])> {
    let mut cells = [""; 5];
    let mut rest = line;
    for cell in cells.iter_mut().rev() {
        let (before, after) = rest.rsplit_once(COLUMN)?;
        *cell = after.trim_matches(' ');
        // Each separator stands between two spaces, except that a last cell that is empty has none.
        rest = before.strip_suffix(' ')?;
    }
    Some((rest, cells))
}

/// The name before a value: at least two spaces stand between them.
fn before_padding(text: &str) -> Option<&str> {
    text.ends_with("  ").then(|| text.trim_end_matches(' '))
}

/// A node whose children are being read.
struct Parent {
    name: String,
    is_last: bool,
    children: Children,
}

/// How far the children of a parent were read.
enum Children {
    /// None was seen; an ignored entry stays so.
    None,
    /// One was seen that is drawn with another below it.
    More,
    /// The last one was seen.
    All,
}

/// What the next line below a benchmark has to be.
enum Below {
    Anything,
    Count(AllocationKind),
    Bytes(AllocationKind, Figures),
}

/// The entry that lines without a name are about.
struct Leaf {
    is_last: bool,
    below: Below,
}

/// One tree while it is read: the open parents, the root first.
struct Tree {
    open: Vec<Parent>,
    leaf: Option<Leaf>,
    rows: Vec<Row>,
}

impl Tree {
    fn new(name: String) -> Self {
        Self { open: vec![Parent { name, is_last: true, children: Children::None }], leaf: None, rows: Vec::new() }
    }

    /// The tree ended: nothing that was announced may be missing.
    fn close(mut self) -> Outcome<Vec<Row>> {
        self.finish_leaf()?;
        self.keep(0)?;
        Ok(self.rows)
    }

    /// Reads any line after the head.
    fn line(&mut self, line: &str) -> Outcome<()> {
        // The guides before a name tell which parent it belongs to; the root has none.
        let mut rest = line;
        for depth in 1..=self.open.len() {
            for (branch, is_last) in [("├─ ", false), ("╰─ ", true)] {
                if let Some(text) = rest.strip_prefix(branch) {
                    self.finish_leaf()?;
                    self.keep(depth)?;
                    return self.node(text, is_last);
                }
            }
            let Some(child) = self.open.get(depth) else { break };
            match rest.strip_prefix(guide(child.is_last)) {
                Some(inner) => rest = inner,
                None => return problem("does not fit the tree above it", OTHER_VERSION),
            }
        }
        self.figures(rest)
    }

    /// Closes the parents that are deeper than `depth`.
    fn keep(&mut self, depth: usize) -> Outcome<()> {
        while self.open.len() > depth {
            if let Some(Parent { name, children: Children::More, .. }) = self.open.pop() {
                return problem(format!("comes before the last child of `{}`", sanitised(&name)), CUT);
            }
        }
        Ok(())
    }

    fn finish_leaf(&mut self) -> Outcome<()> {
        match self.leaf.take() {
            Some(Leaf { below: Below::Count(_) | Below::Bytes(..), .. }) => {
                problem("comes where the figures of the allocator were announced", OTHER_VERSION)
            }
            _ => Ok(()),
        }
    }

    /// A line with a name: a benchmark with figures, or a parent.
    fn node(&mut self, text: &str, is_last: bool) -> Outcome<()> {
        let Some(parent) = self.open.last_mut() else { return problem("has no parent", OTHER_VERSION) };
        if matches!(parent.children, Children::All) {
            return problem(format!("comes after the last child of `{}`", sanitised(&parent.name)), OTHER_VERSION);
        }
        parent.children = if is_last { Children::All } else { Children::More };
        let Some((first, cells)) = columns(text) else {
            return problem("has a name and no figures", NO_FUNCTION);
        };
        if cells.iter().any(|cell| !cell.is_empty()) {
            return self.benchmark(first, cells, is_last);
        }
        // An entry that is `(ignored)` is drawn like a parent without children, and is taken for one.
        let Some(name) = before_padding(first) else {
            return problem("has neither a name nor figures", OTHER_VERSION);
        };
        self.open.push(Parent { name: name.to_owned(), is_last, children: Children::None });
        Ok(())
    }

    fn benchmark(&mut self, first: &str, cells: [&str; 5], is_last: bool) -> Outcome<()> {
        let [slowest, median, mean, samples, iters] = cells;
        let (name, fastest) = last_two_words(first)?;
        let mut path: Vec<String> = self.open.iter().map(|parent| parent.name.clone()).collect();
        path.push(name.to_owned());
        self.rows.push(Row {
            path,
            fastest_ns: nanoseconds(fastest)?,
            slowest_ns: nanoseconds(slowest)?,
            median_ns: nanoseconds(median)?,
            mean_ns: nanoseconds(mean)?,
            samples: positive(samples)?,
            iters: positive(iters)?,
            counters: Vec::new(),
            allocations: Vec::new(),
        });
        self.leaf = Some(Leaf { is_last, below: Below::Anything });
        Ok(())
    }

    /// A line without a name: more about the benchmark above it.
    fn figures(&mut self, rest: &str) -> Outcome<()> {
        let (Some(leaf), Some(row)) = (self.leaf.as_mut(), self.rows.last_mut()) else {
            return problem("has no name, and no benchmark is above it", OTHER_VERSION);
        };
        let rest = if leaf.is_last { Some(rest) } else { rest.strip_prefix(COLUMN) };
        let Some((first, [slowest, median, mean, "", ""])) = rest.and_then(columns) else {
            return problem("has neither a name nor four figures", OTHER_VERSION);
        };
        let cells = [first.trim_matches(' '), slowest, median, mean];
        leaf.below = match leaf.below {
            Below::Count(kind) => Below::Bytes(kind, figures(cells, plain_number)?),
            Below::Bytes(kind, count) => {
                row.allocations.push(Allocation { kind, count, bytes: figures(cells, bytes)? });
                Below::Anything
            }
            Below::Anything => match cells {
                [heading, "", "", ""] => Below::Count(announced(heading, row)?),
                _ => {
                    let counter = counter(cells)?;
                    if row.counters.iter().any(|other| other.kind == counter.kind) {
                        return problem("repeats a throughput", OTHER_VERSION);
                    }
                    row.counters.push(counter);
                    Below::Anything
                }
            },
        };
        Ok(())
    }
}

fn guide(is_last: bool) -> &'static str {
    if is_last { "   " } else { "│  " }
}

/// Takes `12.3 ns` off the end of a name.
fn last_two_words(text: &str) -> Outcome<(&str, &str)> {
    let text = text.trim_end_matches(' ');
    let value = text.rmatch_indices(' ').nth(1).map(|(space, _)| space + 1);
    let split = value.and_then(|start| Some((text.get(..start)?, text.get(start..)?)));
    match split.and_then(|(name, value)| Some((before_padding(name)?, value))) {
        Some(found) => Ok(found),
        None => problem("has no time after the name", OTHER_VERSION),
    }
}

fn announced(heading: &str, row: &Row) -> Outcome<AllocationKind> {
    let kind = match heading {
        "max alloc:" => AllocationKind::Max,
        "alloc:" => AllocationKind::Alloc,
        "dealloc:" => AllocationKind::Dealloc,
        "grow:" => AllocationKind::Grow,
        "shrink:" => AllocationKind::Shrink,
        _ => return problem("has an unknown heading", OTHER_VERSION),
    };
    if row.allocations.iter().any(|other| other.kind == kind) {
        return problem("repeats a heading", OTHER_VERSION);
    }
    Ok(kind)
}

fn figures(cells: [&str; 4], read: impl Fn(&str) -> Outcome<f64>) -> Outcome<Figures> {
    let [fastest, slowest, median, mean] = cells;
    Ok(Figures { fastest: read(fastest)?, slowest: read(slowest)?, median: read(median)?, mean: read(mean)? })
}

fn counter(cells: [&str; 4]) -> Outcome<Counter> {
    const KINDS: [(&str, CounterKind); 4] = [
        ("B/s", CounterKind::Bytes),
        ("char/s", CounterKind::Chars),
        ("Hz", CounterKind::Cycles),
        ("item/s", CounterKind::Items),
    ];
    let Some(&(unit, kind)) = KINDS.iter().find(|(unit, _)| cells[0].ends_with(unit)) else {
        return problem(format!("has an unknown unit in `{}`", sanitised(cells[0])), OTHER_VERSION);
    };
    let per_second = figures(cells, |cell| {
        let (number, scale) = quantity(cell)?;
        let Some(factor) = scale.strip_suffix(unit).and_then(|scale| multiple(scale, kind == CounterKind::Bytes))
        else {
            return problem(format!("has an unknown unit in `{}`", sanitised(cell)), OTHER_VERSION);
        };
        // Divan divides by the time without a look at it.
        if number == "inf" && factor == 1.0 { Ok(f64::INFINITY) } else { scaled(number, factor) }
    })?;
    Ok(Counter { kind, per_second })
}

fn nanoseconds(cell: &str) -> Outcome<f64> {
    let (number, unit) = quantity(cell)?;
    let factor = match unit {
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3_600e9,
        "d" => 86_400e9,
        _ => return problem(format!("has an unknown unit in `{}`", sanitised(cell)), OTHER_VERSION),
    };
    scaled(number, factor)
}

fn bytes(cell: &str) -> Outcome<f64> {
    let (number, unit) = quantity(cell)?;
    match unit.strip_suffix('B').and_then(|scale| multiple(scale, true)) {
        Some(factor) => scaled(number, factor),
        None => problem(format!("has an unknown unit in `{}`", sanitised(cell)), OTHER_VERSION),
    }
}

fn plain_number(cell: &str) -> Outcome<f64> {
    scaled(cell, 1.0)
}

/// What a prefix multiplies by; the binary ones exist for bytes only.
fn multiple(prefix: &str, binary: bool) -> Option<f64> {
    Some(match prefix {
        "" => 1.0,
        "K" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "Ki" if binary => 1024.0,
        "Mi" if binary => 1024f64.powi(2),
        "Gi" if binary => 1024f64.powi(3),
        "Ti" if binary => 1024f64.powi(4),
        "Pi" if binary => 1024f64.powi(5),
        _ => return None,
    })
}

/// A number and its unit.
fn quantity(cell: &str) -> Outcome<(&str, &str)> {
    match cell.split_once(' ') {
        Some(parts) => Ok(parts),
        None => problem(format!("has no number with a unit in `{}`", sanitised(cell)), OTHER_VERSION),
    }
}

/// Reads digits with at most one point among them, times a factor.
///
/// The digits are multiplied before they are divided, so that `1.001 µs` is 1001 ns and not a little less.
fn scaled(number: &str, factor: f64) -> Outcome<f64> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{decimals}");
    let all_digits = digits.len() <= 30 && digits.bytes().all(|b| b.is_ascii_digit());
    let pointless = whole.is_empty() || number.ends_with('.');
    match digits.parse::<f64>() {
        Ok(mantissa) if all_digits && !pointless => {
            let divisor = decimals.bytes().fold(1.0, |divisor, _| divisor * 10.0);
            Ok(mantissa * factor / divisor)
        }
        _ => problem(format!("has no number in `{}`", sanitised(number)), OTHER_VERSION),
    }
}

fn positive(cell: &str) -> Outcome<u64> {
    let digits = !cell.is_empty() && cell.bytes().all(|b| b.is_ascii_digit());
    match cell.parse() {
        Ok(number) if digits && number > 0 => Ok(number),
        _ => problem(format!("has no number of samples or iterations in `{}`", sanitised(cell)), OTHER_VERSION),
    }
}
