//! What is wrong with a file that people write, and where.

/// A text is not TOML of the expected shape; one line, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ShapeError {
    line: usize,
    column: usize,
    message: String,
}

impl ShapeError {
    pub(crate) fn new(text: &str, error: &toml::de::Error) -> Self {
        Self::at(text, error.span().unwrap_or_default(), error.message())
    }

    /// What is wrong at the beginning of a span of the text.
    pub(crate) fn at(text: &str, span: std::ops::Range<usize>, message: &str) -> Self {
        let before = &text[..text.floor_char_boundary(span.start)];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.replace('\n', "; "),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Scenario, library};

    #[test]
    fn a_wrong_scenario_is_told_where_it_is_wrong() {
        let good = include_str!("../../../benches-data/scenarios/standard.toml");
        let told = |from: &str, to: &str| {
            assert!(good.contains(from));
            let error = Scenario::from_toml(&good.replacen(from, to, 1), &library::corpus()).unwrap_err();
            error.to_string()
        };
        assert_eq!(told("seed = 2", "seed = \"x\""), "line 2, column 8: invalid type: string \"x\", expected u64");
        let step = told("{ wait_ms = 420 }", "{ wait_s = 420 }");
        assert!(step.starts_with("line 30, column 10: ") && step.contains("a step is { wait_ms = 120 }"), "{step}");
        assert!(told("weight = 0.8", "weight = -0.8").contains("provider `cedar`: a weight of -0.8"));
        assert!(told("[model]", "[modell]").contains("unknown field `modell`"));
    }
}
