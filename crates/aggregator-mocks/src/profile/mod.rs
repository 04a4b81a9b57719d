//! How real services behave, as tables of quantiles that mocks draw from.
//!
//! A [`Profile`] is a file of `benches-data/profiles/` with its source beside its figures. Mocks put some together to a
//! [`SearchProfile`] or a [`ModelProfile`]; load draws its [`Arrivals`]. Everything is drawn by the inverse of the
//! distribution ([`QuantileTable`]) from the seed of a request, a name and a counter: nothing depends on the order of
//! calls, and only whole numbers are computed, so that it is the same on every machine.

mod arrivals;
mod model;
mod rate_limit;
mod search;
mod table;

use std::collections::BTreeMap;
use std::ops::Range;

use aggregator_settings::ParseError;
use serde::Deserialize;
use toml::Spanned;

pub use arrivals::Arrivals;
pub use model::{ModelDraw, ModelProfile};
pub use rate_limit::RateLimitProfile;
pub use search::{SearchDraw, SearchProfile};
pub use table::{QuantileTable, TableError};

use table::Place;

/// Figures about real services from one source.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Where the figures are from.
    pub source: String,
    /// Under what terms.
    pub licence: String,
    /// When what they are about was observed.
    pub collected: String,
    /// How they were derived.
    pub method: String,
    /// What they are not.
    pub limits: String,
    tables: BTreeMap<String, (Unit, QuantileTable)>,
    refusals: Option<RateLimitProfile>,
}

/// What the values of a table count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Microseconds; never 0.
    Us,
    /// Characters (Unicode scalar values).
    Chars,
    /// Hits of one answer.
    Hits,
    /// Tokens of a language model.
    Tokens,
    /// Millionths of something that the table's comment names; never 0.
    Ppm,
}

/// Why a text is no profile, or a profile not the one that was needed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Not TOML of this shape, or a table that is none.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// Another version of the format.
    #[error("schema {0} is not the version this library reads (1)")]
    Schema(u32),
    /// Another table was needed.
    #[error("it has no table `{wanted}` of unit {unit:?}; it has: {known}")]
    NoTable {
        /// Name of the table.
        wanted: &'static str,
        /// Unit of the table.
        unit: Unit,
        /// Names of those that it has.
        known: String,
    },
    /// Refusals were needed.
    #[error("it has no [refusals]")]
    NoRefusals,
}

#[derive(Deserialize)]
struct Version {
    schema: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "schema")]
    _schema: u32,
    source: Spanned<String>,
    licence: Spanned<String>,
    collected: Spanned<String>,
    method: Spanned<String>,
    limits: Spanned<String>,
    #[serde(default)]
    table: BTreeMap<String, TableSpec>,
    refusals: Option<Spanned<RateLimitProfile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableSpec {
    unit: Unit,
    /// Observations behind it; absent where it was computed.
    #[serde(rename = "n")]
    _n: Option<u32>,
    /// Where the points are, if not at every whole percent.
    at_permille: Option<Vec<Spanned<u16>>>,
    /// Points beside the whole percents.
    #[serde(default)]
    also_permille: Vec<Spanned<u16>>,
    values: Spanned<Vec<Spanned<u64>>>,
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`ProfileError`] says where it is wrong.
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        // The version alone first, so that a newer file is named as such and not as a list of odd fields.
        let Version { schema } = toml::from_str(text).map_err(|error| ParseError::new(text, &error))?;
        if schema != 1 {
            return Err(ProfileError::Schema(schema));
        }
        let file: File = toml::from_str(text).map_err(|error| ParseError::new(text, &error))?;
        let about = [&file.source, &file.licence, &file.collected, &file.method, &file.limits];
        if let Some(blank) = about.into_iter().find(|about| about.get_ref().trim().is_empty()) {
            return Err(ParseError::at(text, blank.span(), "state what the figures do not cover").into());
        }
        let mut tables = BTreeMap::new();
        for (name, spec) in file.table {
            let table = spec.read().map_err(|(span, problem)| ParseError::at(text, span, &problem))?;
            tables.insert(name, (spec.unit, table));
        }
        if let Some(refusals) = &file.refusals
            && !(1..=10_000).contains(&refusals.get_ref().of) | (refusals.get_ref().refused > refusals.get_ref().of)
        {
            return Err(ParseError::at(text, refusals.span(), "`refused` is at most `of`, which is 1 to 10000").into());
        }
        Ok(Self {
            source: file.source.into_inner(),
            licence: file.licence.into_inner(),
            collected: file.collected.into_inner(),
            method: file.method.into_inner(),
            limits: file.limits.into_inner(),
            tables,
            refusals: file.refusals.map(Spanned::into_inner),
        })
    }

    /// A table by its name, if its unit is this.
    ///
    /// # Errors
    /// [`ProfileError::NoTable`].
    pub fn table(&self, name: &'static str, unit: Unit) -> Result<&QuantileTable, ProfileError> {
        match self.tables.get(name) {
            Some((its, table)) if *its == unit => Ok(table),
            _ => {
                let known = self.tables.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                Err(ProfileError::NoTable { wanted: name, unit, known })
            }
        }
    }

    /// Every table with its name, in name order.
    pub fn tables(&self) -> impl Iterator<Item = (&str, Unit, &QuantileTable)> {
        self.tables.iter().map(|(name, (unit, table))| (name.as_str(), *unit, table))
    }

    /// The share of requests that are refused.
    ///
    /// # Errors
    /// [`ProfileError::NoRefusals`].
    pub fn refusals(&self) -> Result<RateLimitProfile, ProfileError> {
        self.refusals.ok_or(ProfileError::NoRefusals)
    }
}

/// Maximum number of characters, hits or tokens that a table may count: mocks keep what they draw in memory.
const MAX_ITEMS: u64 = 1_000_000;

impl TableSpec {
    /// The table, or what is wrong and where in the text.
    fn read(&self) -> Result<QuantileTable, (Range<usize>, String)> {
        if let (Some(_), Some(also)) = (&self.at_permille, self.also_permille.first()) {
            return Err((also.span(), "points beside the whole percents, but `at_permille` says where all are".into()));
        }
        let mut at: Vec<(u16, Option<Range<usize>>)> = match &self.at_permille {
            Some(at) => at.iter().map(|at| (*at.get_ref(), Some(at.span()))).collect(),
            None => (0..=100).map(|percent| (percent * 10, None)).collect(),
        };
        at.extend(self.also_permille.iter().map(|at| (*at.get_ref(), Some(at.span()))));
        if !self.also_permille.is_empty() {
            at.sort_by_key(|(at, _)| *at);
        }
        let values: Vec<u64> = self.values.get_ref().iter().map(|value| *value.get_ref()).collect();
        let value_span = |index: usize| self.values.get_ref().get(index).map_or(self.values.span(), Spanned::span);
        let places: Vec<u16> = at.iter().map(|(at, _)| *at).collect();
        let table = QuantileTable::new(&places, &values).map_err(|error| {
            let span = match error.place {
                Place::At(index) => at[index].1.clone().unwrap_or(self.values.span()),
                Place::Value(index) => value_span(index),
            };
            (span, error.to_string())
        })?;
        if matches!(self.unit, Unit::Us | Unit::Ppm) && table.min() == 0 {
            return Err((value_span(0), "a duration, or a part of one, is never 0".into()));
        }
        if let (Unit::Chars | Unit::Hits | Unit::Tokens, most) = (self.unit, table.quantile(1_000))
            && most > MAX_ITEMS
        {
            return Err((value_span(values.len() - 1), format!("{most} are more than {MAX_ITEMS} of one answer")));
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"schema = 1
source = "s"
licence = "l"
collected = "c"
method = "m"
limits = "x"

[table.latency]
unit = "us"
at_permille = [0, 500, 1000]
values = [5, 6, 70]

[refusals]
refused = 130
of = 150
"#;

    #[test]
    fn an_invalid_profile_has_an_error_with_its_place() {
        assert!(Profile::from_toml(GOOD).is_ok());
        let told = |from: &str, to: &str| {
            assert!(GOOD.contains(from));
            Profile::from_toml(&GOOD.replacen(from, to, 1)).unwrap_err().to_string()
        };
        for (from, to, says) in [
            ("values = [5, 6, 70]", "values = [5, 6, 4]", "line 11, column 17: values never decrease, but 4 follows 6"),
            ("values = [5,", "values = [0,", "line 11, column 11: a duration, or a part of one, is never 0"),
            ("values = [5, 6, 70]", "values = [5, 6]", "line 11, column 14: 2 values for 3 points"),
            ("values = [5, 6, 70]", "values = []", "line 11, column 10: a table has at least 2 points, not 0"),
            ("at_permille = [0, 500, 1000]\n", "", "line 10, column 17: 3 values for 101 points"),
            ("[0, 500, 1000]", "[0, 0, 1000]", "line 10, column 19: points increase, but 0 follows 0"),
            ("[0, 500, 1000]", "[10, 500, 1000]", "line 10, column 16: the first point is at 0, not at 10"),
            ("[0, 500, 1000]", "[0, 500, 990]", "line 10, column 24: the last point is at 1000, not at 990"),
            ("limits = \"x\"", "limits = \" \"", "line 6, column 10: state what the figures do not cover"),
            ("refused = 130", "refused = 151", "`refused` is at most `of`"),
            ("[0, 500, 1000]", "[0, 500, 1000]\nalso_permille = [250]", "line 11, column 18: points beside the whole"),
            ("schema = 1", "schema = 2\nnew = 1", "schema 2 is not the version this library reads (1)"),
        ] {
            let error = told(from, to);
            assert!(error.contains(says), "expected {says:?}, was told {error:?}");
        }
        for (from, to, says) in [
            ("70]", "nan]", "line 11, column 17: invalid type: floating point"),
            ("70]", "-1]", "line 11, column 17: invalid value: integer `-1`"),
            ("unit = \"us\"", "unit = \"s\"", "line 9, column 8: unknown variant `s`"),
            ("limits = \"x\"\n", "", "missing field `limits`"),
        ] {
            let error = told(from, to);
            assert!(error.contains(says), "expected {says:?}, was told {error:?}");
        }
    }

    #[test]
    fn more_than_an_answer_can_have_is_refused() {
        let hits = GOOD.replace("\"us\"", "\"hits\"");
        assert!(Profile::from_toml(&hits).is_ok());
        let error = Profile::from_toml(&hits.replace("70]", "4294967296]")).unwrap_err().to_string();
        assert_eq!(error, "line 11, column 17: 4294967296 are more than 1000000 of one answer");
    }

    #[test]
    fn a_table_that_is_not_there_is_named_with_those_that_are() {
        let profile = Profile::from_toml(GOOD).unwrap();
        assert_eq!(profile.table("latency", Unit::Us).unwrap().quantile(500), 6);
        let error = profile.table("gap", Unit::Us).unwrap_err().to_string();
        assert_eq!(error, "it has no table `gap` of unit Us; it has: latency");
        assert!(profile.table("latency", Unit::Chars).is_err(), "microseconds are no characters");
    }
}
