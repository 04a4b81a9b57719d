//! The question as terms that are looked for.

use std::collections::HashMap;

use aggregator_words::{Kind, Language, Word, detect, is_common, words};

use crate::forms::base_stem;

/// Most terms; further words of a question, which may be as long as a stack trace, are not looked for. One bit each.
pub(crate) const MAX_TERMS: usize = 64;

/// Most parts of an identifier that are looked for.
const MAX_PARTS: usize = 16;

/// Weight of a word that says what is asked for: "how tall" is seldom answered with "tall", and "what does it mean" with "mean".
const WHAT_IS_ASKED: f64 = 0.5;

/// Weight of a pair of characters with one of grammar in it.
const MIXED_PAIR: f64 = 0.5;

/// What is looked for.
#[derive(Debug)]
pub(crate) struct Question {
    pub language: Language,
    pub terms: Vec<Term>,
    /// It asks for code, or names something that only code has.
    pub is_about_code: bool,
}

/// A word of the question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Term {
    /// Folded.
    pub word: String,
    /// Folded; of an identifier.
    pub parts: Vec<String>,
    /// From 0 to 1, beside how rare the word is.
    pub weight: f64,
}

/// Where the words of a text in one language lead.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// From a stem to the term that it is of.
    whole: HashMap<String, usize>,
    /// From the stem of a part to its term and its number there.
    parts: HashMap<String, Vec<(usize, u32)>>,
}

/// How the words of a text match a term.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Match {
    /// How often the whole word is there.
    pub whole: u32,
    /// How often as a part of another word.
    pub within: u32,
    /// Which of its own parts are there, as bits.
    pub parts: u16,
}

impl Question {
    pub(crate) fn new(text: &str) -> Self {
        let language = detect(text);
        let all = terms(text, language, false);
        // "To be or not to be" has nothing else.
        let terms = if all.is_empty() { terms(text, language, true) } else { all };
        let is_about_code = terms.iter().any(|term| !term.parts.is_empty() || CODE.contains(&&*term.word));
        Self { language, terms, is_about_code }
    }

    /// For texts of a language; where that is not known, the stems of the question's language are used.
    pub(crate) fn index(&self, language: Language) -> Index {
        let language = self.stems_of(language);
        let mut index = Index::default();
        for (number, term) in self.terms.iter().enumerate() {
            index.whole.entry(base_stem(&term.word, language).into_owned()).or_insert(number);
            for (bit, part) in term.parts.iter().enumerate() {
                index.parts.entry(base_stem(part, language).into_owned()).or_default().push((number, bit as u32));
            }
        }
        index
    }

    pub(crate) fn stems_of(&self, language: Language) -> Language {
        if language == Language::Other { self.language } else { language }
    }
}

impl Index {
    /// Counts a word of a text, given by its stem; `found` has a match for each term.
    pub(crate) fn count(&self, stem: &str, kind: Kind, found: &mut [Match]) {
        if let Some(&term) = self.whole.get(stem) {
            match kind {
                Kind::Part => found[term].within += 1,
                _ => found[term].whole += 1,
            }
        }
        for &(term, bit) in self.parts.get(stem).into_iter().flatten() {
            found[term].parts |= 1 << bit;
        }
    }
}

impl Match {
    /// From 0, where the term is not there, to 1: a whole word is better than a part, and some parts are less than all.
    pub(crate) fn quality(self, term: &Term) -> f64 {
        let parts = match term.parts.len() {
            0 => 0.0,
            all => 0.8 * f64::from(self.parts.count_ones()) / all as f64,
        };
        match (self.whole, self.within) {
            (1.., _) => 1.0,
            (0, 1..) => 0.8,
            (0, 0) => parts,
        }
    }
}

fn terms(text: &str, language: Language, with_common: bool) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    let mut stems: Vec<String> = Vec::new();
    let mut measures = false;
    // The parts that follow are of a term.
    let mut takes_parts = false;
    for Word { text: word, kind, .. } in words(text) {
        if kind == Kind::Part {
            if let (true, Some(term)) = (takes_parts, terms.last_mut())
                && term.parts.len() < MAX_PARTS
                && !term.parts.iter().any(|part| *part == word)
            {
                term.parts.push(word.into_owned());
            }
            continue;
        }
        let weight = match kind {
            Kind::Pair => pair_weight(&word),
            _ if is_common(&word, language) => 0.0,
            _ if measures || CODE.contains(&&*word) || FRAME.contains(&&*word) => WHAT_IS_ASKED,
            _ => 1.0,
        };
        measures = MEASURING.contains(&&*word);
        let stem = base_stem(&word, language);
        takes_parts =
            (with_common || weight > 0.0) && terms.len() < MAX_TERMS && !stems.contains(&stem.clone().into_owned());
        if takes_parts {
            stems.push(stem.into_owned());
            terms.push(Term {
                word: word.into_owned(),
                parts: Vec::new(),
                weight: if with_common { 1.0 } else { weight },
            });
        }
    }
    terms
}

/// Words that ask for a measure together with the word behind them.
const MEASURING: &[&str] = &["how", "wie", "hoe", "hur", "hvor", "как", "jak", "quão", "cât", "kuinka"];

/// Words that ask for code.
const CODE: &[&str] = &[
    "example",
    "examples",
    "code",
    "snippet",
    "sample",
    "syntax",
    "beispiel",
    "beispiele",
    "ejemplo",
    "ejemplos",
    "código",
    "exemple",
    "exemples",
    "esempio",
    "esempi",
    "codice",
    "exemplo",
    "exemplos",
    "voorbeeld",
    "voorbeelden",
    "exempel",
    "kod",
    "esimerkki",
    "koodi",
];

/// Words that say what is asked for, and that an answer seldom repeats.
const FRAME: &[&str] = &[
    "mean",
    "means",
    "meaning",
    "happen",
    "happens",
    "difference",
    "vs",
    "versus",
    "explain",
    "describe",
    "fix",
    "solve",
    "use",
    "used",
    "using",
    "work",
    "works",
    "need",
    "needs",
    "needed",
    "want",
    "possible",
    "allowed",
    "way",
    "much",
    "many",
    "long",
    "bedeutet",
    "passiert",
    "unterschied",
    "benutzt",
    "benutzen",
    "verwenden",
    "verwendet",
    "funktioniert",
    "brauche",
    "braucht",
    "viel",
    "viele",
    "lange",
    "möglich",
    "erklären",
    "signifie",
    "passe",
    "différence",
    "utiliser",
    "utilise",
    "fonctionne",
    "besoin",
    "possible",
    "expliquer",
    "combien",
    "significa",
    "pasa",
    "ocurre",
    "diferencia",
    "usar",
    "usa",
    "funciona",
    "necesito",
    "necesita",
    "posible",
    "explicar",
    "cuánto",
    "cuántos",
    "succede",
    "differenza",
    "usare",
    "funziona",
    "serve",
    "possibile",
    "quanto",
    "quanti",
    "acontece",
    "diferença",
    "precisa",
    "preciso",
    "possível",
    "betekent",
    "gebeurt",
    "verschil",
    "gebruiken",
    "gebruik",
    "werkt",
    "nodig",
    "mogelijk",
    "veel",
    "betyder",
    "händer",
    "skillnad",
    "skillnaden",
    "använder",
    "använda",
    "fungerar",
    "behöver",
    "möjligt",
    "mycket",
    "många",
    "tarkoittaa",
    "tapahtuu",
    "ero",
    "käyttää",
    "käytetään",
    "toimii",
    "tarvitaan",
    "tarvitsee",
    "mahdollista",
    "paljon",
    "pitkään",
];

/// Endings and particles of Japanese are in Hiragana.
fn pair_weight(pair: &str) -> f64 {
    let of_grammar = pair.chars().filter(|c| matches!(c, '\u{3041}'..='\u{309f}')).count();
    match (of_grammar, pair.chars().count()) {
        (0, _) => 1.0,
        (some, all) if some < all => MIXED_PAIR,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked_for(text: &str) -> Vec<(String, String, f64)> {
        let question = Question::new(text);
        question.terms.into_iter().map(|term| (term.word, term.parts.join(" "), term.weight)).collect()
    }

    #[test]
    fn common_words_are_not_looked_for_unless_there_is_nothing_else() {
        let one = |word: &str, parts: &str, weight| (word.to_owned(), parts.to_owned(), weight);
        assert_eq!(looked_for("What is the capital of France?"), [one("capital", "", 1.0), one("france", "", 1.0)]);
        assert_eq!(looked_for("How tall is it?"), [one("tall", "", 0.5)]);
        assert_eq!(looked_for("what is this"), [one("what", "", 1.0), one("is", "", 1.0), one("this", "", 1.0)]);
        assert_eq!(looked_for("set max_tokens"), [one("set", "", 1.0), one("max_tokens", "max tokens", 1.0)]);
        assert_eq!(looked_for("the token of the tokens in the house"), [one("token", "", 1.0), one("house", "", 1.0)]);
        assert_eq!(looked_for("?!"), []);
    }

    #[test]
    fn a_long_question_is_looked_for_by_its_first_words() {
        let text: String = (0..5_000).map(|n| format!("word{n} ")).collect();
        assert_eq!(Question::new(&text).terms.len(), MAX_TERMS);
        let identifier = (0..5_000).map(|n| format!("ab{n}")).collect::<Vec<_>>().join("_");
        assert!(Question::new(&identifier).terms[0].parts.len() <= MAX_PARTS);
    }

    #[test]
    fn a_whole_word_matches_better_than_a_part() {
        let question = Question::new("max_prompt_tokens");
        let index = question.index(Language::English);
        let quality = |text: &str| {
            let mut found = [Match::default()];
            for word in words(text) {
                index.count(&base_stem(&word.text, Language::English), word.kind, &mut found);
            }
            found[0].quality(&question.terms[0])
        };
        let (whole, all, some, none) =
            (quality("max_prompt_tokens"), quality("max prompt tokens"), quality("a token"), quality("nothing"));
        assert!(whole > all && all > some && some > none && none == 0.0, "{whole} {all} {some} {none}");
    }
}
