//! What profiled mocks do follows the tables of `benches-data/profiles`, and depends on nothing but seed and name.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use aggregator_mocks::catalog;
use aggregator_mocks::profile::{Arrivals, ModelDraw, ModelProfile, Profile, QuantileTable, SearchProfile, Unit};

/// Samples of each table.
const SAMPLES: u64 = 2_000;

/// The fraction of all samples that should be at most `value`, from the points alone: in each segment, the part of the
/// line that rounds to at most `value`.
fn expected(points: &[(u16, u64)], value: u64) -> f64 {
    let limit = value as f64 + 0.5;
    let part = |pair: &[(u16, u64)]| {
        let (low, high) = (pair[0].1 as f64, pair[1].1 as f64);
        let part = if high <= limit { 1.0 } else { ((limit - low) / (high - low)).max(0.0) };
        part * f64::from(pair[1].0 - pair[0].0) / 1_000.0
    };
    points.windows(2).map(part).sum()
}

/// The largest distance between the share of the samples up to a value and that of the table (Kolmogorov-Smirnov).
fn distance(table: &QuantileTable, samples: &[u64]) -> f64 {
    let points: Vec<_> = table.points().collect();
    let mut samples = samples.to_vec();
    samples.sort_unstable();
    let share = |value: u64| samples.partition_point(|&sample| sample <= value) as f64 / samples.len() as f64;
    // The largest distance is at a sample or just before one: between two, only the table's share grows.
    let at = samples.iter().flat_map(|&value| [value, value.saturating_sub(1)]);
    at.map(|value| (share(value) - expected(&points, value)).abs()).fold(0.0, f64::max)
}

/// The distance that samples of a table exceed once in a thousand times.
fn critical(samples: usize) -> f64 {
    1.95 / (samples as f64).sqrt()
}

fn nearest_rank(sorted: &[u64], permille: usize) -> u64 {
    sorted[(permille * (sorted.len() - 1) + 500) / 1_000]
}

/// Samples of every table, drawn by the code that uses it, with the table.
fn drawn() -> Vec<(String, QuantileTable, Vec<u64>)> {
    let mut drawn = Vec::new();
    let mut add = |profile: &Profile, name: &str, of: &str, samples: Vec<u64>| {
        let (_, _, table) = profile.tables().find(|(known, ..)| *known == name).expect("it has the table");
        drawn.push((format!("{of} {name}"), table.clone(), samples));
    };
    let seeds = 0..SAMPLES;
    let us = |duration: Duration| duration.as_micros() as u64;
    for (latency, texts) in
        [("search-default", "text-snippets"), ("search-google", "text-passages"), ("search-wikipedia", "text-snippets")]
    {
        let (when, what) = (catalog::profile(latency), catalog::profile(texts));
        let search = SearchProfile::new(&when, &what, None).unwrap();
        let draw = |seed| search.draw(seed, "alder");
        add(&when, "latency", latency, seeds.clone().map(|seed| us(draw(seed).latency)).collect());
        if latency != "search-wikipedia" {
            add(&what, "hits", texts, seeds.clone().map(|seed| u64::from(draw(seed).hits)).collect());
            // Ten hits of each request.
            let chars = |at: u64| search.chars(at / 10, "alder", (at % 10) as u32) as u64;
            add(&what, "chars", texts, seeds.clone().map(chars).collect());
        }
    }
    let gaps = catalog::profile("gap-gamma");
    for (speed, tokens) in [
        ("llm-groq-70b", "azure-conversation"),
        ("llm-fireworks-70b", "azure-code"),
        ("llm-replicate-70b", "azure-conversation"),
    ] {
        let (fast, long) = (catalog::profile(speed), catalog::profile(tokens));
        let model = ModelProfile::new(&fast, &long, &gaps, None).unwrap();
        let draws: Vec<_> = seeds.clone().map(|seed| model.draw(seed, "ember")).collect();
        add(&fast, "first_token", speed, draws.iter().map(|draw| us(draw.first_token)).collect());
        add(&fast, "per_token", speed, draws.iter().map(|draw| us(draw.per_token)).collect());
        if speed != "llm-replicate-70b" {
            let of = |count: fn(&ModelDraw) -> u32| draws.iter().map(count).map(u64::from);
            add(&long, "context_tokens", tokens, of(|draw| draw.context_tokens).collect());
            add(&long, "generated_tokens", tokens, of(|draw| draw.generated_tokens).collect());
            let offsets: Vec<u64> = Arrivals::new(&long, 1).unwrap().take(SAMPLES as usize).map(us).collect();
            let gaps = [offsets[0]].into_iter().chain(offsets.windows(2).map(|pair| pair[1] - pair[0]));
            add(&long, "gap", tokens, gaps.collect());
        }
    }
    // The gaps of an answer whose mean is a second are the shape in millionths, stretched to that mean by a percent or so.
    let long = catalog::profile("azure-conversation");
    let model = ModelProfile::new(&catalog::profile("llm-groq-70b"), &long, &gaps, None).unwrap();
    let mut draw = model.draw(1, "ember");
    (draw.per_token, draw.generated_tokens) = (Duration::from_secs(1), SAMPLES as u32 + 1);
    add(&gaps, "gap", "gap-gamma", model.waits(&draw, 1, "ember")[1..].iter().copied().map(us).collect());
    drawn
}

#[test]
fn samples_follow_their_tables() {
    let mut shown = String::from(
        "table                                  p5         p50         p95         p99        mean    D\n",
    );
    let mut wrong = Vec::new();
    for (name, table, samples) in drawn() {
        assert_eq!(samples.len(), SAMPLES as usize);
        let distance = distance(&table, &samples);
        if distance > critical(samples.len()) {
            wrong.push(format!("{name}: distance {distance:.4} above {:.4}", critical(samples.len())));
        }
        let mut sorted = samples.clone();
        sorted.sort_unstable();
        let percentiles = [50_u16, 500, 950, 990];
        let row = |shown: &mut String, name: &str, values: [u64; 4], mean: u64| {
            write!(shown, "{name:<29}").unwrap();
            values.iter().chain([&mean]).for_each(|value| write!(shown, " {value:>11}").unwrap());
        };
        row(&mut shown, &name, percentiles.map(|permille| table.quantile(permille)), table.mean());
        shown.push('\n');
        let mean = samples.iter().sum::<u64>() / samples.len() as u64;
        row(&mut shown, "  samples", percentiles.map(|permille| nearest_rank(&sorted, permille.into())), mean);
        writeln!(shown, "    {distance:.4}").unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!(shown);
}

#[test]
fn every_table_is_drawn_from() {
    let mut names: Vec<_> = drawn().into_iter().map(|(name, ..)| name).collect();
    let mut tables = Vec::new();
    for profile in catalog::profile_names() {
        tables.extend(catalog::profile(profile).tables().map(|(table, ..)| format!("{profile} {table}")));
    }
    names.sort();
    tables.sort();
    assert_eq!(names, tables);
}

#[test]
fn the_points_of_every_table_are_drawn_exactly() {
    for name in catalog::profile_names() {
        let profile = catalog::profile(name);
        for (table, _, quantiles) in profile.tables() {
            for (permille, value) in quantiles.points() {
                // The first fraction of 2^64 that is not below the point.
                let u = (u128::from(permille) << 64).div_ceil(1_000).min(u128::from(u64::MAX)) as u64;
                assert_eq!(quantiles.sample(u), value, "{name} {table} at {permille}");
            }
        }
    }
}

fn search() -> SearchProfile {
    let (latency, texts) = (catalog::profile("search-default"), catalog::profile("text-passages"));
    SearchProfile::new(&latency, &texts, None).unwrap()
}

fn model() -> ModelProfile {
    let (speed, tokens) = (catalog::profile("llm-replicate-70b"), catalog::profile("azure-conversation"));
    ModelProfile::new(&speed, &tokens, &catalog::profile("gap-gamma"), None).unwrap()
}

#[test]
fn quantities_of_one_request_are_not_correlated() {
    // Ranks of two quantities that share a draw agree, or are the opposite of each other.
    let model = model();
    let draws = |from: u64, name: &str| (from..from + SAMPLES).map(|seed| model.draw(seed, name)).collect::<Vec<_>>();
    let (draws, of_another, of_the_next) = (draws(0, "ember"), draws(0, "other"), draws(1, "ember"));
    let first_token = |draws: &[ModelDraw]| draws.iter().map(|draw| draw.first_token.as_micros() as u64).collect();
    let quantities: [Vec<u64>; 6] = [
        first_token(&draws),
        draws.iter().map(|draw| draw.per_token.as_micros() as u64).collect(),
        draws.iter().map(|draw| draw.context_tokens.into()).collect(),
        draws.iter().map(|draw| draw.generated_tokens.into()).collect(),
        first_token(&of_another),
        first_token(&of_the_next),
    ];
    for (at, one) in quantities.iter().enumerate() {
        for other in &quantities[at + 1..] {
            let correlation = rank_correlation(one, other);
            assert!(correlation.abs() < 3.3 / (SAMPLES as f64).sqrt(), "quantity {at}: {correlation}");
        }
    }
}

/// Spearman's, with ties in order of index.
fn rank_correlation(one: &[u64], other: &[u64]) -> f64 {
    let ranks = |values: &[u64]| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by_key(|&index| values[index]);
        let mut ranks = vec![0.0; values.len()];
        order.into_iter().enumerate().for_each(|(rank, index)| ranks[index] = rank as f64);
        ranks
    };
    let n = one.len() as f64;
    let squares: f64 = ranks(one).iter().zip(ranks(other)).map(|(a, b)| (a - b).powi(2)).sum();
    1.0 - 6.0 * squares / (n * (n * n - 1.0))
}

#[test]
fn the_order_of_calls_changes_nothing() {
    let (search, model) = (Arc::new(search()), Arc::new(model()));
    let one = |seed: u64| {
        let draw = model.draw(seed, "ember");
        let chars: Vec<_> = (0..5).map(|hit| search.chars(seed, "alder", hit)).collect();
        (search.draw(seed, "alder"), chars, draw, model.waits(&draw, seed, "ember"))
    };
    let forwards: Vec<_> = (0..50).map(one).collect();
    let mut backwards: Vec<_> = (0..50).rev().map(one).collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
    let again = Arc::clone(&model);
    let elsewhere = std::thread::spawn(move || again.draw(7, "ember")).join().unwrap();
    assert_eq!(elsewhere, forwards[7].2);
    // A later hit's length does not depend on those before it having been asked for.
    assert_eq!(search.chars(3, "alder", 4), forwards[3].1[4]);
}

#[test]
fn the_waits_of_an_answer_come_to_what_was_drawn() {
    let model = model();
    for seed in 0..200 {
        let draw = model.draw(seed, "ember");
        let waits = model.waits(&draw, seed, "ember");
        assert_eq!(waits.len(), draw.generated_tokens as usize);
        assert_eq!(waits[0], draw.first_token);
        assert_eq!(waits[1..].iter().sum::<Duration>(), draw.per_token * (draw.generated_tokens - 1));
        assert!(waits.iter().all(|wait| !wait.is_zero()));
    }
}

#[test]
fn arrivals_are_those_of_their_seed_and_scale_to_any_rate() {
    let profile = catalog::profile("azure-code");
    let arrivals = |seed| Arrivals::new(&profile, seed).unwrap();
    let at = |arrivals: Arrivals| arrivals.take(500).collect::<Vec<_>>();
    assert_eq!(at(arrivals(1)), at(arrivals(1)));
    assert_ne!(at(arrivals(1)), at(arrivals(2)));
    assert!(at(arrivals(1)).is_sorted());
    let table = profile.table("gap", Unit::Us).unwrap();
    let faster = at(arrivals(1).with_mean_gap(Duration::from_millis(1)));
    let factor = 1_000.0 / table.mean() as f64;
    for (scaled, original) in faster.iter().zip(at(arrivals(1))) {
        assert!((scaled.as_secs_f64() - original.as_secs_f64() * factor).abs() < 1e-6, "{scaled:?} {original:?}");
    }
    assert!(Arrivals::new(&catalog::profile("gap-gamma"), 1).is_err(), "millionths are no times");
}
