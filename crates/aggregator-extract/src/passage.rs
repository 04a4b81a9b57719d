//! A source, read: its units, and what each has of the question.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use aggregator_core::event::RankedSource;
use aggregator_words::{Kind, Language, detect, is_common, words};

use crate::anaphora::points_back;
use crate::blocks::marker;
use crate::forms::base_stem;
use crate::question::{Index, Match, Question};
use crate::references::{is_safe_code, pieces};
use crate::units::{Unit, UnitKind, units};

/// Bytes of a snippet that are read: as many as the engine keeps.
pub const MAX_SNIPPET_BYTES: usize = 4 * 1_024;

/// Maximum number of units that are read of a snippet. A snippet of prose has fewer.
const MAX_UNITS: usize = 256;

/// Units behind a question that may answer it: in a list of questions and answers the answer does not repeat its
/// question.
const UNITS_BEHIND_A_QUESTION: usize = 3;

/// A source's snippet, read.
#[derive(Debug)]
pub(crate) struct Passage {
    /// Its number in citations.
    pub number: u32,
    /// As far as it is read.
    pub text: String,
    pub units: Vec<ReadUnit>,
}

/// A unit, read.
#[derive(Debug)]
pub(crate) struct ReadUnit {
    pub kind: UnitKind,
    /// Where it is in the passage's text.
    pub span: Range<usize>,
    /// Of its span, the pieces that can be given out; `None` if it cannot be.
    pub pieces: Option<Vec<Range<usize>>>,
    /// For each term that it has, how often (a part of a word counts less), and how well, from 0 to 1.
    pub own: Vec<(usize, f64, f64)>,
    /// How well the title, the headings above it and a question before it have each term.
    pub context: Vec<f64>,
    /// Words, those of two characters counted as one.
    pub length: usize,
    /// Hashes of the stems of the words that say something, sorted.
    pub content: Vec<u64>,
    /// It begins with a pronoun or a connective.
    pub points_back: bool,
    /// It announces what follows it.
    pub announces: bool,
    /// It asks.
    pub asks: bool,
    /// It ends as a sentence does.
    pub is_complete: bool,
    /// A blank line is before it, or nothing.
    pub begins_paragraph: bool,
}

impl ReadUnit {
    /// Whether it is something that could answer.
    pub(crate) fn is_candidate(&self) -> bool {
        matches!(self.kind, UnitKind::Sentence | UnitKind::Item | UnitKind::Row | UnitKind::Code)
            && self.pieces.is_some()
    }

    /// Bytes that are given out.
    pub(crate) fn bytes(&self) -> usize {
        self.pieces.iter().flatten().map(|piece| piece.len()).sum()
    }
}

/// Reads a source. The work is linear in the part of its snippet that is read.
pub(crate) fn read(question: &Question, ranked: &RankedSource) -> Passage {
    let whole: &str = &ranked.source.snippet;
    let text = &whole[..whole.floor_char_boundary(MAX_SNIPPET_BYTES)];
    let language = question.stems_of(detect(text));
    let index = question.index(language);
    let reader = Reader { question, language, index };
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
    let mut read: Vec<ReadUnit> = Vec::with_capacity(found.len());
    for (number, unit) in found.into_iter().enumerate() {
        let content = &text[unit.span.clone()];
        let mut unit = reader.unit(content, unit);
        if let Some(before) = read.last() {
            unit.begins_paragraph = text[before.span.end..unit.span.start].matches('\n').count() > 1;
        }
        let own = qualities_of(&unit.own, question.terms.len());
        if let UnitKind::Heading(level) = unit.kind {
            headings.retain(|(above, _)| *above < level);
            headings.push((level, own));
            asked = None;
        } else {
            let question_before = asked.as_ref().filter(|(at, _)| number - at <= UNITS_BEHIND_A_QUESTION);
            let above = headings.iter().map(|(_, qualities)| qualities).chain(question_before.map(|(_, own)| own));
            unit.context = above.chain(header.as_ref()).fold(title.clone(), better);
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

/// The better of two for each term.
pub(crate) fn better(mut a: Vec<f64>, b: &Vec<f64>) -> Vec<f64> {
    a.iter_mut().zip(b).for_each(|(a, b)| *a = a.max(*b));
    a
}

fn qualities_of(own: &[(usize, f64, f64)], terms: usize) -> Vec<f64> {
    let mut all = vec![0.0; terms];
    own.iter().for_each(|&(term, _, quality)| all[term] = quality);
    all
}

struct Reader<'a> {
    question: &'a Question,
    language: Language,
    index: Index,
}

impl Reader<'_> {
    /// What a text has of each term; its length; its words that say something.
    fn matches(&self, text: &str) -> (Vec<Match>, usize, Vec<u64>) {
        let mut found = vec![Match::default(); self.question.terms.len()];
        let (mut length, mut pairs, mut content) = (0, 0, Vec::new());
        for word in words(text) {
            let stem = base_stem(&word.text, self.language);
            self.index.count(&stem, word.kind, &mut found);
            match word.kind {
                Kind::Word => length += 1,
                Kind::Pair => pairs += 1,
                Kind::Part => continue,
            }
            if !is_common(&word.text, self.language) {
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

    fn unit(&self, text: &str, unit: Unit) -> ReadUnit {
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
        ReadUnit {
            kind,
            pieces: given,
            own: own.collect(),
            context: Vec::new(),
            length,
            content,
            points_back: kind == UnitKind::Sentence && points_back(text),
            announces: end.ends_with([':', '：']),
            asks: end.ends_with(['?', '？', '؟']),
            is_complete: kind != UnitKind::Sentence
                || end.ends_with(['.', '!', ':', '…', '。', '！', '।', '።', '؛', '：']),
            begins_paragraph: true,
            span,
        }
    }
}
