//! The recorded suites of all arms.

use std::collections::BTreeMap;
use std::path::Path;

use perf_runner::error::Error;

use crate::arms::Arm;
use crate::rates::{self, Method, Thresholds};
use crate::record::{self, Suite};

/// How many suites are drawn from the recorded ones.
#[derive(Debug, Clone, Copy)]
pub struct Draws {
    /// Number of resampled suites of each null arm that are judged.
    pub resampled: u64,
    /// Number of suites of each null arm whose sides are exchanged and that are judged.
    pub exchanged: u64,
    /// Number of suites from which power is computed.
    pub power: u64,
}

impl Draws {
    /// The draws of the published results.
    pub const PUBLISHED: Self = Self { resampled: 2_000, exchanged: 2_000, power: 500 };
    /// The draws of the test that judges the recorded pairs again, which has to be quick: the first ones of the published draws.
    pub const CHECKED: Self = Self { resampled: 2_000, exchanged: 200, power: 16 };

    /// Number of judged suites that are drawn by a method.
    pub fn judged(self, method: Method) -> u64 {
        match method {
            Method::Resampled => self.resampled,
            Method::SidesExchanged => self.exchanged,
        }
    }
}

/// Every recorded suite, by arm.
pub struct RecordedSuites(pub BTreeMap<Arm, Vec<Suite>>);

impl RecordedSuites {
    /// Reads the files of all arms in the data folder `dir`.
    ///
    /// # Errors
    /// If a file cannot be read, or there is no suite.
    pub fn read(dir: &Path) -> Result<Self, Error> {
        let suites = Arm::ALL.into_iter().map(|arm| Ok((arm, record::read(&arm.file(dir))?)));
        let suites = suites.collect::<Result<BTreeMap<_, _>, Error>>()?;
        let suites: BTreeMap<_, _> = suites.into_iter().filter(|(_, suites)| !suites.is_empty()).collect();
        if suites.is_empty() {
            return Err(Error::environment(
                format!("{} has no suites", dir.join("selftest").display()),
                "measure some: cargo xtask perf selftest --suites 1",
            ));
        }
        Ok(Self(suites))
    }

    /// The suites of an arm; empty if none is recorded.
    pub fn of(&self, arm: Arm) -> &[Suite] {
        self.0.get(&arm).map_or(&[], Vec::as_slice)
    }

    /// The slowdowns that resampled suites of unchanged code detect.
    pub fn thresholds(&self, draws: Draws) -> Result<Thresholds, Error> {
        rates::thresholds(self.of(Arm::Same), draws.power, 1)
    }
}
