//! Figures, changes and p-values as text.

/// Text of a missing value.
pub const NONE: &str = "—";

/// A figure with four digits behind the point: one question of 200 is 0.005.
pub fn figure(figure: Option<f64>) -> String {
    figure.map_or_else(|| NONE.to_owned(), |figure| format!("{figure:.4}"))
}

/// A change of a figure with its sign. One that would round to nothing is shown as a power of ten, so that only no change is
/// shown as `=`.
pub fn change(change: Option<f64>) -> String {
    match change {
        None => NONE.to_owned(),
        Some(change) if change.abs() <= 1e-9 => "=".to_owned(),
        Some(change) if change.abs() < 0.000_05 => format!("{change:+.0e}"),
        Some(change) => format!("{change:+.4}"),
    }
}

/// A p-value with two significant digits.
pub fn p_value(p: f64) -> String {
    match p {
        p if p >= 0.995 => "1".to_owned(),
        p if p >= 0.1 => format!("{p:.2}"),
        p if p >= 0.01 => format!("{p:.3}"),
        p if p >= 0.001 => format!("{p:.4}"),
        p => format!("{p:.0e}"),
    }
}

/// Counts of better and worse questions: `2 / 4`.
pub fn better_worse(counts: Option<(usize, usize)>) -> String {
    counts.map_or_else(|| NONE.to_owned(), |(better, worse)| format!("{better} / {worse}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_rounds_to_no_change_or_to_no_doubt() {
        assert_eq!([Some(0.80769), Some(0.0), None].map(figure), ["0.8077", "0.0000", "—"]);
        let changes = [Some(-0.0384), Some(0.5), Some(0.0), Some(-0.0), Some(0.000_01), Some(1e-12), None];
        assert_eq!(changes.map(change), ["-0.0384", "+0.5000", "=", "=", "+1e-5", "=", "—"]);
        assert_eq!(
            [1.0, 0.996, 0.5, 0.03125, 0.0078, 0.0001].map(p_value),
            ["1", "1", "0.50", "0.031", "0.0078", "1e-4"]
        );
        assert_eq!([Some((2, 4)), None].map(better_worse), ["2 / 4", "—"]);
    }
}
