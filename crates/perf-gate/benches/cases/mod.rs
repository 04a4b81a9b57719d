//! The cases: every workload that is measured, written once and run by all three targets.
//!
//! To add one: implement [`Work`] in a file of this folder and add a line to [`CASES`]. Its name is its key in every
//! baseline and stays for ever. `run` is what is measured and must do its work through public interfaces; `observe` does
//! the same once more, slowly, and says what came of it.

mod citations;
mod load;
mod merge;
mod query;
mod url;
mod yardstick;

use std::hash::Hasher as _;

use perf_gate::Metric;
use siphasher::sip::SipHasher13;

/// One workload, prepared: setting it up is not measured.
pub trait Work {
    /// One operation; returns how much it computed, which is the same every time.
    fn run(&mut self) -> u64;

    /// One operation, with an account of what came of it.
    ///
    /// # Errors
    /// When what came of it is not what should.
    fn observe(&mut self) -> Result<Observation, String>;
}

/// What came of one operation.
#[derive(Debug, Default)]
pub struct Observation {
    /// Digest of everything it computed.
    pub checksum: u64,
    /// What was counted; a metric that has no meaning here is absent.
    pub counts: Vec<(Metric, u64)>,
}

/// A case.
pub struct Case {
    /// Its name, for ever.
    pub name: &'static str,
    /// Prepares it.
    pub prepare: fn() -> Box<dyn Work>,
}

const fn case(name: &'static str, prepare: fn() -> Box<dyn Work>) -> Case {
    Case { name, prepare }
}

/// Every case.
pub const CASES: &[Case] = &[
    case("url/ordinary/40", || Box::new(url::ordinary())),
    case("url/hostile/40", || Box::new(url::hostile())),
    case("merge/standard/40", || Box::new(merge::Merge::of("standard"))),
    case("merge/wide/800", || Box::new(merge::Merge::of("wide"))),
    case("rank/standard/40", || Box::new(merge::Rank::of("standard"))),
    case("rank/wide/800", || Box::new(merge::Rank::of("wide"))),
    case("citations/scan/200", || Box::new(citations::Scan::new())),
    case("query/floor/10", || Box::new(query::Whole::of("floor"))),
    case("query/standard/40", || Box::new(query::Whole::of("standard"))),
    case("query/degraded/64", || Box::new(query::Whole::of("degraded"))),
    case("query/wide/800", || Box::new(query::Whole::of("wide"))),
    case("answer/deltas/0", || Box::new(query::Whole::with_deltas(0))),
    case("answer/deltas/200", || Box::new(query::Whole::with_deltas(200))),
    case("cancel/request/standard", || Box::new(query::Interrupted::by_request())),
    case("cancel/drop/standard", || Box::new(query::Interrupted::by_drop())),
    case("load/floor/100", || Box::new(load::Concurrent::of("floor", 100))),
    case("load/standard/100", || Box::new(load::Concurrent::of("standard", 100))),
    case("yardstick/channel/200", || Box::new(yardstick::Channel::new())),
];

/// The case of a name.
///
/// # Errors
/// When there is none; the message lists what there is.
pub fn find(name: &str) -> Result<&'static Case, String> {
    let known = || CASES.iter().map(|case| case.name).collect::<Vec<_>>().join(" ");
    CASES
        .iter()
        .find(|case| case.name == name)
        .ok_or_else(|| format!("no case is named `{name}`; there are: {}", known()))
}

/// Prepares a case and checks that it does its work.
///
/// # Errors
/// When it does not.
pub fn prepare(case: &Case) -> Result<(Box<dyn Work>, Observation), String> {
    let mut work = (case.prepare)();
    let observation = work.observe()?;
    let something = observation.checksum != 0 && observation.counts.iter().any(|(_, count)| *count > 0);
    require(something, || "it computed nothing".into())?;
    Ok((work, observation))
}

/// Digest of some texts.
fn digest<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(0, 0);
    for text in texts {
        hasher.write_usize(text.len());
        hasher.write(text.as_bytes());
    }
    hasher.finish()
}

fn require(true_of_the_case: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if true_of_the_case { Ok(()) } else { Err(otherwise()) }
}
