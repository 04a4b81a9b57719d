//! Queries that a person labelled: how often an analysis agrees.

use aggregator_core::analysis::{Analysis, InputType, Level};

/// What is labelled, in the order of [`LabelledQuery::labels`].
pub const CLASSIFIERS: [&str; 6] = ["input type", "complexity", "ambiguity", "suitability", "segments", "sub-queries"];

/// One query and what a person says about it; `benches-data/queries/labelled.txt` says what the labels mean.
#[derive(Debug, Clone)]
pub struct LabelledQuery {
    /// Two letters.
    pub language: &'static str,
    /// What a person says, in the order of [`CLASSIFIERS`].
    pub labels: [&'static str; 6],
    /// Text of the labelled query.
    pub text: String,
    /// Nothing was tuned on it.
    pub held_out: bool,
}

impl LabelledQuery {
    /// For each classifier what an analysis says, in the words of the labels.
    pub fn predicted(analysis: &Analysis) -> [String; 6] {
        let input = match analysis.input.input_type {
            InputType::NaturalLanguage => "language",
            InputType::Code => "code",
            InputType::ErrorLog => "error",
            InputType::Mixed => "mixed",
        };
        let level = match analysis.complexity.level {
            Level::Simple => "simple",
            Level::Moderate => "moderate",
            Level::Complex => "complex",
            Level::VeryComplex => "very",
        };
        let yes = |yes| if yes { "yes" } else { "no" }.to_owned();
        [
            input.to_owned(),
            level.to_owned(),
            yes(analysis.ambiguity.is_ambiguous()),
            yes(analysis.suitability.is_suitable()),
            analysis.segments.len().to_string(),
            analysis.sub_queries.len().to_string(),
        ]
    }
}

/// All labelled queries.
///
/// # Panics
/// When a line of the file has too few fields.
pub fn queries() -> Vec<LabelledQuery> {
    let text = include_str!("../../../../benches-data/queries/labelled.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let query = |(index, line): (usize, &'static str)| {
        let mut fields = line.splitn(8, '|');
        let mut field = || fields.next().unwrap_or_else(|| panic!("`{line}` has too few fields")).trim();
        let language = field();
        let labels = std::array::from_fn(|_| field());
        LabelledQuery { language, labels, text: field().replace("\\n", "\n"), held_out: index % 3 == 2 }
    };
    lines.enumerate().map(query).collect()
}
