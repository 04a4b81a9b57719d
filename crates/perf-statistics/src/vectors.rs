//! Expected values computed by scipy and numpy; `tests/fixtures/statistics/vectors.py` writes the file.

use std::sync::OnceLock;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vectors {
    pub normal: Vec<Normal>,
    pub samples: Vec<Sample>,
    pub estimates: Vec<SignedRank>,
    pub ranks: Vec<Rank>,
    pub proportions: Vec<Proportion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normal {
    pub probability: f64,
    pub quantile: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    pub values: Vec<f64>,
    pub quartiles: [f64; 3],
    pub robust_sd: f64,
    pub mild: usize,
    pub severe: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRank {
    pub alpha: f64,
    pub differences: Vec<f64>,
    pub center: f64,
    pub lower: f64,
    pub upper: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rank {
    pub n: usize,
    pub alpha: f64,
    pub rank: usize,
    pub below: f64,
    pub at_most: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proportion {
    pub successes: u64,
    pub trials: u64,
    pub confidence: f64,
    pub lower: f64,
    pub upper: f64,
}

pub fn vectors() -> &'static Vectors {
    static VECTORS: OnceLock<Vectors> = OnceLock::new();
    let text = include_str!("../tests/fixtures/statistics/vectors.toml");
    VECTORS.get_or_init(|| toml::from_str(text).unwrap())
}

/// Asserts that the relative error is at most `tolerance`; the absolute error if the expected value is 0.
#[track_caller]
pub fn close(found: f64, expected: f64, tolerance: f64) {
    let scale = if expected == 0.0 { 1.0 } else { expected.abs() };
    assert!((found - expected).abs() <= tolerance * scale, "{found:e} is not {expected:e} within {tolerance:e}");
}
