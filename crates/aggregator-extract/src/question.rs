//! The question as weighted terms.

use std::collections::HashMap;

use aggregator_words::{Language, Word, WordKind, detect, is_stop_word, words};

use crate::forms::base_stem;

/// Maximum number of terms. Further words of a question, which may be as long as a stack trace, are ignored. One bit each.
pub(crate) const MAX_TERMS: usize = 64;

/// Maximum number of parts of an identifier.
const MAX_PARTS: usize = 16;

/// Weight of a framing word: an answer to "how tall" seldom has "tall", and one to "what does it mean" seldom "mean".
const FRAMING_WEIGHT: f64 = 0.5;

/// Weight of a bigram with one Hiragana character, which is mostly grammar.
const MIXED_BIGRAM_WEIGHT: f64 = 0.5;

/// A question as terms.
#[derive(Debug)]
pub(crate) struct Question {
    pub language: Language,
    pub terms: Vec<Term>,
    /// Whether it asks for code or has an identifier.
    pub is_about_code: bool,
}

/// A word of the question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Term {
    /// The word of the question, folded.
    pub word: String,
    /// The folded parts of an identifier.
    pub parts: Vec<String>,
    /// Weight from 0 to 1, by which the inverse document frequency is multiplied.
    pub weight: f64,
}

/// The terms of the question by stem, for texts in one language.
#[derive(Debug, Default)]
pub(crate) struct TermIndex {
    /// From the stem of a word to its term.
    whole: HashMap<String, usize>,
    /// From the stem of a part to its term and its number there.
    parts: HashMap<String, Vec<(usize, u32)>>,
}

/// How the words of a text match a term.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Match {
    /// Number of occurrences of the whole word.
    pub whole: u32,
    /// Number of occurrences as a part of another word.
    pub within: u32,
    /// The parts of the term that occur, as bits.
    pub parts: u16,
}

impl Question {
    pub(crate) fn new(text: &str) -> Self {
        let language = detect(text);
        let all = terms(text, language, false);
        // "To be or not to be" has nothing else.
        let terms = if all.is_empty() { terms(text, language, true) } else { all };
        let is_about_code = terms.iter().any(|term| !term.parts.is_empty() || CODE_CUES.contains(&&*term.word));
        Self { language, terms, is_about_code }
    }

    /// The index for texts of a language. For an unknown language it has the stems of the question's language.
    pub(crate) fn term_index(&self, language: Language) -> TermIndex {
        let language = self.stems_of(language);
        let mut index = TermIndex::default();
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

impl TermIndex {
    /// Counts a word of a text, given by its stem; `found` has a match for each term.
    pub(crate) fn count(&self, stem: &str, kind: WordKind, found: &mut [Match]) {
        if let Some(&term) = self.whole.get(stem) {
            match kind {
                WordKind::Part => found[term].within += 1,
                _ => found[term].whole += 1,
            }
        }
        for &(term, bit) in self.parts.get(stem).into_iter().flatten() {
            found[term].parts |= 1 << bit;
        }
    }
}

impl Match {
    /// The quality from 0 (no match) to 1 (the whole word); 0.8 for a part or all parts, less for some parts.
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

fn terms(text: &str, language: Language, with_stop_words: bool) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    let mut stems: Vec<String> = Vec::new();
    let mut measures = false;
    // The parts that follow are of a term.
    let mut takes_parts = false;
    for Word { text: word, kind, .. } in words(text) {
        if kind == WordKind::Part {
            if let (true, Some(term)) = (takes_parts, terms.last_mut())
                && term.parts.len() < MAX_PARTS
                && !term.parts.iter().any(|part| *part == word)
            {
                term.parts.push(word.into_owned());
            }
            continue;
        }
        let weight = match kind {
            WordKind::Bigram => bigram_weight(&word),
            _ if is_stop_word(&word, language) => 0.0,
            _ if measures || CODE_CUES.contains(&&*word) || FRAMING_WORDS.contains(&&*word) => FRAMING_WEIGHT,
            _ => 1.0,
        };
        measures = MEASURE_CUES.contains(&&*word);
        let stem = base_stem(&word, language);
        takes_parts =
            (with_stop_words || weight > 0.0) && terms.len() < MAX_TERMS && !stems.contains(&stem.clone().into_owned());
        if takes_parts {
            stems.push(stem.into_owned());
            terms.push(Term {
                word: word.into_owned(),
                parts: Vec::new(),
                weight: if with_stop_words { 1.0 } else { weight },
            });
        }
    }
    terms
}

/// Words that ask for a measure together with the next word.
const MEASURE_CUES: &[&str] = &["how", "wie", "hoe", "hur", "hvor", "как", "jak", "quão", "cât", "kuinka"];

/// Words that ask for code.
const CODE_CUES: &[&str] = &[
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

/// Words that frame a question and that an answer seldom repeats.
const FRAMING_WORDS: &[&str] = &[
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

/// The weight of a bigram, less with each Hiragana character: Japanese writes endings and particles in Hiragana.
fn bigram_weight(pair: &str) -> f64 {
    let of_grammar = pair.chars().filter(|c| matches!(c, '\u{3041}'..='\u{309f}')).count();
    match (of_grammar, pair.chars().count()) {
        (0, _) => 1.0,
        (some, all) if some < all => MIXED_BIGRAM_WEIGHT,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms_of(text: &str) -> Vec<(String, String, f64)> {
        let question = Question::new(text);
        question.terms.into_iter().map(|term| (term.word, term.parts.join(" "), term.weight)).collect()
    }

    #[test]
    fn stop_words_are_terms_only_if_there_are_no_others() {
        let one = |word: &str, parts: &str, weight| (word.to_owned(), parts.to_owned(), weight);
        assert_eq!(terms_of("What is the capital of France?"), [one("capital", "", 1.0), one("france", "", 1.0)]);
        assert_eq!(terms_of("How tall is it?"), [one("tall", "", 0.5)]);
        assert_eq!(terms_of("what is this"), [one("what", "", 1.0), one("is", "", 1.0), one("this", "", 1.0)]);
        assert_eq!(terms_of("set max_tokens"), [one("set", "", 1.0), one("max_tokens", "max tokens", 1.0)]);
        assert_eq!(terms_of("the token of the tokens in the house"), [one("token", "", 1.0), one("house", "", 1.0)]);
        assert_eq!(terms_of("?!"), []);
    }

    #[test]
    fn a_long_question_is_cut_to_its_first_terms() {
        let text: String = (0..5_000).map(|n| format!("word{n} ")).collect();
        assert_eq!(Question::new(&text).terms.len(), MAX_TERMS);
        let identifier = (0..5_000).map(|n| format!("ab{n}")).collect::<Vec<_>>().join("_");
        assert!(Question::new(&identifier).terms[0].parts.len() <= MAX_PARTS);
    }

    #[test]
    fn a_whole_word_matches_better_than_a_part() {
        let question = Question::new("max_prompt_tokens");
        let index = question.term_index(Language::English);
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
