//! The questions that made rows lower, each with its answers before and after.
//!
//! Of tuning questions only: of held-out ones nothing but totals leaves the judge.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Serialize;

use super::judge::compare_scores;
use super::name::Split;
use super::results::{Answer, AnswerKey, Results};
use super::row::Row;
use crate::statistics::Fraction;
use crate::verdict::Verdict;

/// A tuning question with a lower score than was stored, in at least one row that regressed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorseQuestion {
    /// The setup that answered.
    pub setup: String,
    /// The list of passages; absent if the scores belong to no answer.
    pub list: Option<String>,
    /// The id of the question.
    pub question: String,
    /// The question as a person typed it; absent without an answer in the run and in the stored results.
    pub query: Option<String>,
    /// Domain, language and ability of the question.
    pub kind: Option<String>,
    /// The answer before: the stored one, or that of the base.
    pub before: Option<String>,
    /// The answer of the run.
    pub after: Option<String>,
    /// The rows that regressed and have a lower score of this question.
    pub rows: Vec<WorseScore>,
}

/// The score of a question in one row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorseScore {
    /// The row.
    pub row: String,
    /// The stored score, without unit.
    pub before: f64,
    /// The score of the run.
    pub after: f64,
}

/// Collects the questions of all rows that regressed, sorted by setup, list and question, those
/// without an answer last. An answer before that is not stored is taken from the base.
pub fn collect(rows: &[Row], run: &Results, stored: &Results, base: Option<&Results>) -> Vec<WorseQuestion> {
    let mut found: BTreeMap<(String, Option<String>, String), Vec<WorseScore>> = BTreeMap::new();
    let is_told = |row: &&Row| row.verdict == Verdict::Regressed && row.key.split == Split::Tuning;
    for row in rows.iter().filter(is_told) {
        let (Some(before), Some(after)) = (stored.rows.get(&row.key), run.rows.get(&row.key)) else { continue };
        for (question, &before) in before {
            let Some(&after) = after.get(question) else { continue };
            if compare_scores(before, after) != Ordering::Less {
                continue;
            }
            let name = &row.key.name;
            let key = run.answer_key(name, question).or_else(|| stored.answer_key(name, question));
            let place = (name.setup().to_owned(), key.map(|key| key.list.clone()), question.clone());
            let ratio = |score: Fraction| score.ratio().unwrap_or_default();
            let score = WorseScore { row: row.key.to_string(), before: ratio(before), after: ratio(after) };
            found.entry(place).or_default().push(score);
        }
    }
    let question = |((setup, list, question), rows): ((String, Option<String>, String), Vec<WorseScore>)| {
        let answer = |results: &Results| -> Option<Answer> {
            let (setup, list, question) = (setup.clone(), list.clone()?, question.clone());
            results.answers.get(&AnswerKey { setup, list, question }).cloned()
        };
        let after = answer(run);
        let before = answer(stored).or_else(|| answer(base?));
        let either = after.as_ref().or(before.as_ref());
        let query = either.map(|answer| answer.query.clone());
        let kind = either.map(|answer| format!("{}, {}, {}", answer.domain, answer.lang, answer.ability));
        let text = |answer: Option<Answer>| answer.map(|answer| answer.answer);
        WorseQuestion { setup, list, question, query, kind, before: text(before), after: text(after), rows }
    };
    let mut questions: Vec<WorseQuestion> = found.into_iter().map(question).collect();
    // Those that say most come first; the sort is stable.
    questions.sort_by_key(|question| question.query.is_none());
    questions
}

#[cfg(test)]
mod tests {
    use super::super::judge::judge;
    use super::super::stored::tests::results;
    use super::*;

    fn run(value: f64, answer: Option<&str>) -> Results {
        let mut lines = String::new();
        for row in ["offline/answer/noise-0.8", "offline/domain/law"] {
            lines += &format!("{{\"row\":\"{row}\",\"about\":\"right answers\"}}\n");
            for (question, split) in [("law-03", "tuning"), ("law-04", "tuning"), ("law-40", "held-out")] {
                let value = if question == "law-04" { 1.0 } else { value };
                lines += &format!(
                    "{{\"row\":\"{row}\",\"split\":\"{split}\",\"question\":\"{question}\",\"value\":{value},\"of\":1}}\n"
                );
            }
        }
        if let Some(answer) = answer {
            lines += &format!(
                "{{\"setup\":\"offline\",\"list\":\"noise-0.8\",\"question\":\"law-03\",\"domain\":\"law\",\"lang\":\"en\",\
                 \"ability\":\"noise\",\"query\":\"how long?\",\"answer\":\"{answer}\"}}\n"
            );
        }
        results(&lines)
    }

    fn worse(run: &Results, stored: &Results, base: Option<&Results>) -> Vec<WorseQuestion> {
        collect(&judge(run, Some(stored)), run, stored, base)
    }

    #[test]
    fn each_question_is_told_once_with_its_rows_and_answers() {
        let found = worse(&run(0.0, Some("no")), &run(1.0, Some("21 days")), None);
        let row = |row: &str| WorseScore { row: row.into(), before: 1.0, after: 0.0 };
        let expected = WorseQuestion {
            setup: "offline".into(),
            list: Some("noise-0.8".into()),
            question: "law-03".into(),
            query: Some("how long?".into()),
            kind: Some("law, en, noise".into()),
            before: Some("21 days".into()),
            after: Some("no".into()),
            // The second row is named after no list, and the setup has one answer only.
            rows: vec![row("offline/answer/noise-0.8"), row("offline/domain/law")],
        };
        assert_eq!(found, [expected], "no held-out question");
        assert_eq!(worse(&run(1.0, None), &run(1.0, None), None), []);
    }

    #[test]
    fn an_answer_before_may_be_that_of_the_base_or_none() {
        let found = worse(&run(0.0, Some("no")), &run(1.0, None), Some(&run(1.0, Some("21 days"))));
        assert_eq!(found[0].before.as_deref(), Some("21 days"));
        let found = worse(&run(0.0, None), &run(1.0, None), None);
        assert_eq!((&found[0].list, &found[0].query, found[0].rows.len()), (&None, &None, 2));
    }
}
