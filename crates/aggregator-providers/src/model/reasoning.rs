//! Reasoning that a model writes into its answer, between `<think>` and `</think>`.

/// What to do with reasoning that is not marked as such by the service, but stands at the begin of the text between `<think>`
/// and `</think>`, as local models write it.
///
/// Reasoning in a field of its own (`reasoning_content`, `reasoning`, `thinking`) never reaches the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reasoning {
    /// It is part of the answer: what the service calls the answer is one.
    #[default]
    Keep,
    /// It is left out, with the white space around it. Text that does not begin with `<think>`, or has it later, stays as it is.
    /// Where `</think>` is missing, there is no answer.
    Remove,
}

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Most bytes of white space in front of `<think>`; text with more is an answer.
const MAX_INDENT: usize = 64;

/// Removes reasoning from a text that comes in pieces; holds at most [`MAX_INDENT`] bytes and a tag.
#[derive(Debug)]
pub(super) struct Filter {
    state: State,
    /// What is not decided: the begin of the text, or the last bytes of the reasoning.
    held: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The text so far is the begin of white space and `<think>`.
    Begin,
    Reasoning,
    /// Behind the reasoning, before the first character of the answer.
    Behind,
    Answer,
}

impl Filter {
    pub(super) fn new(reasoning: Reasoning) -> Self {
        let state = match reasoning {
            Reasoning::Keep => State::Answer,
            Reasoning::Remove => State::Begin,
        };
        Self { state, held: String::new() }
    }

    /// The part of the answer that is certain now.
    pub(super) fn push(&mut self, piece: String) -> String {
        match self.state {
            State::Answer => piece,
            State::Begin => self.begin(&piece),
            State::Reasoning => self.reasoning(&piece),
            State::Behind => self.behind(&piece),
        }
    }

    /// What is left when the text ends.
    pub(super) fn finish(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        if self.state == State::Begin { held } else { String::new() }
    }

    fn begin(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let text = self.held.trim_start();
        let indent = self.held.len() - text.len();
        if indent <= MAX_INDENT {
            if let Some(behind) = text.strip_prefix(OPEN) {
                let behind = behind.to_owned();
                self.held.clear();
                self.state = State::Reasoning;
                return self.reasoning(&behind);
            }
            if OPEN.starts_with(text) {
                return String::new();
            }
        }
        self.state = State::Answer;
        std::mem::take(&mut self.held)
    }

    fn reasoning(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        if let Some((_, behind)) = self.held.split_once(CLOSE) {
            let behind = behind.to_owned();
            self.held.clear();
            self.state = State::Behind;
            return self.behind(&behind);
        }
        // The tag may have begun.
        let keep = (1..CLOSE.len()).rev().find(|&length| self.held.ends_with(&CLOSE[..length])).unwrap_or(0);
        self.held.drain(..self.held.len() - keep);
        String::new()
    }

    fn behind(&mut self, piece: &str) -> String {
        let text = piece.trim_start();
        if !text.is_empty() {
            self.state = State::Answer;
        }
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filtered(reasoning: Reasoning, pieces: &[&str]) -> String {
        let mut filter = Filter::new(reasoning);
        let mut text: String = pieces.iter().map(|piece| filter.push((*piece).to_owned())).collect();
        assert!(filter.held.len() < MAX_INDENT + OPEN.len() + 4, "{:?}", filter.held);
        text.push_str(&filter.finish());
        text
    }

    #[test]
    fn reasoning_at_the_begin_is_removed() {
        let cases = [
            ("<think>hm</think>\n\nyes", "yes"),
            (" \n<think></think>yes </think>", "yes </think>"),
            ("<think>a < b </thin </think> <think>b</think>", "<think>b</think>"),
            ("yes <think>hm</think>", "yes <think>hm</think>"),
            ("<thinking>", "<thinking>"),
            ("  <th", "  <th"),
            ("<think>never closed", ""),
            ("<think>hm</thi", ""),
            ("", ""),
            ("\u{e4} 🦀", "\u{e4} 🦀"),
        ];
        for (text, expected) in cases {
            assert_eq!(filtered(Reasoning::Remove, &[text]), expected, "{text}");
            assert_eq!(filtered(Reasoning::Keep, &[text]), text);
            let single: Vec<String> = text.chars().map(String::from).collect();
            let pieces: Vec<&str> = single.iter().map(String::as_str).collect();
            assert_eq!(filtered(Reasoning::Remove, &pieces), expected, "{text} by characters");
        }
    }

    #[test]
    fn much_white_space_is_an_answer() {
        let text = format!("{}<think>hm</think>", " ".repeat(MAX_INDENT + 1));
        assert_eq!(filtered(Reasoning::Remove, &[&text]), text);
        assert_eq!(filtered(Reasoning::Remove, &[&text[1..]]), "");
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(pieces in prop::collection::vec("(</?think>|</?th|ink>| |\n|ä|[<>/]){0,4}", 0..8)) {
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            prop_assert_eq!(filtered(Reasoning::Remove, &pieces), filtered(Reasoning::Remove, &[&pieces.concat()]));
        }
    }
}
