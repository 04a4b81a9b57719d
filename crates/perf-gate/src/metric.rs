//! What can be counted about a case, in which unit, and to which class of rules it belongs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The integer base unit of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Nanoseconds, of virtual time or of wall time as the metric says.
    Ns,
    /// Bytes.
    Bytes,
    /// Heap blocks, that is allocations.
    Blocks,
    /// Calls of a poll function.
    Polls,
    /// Wake-ups of a task.
    Wakes,
    /// Instructions.
    Instr,
    /// A plain number of things.
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

/// Rows that repeat equally well and are therefore judged by the same rule; in the order of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// What the case did: repeats exactly, and any change is red.
    Behaviour,
    /// How often a classifier says what a person says: repeats exactly; less is red, more is an improvement.
    Quality,
    /// Polls, wake-ups and virtual time: repeats exactly; more is red, less is an improvement.
    Schedule,
    /// Heap figures on a current-thread runtime: repeats exactly; more is red, less is an improvement.
    Heap,
    /// Instructions under callgrind: repeats to a few in a million; more than 1 % more is red.
    Instructions,
    /// Wall time: depends on the machine and its load, so it is judged in pairs with the base, and by budgets.
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
            Self::Instructions => "instructions",
            Self::Wall => "wall",
        }
    }

    /// Whether values of this class are the same in every run of the same build, so that equality is a fair rule.
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::Behaviour | Self::Quality | Self::Schedule | Self::Heap)
    }

    /// Whether values of this class mean the same in another run of the same build, so that a baseline may hold them.
    pub const fn is_stored(self) -> bool {
        !matches!(self, Self::Wall)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What is counted about a case: a name with the unit of its values and the class whose rule judges it. Each harness has its
/// own metrics, and says of each record what it is.
///
/// In the order of tables: by class, then by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Metric {
    class: Class,
    name: MetricName,
    unit: Unit,
}

impl Metric {
    /// Instructions of one operation as callgrind counts them, set-up apart. The gate itself counts them.
    pub const INSTRUCTIONS: Self = Self::new("instructions", Unit::Instr, Class::Instructions);

    /// Wall time: the median over the samples of a process, and over processes. The gate itself measures it.
    pub const TIME: Self = Self::new("time", Unit::Ns, Class::Wall);

    /// A metric of a harness, as a constant.
    ///
    /// # Panics
    /// When the name is none; in a constant that is an error of the compiler.
    pub const fn new(name: &str, unit: Unit, class: Class) -> Self {
        match MetricName::from_bytes(name.as_bytes()) {
            Some(name) => Self { class, name, unit },
            None => panic!("a metric's name has 1 to 40 characters of a-z, 0-9 and hyphens, and begins with a letter"),
        }
    }

    /// A metric that was written down.
    pub const fn named(name: MetricName, unit: Unit, class: Class) -> Self {
        Self { class, name, unit }
    }

    /// The name in files and tables.
    pub const fn name(self) -> MetricName {
        self.name
    }

    /// The unit of its values.
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// The class whose rule judges it.
    pub const fn class(self) -> Class {
        self.class
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// Characters of the longest name.
const LONGEST: usize = 40;

/// The name of a metric: 1 to 40 characters of `a-z`, `0-9` and hyphens, of which the first is a letter.
///
/// It is kept in place, because every row has one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MetricName([u8; LONGEST]);

/// A text that cannot be the name of a metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a metric: it has 1 to {LONGEST} characters of a-z, 0-9 and hyphens, and begins with a letter")]
pub struct MetricNameError;

impl MetricName {
    /// What follows the name is zero, so that names are in the order of their letters.
    const fn from_bytes(text: &[u8]) -> Option<Self> {
        if text.is_empty() || text.len() > LONGEST || !text[0].is_ascii_lowercase() {
            return None;
        }
        let mut bytes = [0; LONGEST];
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

    /// The text.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(LONGEST);
        // Only ASCII was let in.
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
    fn names_are_read_back_and_are_in_the_order_of_their_letters() {
        let longest = "a".repeat(LONGEST);
        for good in ["a", "heap-bytes", "p99", longest.as_str()] {
            assert_eq!(good.parse::<MetricName>().unwrap().as_str(), good);
        }
        for bad in ["", "Events", "heap_bytes", "9th", "-a", "a b", "a\0", "é", &"a".repeat(LONGEST + 1)] {
            assert_eq!(bad.parse::<MetricName>(), Err(MetricNameError), "{bad:?}");
        }
        let mut names = ["b", "heap", "heap-live", "a", "heap0"].map(|name| name.parse::<MetricName>().unwrap());
        names.sort();
        assert_eq!(names.map(String::from), ["a", "b", "heap", "heap-live", "heap0"]);
    }
}
