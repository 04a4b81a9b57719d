//! The query for the full-text engine. It is built from words: the engine's query grammar never reads text of a user.

use aggregator_words::Language;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, PhraseQuery, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, Term};

use crate::search::terms::{QueryTerm, QueryTerms};
use crate::store::snapshot::Snapshot;
use crate::store::tokenizer::stem_term;

/// Maximum number of words of a query; of a longer one the rarest.
const MAX_WORDS: usize = 48;
/// Maximum number of phrases of two words.
const MAX_PHRASES: usize = 16;
/// Maximum number of languages in which the stems of a phrase are looked up.
const MAX_PHRASE_LANGUAGES: usize = 3;

/// Weights of the parts of a score; the stem of a word in the text has 1.
///
/// Tuned on labelled questions over the documentation of crates; README.md has the figures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weights {
    /// Weight of a match of the exact word.
    pub(crate) exact: f32,
    /// A word in the title, the headings or the name of the file.
    pub(crate) head: f32,
    /// A part of an identifier.
    pub(crate) part: f32,
    /// Two words that follow each other.
    pub(crate) pair: f32,
    /// The forms of a word other than the best one.
    pub(crate) other_forms: f32,
    /// The presence of a word, independent of its frequency: a passage with more of the words comes first.
    pub(crate) presence: f32,
}

impl Weights {
    pub(crate) const TUNED: Self =
        Self { exact: 0.8, head: 1.0, part: 0.4, pair: 0.3, other_forms: 0.2, presence: 3.0 };
}

/// A query with its cost.
pub(crate) struct BuiltQuery {
    pub(crate) query: Box<dyn Query>,
    /// Number of entries of posting lists that the query reads.
    pub(crate) postings: u64,
}

/// Builds the query; `None` if no word of it is in the index.
pub(crate) fn build(snapshot: &Snapshot, terms: &QueryTerms, weights: &Weights) -> tantivy::Result<Option<BuiltQuery>> {
    let mut words = Vec::new();
    for (index, term) in terms.words.iter().enumerate() {
        let word = Word::look_up(snapshot, term)?;
        if word.postings > 0 {
            words.push((index, word));
        }
    }
    if words.len() > MAX_WORDS {
        // The rarest words discriminate best; ties keep the order of the query.
        words.sort_by_key(|&(index, ref word)| (word.postings, index));
        words.truncate(MAX_WORDS);
        words.sort_by_key(|&(index, _)| index);
    }
    if words.is_empty() {
        return Ok(None);
    }
    let mut postings = words.iter().map(|(_, word)| 2 * word.postings).sum();
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    for (index, word) in &words {
        let weight = if terms.words[*index].whole { 1.0 } else { weights.part };
        clauses.push((Occur::Should, word.query(weight, weights)));
    }
    let kept = |index: usize| words.iter().find(|&&(kept, _)| kept == index).map(|(_, word)| word);
    let mut pairs = 0;
    for &(first, second, gap) in &terms.pairs {
        let (Some(first), Some(second)) = (kept(first), kept(second)) else { continue };
        if pairs == MAX_PHRASES {
            break;
        }
        if let Some(query) = phrase_query(first, second, gap, snapshot.fields().body) {
            pairs += 1;
            postings += first.postings.min(second.postings);
            clauses.push((Occur::Should, boosted(query, weights.pair)));
        }
    }
    Ok(Some(BuiltQuery { query: Box::new(BooleanQuery::new(clauses)), postings }))
}

/// The forms of a word that occur in the index.
struct Word {
    exact: Option<String>,
    /// The stems with their languages, the most frequent language first.
    stems: Vec<(Language, String)>,
    /// Whether the exact word occurs in titles, headings or file names.
    exact_in_heads: bool,
    stems_in_heads: Vec<String>,
    fields: (Field, Field),
    postings: u64,
}

impl Word {
    fn look_up(snapshot: &Snapshot, wanted: &QueryTerm) -> tantivy::Result<Self> {
        let searcher = snapshot.searcher();
        let (body, head) = (snapshot.fields().body, snapshot.fields().head);
        let count = |field: Field, term: &str| searcher.doc_freq(&Term::from_field_text(field, term));
        let (in_bodies, in_heads) = (count(body, &wanted.text)?, count(head, &wanted.text)?);
        let mut word = Self {
            exact: (in_bodies > 0).then(|| wanted.text.clone()),
            stems: Vec::new(),
            exact_in_heads: in_heads > 0,
            stems_in_heads: Vec::new(),
            fields: (body, head),
            postings: in_bodies + in_heads,
        };
        if word.exact_in_heads && word.exact.is_none() {
            word.exact = Some(wanted.text.clone());
        }
        let mut term = String::new();
        for &(language, _) in snapshot.languages() {
            if (wanted.text.is_ascii() && !writes_ascii(language)) || !stem_term(&wanted.text, language, &mut term) {
                continue;
            }
            let (in_bodies, in_heads) = (count(body, &term)?, count(head, &term)?);
            word.postings += in_bodies + in_heads;
            if in_bodies > 0 {
                word.stems.push((language, term.clone()));
            }
            if in_heads > 0 {
                word.stems_in_heads.push(term.clone());
            }
        }
        Ok(word)
    }

    /// The clauses of the word: its presence, its best form in the text and its best form in the head.
    fn query(&self, weight: f32, weights: &Weights) -> Box<dyn Query> {
        let (body, head) = self.fields;
        let mut in_body: Vec<Box<dyn Query>> = self.stems.iter().map(|(_, stem)| term(body, stem)).collect();
        let mut in_head: Vec<Box<dyn Query>> = self.stems_in_heads.iter().map(|stem| term(head, stem)).collect();
        if let Some(exact) = &self.exact {
            in_body.push(boosted(term(body, exact), weights.exact));
            if self.exact_in_heads {
                in_head.push(boosted(term(head, exact), weights.exact));
            }
        }
        let forms = |forms| Box::new(DisjunctionMaxQuery::with_tie_breaker(forms, weights.other_forms));
        let any = in_body.iter().chain(&in_head).map(|form| form.box_clone()).collect();
        let presence = ConstScoreQuery::new(Box::new(BooleanQuery::union(any)), weight * weights.presence);
        let both: Vec<(Occur, Box<dyn Query>)> = vec![
            (Occur::Should, Box::new(presence)),
            (Occur::Should, boosted(forms(in_body), weight)),
            (Occur::Should, boosted(forms(in_head), weight * weights.head)),
        ];
        Box::new(BooleanQuery::new(both))
    }
}

/// Whether words of a language may consist of ASCII letters. For other languages an ASCII word has no stem.
fn writes_ascii(language: Language) -> bool {
    use Language::{Arabic, Armenian, Greek, Hindi, Nepali, Persian, Russian, Tamil, Yiddish};
    !matches!(language, Arabic | Armenian | Greek | Hindi | Nepali | Persian | Russian | Tamil | Yiddish)
}

/// A phrase of two words, exact or by their stems in one language.
fn phrase_query(first: &Word, second: &Word, gap: usize, body: Field) -> Option<Box<dyn Query>> {
    let mut phrases: Vec<Box<dyn Query>> = Vec::new();
    let phrase = |a: &str, b: &str| {
        let terms = vec![(0, Term::from_field_text(body, a)), (gap, Term::from_field_text(body, b))];
        Box::new(PhraseQuery::new_with_offset_and_slop(terms, 1))
    };
    if let (Some(a), Some(b)) = (&first.exact, &second.exact) {
        phrases.push(phrase(a, b));
    }
    for (language, a) in first.stems.iter().take(MAX_PHRASE_LANGUAGES) {
        if let Some((_, b)) = second.stems.iter().find(|(other, _)| other == language)
            && a != b
        {
            phrases.push(phrase(a, b));
        }
    }
    (!phrases.is_empty()).then(|| Box::new(DisjunctionMaxQuery::new(phrases)) as Box<dyn Query>)
}

fn term(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
}

fn boosted(query: Box<dyn Query>, weight: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, weight))
}
