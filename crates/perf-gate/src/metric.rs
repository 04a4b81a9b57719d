//! Metrics: names of what is counted of a case, with unit and class.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The base unit of a value, which is an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Nanoseconds of virtual time or of wall time, depending on the metric.
    Ns,
    /// Bytes.
    Bytes,
    /// Heap blocks: allocations.
    Blocks,
    /// Calls of a poll function.
    Polls,
    /// Wake-ups of a task.
    Wakes,
    /// Instructions.
    Instr,
    /// A number without a unit of its own.
    Count,
}

impl Unit {
    /// The name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ns => "ns",
            Self::Bytes => "bytes",
            Self::Blocks => "blocks",
            Self::Polls => "polls",
            Self::Wakes => "wakes",
            Self::Instr => "instr",
            Self::Count => "count",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A class of metrics that are judged by the same rule, because their values repeat equally well. In the order of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// What a case does. Repeats exactly; any change fails.
    Behaviour,
    /// Number of correct results by labels. Repeats exactly; a lower value fails, a higher one is an improvement.
    Quality,
    /// Polls, wake-ups and virtual time. Repeats exactly; a higher value fails, a lower one is an improvement.
    Schedule,
    /// Heap metrics on a current-thread runtime. Repeats exactly; a higher value fails, a lower one is an improvement.
    Heap,
    /// Size of a program. Depends little on neutral changes; a value above +1 % fails.
    Size,
    /// Peak of resident memory. Repeats to some percent; a value above +20 % fails.
    Resident,
    /// Instructions under callgrind. Repeats to a few in a million; a value above +1 % fails.
    Instructions,
    /// Wall time. Depends on the machine and its load, so it is judged in pairs with the base, and by budgets.
    Wall,
}

impl Class {
    /// The name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Behaviour => "behaviour",
            Self::Quality => "quality",
            Self::Schedule => "schedule",
            Self::Heap => "heap",
            Self::Size => "size",
            Self::Resident => "resident",
            Self::Instructions => "instructions",
            Self::Wall => "wall",
        }
    }

    /// Whether the programs of a harness print the values of this class. The gate itself measures the other classes.
    pub const fn is_printed(self) -> bool {
        matches!(self, Self::Behaviour | Self::Quality | Self::Schedule | Self::Heap | Self::Size | Self::Resident)
    }

    /// Whether values of this class are comparable between runs of the same build, so that a baseline stores them.
    pub const fn is_stored(self) -> bool {
        !matches!(self, Self::Wall)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What is counted of a case: a name, the unit of the values, and the class whose rule judges them. Each harness defines its
/// own metrics and writes all three into each record.
///
/// Ordered as in tables: by class, then by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Metric {
    class: Class,
    name: MetricName,
    unit: Unit,
}

impl Metric {
    /// Instructions of one operation, counted with callgrind by the gate, without the set-up.
    pub const INSTRUCTIONS: Self = Self::new("instructions", Unit::Instr, Class::Instructions);

    /// Wall time of one operation in nanoseconds, measured by the gate: the median of the medians of the processes.
    pub const TIME: Self = Self::new("time", Unit::Ns, Class::Wall);

    /// Defines a metric, usually as a constant.
    ///
    /// # Panics
    /// When `name` is not a valid [`MetricName`]; in a constant this is a compile error.
    pub const fn new(name: &str, unit: Unit, class: Class) -> Self {
        match MetricName::from_bytes(name.as_bytes()) {
            Some(name) => Self { class, name, unit },
            None => panic!("a metric's name has 1 to 40 characters of a-z, 0-9 and hyphens, and begins with a letter"),
        }
    }

    /// Makes a metric from its parts.
    pub const fn from_parts(name: MetricName, unit: Unit, class: Class) -> Self {
        Self { class, name, unit }
    }

    /// The name in files and tables.
    pub const fn name(self) -> MetricName {
        self.name
    }

    /// The unit of the values.
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// The class whose rule judges the values.
    pub const fn class(self) -> Class {
        self.class
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// Maximum length of a name in characters.
const MAX_LEN: usize = 40;

/// The name of a metric: 1 to 40 characters of `a-z`, `0-9` and hyphens; the first one is a letter.
///
/// The text is stored inline, because every row has a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MetricName([u8; MAX_LEN]);

/// The error for a text that is not the name of a metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a metric: it has 1 to {MAX_LEN} characters of a-z, 0-9 and hyphens, and begins with a letter")]
pub struct MetricNameError;

impl MetricName {
    /// Checks a name. The bytes after it are zero, so names sort alphabetically.
    const fn from_bytes(text: &[u8]) -> Option<Self> {
        if text.is_empty() || text.len() > MAX_LEN || !text[0].is_ascii_lowercase() {
            return None;
        }
        let mut bytes = [0; MAX_LEN];
        let mut at = 0;
        while at < text.len() {
            if !matches!(text[at], b'a'..=b'z' | b'0'..=b'9' | b'-') {
                return None;
            }
            bytes[at] = text[at];
            at += 1;
        }
        Some(Self(bytes))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(MAX_LEN);
        // `from_bytes` accepts ASCII only.
        std::str::from_utf8(&self.0[..end]).unwrap_or_default()
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for MetricName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl FromStr for MetricName {
    type Err = MetricNameError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_bytes(text.as_bytes()).ok_or(MetricNameError)
    }
}

impl TryFrom<String> for MetricName {
    type Error = MetricNameError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MetricName> for String {
    fn from(name: MetricName) -> Self {
        name.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back_and_sort_alphabetically() {
        let longest = "a".repeat(MAX_LEN);
        for good in ["a", "heap-bytes", "p99", longest.as_str()] {
            assert_eq!(good.parse::<MetricName>().unwrap().as_str(), good);
        }
        for bad in ["", "Events", "heap_bytes", "9th", "-a", "a b", "a\0", "é", &"a".repeat(MAX_LEN + 1)] {
            assert_eq!(bad.parse::<MetricName>(), Err(MetricNameError), "{bad:?}");
        }
        let mut names = ["b", "heap", "heap-live", "a", "heap0"].map(|name| name.parse::<MetricName>().unwrap());
        names.sort();
        assert_eq!(names.map(String::from), ["a", "b", "heap", "heap-live", "heap0"]);
    }
}
