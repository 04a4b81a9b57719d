//! All suites that are kept.

use std::collections::BTreeMap;
use std::path::Path;

use perf_runner::error::Error;

use crate::arms::Arm;
use crate::rates::{self, Resampled};
use crate::record::{self, Suite};

/// Suites that are made of recorded rounds.
pub const RESAMPLED: u64 = 2_000;

/// Every recorded suite, by arm.
pub struct Recorded(pub BTreeMap<Arm, Vec<Suite>>);

impl Recorded {
    /// Reads the files.
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

    /// The suites of an arm.
    pub fn of(&self, arm: Arm) -> &[Suite] {
        self.0.get(&arm).map_or(&[], Vec::as_slice)
    }

    /// What unchanged code looks like in suites made of recorded rounds.
    pub fn unchanged(&self) -> Result<Resampled, Error> {
        rates::resampled(self.of(Arm::Same), RESAMPLED, 1)
    }
}
