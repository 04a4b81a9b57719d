//! Settings of the analysis: plain data with documented defaults.

use super::Score;
use crate::query::Query;
use crate::settings::by_name::settings;

settings! {
    /// Thresholds and limits of an [`Analyzer`](super::Analyzer).
    ///
    /// Defaults are the reference system's where it has them (`min_complexity_score`, `min_confidence_score`,
    /// `input_type_confidence_threshold`, `enable_segmentation`, `max_segments`, the 2,000 characters). There no code reads
    /// them; here each has a test that changes it.
    pub struct AnalysisSettings {
        /// Minimum score of a very complex query. The lower levels keep the proportions of the reference system: moderate
        /// begins at 3/8 of it and complex at 5/8, which is 0.3 and 0.5 by default.
        min_complexity_score: f64 = 0.8, 0.0 => 1.0;
        /// Minimum confidence of a reported ambiguity.
        min_confidence_score: f64 = 0.7, 0.0 => 1.0;
        /// Minimum confidence of a single input type; with less the type is mixed.
        input_type_confidence_threshold: f64 = 0.8, 0.0 => 1.0;
        /// Whether a text is split into segments and sub-queries; if not, it is one segment.
        enable_segmentation: bool = true;
        /// Maximum number of segments, and of sub-queries; the last segment reaches to the end of the text.
        max_segments: u32 = 5, 1 => 50;
        /// Maximum length of a text that suits a search, in characters (Unicode scalar values). The analyzer reads only this
        /// many characters of a longer one. A [`Query`](crate::Query) is never longer than the default; a larger value is for
        /// programs that analyse other texts.
        max_chars: u32 = Query::MAX_CHARS as u32, 1 => 100_000;
        /// Whether the engine fails a query that the analyzer calls unsuitable for a search. By default the engine searches:
        /// the analyzer may be wrong, and the [`Analysis`](super::Analysis) has its reason.
        refuse_unsuitable: bool = false;
    }
}

/// The settings as the classifiers use them: whole thousandths.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    pub very_complex: Score,
    pub confidence: Score,
    pub input_type: Score,
    pub segmentation: bool,
    pub segments: usize,
    pub chars: usize,
}

impl From<&AnalysisSettings> for Limits {
    fn from(settings: &AnalysisSettings) -> Self {
        Self {
            very_complex: Score::nearest(settings.min_complexity_score),
            confidence: Score::nearest(settings.min_confidence_score),
            input_type: Score::nearest(settings.input_type_confidence_threshold),
            segmentation: settings.enable_segmentation,
            segments: settings.max_segments as usize,
            chars: settings.max_chars as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_edges_are_checked() {
        let with = |change: fn(&mut AnalysisSettings)| {
            let mut settings = AnalysisSettings::default();
            change(&mut settings);
            settings.check().map_err(|error| error.to_string())
        };
        assert_eq!(with(|_| ()), Ok(()));
        let refused = |name: &str, given: &str, range: &str| Err(format!("{name} = {given} is not between {range}"));
        assert_eq!(with(|s| s.min_complexity_score = 1.1), refused("min_complexity_score", "1.1", "0 and 1"));
        assert_eq!(with(|s| s.min_confidence_score = -0.1), refused("min_confidence_score", "-0.1", "0 and 1"));
        assert_eq!(
            with(|s| s.input_type_confidence_threshold = f64::NAN),
            refused("input_type_confidence_threshold", "NaN", "0 and 1")
        );
        assert_eq!(with(|s| s.max_segments = 0), refused("max_segments", "0", "1 and 50"));
        assert_eq!(with(|s| s.max_segments = 51), refused("max_segments", "51", "1 and 50"));
        assert_eq!(with(|s| s.max_chars = 0), refused("max_chars", "0", "1 and 100000"));
        assert_eq!(
            with(|s| (s.min_complexity_score, s.min_confidence_score, s.max_chars) = (0.0, 1.0, 100_000)),
            Ok(())
        );
    }
}
