//! A program that says whether answers are right, and how often it agrees with the labels.

use tokio::runtime::Runtime;

use crate::models::run_command;
use crate::score::Scored;
use crate::scores::{Gate, Scores};

/// A judge: a program that reads a question, the right answer and an answer, and writes `RIGHT` or `WRONG`. It blocks nothing: its
/// rows are shown.
#[derive(Debug, Clone)]
pub struct Judge {
    line: String,
}

impl Judge {
    /// A judge that runs a command line of a shell.
    pub fn new(line: impl Into<String>) -> Self {
        Self { line: line.into() }
    }

    /// Asks about an answer to a question that has one, and adds whether the judge agrees with the label. A judge that fails or
    /// writes neither word has not answered.
    pub fn add(&self, scored: &Scored<'_>, runtime: &Runtime, scores: &mut Scores) {
        if scored.answered.facts.is_refused {
            return;
        }
        let verdict = runtime.block_on(run_command(self.line.clone(), prompt(scored))).ok();
        let verdict = verdict.as_deref().and_then(parse);
        let about = "Share of answers about which the judge said something.";
        scored.add_share(scores, "judge/answered", about, Gate::Shown, verdict.is_some());
        if let Some(verdict) = verdict {
            let about = "Share of its verdicts in which the judge agrees with the label.";
            scored.add_share(scores, "judge/agreement", about, Gate::Shown, verdict == scored.is_right());
        }
    }
}

fn prompt(scored: &Scored<'_>) -> String {
    let spellings = |part: &Vec<String>| part.join(" / ");
    let right: Vec<String> = scored.question.answer.parts().iter().map(spellings).collect();
    format!(
        "Say whether the answer is right. It is right if it states every part of the right answer, in any words, and nothing that \
         contradicts it. Write RIGHT or WRONG, and nothing else.\n\nQuestion: {}\nRight answer: {}\nAnswer: {}\n",
        scored.question.query,
        right.join("; and "),
        scored.answered.facts.text
    )
}

/// The verdict in what a judge wrote: the one word of the two that occurs.
fn parse(text: &str) -> Option<bool> {
    let upper = text.to_uppercase();
    let has = |word: &str| upper.split(|c: char| !c.is_alphanumeric()).any(|found| found == word);
    match (has("RIGHT"), has("WRONG")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_one_of_two_words() {
        assert_eq!(parse("Right.\n"), Some(true));
        assert_eq!(parse("**WRONG**"), Some(false));
        assert_eq!(parse("It is neither right nor wrong."), None);
        assert_eq!(parse("upright"), None);
        assert_eq!(parse(""), None);
    }
}
