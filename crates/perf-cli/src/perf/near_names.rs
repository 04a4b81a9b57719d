//! Names of cases that are similar to one that does not exist.

use perf_gate::CaseName;

/// Names that are shown.
const SHOWN: usize = 5;

/// The most similar ones of `known`, the most similar first. Names of the same suite come first, then those with fewer
/// characters to change.
pub fn near_names<'a>(name: &CaseName, known: &'a [CaseName]) -> Vec<&'a str> {
    let suite = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
    let mut near: Vec<&str> = known.iter().map(CaseName::as_str).collect();
    near.sort_by_key(|other| {
        (edits(name.as_str(), other) > 3, suite(other) != suite(name.as_str()), edits(name.as_str(), other))
    });
    near.truncate(SHOWN);
    near
}

/// The number of bytes to insert, remove or replace (Levenshtein's distance). Names are ASCII, of at most 122 bytes.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_names_come_first() {
        let names =
            ["query/floor/10", "query/standard/40", "merge/standard/40", "merge/wide/800", "url/plain/1", "a/b/c"];
        let known = names.map(|name| CaseName::new(name).unwrap());
        let near = |name: &str| near_names(&CaseName::new(name).unwrap(), &known)[0];
        assert_eq!(near("query/flor/10"), "query/floor/10");
        assert_eq!(near("merge/standart/40"), "merge/standard/40", "a typo outweighs the suite");
        assert_eq!(near("merge/other/7"), "merge/wide/800");
        assert_eq!(near_names(&CaseName::new("x/y/z").unwrap(), &known).len(), SHOWN);
        assert_eq!([edits("", "abc"), edits("kitten", "sitting"), edits("a", "a")], [3, 3, 0]);
    }
}
