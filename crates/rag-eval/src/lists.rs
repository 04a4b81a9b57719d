//! The passages that a question is asked with: mixed once, and stored, because a seed gives other lists with other programs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::abilities::negatives;
use crate::lines::{LineError, json_lines};
use crate::questions::{Ability, PassageKey, Question};

/// Number of passages of a list.
pub const PASSAGES: usize = 5;

/// The lists of a question, by name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lists {
    /// The question.
    pub id: String,
    /// Keys of passages, in order, by name of the list, such as `noise-0.8`.
    pub lists: BTreeMap<String, Vec<String>>,
}

/// Parses lists, one JSON object a line.
///
/// # Errors
/// If a line is not valid.
pub fn parse(text: &str) -> Result<BTreeMap<String, Lists>, LineError> {
    let mut found = BTreeMap::new();
    for line in json_lines::<Lists>(text) {
        let (number, lists) = line?;
        if let Some(what) = lists.lists.values().flatten().find_map(|key| key.parse::<PassageKey>().err()) {
            return Err(LineError::new(number, what));
        }
        if let Some(twice) = found.insert(lists.id.clone(), lists) {
            return Err(LineError::new(number, format!("the id `{}` occurs twice", twice.id)));
        }
    }
    Ok(found)
}

/// The lists that an ability is tested with: their names, and how many positive, wrong and negative passages each has.
///
/// As in RGB, noise is the share of negative passages. With several groups of positive passages each list has one of each. Of
/// the passages of a counterfactual list two in five are wrong, so that the right ones are more.
fn wanted(question: &Question) -> Vec<(String, [usize; 3])> {
    let noise = |ratio: &str| {
        let negative = negatives(PASSAGES, ratio.parse().unwrap_or(0.0));
        [PASSAGES - negative, 0, negative]
    };
    let named = |name: &str, ratio: &str| (format!("{name}-{ratio}"), noise(ratio));
    match question.ability {
        Ability::Noise => ["0", "0.2", "0.4", "0.6", "0.8", "1"].map(|ratio| named("noise", ratio)).into(),
        Ability::Integration => ["0", "0.2", "0.4", "0.6"].map(|ratio| named("integration", ratio)).into(),
        Ability::Counterfactual => vec![("counterfactual".to_owned(), [3, 2, 0])],
        Ability::Unanswerable => vec![named("unanswerable", "1")],
    }
}

/// Mixes the lists of a question. `below` returns a random number below its argument.
pub fn mix(question: &Question, mut below: impl FnMut(usize) -> usize) -> Lists {
    let mut lists = BTreeMap::new();
    for (name, [positive, wrong, negative]) in wanted(question) {
        // One of each group first, then any.
        let mut offset = 0;
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for group in &question.positive {
            let mut keys: Vec<PassageKey> = (offset..offset + group.len()).map(PassageKey::Positive).collect();
            offset += group.len();
            shuffle(&mut keys, &mut below);
            first.extend(keys.pop());
            rest.extend(keys);
        }
        shuffle(&mut first, &mut below);
        shuffle(&mut rest, &mut below);
        let groups = if question.positive.len() > 1 && positive > 0 { positive.max(first.len()) } else { positive };
        first.extend(rest);
        let mut chosen: Vec<PassageKey> = first.into_iter().take(groups).collect();
        for (keys, count) in [
            ((0..question.wrong.len()).map(PassageKey::Wrong).collect::<Vec<_>>(), wrong),
            ((0..question.negative.len()).map(PassageKey::Negative).collect(), negative),
        ] {
            let mut keys = keys;
            shuffle(&mut keys, &mut below);
            chosen.extend(keys.into_iter().take(count));
        }
        shuffle(&mut chosen, &mut below);
        lists.insert(name, chosen.iter().map(PassageKey::to_string).collect());
    }
    Lists { id: question.id.clone(), lists }
}

/// Fisher and Yates.
fn shuffle<T>(items: &mut [T], below: &mut impl FnMut(usize) -> usize) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions;

    fn lists(line: &str) -> BTreeMap<String, Vec<String>> {
        let question = questions::parse(line).unwrap().remove(0);
        let mut state = 1usize;
        mix(&question, |n| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        })
        .lists
    }

    fn count(list: &[String]) -> [usize; 3] {
        ["p", "w", "n"].map(|kind| list.iter().filter(|key| key.starts_with(kind)).count())
    }

    #[test]
    fn lists_have_as_many_passages_of_each_kind_as_rgb_says() {
        let noise = lists(
            r#"{"id":1,"query":"q","answer":"x","positive":["1","2","3","4","5"],"negative":["1","2","3","4","5","6"]}"#,
        );
        let counts: Vec<[usize; 3]> = noise.values().map(|list| count(list)).collect();
        assert_eq!(
            noise.keys().collect::<Vec<_>>(),
            ["noise-0", "noise-0.2", "noise-0.4", "noise-0.6", "noise-0.8", "noise-1"]
        );
        assert_eq!(counts, [[5, 0, 0], [4, 0, 1], [3, 0, 2], [2, 0, 3], [1, 0, 4], [0, 0, 5]]);
        let fact = lists(
            r#"{"id":1,"query":"q","answer":"x","fakeanswer":"y","positive":["1","2","3","4","5"],"positive_wrong":["1","2","3"],"negative":[]}"#,
        );
        assert_eq!(count(&fact["counterfactual"]), [3, 2, 0]);
    }

    #[test]
    fn each_group_has_a_passage_in_each_list() {
        let int = lists(
            r#"{"id":1,"query":"q","answer":[["x"],["y"]],"positive":[["1","2","3"],["4","5","6"]],"negative":["1","2","3","4","5"]}"#,
        );
        for (name, list) in &int {
            let positive: Vec<usize> = list.iter().filter_map(|key| key.strip_prefix('p')?.parse().ok()).collect();
            assert!(positive.iter().any(|&at| at < 3) && positive.iter().any(|&at| at >= 3), "{name}: {list:?}");
        }
        assert_eq!(count(&int["integration-0.6"]), [2, 0, 3]);
    }

    #[test]
    fn invalid_lists_are_reported() {
        assert!(
            parse("{\"id\":\"a\",\"lists\":{}}\n{\"id\":\"a\",\"lists\":{}}")
                .unwrap_err()
                .to_string()
                .contains("line 2")
        );
        assert!(parse(r#"{"id":"a","lists":{"x":["q1"]}}"#).unwrap_err().to_string().contains("`q1`"));
    }
}
