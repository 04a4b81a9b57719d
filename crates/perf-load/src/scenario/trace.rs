//! Recorded arrivals.

use std::time::Duration;

use super::error::ScenarioError;
use super::quantity::LONGEST;
use crate::size::Size;

/// A recorded series of requests: when they came and how large they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    arrivals: Vec<Arrival>,
}

/// One request of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Time from the first request.
    pub offset: Duration,
    /// How large it was, if the trace says so.
    pub size: Option<Size>,
}

/// The first line that is no comment.
const HEAD: &str = "offset_us,context_tokens,generated_tokens";
const HEAD_WITHOUT_SIZES: &str = "offset_us";

impl Trace {
    /// Parses lines of comma-separated values below the head `offset_us,context_tokens,generated_tokens` or `offset_us`: offsets in
    /// microseconds, ascending. Lines that begin with `#` are comments; source and licence belong there.
    ///
    /// # Errors
    /// If a line is none of these, with its number; `name` stands for the file.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let (mut head, mut arrivals) = (None, Vec::<Arrival>::new());
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let at = start;
            start += line.len();
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |message: String| ScenarioError::at(name, text, Some(at..at), message);
            let Some(with_sizes) = head else {
                head = Some(match line {
                    HEAD => true,
                    HEAD_WITHOUT_SIZES => false,
                    _ => return Err(wrong(format!("the first line must be `{HEAD}` or `{HEAD_WITHOUT_SIZES}`"))),
                });
                continue;
            };
            let numbers: Option<Vec<u64>> = line.split(',').map(|number| number.trim().parse().ok()).collect();
            let narrow = |number: &u64| u32::try_from(*number).ok();
            let arrival = match numbers.as_deref() {
                Some([offset]) if !with_sizes => Some((*offset, None)),
                Some([offset, context, generated]) if with_sizes => match (narrow(context), narrow(generated)) {
                    (Some(context_tokens), Some(generated_tokens)) => {
                        Some((*offset, Some(Size { context_tokens, generated_tokens })))
                    }
                    _ => None,
                },
                _ => None,
            };
            let Some((offset, size)) = arrival else {
                let columns = if with_sizes { HEAD } else { HEAD_WITHOUT_SIZES };
                return Err(wrong(format!("`{line}` is not `{columns}` in whole numbers")));
            };
            let offset = Duration::from_micros(offset);
            if offset > LONGEST {
                return Err(wrong("the offset is longer than 24 h; cut the trace".to_owned()));
            }
            if arrivals.last().is_some_and(|last| last.offset > offset) {
                return Err(wrong("the offset is smaller than the one before; sort the lines".to_owned()));
            }
            arrivals.push(Arrival { offset, size });
        }
        if arrivals.is_empty() {
            return Err(ScenarioError::at(name, text, None, "the trace has no request"));
        }
        Ok(Self { arrivals })
    }

    /// The requests, ascending by offset; never empty.
    pub fn arrivals(&self) -> &[Arrival] {
        &self.arrivals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_sizes_are_read_below_comments() {
        let trace =
            Trace::parse("t.csv", "# CC-BY\noffset_us,context_tokens,generated_tokens\n0,10,2\n\n1500,7,3\n").unwrap();
        let size = |context_tokens, generated_tokens| Some(Size { context_tokens, generated_tokens });
        let expected = [
            Arrival { offset: Duration::ZERO, size: size(10, 2) },
            Arrival { offset: Duration::from_micros(1500), size: size(7, 3) },
        ];
        assert_eq!(trace.arrivals(), expected);
        assert_eq!(Trace::parse("t.csv", "offset_us\n5\n").unwrap().arrivals()[0].size, None);
    }

    #[test]
    fn wrong_lines_are_named() {
        for (text, line, what) in [
            ("", 1, "no request"),
            ("time\n1\n", 1, "first line must be"),
            ("offset_us\n1\n0\n", 3, "sort the lines"),
            ("offset_us\n1,2\n", 2, "whole numbers"),
            ("offset_us,context_tokens,generated_tokens\n1,2,-3\n", 2, "whole numbers"),
            ("offset_us,context_tokens,generated_tokens\n1,2,4294967296\n", 2, "whole numbers"),
            ("offset_us\n86400000001\n", 2, "24 h"),
        ] {
            let error = Trace::parse("t.csv", text).unwrap_err();
            let shown = error.to_string();
            assert!(shown.starts_with(&format!("t.csv:{line}:1: ")) && shown.contains(what), "{text:?}: {shown}");
        }
    }
}
