//! The catalog: the corpus, the scenarios and the profiles of `benches-data`, built in. Mocks read no file when they run.

mod profiles;

use std::sync::{Arc, OnceLock};

use crate::corpus::Corpus;
use crate::scenario::Scenario;

pub use profiles::{profile, profile_names};

/// Names of the scenarios, with their text.
const SCENARIOS: [(&str, &str); 11] = [
    ("floor", include_str!("../../../../benches-data/scenarios/floor.toml")),
    ("standard", include_str!("../../../../benches-data/scenarios/standard.toml")),
    ("degraded", include_str!("../../../../benches-data/scenarios/degraded.toml")),
    ("wide", include_str!("../../../../benches-data/scenarios/wide.toml")),
    ("fast", include_str!("../../../../benches-data/scenarios/fast.toml")),
    ("typical", include_str!("../../../../benches-data/scenarios/typical.toml")),
    ("heavy-tail", include_str!("../../../../benches-data/scenarios/heavy-tail.toml")),
    ("rate-limited", include_str!("../../../../benches-data/scenarios/rate-limited.toml")),
    ("hung", include_str!("../../../../benches-data/scenarios/hung.toml")),
    ("hung-enough", include_str!("../../../../benches-data/scenarios/hung-enough.toml")),
    ("slow-reader", include_str!("../../../../benches-data/scenarios/slow-reader.toml")),
];

/// The corpus of `benches-data/corpus.toml`, which is compiled in.
///
/// # Panics
/// When `benches-data/corpus.toml` is no corpus; the message says where.
pub fn corpus() -> Arc<Corpus> {
    static CORPUS: OnceLock<Arc<Corpus>> = OnceLock::new();
    let read = || {
        let text = include_str!("../../../../benches-data/corpus.toml");
        let corpus = Corpus::from_toml(text).unwrap_or_else(|error| panic!("benches-data/corpus.toml: {error}"));
        Arc::new(corpus)
    };
    Arc::clone(CORPUS.get_or_init(read))
}

/// Names of all scenarios.
pub fn scenario_names() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(name, _)| *name)
}

/// A scenario by its name.
///
/// # Panics
/// When there is none of that name, or its file is no scenario; the message says where.
pub fn scenario(name: &str) -> Scenario {
    let Some((_, text)) = SCENARIOS.iter().find(|(known, _)| *known == name) else {
        panic!("no scenario is named {name}: add its file to SCENARIOS")
    };
    Scenario::from_toml(text, &corpus()).unwrap_or_else(|error| panic!("benches-data/scenarios/{name}.toml: {error}"))
}
