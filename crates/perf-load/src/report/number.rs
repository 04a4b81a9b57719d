//! Figures that survive their decimal form.

/// Twelve significant digits, so that a report that is written and read again is equal.
pub(crate) fn rounded(figure: f64) -> f64 {
    format!("{figure:.11e}").parse().unwrap_or(figure)
}
