//! What says whether answers are right, and how often it agrees with the labels.

use aggregator_core::ProviderError;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::runtime::Runtime;

use crate::models::run_command;
use crate::score::Scored;
use crate::scores::{Gate, Scores};

/// A judge: a model or a program that reads a question, the right answer and an answer, and writes `RIGHT` or `WRONG`. It blocks
/// nothing: its rows are shown.
pub struct Judge {
    write: Box<dyn Fn(String) -> BoxFuture<'static, Result<String, ProviderError>>>,
}

impl Judge {
    /// A judge that writes a text from a prompt, such as a model of a service.
    pub fn new<F>(write: impl Fn(String) -> F + 'static) -> Self
    where
        F: Future<Output = Result<String, ProviderError>> + Send + 'static,
    {
        Self { write: Box::new(move |prompt| write(prompt).boxed()) }
    }

    /// A judge that runs a command line of a shell.
    pub(crate) fn of_command(line: &str) -> Self {
        let line = line.to_owned();
        Self::new(move |prompt| run_command(line.clone(), prompt))
    }

    /// Asks about an answer to a question that has one, and adds whether the judge agrees with the label. A judge that fails or
    /// writes neither word has not answered.
    pub(crate) fn add(&self, scored: &Scored<'_>, runtime: &Runtime, scores: &mut Scores) {
        if scored.answered.facts.is_refused {
            return;
        }
        let verdict = runtime.block_on((self.write)(prompt(scored))).ok();
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
