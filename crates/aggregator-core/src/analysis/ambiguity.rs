//! What a query leaves open.

use std::ops::Range;

use super::Score;
use super::lexicon::{
    COMPARE, COMPUTING, ERROR, FIRST_PERSON, FUNCTION, IMPERATIVE, INTERROGATIVE, PRONOUN, SUBJECTS, TERMS,
};
use super::token::{Part, Token, shape};
use crate::step_counter::count_step;

/// The kind of an ambiguity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AmbiguityKind {
    /// A term has several common meanings, and the rest of the query speaks for none of them.
    Meaning,
    /// The rest of the query speaks for several meanings of a term.
    Conflict,
    /// A word stands for something that was not said ("how do I fix it?").
    Reference,
}

#[doc(hidden)]
#[deprecated(note = "renamed to `AmbiguityKind`")]
pub type Openness = AmbiguityKind;

/// Something that a query leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTerm {
    /// Place of the term: byte offsets into the analysed text, on character boundaries.
    pub span: Range<usize>,
    /// Why it is open.
    pub openness: AmbiguityKind,
    /// What it may mean, in English; empty for [`AmbiguityKind::Reference`].
    pub meanings: Meanings,
    /// How sure it is that this is open: 0.9 for a term that is the whole query and for a conflict, 0.8 for any other known
    /// term, 0.7 for a reference (the reference system's three figures, for nearly the same three findings); 0.4 for a term
    /// whose meaning the rest settles, which is reported only when
    /// [`min_confidence_score`](super::AnalysisSettings::min_confidence_score) is lowered to that.
    pub confidence: Score,
}

/// The meanings of a term.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Meanings(&'static [(&'static str, u32)]);

impl Meanings {
    /// Each meaning, in a few words of English.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        self.0.iter().map(|(meaning, _)| *meaning)
    }
}

impl std::fmt::Debug for Meanings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A query's ambiguity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguity {
    /// What is open with at least the confidence that was asked for, in the order of the text.
    pub open: Vec<OpenTerm>,
    /// Exactly the sum of the three parts.
    pub score: Score,
    /// The highest confidence of an open meaning, times 0.3.
    pub meaning: Score,
    /// The highest confidence of an open reference, times 0.4.
    pub reference: Score,
    /// The highest confidence of a conflict, times 0.3. (The weights are the reference system's.)
    pub conflict: Score,
}

impl Ambiguity {
    /// Whether anything is open.
    pub fn is_ambiguous(&self) -> bool {
        !self.open.is_empty()
    }
}

/// Maximum number of findings that are reported; a text of nothing but ambiguous terms has no more use for them.
const MAX_FINDINGS: usize = 16;
/// Content words from which a query is taken to say itself what its pronouns stand for.
const ENOUGH_CONTENT: usize = 2;

/// Looks for terms and pronouns that are open.
pub(super) fn find(tokens: &[Token], min_confidence: Score) -> Ambiguity {
    let (mut content, mut subjects, mut mentions) = (0, 0, 0);
    for token in tokens {
        count_step();
        if token.part != Part::Prose {
            // A name, a number or a message is content, too.
            content += usize::from(!token.is(shape::PUNCTUATION));
            continue;
        }
        let idle = token.has(FUNCTION | PRONOUN | FIRST_PERSON | INTERROGATIVE | IMPERATIVE);
        content += usize::from(!idle || token.term > 0);
        mentions += usize::from(token.term > 0);
        if token.term == 0 {
            subjects |= token.flags & SUBJECTS;
            subjects |= if token.has(ERROR) { COMPUTING } else { 0 };
        }
    }
    let mut ambiguity = Ambiguity {
        open: Vec::new(),
        score: Score::ZERO,
        meaning: Score::ZERO,
        reference: Score::ZERO,
        conflict: Score::ZERO,
    };
    let mut said = [false; TERMS.len() + 1];
    let mut referred = false;
    for token in tokens.iter().filter(|token| token.part == Part::Prose) {
        count_step();
        let (openness, meanings, confidence) = if token.term > 0 {
            if std::mem::replace(&mut said[usize::from(token.term)], true) {
                continue;
            }
            let meanings = TERMS[usize::from(token.term) - 1].meanings;
            let (openness, confidence) = weigh(meanings, subjects, content == mentions && mentions == 1);
            (openness, Meanings(meanings), confidence)
        } else if is_reference(token) && !referred && content < ENOUGH_CONTENT {
            referred = true;
            (AmbiguityKind::Reference, Meanings::default(), 700)
        } else {
            continue;
        };
        let confidence = Score::from_thousandths(confidence);
        if confidence >= min_confidence && ambiguity.open.len() < MAX_FINDINGS {
            let span = token.core.0 as usize..token.core.1 as usize;
            ambiguity.open.push(OpenTerm { span, openness, meanings, confidence });
        }
    }
    let highest = |openness| {
        let of_kind = ambiguity.open.iter().filter(|open| open.openness == openness);
        of_kind.map(|open| open.confidence.thousandths()).max().unwrap_or(0)
    };
    let parts = [(AmbiguityKind::Meaning, 300), (AmbiguityKind::Reference, 400), (AmbiguityKind::Conflict, 300)]
        .map(|(openness, weight)| Score::from_thousandths(highest(openness) * weight / 1_000));
    [ambiguity.meaning, ambiguity.reference, ambiguity.conflict] = parts;
    ambiguity.score = Score::from_thousandths(parts.iter().map(|part| part.thousandths()).sum());
    ambiguity
}

fn is_reference(token: &Token) -> bool {
    token.has(PRONOUN) && !token.has(COMPARE)
}

/// How open a term is, given the subjects of the other words.
fn weigh(meanings: &[(&str, u32)], subjects: u32, alone: bool) -> (AmbiguityKind, u32) {
    let spoken_for = meanings.iter().filter(|(_, about)| about & subjects != 0).count();
    match spoken_for {
        0 => (AmbiguityKind::Meaning, if alone { 900 } else { 800 }),
        1 => (AmbiguityKind::Meaning, 400),
        _ => (AmbiguityKind::Conflict, 900),
    }
}
