//! The rule of an update: which rows may be stored, and what is written.

use super::judge::is_lower;
use super::results::Results;
use super::row::Row;
use super::stored::{Acceptance, Stored};

/// Rows that an update stores only if they are accepted, split by whether they are.
#[derive(Debug, Clone, PartialEq)]
pub struct LowerRows<'a> {
    /// Lower or missing rows that are accepted.
    pub accepted: Vec<&'a Row>,
    /// Lower or missing rows that are not: nothing may be written while there is one.
    pub refused: Vec<&'a Row>,
}

/// Splits the lower and missing rows; `is_accepted` takes the name of a row as it is shown.
pub fn lower_rows(rows: &[Row], is_accepted: impl Fn(&str) -> bool) -> LowerRows<'_> {
    let lower = rows.iter().filter(|row| is_lower(row));
    let (accepted, refused) = lower.partition(|row| is_accepted(&row.key.to_string()));
    LowerRows { accepted, refused }
}

/// The file to write: the results of the run, with the accepted rows in place of those of earlier updates.
pub fn stored(run: Results, accepted: &[&Row], reason: &str) -> Stored {
    let acceptance = |row: &&Row| Acceptance {
        row: row.key.to_string(),
        from: row.stored,
        to: row.figure,
        reason: reason.to_owned(),
    };
    Stored { accepted: accepted.iter().map(acceptance).collect(), results: run }
}

#[cfg(test)]
mod tests {
    use super::super::judge::judge;
    use super::super::stored::tests::results;
    use super::*;

    fn of(rows: &[(&str, f64)]) -> Results {
        let line = |(row, value): &(&str, f64)| {
            format!(
                "{{\"row\":\"{row}\",\"about\":\"a figure\"}}\n\
                 {{\"row\":\"{row}\",\"split\":\"held-out\",\"question\":\"q\",\"value\":{value},\"of\":1}}\n"
            )
        };
        results(&rows.iter().map(line).collect::<String>())
    }

    #[test]
    fn lower_and_missing_rows_need_an_acceptance() {
        let (old, new) = (of(&[("a", 1.0), ("b", 1.0), ("c", 0.5)]), of(&[("a", 0.5), ("c", 1.0), ("d", 0.0)]));
        let rows = judge(&new, Some(&old));
        let LowerRows { accepted, refused } = lower_rows(&rows, |row| row == "a@held-out");
        let names = |rows: &[&Row]| rows.iter().map(|row| row.key.to_string()).collect::<Vec<_>>();
        assert_eq!((names(&accepted), names(&refused)), (vec!["a@held-out".to_owned()], vec!["b@held-out".to_owned()]));
        let next = stored(new.clone(), &accepted, "the passages changed");
        let expected = Acceptance {
            row: "a@held-out".into(),
            from: Some(1.0),
            to: Some(0.5),
            reason: "the passages changed".into(),
        };
        assert_eq!((next.accepted.as_slice(), &next.results), (&[expected][..], &new));
    }
}
