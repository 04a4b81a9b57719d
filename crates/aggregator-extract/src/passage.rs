//! The units of a source, with the matches of each with the question.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use aggregator_core::event::RankedSource;
use aggregator_words::{Language, WordKind, detect, is_stop_word, words};

use crate::anaphora::is_anaphoric;
use crate::blocks::marker;
use crate::forms::base_stem;
use crate::question::{Match, Question, TermIndex};
use crate::references::{is_safe_code, pieces};
use crate::units::{Unit, UnitKind, units};

/// Maximum number of bytes that are read of a snippet; the engine keeps as many.
pub const MAX_SNIPPET_BYTES: usize = 4 * 1_024;

/// Maximum number of units that are read of a snippet. A snippet of prose has fewer.
const MAX_UNITS: usize = 256;

/// Maximum distance, in units, of an answer from a question in the text: in a list of questions and answers the answer does
/// not repeat its question.
const MAX_ANSWER_DISTANCE: usize = 3;

/// A source's snippet as units.
#[derive(Debug)]
pub(crate) struct Passage {
    /// Number of the source in citations.
    pub number: u32,
    /// The part of the snippet that is read.
    pub text: String,
    pub units: Vec<AnalyzedUnit>,
}

/// A unit with its matches and properties.
#[derive(Debug)]
pub(crate) struct AnalyzedUnit {
    pub kind: UnitKind,
    /// Byte offsets into the passage's text.
    pub span: Range<usize>,
    /// The ranges of its span that can be given out; `None` if it cannot be quoted.
    pub pieces: Option<Vec<Range<usize>>>,
    /// Matches of the unit: term, frequency (a part of a word counts half) and quality from 0 to 1.
    pub own: Vec<(usize, f64, f64)>,
    /// For each term the match quality of the title, the headings above it and a question before it.
    pub context: Vec<f64>,
    /// Length in words; two bigrams count as one word.
    pub length: usize,
    /// Hashes of the stems of its content words, sorted.
    pub content: Vec<u64>,
    /// Whether it begins with a pronoun or a connective.
    pub is_anaphoric: bool,
    /// Whether it announces what follows it.
    pub announces: bool,
    /// Whether it is a question.
    pub asks: bool,
    /// Whether it ends as a sentence does.
    pub is_complete: bool,
    /// Whether it is the first unit, or follows a blank line.
    pub begins_paragraph: bool,
}

impl AnalyzedUnit {
    /// Whether it may become part of an answer.
    pub(crate) fn is_candidate(&self) -> bool {
        matches!(self.kind, UnitKind::Sentence | UnitKind::Item | UnitKind::Row | UnitKind::Code)
            && self.pieces.is_some()
    }

    /// The number of bytes that it adds to an answer.
    pub(crate) fn bytes(&self) -> usize {
        self.pieces.iter().flatten().map(|piece| piece.len()).sum()
    }
}

/// Reads a source. The work is linear in the part of its snippet that is read.
pub(crate) fn read_source(question: &Question, ranked: &RankedSource) -> Passage {
    let whole: &str = &ranked.source.snippet;
    let text = &whole[..whole.floor_char_boundary(MAX_SNIPPET_BYTES)];
    let language = question.stems_of(detect(text));
    let index = question.term_index(language);
    let reader = UnitReader { question, language, index };
    let title = reader.qualities(&reader.matches(&ranked.source.title).0);
    let mut found = units(text, language);
    if text.len() < whole.len() {
        // It is cut.
        found.pop();
    }
    found.truncate(MAX_UNITS);
    let mut headings: Vec<(u8, Vec<f64>)> = Vec::new();
    let mut asked: Option<(usize, Vec<f64>)> = None;
    let mut header: Option<Vec<f64>> = None;
    let mut read: Vec<AnalyzedUnit> = Vec::with_capacity(found.len());
    for (number, unit) in found.into_iter().enumerate() {
        let content = &text[unit.span.clone()];
        let mut unit = reader.unit(content, unit);
        if let Some(before) = read.last() {
            unit.begins_paragraph = text[before.span.end..unit.span.start].matches('\n').count() > 1;
        }
        let own = dense_qualities(&unit.own, question.terms.len());
        if let UnitKind::Heading(level) = unit.kind {
            headings.retain(|(above, _)| *above < level);
            headings.push((level, own));
            asked = None;
        } else {
            let question_before = asked.as_ref().filter(|(at, _)| number - at <= MAX_ANSWER_DISTANCE);
            let above = headings.iter().map(|(_, qualities)| qualities).chain(question_before.map(|(_, own)| own));
            unit.context = above.chain(header.as_ref()).fold(title.clone(), max_by_term);
            header = match unit.kind {
                UnitKind::Row => Some(header.unwrap_or(own.clone())),
                _ => None,
            };
            if unit.asks {
                asked = Some((number, own));
            }
        }
        read.push(unit);
    }
    Passage { number: ranked.number, text: text.to_owned(), units: read }
}

/// The larger quality of each term.
pub(crate) fn max_by_term(mut a: Vec<f64>, b: &Vec<f64>) -> Vec<f64> {
    a.iter_mut().zip(b).for_each(|(a, b)| *a = a.max(*b));
    a
}

fn dense_qualities(own: &[(usize, f64, f64)], terms: usize) -> Vec<f64> {
    let mut all = vec![0.0; terms];
    own.iter().for_each(|&(term, _, quality)| all[term] = quality);
    all
}

struct UnitReader<'a> {
    question: &'a Question,
    language: Language,
    index: TermIndex,
}

impl UnitReader<'_> {
    /// The match of each term in a text, the length of the text, and the hashes of its content words.
    fn matches(&self, text: &str) -> (Vec<Match>, usize, Vec<u64>) {
        let mut found = vec![Match::default(); self.question.terms.len()];
        let (mut length, mut pairs, mut content) = (0, 0, Vec::new());
        for word in words(text) {
            let stem = base_stem(&word.text, self.language);
            self.index.count(&stem, word.kind, &mut found);
            match word.kind {
                WordKind::Word => length += 1,
                WordKind::Bigram => pairs += 1,
                WordKind::Part => continue,
            }
            if !is_stop_word(&word.text, self.language) {
                let mut hasher = DefaultHasher::new();
                stem.hash(&mut hasher);
                content.push(hasher.finish());
            }
        }
        content.sort_unstable();
        content.dedup();
        (found, length + pairs / 2, content)
    }

    fn qualities(&self, found: &[Match]) -> Vec<f64> {
        found.iter().zip(&self.question.terms).map(|(found, term)| found.quality(term)).collect()
    }

    fn unit(&self, text: &str, unit: Unit) -> AnalyzedUnit {
        let Unit { kind, span } = unit;
        let (found, length, content) = self.matches(text);
        let own = found.iter().zip(&self.question.terms).enumerate().filter_map(|(number, (found, term))| {
            let quality = found.quality(term);
            let often = f64::from(found.whole) + 0.5 * f64::from(found.within);
            (quality > 0.0).then_some((number, often.max(quality), quality))
        });
        let given = match kind {
            UnitKind::Code => is_safe_code(text).then(|| Vec::from([Range { start: 0, end: text.len() }])),
            UnitKind::Item => {
                // Its marker is not looked at: it opens no bracket.
                let bytes = marker(text).map_or(0, |(bytes, _)| bytes);
                pieces(&text[bytes..]).map(|pieces| {
                    let moved = |piece: Range<usize>| piece.start + bytes..piece.end + bytes;
                    let mut pieces: Vec<Range<usize>> = pieces.into_iter().map(moved).collect();
                    pieces.insert(0, 0..bytes);
                    pieces
                })
            }
            // The number of an issue behind a sentence says nothing by itself.
            _ if !text.contains(char::is_alphabetic) => None,
            _ => pieces(text),
        };
        // What a quotation is marked with is no part of its sentence.
        let quotes = text.len() - text.trim_start_matches(['>', ' ']).len();
        let given: Option<Vec<Range<usize>>> = given.map(|pieces: Vec<Range<usize>>| match kind {
            UnitKind::Sentence => {
                pieces.into_iter().map(|p| p.start.max(quotes)..p.end).filter(|p| !p.is_empty()).collect()
            }
            _ => pieces,
        });
        let end = text.trim_end_matches(['"', '\'', '”', '’', '»', ')', ']', '*', '_', '」', '`']);
        AnalyzedUnit {
            kind,
            pieces: given,
            own: own.collect(),
            context: Vec::new(),
            length,
            content,
            is_anaphoric: kind == UnitKind::Sentence && is_anaphoric(text),
            announces: end.ends_with([':', '：']),
            asks: end.ends_with(['?', '？', '؟']),
            is_complete: kind != UnitKind::Sentence
                || end.ends_with(['.', '!', ':', '…', '。', '！', '।', '።', '؛', '：']),
            begins_paragraph: true,
            span,
        }
    }
}
