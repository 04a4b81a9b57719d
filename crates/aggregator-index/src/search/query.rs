//! A query for the engine, made of words and never of a person's text, which might be read as its grammar.

use aggregator_words::Language;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, PhraseQuery, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, Term};

use crate::search::terms::{Asked, Terms};
use crate::store::opened::Opened;
use crate::store::tokenizer::stem_term;

/// Most words that are looked for; of a longer query the rarest.
const MAX_WORDS: usize = 48;
/// Most pairs of words that are looked for.
const MAX_PAIRS: usize = 16;
/// Most languages in which pairs are looked for.
const PAIR_LANGUAGES: usize = 3;

/// How much the parts of a score count, against the stem of a word in the text.
///
/// Chosen on labelled questions over the documentation of crates; the crate's documentation says how good that is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weights {
    /// The word as it is written.
    pub(crate) exact: f32,
    /// A word in the title, the headings or the name of the file.
    pub(crate) head: f32,
    /// A part of an identifier.
    pub(crate) part: f32,
    /// Two words that follow each other.
    pub(crate) pair: f32,
    /// What a form of a word counts that is not the best one.
    pub(crate) other_forms: f32,
    /// That a word is there at all, however rare it is: so a passage with more of the words comes first.
    pub(crate) there: f32,
}

impl Weights {
    pub(crate) const CHOSEN: Self = Self { exact: 0.8, head: 1.0, part: 0.4, pair: 0.3, other_forms: 0.2, there: 3.0 };
}

/// A query, and what it costs.
pub(crate) struct Built {
    pub(crate) query: Box<dyn Query>,
    /// Entries of posting lists that are read.
    pub(crate) postings: u64,
}

/// `None` if nothing of the query is in the index.
pub(crate) fn build(opened: &Opened, terms: &Terms, weights: &Weights) -> tantivy::Result<Option<Built>> {
    let mut words = Vec::new();
    for (index, asked) in terms.words.iter().enumerate() {
        let word = Word::look_up(opened, asked)?;
        if word.postings > 0 {
            words.push((index, word));
        }
    }
    if words.len() > MAX_WORDS {
        // The rarest say most; of equally rare ones the first.
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
        if pairs == MAX_PAIRS {
            break;
        }
        if let Some(query) = pair(first, second, gap, opened.fields().body) {
            pairs += 1;
            postings += first.postings.min(second.postings);
            clauses.push((Occur::Should, boosted(query, weights.pair)));
        }
    }
    Ok(Some(Built { query: Box::new(BooleanQuery::new(clauses)), postings }))
}

/// The forms of a word that the index has.
struct Word {
    exact: Option<String>,
    /// With their languages, the most frequent language first.
    stems: Vec<(Language, String)>,
    /// The same in heads.
    exact_in_heads: bool,
    stems_in_heads: Vec<String>,
    fields: (Field, Field),
    postings: u64,
}

impl Word {
    fn look_up(opened: &Opened, asked: &Asked) -> tantivy::Result<Self> {
        let searcher = opened.searcher();
        let (body, head) = (opened.fields().body, opened.fields().head);
        let count = |field: Field, term: &str| searcher.doc_freq(&Term::from_field_text(field, term));
        let (in_bodies, in_heads) = (count(body, &asked.text)?, count(head, &asked.text)?);
        let mut word = Self {
            exact: (in_bodies > 0).then(|| asked.text.clone()),
            stems: Vec::new(),
            exact_in_heads: in_heads > 0,
            stems_in_heads: Vec::new(),
            fields: (body, head),
            postings: in_bodies + in_heads,
        };
        if word.exact_in_heads && word.exact.is_none() {
            word.exact = Some(asked.text.clone());
        }
        let mut term = String::new();
        for &(language, _) in opened.languages() {
            if (asked.text.is_ascii() && !writes_ascii(language)) || !stem_term(&asked.text, language, &mut term) {
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

    /// That it is there, its best form in the text, and its best form in the head.
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
        let there = ConstScoreQuery::new(Box::new(BooleanQuery::union(any)), weight * weights.there);
        let both: Vec<(Occur, Box<dyn Query>)> = vec![
            (Occur::Should, Box::new(there)),
            (Occur::Should, boosted(forms(in_body), weight)),
            (Occur::Should, boosted(forms(in_head), weight * weights.head)),
        ];
        Box::new(BooleanQuery::new(both))
    }
}

/// Whether words of a language may have ASCII letters only; the stems of the others need not be looked up for those.
fn writes_ascii(language: Language) -> bool {
    use Language::{Arabic, Armenian, Greek, Hindi, Nepali, Persian, Russian, Tamil, Yiddish};
    !matches!(language, Arabic | Armenian | Greek | Hindi | Nepali | Persian | Russian | Tamil | Yiddish)
}

/// Two words that follow each other, as they are written or by their stems in one language.
fn pair(first: &Word, second: &Word, gap: usize, body: Field) -> Option<Box<dyn Query>> {
    let mut phrases: Vec<Box<dyn Query>> = Vec::new();
    let phrase = |a: &str, b: &str| {
        let terms = vec![(0, Term::from_field_text(body, a)), (gap, Term::from_field_text(body, b))];
        Box::new(PhraseQuery::new_with_offset_and_slop(terms, 1))
    };
    if let (Some(a), Some(b)) = (&first.exact, &second.exact) {
        phrases.push(phrase(a, b));
    }
    for (language, a) in first.stems.iter().take(PAIR_LANGUAGES) {
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
